"""The part of KQL that filters of `_find` use: `field: "value"`, `*`, `and`, `or`, `not`, and parentheses.

What is beyond it (ranges, bare words, nested fields) is refused rather than guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from rulepack.sandbox.answers import Payload, siem

Values = Callable[[Payload, str], list[Any]]
Match = Callable[[Payload], bool]

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<quoted>"(?:[^"\\]|\\.)*")
        |(?P<mark>[():])
        |(?P<beyond><=|>=|<|>|\{|\})
        |(?P<word>(?:[^\s"():<>{}\\]|\\.)+)
    )""",
    re.VERBOSE | re.DOTALL,
)
_CAMEL = re.compile(r"(?<=[a-z0-9])([A-Z])")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_WORD = re.compile(r"\w+")

# Attributes of a rule outside its params, by the name in a filter.
_RULE_ATTRIBUTES = {
    "name": "name",
    "name.keyword": "name",
    "tags": "tags",
    "enabled": "enabled",
    "createdBy": "created_by",
    "createdAt": "created_at",
    "updatedBy": "updated_by",
    "updatedAt": "updated_at",
    "revision": "revision",
    "schedule.interval": "interval",
    "actions.actionTypeId": "actions.action_type_id",
    "actions.group": "actions.group",
}
_RULE_PREFIX = "alert.attributes."
_LIST_PREFIXES = ("exception-list.attributes.", "exception-list-agnostic.attributes.")
# Read as text: a value matches words of it, whatever their case.
_TEXT_FIELDS = ("name", "description")


class KqlError(ValueError):
    """A filter that is no KQL, or beyond the part of it that the sandbox knows."""


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class _Value:
    """What a field is compared with."""

    text: str
    quoted: bool

    @property
    def any(self) -> bool:
        return not self.quoted and self.text == "*"

    def pattern(self, *, whole: bool) -> re.Pattern[str]:
        """The value as a pattern: `*` is anything, unless it is quoted or escaped."""
        if self.quoted:
            body = re.escape(_ESCAPED.sub(r"\1", self.text))
        else:
            parts = re.split(r"(\\.|\*)", self.text, flags=re.DOTALL)
            body = "".join(".*" if part == "*" else re.escape(_ESCAPED.sub(r"\1", part)) for part in parts)
        return re.compile(body if whole else rf"(?<!\w){body}(?!\w)", re.DOTALL | (0 if whole else re.IGNORECASE))


def compile_filter(text: str | None, values: Values) -> Match:
    """The filter as a function of a row; `values` finds what a field of it holds. Refuses what it cannot read."""
    if text is None or not text.strip():
        return lambda _: True
    try:
        return _Parser(list(_tokens(text)), values).parse()
    except (KqlError, RecursionError) as error:
        raise siem(400, f"KQLSyntaxError: {error}") from None


def rule_values(rule: Payload, field: str) -> list[Any]:
    """What a field of a rule holds, by its name in a filter."""
    if field == "alert.id":
        return [f"alert:{rule['id']}"]
    if not field.startswith(_RULE_PREFIX):
        raise siem(400, f"This key '{field}' needs to be wrapped by the saved object type alert: Bad Request")
    name = field.removeprefix(_RULE_PREFIX)
    if name.startswith("params."):
        return list(_collect(rule, [_snake(step) for step in name.split(".")[1:]]))
    if name not in _RULE_ATTRIBUTES:
        raise siem(400, f"This key '{field}' does NOT exist in alert saved object index patterns: Bad Request")
    return list(_collect(rule, _RULE_ATTRIBUTES[name].split(".")))


def list_values(row: Payload, field: str) -> list[Any]:
    """What a field of an exception list or item holds, by its name in a filter."""
    for prefix in _LIST_PREFIXES:
        if field.startswith(prefix):
            return list(_collect(row, field.removeprefix(prefix).removesuffix(".keyword").split(".")))
    raise siem(400, f"This key '{field}' needs to be wrapped by the saved object type: Bad Request")


def _snake(name: str) -> str:
    return _CAMEL.sub(r"_\1", name).lower()


