"""Expressions of ES|QL: tokens to nodes, by precedence, without recursion over chains."""

from __future__ import annotations

from typing import Final, Literal

from rulepack.query.base import MAX_DEPTH
from rulepack.query.esql import ast
from rulepack.query.esql.ast import And, Arithmetic, Column, Comparison, Expression, Function, Or, Parameter
from rulepack.query.esql.constant_parser import ConstantParser
from rulepack.query.esql.functions import shorten
from rulepack.query.esql.patterns import like_problems, rlike_problems
from rulepack.query.esql.pipeline import Pipeline

_COMPARISONS: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})
_PRODUCTS: Final = frozenset({"*", "/", "%"})
_OPERATORS: Final = frozenset({"+", "-", "*", "/", "%"})
_NUMBERS: Final = frozenset({"integer", "decimal"})
_SUFFIXES: Final = frozenset({"is", "in", "like", "rlike", "not", ":", "="})


class ExpressionParser(ConstantParser):
    """Reads expressions; commands are read by what is built on it."""

    def subquery(self) -> Pipeline:
        """The commands in parentheses that are next: for what knows commands."""
        raise NotImplementedError

    # ---- From the loosest operator to the tightest -------------------------------------------------------------------

    def expression(self) -> Expression:
        """A whole expression: conditions joined by AND and OR, each perhaps negated."""
        kinds = self.kinds
        first = start = self.position
        alternatives: list[Expression] = []
        parts: list[Expression] = []
        part_height = height = 0
        while True:
            node = self._negation() if kinds[self.position] == "not" else self._predicate()
            part_height = max(part_height, self.height)
            kind = kinds[self.position]
            if kind == "and":
                parts.append(node)
                self.position += 1
                continue
            if parts:
                parts.append(node)
                part_height += 1
                node = And(tuple(parts), start=self.starts[start], end=self.last_end)
            height = max(height, part_height)
            if kind == "or":
                alternatives.append(node)
                self.position += 1
                start, parts, part_height = self.position, [], 0
                continue
            if alternatives:
                alternatives.append(node)
                height += 1
                node = Or(tuple(alternatives), start=self.starts[first], end=self.last_end)
            self.height = height
            return node

    def _negation(self) -> Expression:
        starts = []
        while self.kinds[self.position] == "not":
            starts.append(self.start)
            self.position += 1
        node = self._predicate()
        for start in reversed(starts):
            self.higher(start)
            node = ast.Not(node, start=start, end=self.last_end)
        return node

    def _predicate(self) -> Expression:
        """Two operands compared, or one with what may stand behind it: IS NULL, IN, LIKE, `:`."""
        first = self.position
        node = self._arithmetic()
        kind = self.kinds[self.position]
        if kind in _COMPARISONS:
            node = self._comparison(node, first, kind)
            kind = self.kinds[self.position]
        if kind not in _SUFFIXES:
            return node
        if kind == "=":
            place = self.position
            self.say("syntax", "= gives a column its name", self.starts[place], self.ends[place], "compare with ==")
            node = self._comparison(node, first, "==")
            kind = self.kinds[self.position]
        negated = kind == "not"
        if negated:
            self.position += 1
            kind = self.kinds[self.position]
        if kind == "in":
            return self._in(node, first, negated=negated)
        if kind in {"like", "rlike"}:
            return self._like(node, first, negated=negated)
        if negated:
            self.unexpected("IN, LIKE or RLIKE", "NOT stands before what it negates: NOT (...)")
        if kind == "is":
            return self._is_null(node, first)
        if kind == ":":
            return self._match(node, first)
        return node

    def _comparison(self, left: Expression, first: int, operator: str) -> Expression:
        height = self.height
        self.position += 1
        right = self._arithmetic()
        self.height = max(height, self.height)
        self.higher(self.starts[first])
        node = Comparison(left, operator, right, start=self.starts[first], end=self.last_end)
        if self.kinds[self.position] in _COMPARISONS:
            start, end = self.start, self.ends[self.position]
            self.fail("comparisons cannot be chained", start, end, "join two comparisons by AND: `1 < a AND a < 5`")
        return node

    def _arithmetic(self) -> Expression:
        """Operands joined by + - * / %, the last three tighter."""
        kinds = self.kinds
        first = self.position
        node = self._operand()
        kind = kinds[self.position]
        if kind not in _OPERATORS:
            return node
        start = self.starts[first]
        height = self.height
        factor_start = start
        total: Expression | None = None
        sign = ""
        while True:
            while kind in _PRODUCTS:
                self.position += 1
                right = self._operand()
                height = max(height, self.height) + 1
                node = Arithmetic(node, kind, right, start=factor_start, end=self.last_end)
                kind = kinds[self.position]
            if total is not None:
                height += 1
                node = Arithmetic(total, sign, node, start=start, end=self.last_end)
            if height > MAX_DEPTH:
                self.too_deep(start)
            if kind not in _OPERATORS:
                self.height = height
                return node
            total, sign = node, kind
            self.position += 1
            factor_start = self.start
            node = self._operand()
            height = max(height, self.height)
            kind = kinds[self.position]

    def _operand(self) -> Expression:
        """A value, name, function or an expression in parentheses, its sign before and casts behind."""
        kinds = self.kinds
        first = position = self.position
        kind = kinds[position]
        if kind in {"-", "+"}:
            return self._signed()
        self.height = 1
        node: Expression
        if kind == "name":
            node = self._call() if kinds[position + 1] == "(" else self.name()
        elif kind == "(":
            node = self._parentheses()
        elif kind == "string":
            node = self.string()
        elif kind in {"quoted", "parameter", "first", "last"}:
            node = self._call_or_name()
        else:
            node = self.constant()
        while kinds[self.position] == "::":
            node = self._cast(node, first)
        return node

    def primary(self, expected: str) -> Expression:
        """An operand without sign: a value, name, function or an expression in parentheses, and casts behind it."""
        kind = self.kind
        if kind in {"|", "eof", "close", ",", "by"} or (
            kind in {"-", "+"} and self.kinds[self.position + 1] not in _NUMBERS
        ):
            self.unexpected(expected)
        node = self._operand()
        if self.kind in _OPERATORS:
            self.unexpected("what follows it", "put an expression in parentheses, or calculate it with EVAL before")
        return node

    def _signed(self) -> Expression:
        signs: list[tuple[Literal["-", "+"], int]] = []
        while (kind := self.kinds[self.position]) in {"-", "+"}:
            if self.kinds[self.position + 1] in _NUMBERS:
                break
            signs.append(("-" if kind == "-" else "+", self.start))
            self.position += 1
        first = self.position
        self.height = 1
        node: Expression
        if self.kinds[first] in {"-", "+"}:
            node = self.constant()
            while self.kinds[self.position] == "::":
                node = self._cast(node, first)
        else:
            node = self._operand()
        for sign, start in reversed(signs):
            self.higher(start)
            node = ast.Sign(sign, node, start=start, end=self.last_end)
        return node

    def _parentheses(self) -> Expression:
        opened = self.position
        self.deeper()
        self.position += 1
        node = self.expression()
        if self.kinds[self.position] == "," and self.kinds[opened - 1] in {"==", "!=", "="}:
            self.unexpected(")", "to compare with several values use IN: `field IN (a, b)`")
        self.close(")", opened)
        self.depth -= 1
        return node

    def _cast(self, node: Expression, first: int) -> Expression:
        self.position += 1
        start, end = self.start, self.ends[self.position]
        if self.kind not in {"name", "quoted"} or "." in self.text[start:end]:
            self.unexpected("a type", "a cast is `value::type`, such as `port::string`")
        self.position += 1
        self.higher(self.starts[first])
        kind = self.text[start:end].strip("`").lower()
        return ast.Cast(node, kind, start, start=self.starts[first], end=end)

    # ---- What may stand behind an operand ----------------------------------------------------------------------------

    def _is_null(self, node: Expression, first: int) -> Expression:
        self.position += 1
        negated = self.take("not")
        if not self.take("null"):
            hint = "compare with ==" if self.kind in {"true", "false", "string"} else None
            self.unexpected("NULL or NOT NULL", hint)
        self.higher(self.starts[first])
        return ast.IsNull(node, negated, start=self.starts[first], end=self.last_end)

    def _in(self, node: Expression, first: int, *, negated: bool) -> Expression:
        height = self.height
        self.position += 1
        opened = self.position
        if self.take("open"):
            query = self.subquery()
            self.close("close", opened)
            self.higher(self.starts[first])
            return ast.InSubquery(node, query, negated, start=self.starts[first], end=self.last_end)
        if self.kind != "(":
            self.unexpected("a list in parentheses", 'IN takes values in parentheses: `field IN ("a", "b")`')
        self.deeper()
        self.position += 1
        values = []
        while True:
            values.append(self._value("a value"))
            height = max(height, self.height)
            if not self.take(","):
                break
        self.close(")", opened)
        self.depth -= 1
        self.height = height
        self.higher(self.starts[first])
        return ast.In(node, tuple(values), negated, start=self.starts[first], end=self.last_end)

    def _value(self, expected: str) -> Expression:
        """A value of a list: an operand or a comparison, no AND, OR or NOT."""
        if self.kind == ")":
            self.unexpected(expected, "leave the comma out" if self.kinds[self.position - 1] == "," else "name a value")
        first = self.position
        node = self._arithmetic()
        return self._comparison(node, first, self.kind) if self.kind in _COMPARISONS else node

    def _like(self, node: Expression, first: int, *, negated: bool) -> Expression:
        operator: Literal["like", "rlike"] = "like" if self.kind == "like" else "rlike"
        self.position += 1
        opened = self.position
        listed = self.take("(")
        patterns = [self._text_pattern(operator)]
        while listed and self.take(","):
            patterns.append(self._text_pattern(operator))
        if listed:
            self.close(")", opened)
        self.higher(self.starts[first])
        start = self.starts[first]
        return ast.Like(node, operator, tuple(patterns), negated, listed, start=start, end=self.last_end)

    def _text_pattern(self, operator: str) -> ast.Literal | Parameter:
        if self.kind == "string":
            pattern = self.string()
            self.say_within(pattern, like_problems if operator == "like" else rlike_problems)
            return pattern
        if self.kind != "parameter":
            example = '`field LIKE "a*"`' if operator == "like" else '`field RLIKE "a.*"`'
            self.unexpected("a pattern in quotes", f"{operator.upper()} takes text in double quotes: {example}")
        self.position += 1
        return self.parameter(self.starts[self.position - 1], self.last_end)

    def _match(self, node: Expression, first: int) -> Expression:
        start, end = self.start, self.ends[self.position]
        column, kind = (node.operand, node.type) if isinstance(node, ast.Cast) else (node, None)
        if not isinstance(column, Column | Parameter) or self.kinds[first] == "(":
            self.fail("`:` takes a field on its left", start, end, "compare with ==, or use MATCH(field, value)")
        self.position += 1
        if self.kind in {"name", "quoted"}:
            shown = shorten(self.text[self.start : self.ends[self.position]])
            self.unexpected("a constant", f'text stands in quotes: "{shown}"')
        value = self.constant()
        self.higher(self.starts[first])
        return ast.Match(column, value, kind, start=self.starts[first], end=self.last_end)

    # ---- Functions ---------------------------------------------------------------------------------------------------

    def _call_or_name(self) -> Expression:
        position = self.position
        if self.kinds[position + 1] == "(":
            return self._call()
        if self.kinds[position] == "parameter" and self.kinds[position + 1] != ".":
            self.position += 1
            return self.parameter(self.starts[position], self.ends[position])
        if self.kinds[position] in {"first", "last"}:
            self.unexpected("a value")
        return self.name()

    def _call(self) -> Expression:
        position = self.position
        start, name_end = self.start, self.ends[position]
        name = self.text[start:name_end]
        if self.kinds[position] == "parameter":
            self.parameter(start, name_end)
        elif "." in name:
            self.fail(
                f"{shorten(name)} is no function",
                start,
                name_end,
                "a function's name has no dots; several values stand after IN: `field IN (a, b)`",
            )
        self.deeper()
        self.position = opened = position + 1
        self.position += 1
        arguments, options = self._arguments()
        self.close(")", opened)
        self.depth -= 1
        self.higher(start)
        name = name.strip("`").lower()
        return Function(name, tuple(arguments), options, name_end, start=start, end=self.last_end)

    def _arguments(self) -> tuple[list[Expression], ast.Map | None]:
        kinds = self.kinds
        kind = kinds[self.position]
        arguments: list[Expression] = []
        height = 0
        if kind == ")":
            self.height = 0
            return arguments, None
        if kind == "*":
            self.position += 1
            self.height = 1
            return [ast.Star(start=self.starts[self.position - 1], end=self.last_end)], None
        while True:
            if kinds[self.position] == "{" and arguments:
                return arguments, self._options(height)
            if kinds[self.position] in {")", ","}:
                self.unexpected("an argument", "leave the comma out")
            arguments.append(self.expression())
            height = max(height, self.height)
            if not self.take(","):
                self.height = height
                return arguments, None

    def _options(self, height: int) -> ast.Map:
        options = self.map()
        if self.kind == ",":
            self.unexpected(")", "the map of options is the last argument")
        self.height = max(height, self.height)
        return options
