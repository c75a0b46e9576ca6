"""EQL conditions and values: precedence climbing over tokens, with recovery at each part of an `and` or `or`.

Precedence, loosest first: or, and, not, one comparison, + and -, * / and %, a sign, then `in`, `like` and their kin,
which belong to the single value before them.
"""

from __future__ import annotations

from functools import lru_cache

from rulepack.query.base import MAX_DEPTH
from rulepack.query.eql import ast
from rulepack.query.eql.cursor import UnreadableError, shown
from rulepack.query.eql.functions import FUNCTIONS
from rulepack.query.eql.lexer import FOLDED_KEYWORDS, KEYWORDS, is_closed, is_name
from rulepack.query.eql.lists import LISTS, PATTERNS, Lists

_COMPARISONS: dict[str, ast.ComparisonOperator] = {
    "==": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=",
}  # fmt: skip
_ARITHMETIC: dict[str, tuple[ast.ArithmeticOperator, int]] = {
    "+": ("+", 1), "-": ("-", 1), "*": ("*", 2), "/": ("/", 2), "%": ("%", 2),
}  # fmt: skip
_SIGN_POWER = 3
# Words that are operators elsewhere, and how EQL says the same.
_FOREIGN = {
    "contains": 'write field : "*text*"',
    "endswith": 'write field : "*text"',
    "exists": "write field != null",
    "is": "write field == null or field != null",
    "matches": 'write field regex~ "..."',
    "of": "process relationships are not in Elasticsearch; use sequence by, with the ids of the processes",
    "startswith": 'write field : "text*"',
}
# What may stand behind a complete value; all else deserves a second look.
_FOLLOWERS = frozenset({*_COMPARISONS, *_ARITHMETIC, *PATTERNS, *LISTS, *"),]|[", "![", "", "and", "or", "not"})
# Where reading goes on after an error within a condition.
_RESUME = frozenset({"and", "or", ")", "]", ",", "|", "until"})
# What may follow a complete part: another, or the end of the condition.
_BOUNDS = frozenset({"and", "or", ")", "]", ",", "|", ""})
_A_VALUE = "a field, a value or a function"


@lru_cache(maxsize=4096)
def _reserved(name: str) -> str | None:
    """The first part of a dotted name that is a keyword, which needs backticks."""
    return next((part for part in name.split(".") if part in KEYWORDS), None)


