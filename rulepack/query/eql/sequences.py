"""Sequences and samples of EQL: what joins their events, and what holds for them beyond the grammar."""

from __future__ import annotations

from rulepack.query.eql import ast
from rulepack.query.eql.cursor import UnreadableError, shown
from rulepack.query.eql.events import Events
from rulepack.query.eql.lexer import is_name

_UNITS = ("ms", "s", "m", "h", "d")
_MOST_RUNS = 100
_LEAST_ITEMS = 2
ITEM_STARTS = ("[", "![")
# What shows that the one token before it is a whole join key.
_ALONE = ([","], ["["], ["!["], ["with"])
_NEXT_ITEM = frozenset({"[", "![", "until", "|"})


class Sequences(Events):
    """Reads sequences and samples."""

    __slots__ = ()

    def sequence(self) -> ast.Sequence | None:
        """A sequence, from its first word; None without any event that can be read."""
        first = self.at
        start = self.starts[first]
        self.at += 1
        keys, maxspan = self._header(first)
        items = self._items()
        until = None
        if self.texts[self.at] == "until":
            self.at += 1
            until = self._until()
        while self.texts[self.at] not in ("", "|"):
            self.unexpected("a pipe or the end of the query" if until else "[, until, a pipe or the end of the query")
            self.at += 1
            self.skip_to(_NEXT_ITEM)
            items += self._items()
            if self.texts[self.at] == "until":
                self.at += 1
                until = self._until()
        if not items:
            self._no_items()
            return None
        sequence = ast.Sequence(tuple(items), keys, maxspan, until, start, self.last_end())
        self._check_sequence(sequence, first)
        return sequence

    def _header(self, first: int) -> tuple[tuple[ast.Field, ...], ast.Span | None]:
        """What stands between `sequence` or `sample` and the first event."""
        keys: tuple[ast.Field, ...] = ()
        maxspan = None
        kind = self.texts[first]
        seen: set[str] = set()
        while self.texts[self.at] not in (*ITEM_STARTS, "", "|"):
            word = self.texts[self.at]
            at = self.at
            try:
                if word in seen:
                    self.failure(f"a second {word}", "write one: sequence by host.id, user.id with maxspan=5m")
                elif word == "by" and "with" in seen:
                    self.failure("by after with", "write sequence by ... with maxspan=...")
                seen.add(word)
                if word == "by":
                    keys = self._keys()
                elif word == "with":
                    maxspan = self._maxspan()
                    if kind != "sequence":
                        self.note(
                            f"maxspan in a {kind}", self.starts[at], self.last_end(), "only sequences have maxspan"
                        )
                elif word == "where" and at == first + 1:
                    raise self.failure(f"{kind} is a keyword", f'as an event category it is written "{kind}" where')
                elif self.corrected() == word:
                    raise self.unexpected("by, with maxspan or [")
            except UnreadableError:
                self.skip_to(frozenset({"[", "![", "|", "with"} if word == "by" else {"[", "![", "|"}))
        return keys, maxspan

    def _keys(self) -> tuple[ast.Field, ...]:
        """The join keys behind `by`."""
        keys = []
        while True:
            self.at += 1
            at = self.at
            alone = self.texts[at + 1 : at + 2] in _ALONE
            expression = self.field() if alone else self.value(0)
            if isinstance(expression, ast.Field):
                keys.append(expression)
            else:
                self.note(
                    "a join key is a field",
                    self.starts[at],
                    self.last_end(),
                    "name a field without function or operator",
                )
            if self.texts[self.at] != ",":
                return tuple(keys)

    def _maxspan(self) -> ast.Span | None:
        """`with maxspan=5m`."""
        self.at += 1
        word = self.texts[self.at]
        if word != "maxspan":
            raise self.failure(
                f"unexpected {shown(word)}" if word else "the query ends too early", "write with maxspan=5m"
            )
        self.at += 1
        self._assign("maxspan=5m")
        start = self.starts[self.at]
        number = self._positive("maxspan", "5m")
        unit = self.texts[self.at]
        if unit in _UNITS:
            self.at += 1
            return ast.Span(number, unit, start, self.last_end())
        if is_name(unit):
            self.at += 1
            self.note(
                f"{shown(unit)} is no unit of time",
                self.starts[self.at - 1],
                self.last_end(),
                f"units are {', '.join(_UNITS)}",
            )
        else:
            self.note(
                "maxspan has no unit",
                start,
                self.last_end(),
                f"write {number}s for seconds; units are {', '.join(_UNITS)}",
            )
        return None

    def _assign(self, example: str) -> None:
        word = self.texts[self.at]
        if word != "=":
            if word not in ("==", ":"):
                raise self.failure(
                    f"unexpected {shown(word)}" if word else "the query ends too early", f"write {example}"
                )
            self.failure(f"unexpected {word}", f"write {example}, with one =")
        self.at += 1

    def _positive(self, option: str, example: str) -> int:
        """The number of an option. Raises UnreadableError for what is none."""
        at = self.at
        negative = self.texts[at] == "-"
        self.at += negative
        literal = self.constant()
        if literal is None or not isinstance(literal.value, int | float) or isinstance(literal.value, bool):
            raise self.failure(f"{option} needs a number", f"write {option}={example}", at)
        number = -literal.value if negative else literal.value
        if literal.type == "double" or number < 1:
            text = self.text[self.starts[at] : literal.end]
            self.note(
                f"{option} cannot be {shown(text)}",
                self.starts[at],
                literal.end,
                f"it is a whole number from 1 on: {option}={example}",
            )
        return max(1, int(number))

    def _no_items(self) -> None:
        """Say that no event follows, unless something else was said already."""
        if not self.errors:
            self.unexpected("events in brackets, as in [process where true]")

    def _items(self) -> list[ast.Item]:
        """Events in brackets, one after another."""
        items = []
        while self.texts[self.at] in ITEM_STARTS:
            item = self._item()
            if item:
                items.append(item)
        return items

    def _item(self) -> ast.Item | None:
        """`[event] by keys with runs=3`."""
        opened = self.at
        start = self.starts[opened]
        missing = self.texts[opened] == "!["
        said = len(self.errors)
        self.at += 1
        event = self.event()
        while self.texts[self.at] in (")", ","):
            self.stray()
        if self.texts[self.at] == "]":
            self.at += 1
        else:
            self._forget_what_follows(said)
            self.failure("this [ is never closed", "add the ] that belongs to it", opened)
        keys: tuple[ast.Field, ...] = ()
        runs = 1
        try:
            if self.texts[self.at] == "by":
                keys = self._keys()
            if self.texts[self.at] == "with":
                runs = self._runs()
            if self.texts[self.at] == "by":
                self.failure("by after with runs", "write [ ... ] by ... with runs=...")
                keys = self._keys()
        except UnreadableError:
            self.skip_to(_NEXT_ITEM)
        return ast.Item(event, keys, missing, runs, start, self.last_end()) if event else None

    def _forget_what_follows(self, said: int) -> None:
        """Take back what was said of `by` and `with` inside an event that lacks its ], and of what is behind them."""
        for number, error in enumerate(self.errors[said:], said):
            if self.text[error.start : error.end] in ("by", "with"):
                del self.errors[number:]
                return

    def _runs(self) -> int:
        """`with runs=3`."""
        self.at += 1
        word = self.texts[self.at]
        if word != "runs":
            hint = (
                "maxspan stands before the first [: sequence with maxspan=5m"
                if word == "maxspan"
                else "write with runs=3"
            )
            raise self.failure(f"unexpected {shown(word)}" if word else "the query ends too early", hint)
        self.at += 1
        self._assign("runs=3")
        at = self.at
        runs = self._positive("runs", "3")
        if runs > _MOST_RUNS:
            self.note(
                f"runs cannot be {runs}", self.starts[at], self.last_end(), f"the most are {_MOST_RUNS}", "semantics"
            )
        return min(runs, _MOST_RUNS)

    def _until(self) -> ast.Item | None:
        if self.texts[self.at] not in ITEM_STARTS:
            self.unexpected("[ after until")
            self.skip_to(_NEXT_ITEM)
            return None
        return self._item()

    def _check_sequence(self, sequence: ast.Sequence, first: int) -> None:
        """What holds for sequences beyond their grammar."""
        if self.errors:
            return
        place = self.starts[first], self.ends[first]
        if sum(item.runs for item in sequence.items) < _LEAST_ITEMS:
            self.note(
                "a sequence of one event", *place, "add another [event], or write it as an event query", "semantics"
            )
        missing = [item for item in sequence.items if item.missing]
        if len(missing) == len(sequence.items):
            self.note(
                "a sequence of missing events only", *place, "at least one event has to happen: [ ... ]", "semantics"
            )
        elif missing and sequence.maxspan is None:
            at = missing[0].start
            self.note(
                "a missing event without maxspan",
                at,
                at + 2,
                "say how long it is awaited: with maxspan=5m",
                "semantics",
            )
        self._check_keys(sequence.items + ((sequence.until,) if sequence.until else ()))

    def _check_keys(self, items: tuple[ast.Item, ...]) -> None:
        """Every event has as many join keys as the first."""
        expected = len(items[0].keys)
        for item in items[1:]:
            if len(item.keys) != expected:
                start = item.keys[0].start if item.keys else item.start
                self.note(
                    f"join keys here: {len(item.keys)}, at the first event: {expected}",
                    start,
                    item.end,
                    "every event needs as many keys after by as the others",
                    "semantics",
                )

    def sample(self) -> ast.Sample | None:
        """A sample; Endgame's `join` is read like one, and refused."""
        first = self.at
        kind = self.texts[first]
        start = self.starts[first]
        if kind == "join":
            self.failure("join does not exist in Elasticsearch", "use sample by ... for any order, or sequence by ...")
        self.at += 1
        keys, _ = self._header(first)
        items = self._items()
        while self.texts[self.at] not in ("", "|"):
            if self.texts[self.at] == "until":
                self.failure(f"until in a {kind}", "only a sequence ends with until")
            else:
                self.unexpected("[, a pipe or the end of the query")
            self.at += 1
            self.skip_to(_NEXT_ITEM)
            items += self._items()
        if not items:
            self._no_items()
            return None
        if kind == "sample":
            self._check_sample(items, keys, first)
        return ast.Sample(tuple(items), keys, start, self.last_end())

    def _check_sample(self, items: list[ast.Item], keys: tuple[ast.Field, ...], first: int) -> None:
        if self.errors:
            return
        place = self.starts[first], self.ends[first]
        if len(items) < _LEAST_ITEMS:
            self.note(
                "a sample of one event", *place, "add another [event], or write it as an event query", "semantics"
            )
        if not keys and not any(item.keys for item in items):
            self.note(
                "a sample without join keys", *place, "name what its events share: sample by host.id", "semantics"
            )
        for item in items:
            if item.missing:
                self.note(
                    "a missing event in a sample",
                    item.start,
                    item.start + 2,
                    "only sequences have ![ ... ]",
                    "semantics",
                )
            if item.runs > 1:
                self.note("runs in a sample", item.start, item.end, "only sequences have runs", "semantics")
        self._check_keys(tuple(items))
