"""What Elasticsearch refuses in EQL beyond its grammar: functions, arguments, and operands whose types do not fit.

One walk serves both: without field types it finds what is wrong in any data, with them what is wrong in these. A type
that is not known is never judged. The rules are those of Elasticsearch's analysis, and one more: it lets a number be
compared with a text, which is an error here as in Elastic's own tools for rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from rulepack.likeness import closest
from rulepack.query.base import MAX_ERRORS, ErrorKind, FieldTypes, QueryError, error_at
from rulepack.query.eql import ast
from rulepack.query.eql.cursor import shown
from rulepack.query.eql.fieldtypes import Fields, Kind
from rulepack.query.eql.functions import FUNCTIONS, REMOVED, Function
from rulepack.query.eql.render import literal
from rulepack.query.regex import read_regex
from rulepack.query.types import is_cidr, is_ip

_KINDS: dict[ast.LiteralType, Kind] = {
    "string": "string", "integer": "number", "double": "number", "boolean": "boolean", "null": "null",
}  # fmt: skip
_NAMES = {"string": "a string", "number": "a number", "boolean": "a boolean", "ip": "an IP address", "date": "a date"}
# How alike two names are, from 0 to 1, if one may be meant by the other: `contains` is stringContains.
_ALIKE = 0.7
_FITTING: dict[str, Kind] = {"string": "string", "number": "number", "integer": "number", "boolean": "boolean"}


def find(statement: ast.Statement, types: FieldTypes | None) -> list[QueryError]:
    """What is wrong in a query, in the order of its text; at most MAX_ERRORS."""
    judge = _Judge(Fields(types))
    items = ast.items_of(statement)
    for item in items:
        judge.event(item.event.condition)
    if types and not isinstance(statement.query, ast.Event):
        judge.keys((statement.query.keys, *(item.keys for item in items)))
    judge.errors.sort(key=lambda error: error.start)
    return judge.errors[:MAX_ERRORS]


def _constant(node: ast.Expression) -> bool:
    """Whether a value has no field in it."""
    if isinstance(node, ast.Literal):
        return True
    if isinstance(node, ast.Field):
        return False
    return all(map(_constant, _children(node)))


def _children(node: ast.Expression) -> tuple[ast.Expression, ...]:
    if isinstance(node, ast.Call):
        return node.arguments
    if isinstance(node, ast.Negative | ast.Not):
        return (node.operand,)
    if isinstance(node, ast.Arithmetic | ast.Comparison):
        return node.left, node.right
    if isinstance(node, ast.And | ast.Or):
        return node.parts
    if isinstance(node, ast.Pattern):
        return (node.operand,)
    if isinstance(node, ast.In):
        return node.operand, *node.values
    return ()


class _Judge:
    def __init__(self, fields: Fields) -> None:
        self.fields = fields
        self.errors: list[QueryError] = []
        # Of the event at hand: fields that are compared with wildcards, and stars behind == by field.
        self.patterned: set[str] = set()
        self.starred: list[tuple[str, QueryError]] = []

    def note(self, kind: ErrorKind, message: str, node: Any, hint: str) -> None:
        self.errors.append(error_at(kind, message, node, hint))

    def event(self, node: ast.Expression) -> None:
        """The condition of an event."""
        self.patterned.clear()
        self.starred.clear()
        self.condition(node)
        # Who compares the same field with wildcards elsewhere knows what == does.
        self.errors += [error for name, error in self.starred if name not in self.patterned]

    def condition(self, node: ast.Expression) -> None:
        """A condition has to be true or false."""
        kind = _VISITS[type(node)](self, node)
        if kind not in ("boolean", "null", None):
            what = f"{shown(node.name)} is" if isinstance(node, ast.Field) else "a condition cannot be"
            self.note("type", f"{what} {_NAMES.get(kind, kind)}", node, "compare it with something: field == value")

    def keys(self, groups: Iterable[tuple[ast.Field, ...]]) -> None:
        """Join keys in one position have types that can be equal."""
        shared, first, *others = groups
        for key in (*shared, *first):
            self.field(key)
        for group in others:
            for key, model in zip(group, first, strict=False):
                kind, expected = self.field(key), self.field(model)
                if kind and expected and kind != expected:
                    types = self.fields.type_of(key.name), self.fields.type_of(model.name)
                    message = f"{shown(key.name)} ({types[0]}) never equals {shown(model.name)} ({types[1]})"
                    self.note("type", message, key, "join fields of one type")

    def literal(self, node: ast.Literal) -> Kind:
        return _KINDS[node.type]

    def field(self, node: ast.Field) -> Kind | None:
        """The kind of a field; one that EQL cannot use is noted."""
        problem = self.fields.unusable(node.name)
        if problem:
            self.note("type", f"{shown(node.name)} is {problem[0]}", node, problem[1])
            return None
        return self.fields.kind(node.name)

    def exact(self, node: ast.Expression) -> None:
        """A text field can only be compared where a keyword field holds the same."""
        if isinstance(node, ast.Field) and self.fields.is_text_only(node.name):
            message = f"{shown(node.name)} is {self.fields.type_of(node.name)} without a keyword sub-field"
            self.note("type", message, node, "EQL cannot search text: use a keyword field, or a KQL rule")

    def parts(self, node: ast.And | ast.Or) -> Kind:
        for part in node.parts:
            self.condition(part)
        return "boolean"

    def negation(self, node: ast.Not) -> Kind:
        self.condition(node.operand)
        return "boolean"

    def calculated(self, nodes: tuple[ast.Expression, ...]) -> Kind:
        for node in nodes:
            kind = _VISITS[type(node)](self, node)
            if kind not in ("number", "null", None):
                self.note("type", f"{self.named(node)} is no number", node, "only numbers are calculated with")
        return "number"

    def negative(self, node: ast.Negative) -> Kind:
        return self.calculated((node.operand,))

    def arithmetic(self, node: ast.Arithmetic) -> Kind:
        return self.calculated((node.left, node.right))

    def named(self, node: ast.Expression) -> str:
        """A node as a message names it."""
        if isinstance(node, ast.Field):
            es_type = self.fields.type_of(node.name)
            return f"{shown(node.name)} ({es_type})" if es_type else shown(node.name)
        if isinstance(node, ast.Literal):
            return shown(literal(node))
        if isinstance(node, ast.Call):
            return f"{shown(node.name)}(...)"
        return "a calculation" if isinstance(node, ast.Arithmetic | ast.Negative) else "a condition"

    def comparison(self, node: ast.Comparison) -> Kind:
        left, right = _VISITS[type(node.left)](self, node.left), _VISITS[type(node.right)](self, node.right)
        if not isinstance(node.right, ast.Literal) and not _constant(node.left) and not _constant(node.right):
            hint = "Elasticsearch compares fields with constants only"
            self.note("semantics", "a field compared with a field", node, hint)
            return "boolean"
        if "null" not in (left, right):
            self.exact(node.left)
            self.exact(node.right)
            if left and right:
                field, value = (
                    (node.right, node.left) if isinstance(node.left, ast.Literal) else (node.left, node.right)
                )
                self.compared(field, value, *((left, right) if field is node.left else (right, left)))
        if node.operator in ("==", "!="):
            said = len(self.errors)
            self.stars((node.left, node.right), node.operator)
            name = next((side.name for side in (node.left, node.right) if isinstance(side, ast.Field)), "")
            self.starred += [(name, error) for error in self.errors[said:]]
            del self.errors[said:]
        return "boolean"

    def compared(self, field: ast.Expression, value: ast.Expression, expected: Kind | None, kind: Kind | None) -> None:
        """Whether a value can ever be that of a field (or of what stands for one)."""
        problem = self.fields.misfit(expected, kind, value.value if isinstance(value, ast.Literal) else None)
        if problem:
            self.note("type", f"{self.named(field)} cannot be {self.named(value)}", value, problem)

    def stars(self, nodes: Iterable[ast.Expression], operator: str) -> None:
        """`*` is a character behind `==`, `!=` and `in`, although it looks like a wildcard."""
        for node in nodes:
            # A star alone is a value that some data really have.
            if (
                isinstance(node, ast.Literal)
                and isinstance(node.value, str)
                and "*" in node.value
                and node.value != "*"
            ):
                hint = "use : or like~ for wildcards, like where case counts"
                self.note("trap", f"* is no wildcard after {operator}", node, hint)

    def pattern(self, node: ast.Pattern) -> Kind:
        if isinstance(node.operand, ast.Field):
            self.patterned.add(node.operand.name)
        kind = _VISITS[type(node.operand)](self, node.operand)
        if kind not in ("string", "null", None):
            instead = "==, in or cidrMatch" if kind == "ip" else "=="
            message = f"{node.operator} is for strings, {self.named(node.operand)} is none"
            self.note("type", message, node.operand, f"compare it with {instead}")
        self.exact(node.operand)
        for value in node.values:
            if value.type not in ("string", "null"):
                self.note(
                    "type", f"{self.named(value)} is no string", value, f"{node.operator} takes strings only; use =="
                )
            elif value.type == "string" and node.operator in ("regex", "regex~"):
                self.regex(value)
        return "boolean"

    def regex(self, node: ast.Literal) -> None:
        """A regular expression, read as Lucene does; its errors at their places where the string has no escapes."""
        pattern = str(node.value)
        quotes = (node.end - node.start - len(pattern)) // 2
        for error in read_regex(pattern).errors:
            start, end = node.start, node.end
            if quotes in (1, 3):
                start, end = start + quotes + error.start, start + quotes + error.end
            self.errors.append(QueryError(error.kind, error.message, start, end, error.hint))

    def membership(self, node: ast.In) -> Kind:
        expected = _VISITS[type(node.operand)](self, node.operand)
        self.exact(node.operand)
        kinds: set[Kind | None] = set()
        for value in node.values:
            kind = _KINDS[value.type] if isinstance(value, ast.Literal) else _VISITS[type(value)](self, value)
            if not isinstance(value, ast.Literal) and not _constant(value):
                hint = "Elasticsearch compares fields with constants only"
                self.note("semantics", "a field in a list", value, hint)
            else:
                if kind != expected or expected == "ip":
                    self.compared(node.operand, value, expected, kind)
                kinds.add(kind)
        kinds -= {"null", None}
        if expected is None and len(kinds) > 1:
            self.note("type", "values of different types in one list", node, "write all as strings, or none")
        if node.folded and (expected not in ("string", "null", None) or kinds - {"string"}):
            self.note("type", "in~ is for strings", node, "use in, numbers and dates have no case")
        self.stars(node.values, "in")
        return "boolean"

    def call(self, node: ast.Call) -> Kind | None:
        kinds = [_VISITS[type(argument)](self, argument) for argument in node.arguments]
        function = FUNCTIONS.get(node.name.lower())
        if function is None:
            self.unknown(node)
            return None
        if node.folded and not function.foldable:
            hint = f"write {function.name}(...); only string searches have a ~"
            self.note("semantics", f"{function.name} cannot ignore case", node, hint)
        if not function.takes(len(kinds)):
            place = QueryError(
                "semantics", f"{function.name} takes {function.arity}, not {len(kinds)}", node.start, node.end
            )
            self.note("semantics", place.message, node, f"it is {_usage(function)}")
        else:
            for index, (argument, kind) in enumerate(zip(node.arguments, kinds, strict=True)):
                self.argument(function, index, argument, kind)
        return function.result

    def unknown(self, node: ast.Call) -> None:
        name = node.name.lower()
        if name in REMOVED:
            message, hint = f"no function {node.name} in Elasticsearch", REMOVED[name]
        else:
            meant = closest(name, FUNCTIONS, _ALIKE)
            message = f"unknown function {shown(node.name)}"
            hint = f"did you mean {FUNCTIONS[meant].name}?" if meant else "see the EQL function reference"
        self.errors.append(QueryError("semantics", message, node.start, node.name_end, hint))

    def argument(self, function: Function, index: int, node: ast.Expression, kind: Kind | None) -> None:
        """Whether a function takes an argument of a kind."""
        parameter = function.parameter(index)
        if parameter in ("string", "any"):
            self.exact(node)
        if kind == "null":
            return
        if parameter == "constant":
            self.block(node)
        elif parameter == "ip":
            address = isinstance(node, ast.Literal) and isinstance(node.value, str) and is_ip(node.value)
            if not address and kind not in ("ip", None):
                self.note("type", f"{self.named(node)} is no IP address", node, f"{function.name} needs an ip field")
        elif parameter != "any":
            wanted = _FITTING[parameter]
            if kind not in (wanted, None):
                message = f"{function.name} needs {_NAMES[wanted]} here, not {self.named(node)}"
                self.note("type", message, node, f"it is {_usage(function)}")
            elif parameter == "integer" and isinstance(node, ast.Literal) and node.type == "double":
                self.note("type", f"{function.name} needs a whole number here", node, f"it is {_usage(function)}")

    def block(self, node: ast.Expression) -> None:
        """An address block of cidrMatch, which has to be a constant."""
        if not _constant(node):
            self.note("semantics", "cidrMatch needs constants", node, 'name blocks: cidrMatch(source.ip, "10.0.0.0/8")')
        elif isinstance(node, ast.Literal):
            text = node.value
            if not isinstance(text, str) or not (is_cidr(text) or is_ip(text)):
                self.note("type", f"{self.named(node)} is no address block", node, 'blocks are written "10.0.0.0/8"')


def _usage(function: Function) -> str:
    """How a function is called."""
    names = [f"{kind}" for kind in function.parameters]
    needed = ", ".join(names[: function.needed])
    optional = names[function.needed :]
    if function.repeated:
        return f"{function.name}({needed}, ...)"
    return f"{function.name}({needed}{''.join(f'[, {name}]' for name in optional)})"


_VISITS: dict[type, Callable[[_Judge, Any], Kind | None]] = {
    ast.Literal: _Judge.literal,
    ast.Field: _Judge.field,
    ast.Call: _Judge.call,
    ast.Negative: _Judge.negative,
    ast.Arithmetic: _Judge.arithmetic,
    ast.Comparison: _Judge.comparison,
    ast.Pattern: _Judge.pattern,
    ast.In: _Judge.membership,
    ast.Not: _Judge.negation,
    ast.And: _Judge.parts,
    ast.Or: _Judge.parts,
}
