"""What every query language gives back: Query, its errors, the fields it uses, the features it needs."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar, Literal, Protocol

from rulepack.frozen import frozen
from rulepack.query.logic import Scalar, Step
from rulepack.stack import StackVersion

# How deep parentheses, functions and operators may be nested. No rule needs twenty; Python's own stack ends near 1,000.
MAX_DEPTH = 100
# Of one query: nobody reads more, and a hostile one could give a million.
MAX_ERRORS = 20
# Characters of a text that a message names.
_LONGEST_SHOWN = 40

ErrorKind = Literal[
    "syntax",  # Elastic would refuse to parse it
    "semantics",  # it parses, but a function, its arguments, or where something stands is wrong
    "type",  # a value or operand of a type that does not fit
    "column",  # ES|QL: a column that is no longer, or was never, in the pipeline
    "unusable",  # right in itself, but not in a detection rule (ROW, SHOW, parameters)
    "trap",  # Elastic accepts it, and it does something else than it looks like
]


@frozen
class QueryError:
    """Something wrong in a query: what, between which characters of its text (end exclusive), and what to do.

    `message` states the fact with the offending text, without a full stop, at most 100 characters; `hint` is the next
    action. `0 <= start <= end <= len(text)` always.
    """

    kind: ErrorKind
    message: str
    start: int
    end: int
    hint: str | None = None


@frozen
class FieldUse:
    """A field of the data that a query uses, and how.

    `name` is the field as Elasticsearch knows it: without quotes, backticks and `?`, a nested path joined. It may hold
    `*` if `pattern`. Between `start` and `end` of the query stands its name. `how` is what is done with it; `operator`
    and `values` say to what it is compared (values as the query means them: escapes undone). `step` is the number of
    the EQL sequence step, and `category` its event category. `near` is a column that the query itself computes (ES|QL)
    and that is named so but for a letter: if there is no such field, it is what was meant.
    """

    name: str
    start: int
    end: int
    how: Literal["compared", "exists", "function", "join", "sorted", "kept", "grouped", "calculated"] = "compared"
    operator: str | None = None
    values: tuple[Scalar, ...] = ()
    optional: bool = False
    pattern: bool = False
    step: int | None = None
    category: str | None = None
    near: str | None = None


@frozen
class Feature:
    """Something in a query that not every stack version has: from `since` on; between `start` and `end`.

    `lacking` are minor versions after `since` that do not have it: what came with 8.19 and 9.1 is not in 9.0.
    """

    name: str
    since: StackVersion
    start: int
    end: int
    lacking: tuple[StackVersion, ...] = ()

    def available(self, stack: StackVersion) -> bool:
        """Whether a stack version has it."""
        minor = StackVersion(stack.major, stack.minor)
        return stack >= self.since and minor not in self.lacking


class FieldTypes(Protocol):
    """What is known about the fields that a query can use."""

    def type_of(self, name: str, /) -> str | None:
        """The Elasticsearch type of a field, such as `keyword`; None where it is not known, which is no error.

        Also None where the searched data do not agree on one type.
        """


class Tree(Protocol):
    """A node of any language's tree: between which characters of the query it stands."""

    @property
    def start(self) -> int:
        """Its first character."""

    @property
    def end(self) -> int:
        """The character behind its last."""


@frozen(slots=False)
class Query:
    """A query that was read: its text, its tree (None where nothing could be made of it), and what is wrong with it.

    Each language has a class of its own that adds what is particular to it. Trees are immutable, compare without
    positions, and every node has `start` and `end`. `errors` need no knowledge of fields; `problems` says what only
    shows with it. Where there is a syntax error, the tree is what could be saved; nothing but errors may be said
    about it.
    """

    language: ClassVar[str]

    text: str
    tree: Any
    errors: tuple[QueryError, ...] = ()

    @cached_property
    def sound(self) -> bool:
        """Whether it parses, so that its fields and its logic may be judged."""
        return self.tree is not None and not any(error.kind == "syntax" for error in self.errors)

    def render(self) -> str:
        """The query as text again: parsing it gives the same tree. Raises ValueError without a tree."""
        raise NotImplementedError

    @cached_property
    def fields(self) -> tuple[FieldUse, ...]:
        """Every use of a field of the data, in the order of the text."""
        raise NotImplementedError

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """What must hold of an event for the query to match, as `rulepack.query.logic` has it, positions included.

        One step, or one for each event of an EQL sequence or sample.
        """
        raise NotImplementedError

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """What it uses that not every supported stack version (8.17 and later) has."""
        return ()

    @cached_property
    def indices(self) -> tuple[tuple[str, int, int], ...]:
        """The index patterns that the query itself names, with start and end (ES|QL only)."""
        return ()

    def problems(self, types: FieldTypes) -> tuple[QueryError, ...]:  # noqa: ARG002 (languages without types)
        """What is wrong with values and operands once the fields' types are known. What is not known is not judged."""
        return ()


Parse = Callable[[str], Query]


def error_at(kind: ErrorKind, message: str, node: Tree, hint: str | None = None) -> QueryError:
    """An error at a node."""
    return QueryError(kind, message, node.start, node.end, hint)


def shown(text: str, longest: int = _LONGEST_SHOWN) -> str:
    """A text of the query for a message: short, on one line, nothing invisible in it."""
    if not text.isprintable():
        # Cut first, as what is shown may be a megabyte.
        text = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[: longest + 1])
    return text if len(text) <= longest else text[: longest - 1] + "…"