class Expressions(Lists):
    """Reads conditions and values."""

    __slots__ = ()

    def condition(self) -> ast.Expression | None:
        """A condition up to what ends one. None where nothing of it could be read, which is noted."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.too_deep()
        texts = self.texts
        start = self.starts[self.at]
        options: list[ast.Expression] = []
        parts: list[ast.Expression] = []
        highest = part_height = 0
        while True:
            part = self._part()
            if part is not None:
                parts.append(part)
                part_height = max(part_height, self.height)
            word = texts[self.at]
            if word not in _BOUNDS:
                word = self._resumed()
            if word == "and":
                self.at += 1
                continue
            if parts:
                several = len(parts) > 1
                options.append(ast.And(tuple(parts), parts[0].start, self.last_end()) if several else parts[0])
                highest = max(highest, part_height + several)
            if word != "or":
                break
            self.at += 1
            parts, part_height = [], 0
        self.depth -= 1
        self.rise(highest + (len(options) > 1))
        if len(options) > 1:
            return ast.Or(tuple(options), start, self.last_end())
        return options[0] if options else None

    def _resumed(self) -> str:
        """The next token after a complete part: put right, or that behind what cannot stand here."""
        word = self.corrected()
        if word in ("and", "or", "until") or (word in ("[", "![") and "where" in self.texts[self.at + 2 : self.at + 3]):
            return word
        self._misplaced(word)
        self.skip_to(_RESUME)
        return self.texts[self.at]

    def _misplaced(self, word: str) -> UnreadableError:
        """What to say of a token behind a complete comparison."""
        if word in _COMPARISONS or word in PATTERNS:
            return self.failure(f"a second comparison with {word}", "join two comparisons: a < b and b < c")
        if word in LISTS or word == "not":
            return self.failure(f"unexpected {word}", "join two conditions with and, or")
        if word.lower() in _FOREIGN:
            return self.failure(f"{word} is no operator", _FOREIGN[word.lower()])
        return self.unexpected("and, or, a comparison, or the end of the condition")

    def _part(self) -> ast.Expression | None:
        """What stands between `and` and `or`; None where it cannot be read, and the next token is where to go on."""
        texts = self.texts
        first = self.at
        while texts[self.at] == "not" or texts[self.at] == "!" or texts[self.at] == "NOT":
            if texts[self.at] != "not":
                self.note(f"{texts[self.at]} is not EQL", self.starts[self.at], self.ends[self.at], "write not")
            self.at += 1
        nots = self.at - first
        if nots + self.depth > MAX_DEPTH:
            raise self.too_deep()
        try:
            part = self._comparison()
        except UnreadableError:
            self.skip_to(_RESUME)
            return None
        if nots:
            end = self.last_end()
            for index in range(first + nots - 1, first - 1, -1):
                part = ast.Not(part, self.starts[index], end)
            self.rise(self.height + nots)
        return part

    def _comparison(self) -> ast.Expression:
        left = self.value(0)
        word = self.texts[self.at]
        if word not in _COMPARISONS:
            return left
        height = self.height
        self.at += 1
        right = self.value(0)
        self.rise(max(height, self.height) + 1)
        return ast.Comparison(_COMPARISONS[word], left, right, left.start, right.end)

    def value(self, floor: int) -> ast.Expression:
        """A value with the arithmetic behind it that binds tighter than `floor`."""
        left = self._operand()
        while True:
            operator, power = _ARITHMETIC.get(self.texts[self.at], ("+", 0))
            if power <= floor:
                return left
            height = self.height
            self.at += 1
            right = self.value(power)
            self.rise(max(height, self.height) + 1)
            left = ast.Arithmetic(operator, left, right, left.start, right.end)

    def _operand(self) -> ast.Expression:
        """A single value, or one that is looked up in a list or compared with patterns."""
        word = self.texts[self.at]
        if word in ("-", "+"):
            return self._signed(word)
        operand = self._primary(word)
        word = self.texts[self.at]
        if word not in _FOLLOWERS:
            word = self.corrected()
        if word in PATTERNS:
            return self.pattern(operand, word)
        if word in LISTS:
            return self.membership(operand, word, negated=False)
        if word == "not":
            return self.negated(operand)
        return operand

    def _signed(self, sign: str) -> ast.Expression:
        start = self.starts[self.at]
        self.at += 1
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.too_deep()
        operand = self.value(_SIGN_POWER)
        self.depth -= 1
        if sign == "+":
            return operand
        self.rise(self.height + 1)
        return ast.Negative(operand, start, operand.end)

    def _primary(self, word: str) -> ast.Expression:
        """A constant, a field, a function call, or a condition in parentheses."""
        self.height = 1
        literal = self.constant()
        if literal is not None:
            return literal
        if word in KEYWORDS or word in FOLDED_KEYWORDS:
            raise self._misused(word)
        first = word[:1]
        if first.isalpha() or first in ("_", "@", "`"):
            if self.texts[self.at + 1] == "(" and "." not in word and first != "`":
                return self._call(word)
            return self.field()
        if first == "?":
            return self.field()
        if first == "(":
            return self._parenthesised()
        raise self.unexpected(_A_VALUE)

    def _misused(self, word: str) -> UnreadableError:
        if word == "not":
            return self.failure("not cannot stand within a comparison", "put it in parentheses: (not a) == b")
        return self.unexpected(_A_VALUE)

    def field(self) -> ast.Field:
        """A field name, with its `?`, backticks and dots."""
        start = self.starts[self.at]
        texts = self.texts
        optional = texts[self.at] == "?"
        if optional:
            self.at += 1
        parts = [self._name_part()]
        while texts[self.at] == ".":
            self.at += 1
            parts.append(self._name_part())
        if texts[self.at] == "[" and texts[self.at + 1].isdecimal():
            at = self.at
            self.at += 1
            self.skip_to(frozenset({"]"}))
            self.note(
                "array indexes are not supported",
                self.starts[at],
                self.ends[self.at],
                "a field with several values matches if any of them does",
            )
            self.at += bool(texts[self.at])
        return ast.Field(".".join(parts) if len(parts) > 1 else parts[0], optional, start, self.last_end())

    def _name_part(self) -> str:
        word = self.texts[self.at]
        first = word[:1]
        if first == "`" and is_closed(word):
            self.at += 1
            return word[1:-1].replace("``", "`")
        if not (first.isalpha() or first in ("_", "@")) or not first.isascii():
            raise self.unexpected("a field name")
        if word[-1] == "~":
            raise self.failure(f"unexpected {shown(word)}", "~ stands after in, like, regex and functions only")
        keyword = _reserved(word)
        if keyword:
            raise self.failure(
                f"{keyword} is a keyword, not a field name",
                "put it in backticks: " + ".".join(part if is_name(part) else f"`{part}`" for part in word.split(".")),
            )
        self.at += 1
        return word

    def _parenthesised(self) -> ast.Expression:
        opened = self.at
        self.at += 1
        inner = self.condition()
        self._close(opened)
        if inner is None:
            raise UnreadableError
        return inner

    def _close(self, opened: int) -> None:
        word = self.texts[self.at]
        if word != ")":
            if word == ",":
                self.failure("unexpected ,", 'a list needs an operator before it: field in ("a", "b")')
                self.leave()
                raise UnreadableError
            raise self.failure("this ( is never closed", "add the ) that belongs to it", opened)
        self.at += 1

    def _call(self, word: str) -> ast.Call:
        start, name_end = self.starts[self.at], self.ends[self.at]
        folded = word[-1] == "~"
        name = word.rstrip("~")
        known = FUNCTIONS.get(name.lower())
        opened = self.at + 1
        self.at += 2
        arguments: list[ast.Expression] = []
        height = 0
        unreadable = False
        if self.texts[self.at] != ")":
            while True:
                argument = self.condition()
                if argument is None:
                    unreadable = True
                else:
                    arguments.append(argument)
                height = max(height, self.height)
                if self.texts[self.at] != ",":
                    break
                self.at += 1
                if self.texts[self.at] == ")":
                    self.no_value(arguments)
                    break
        self._close(opened)
        if unreadable:
            raise UnreadableError
        self.rise(height + 1)
        return ast.Call(known.name if known else name, tuple(arguments), folded, start, self.last_end(), name_end)