def _collect(value: Any, path: list[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for one in value:
            yield from _collect(one, path)
    elif not path:
        if value is not None:
            yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from _collect(value[path[0]], path[1:])


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise KqlError(f"cannot read on at offset {at}")
        kind = match.lastgroup or ""
        if kind == "beyond":
            raise KqlError(f"the sandbox does not know {match[kind]} (at offset {match.start(kind)})")
        yield _Token(kind, match[kind], match.start(kind))
        at = match.end()


class _Parser:
    """Recursive descent: or, and, not, then a parenthesis or a field with its values."""

    def __init__(self, tokens: list[_Token], values: Values) -> None:
        self.tokens = tokens
        self.values = values
        self.at = 0

    def parse(self) -> Match:
        found = self._or()
        if self.at < len(self.tokens):
            raise KqlError(f"did not expect {self.tokens[self.at].text!r}")
        return found

    def _peek(self, *words: str) -> bool:
        if self.at >= len(self.tokens):
            return False
        token = self.tokens[self.at]
        return token.kind != "quoted" and token.text.lower() in words

    def _accept(self, *words: str) -> bool:
        if self._peek(*words):
            self.at += 1
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise KqlError(f"expected {word!r}" + (", but the filter ends" if self.at >= len(self.tokens) else ""))

    def _or(self) -> Match:
        parts = [self._and()]
        while self._accept("or"):
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else lambda row: any(part(row) for part in parts)

    def _and(self) -> Match:
        parts = [self._not()]
        while self._accept("and"):
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else lambda row: all(part(row) for part in parts)

    def _not(self) -> Match:
        if self._accept("not"):
            inner = self._not()
            return lambda row: not inner(row)
        if self._accept("("):
            inner = self._or()
            self._expect(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Match:
        if self.at >= len(self.tokens):
            raise KqlError("expected a field, but the filter ends")
        token = self.tokens[self.at]
        self.at += 1
        if token.kind == "mark" or not self._accept(":"):
            raise KqlError(f"the sandbox wants `field: value` at offset {token.at}")
        field = _ESCAPED.sub(r"\1", token.text.strip('"'))
        if self._accept("("):
            found = self._values(field)
            self._expect(")")
            return found
        return self._value(field)

    def _values(self, field: str) -> Match:
        """Values in parentheses: `(a or b)`, `("a" and "b")`."""
        parts = [self._value(field)]
        joins = set()
        while self._peek("or", "and"):
            joins.add(self.tokens[self.at].text.lower())
            self.at += 1
            parts.append(self._value(field))
        if len(joins) > 1:
            raise KqlError("the sandbox does not know `and` beside `or` among values")
        join: Callable[[Iterable[bool]], bool] = all if joins == {"and"} else any
        return lambda row: join(part(row) for part in parts)

    def _value(self, field: str) -> Match:
        words: list[str] = []
        while self.at < len(self.tokens) and not self._peek("and", "or", "not", "(", ")", ":"):
            token = self.tokens[self.at]
            if token.kind == "quoted" and words:
                break
            self.at += 1
            words.append(token.text)
            if token.kind == "quoted":
                return self._compare(field, [_Value(token.text[1:-1], quoted=True)])
        if not words:
            raise KqlError(f"expected a value for {field}")
        if field.rpartition(".")[2] in _TEXT_FIELDS:
            return self._compare(field, [_Value(word, quoted=False) for word in words])
        return self._compare(field, [_Value(" ".join(words), quoted=False)])

    def _compare(self, field: str, wanted: list[_Value]) -> Match:
        """Whether any value of the field is one of those wanted; of text, whether it has any of the words."""
        values = self.values
        if wanted[0].any:
            return lambda row: bool(values(row, field))
        as_text = field.rpartition(".")[2] in _TEXT_FIELDS
        patterns = [one.pattern(whole=not as_text) for one in wanted]

        def matches(row: Payload) -> bool:
            held = [_as_text(value) for value in values(row, field)]
            if as_text:
                return any(pattern.search(text) for pattern in patterns for text in held)
            return any(pattern.fullmatch(text) for pattern in patterns for text in held)

        return matches


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)
