"""EQL queries to trees: the whole text, with its pipes, around what `sequences`, `events` and `expressions` read."""

from __future__ import annotations

from contextlib import suppress

from rulepack.likeness import closest
from rulepack.query.base import MAX_ERRORS, QueryError
from rulepack.query.eql import ast
from rulepack.query.eql.cursor import HopelessError, shown
from rulepack.query.eql.lexer import is_name
from rulepack.query.eql.sequences import ITEM_STARTS, Sequences

# https://www.elastic.co/docs/reference/query-languages/eql/eql-pipe-ref
_PIPES = ("head", "tail")
_ENDGAME_PIPES = {
    "count": "count the alerts with a threshold rule, or with STATS in ES|QL",
    "filter": "add its condition after where, with and",
    "sort": "events are in the order of their time already",
    "unique": "suppress alerts by the field instead, in alert_suppression",
    "unique_count": "count the alerts with a threshold rule, or with STATS in ES|QL",
}


def read(text: str) -> tuple[ast.Statement | None, list[QueryError]]:
    """The tree of a query as far as it can be read, and what is wrong with it, in the order of the text."""
    parser = _Parser(text)
    tree = None
    with suppress(HopelessError):
        tree = parser.statement()
    parser.errors.sort(key=lambda error: error.start)
    return tree, parser.errors[:MAX_ERRORS]


class _Parser(Sequences):
    __slots__ = ()

    def statement(self) -> ast.Statement | None:
        """The whole text."""
        if not self.texts[self.at]:
            self.note("an empty query", 0, len(self.text), "an event query is at least: process where true")
            return None
        start = self.starts[self.at]
        word = self.texts[self.at]
        query: ast.Event | ast.Sequence | ast.Sample | None
        if word == "sequence":
            query = self.sequence()
        elif word in ("sample", "join"):
            query = self.sample()
        else:
            query = self.event()
            self._rest()
        pipes = self._pipes()
        if self.texts[self.at]:
            self.unexpected("a pipe or the end of the query")
        return ast.Statement(query, pipes, start, self.last_end()) if query else None

    def _rest(self) -> None:
        """What stands behind a condition that has ended although the query has not."""
        while self.texts[self.at] not in ("", "|"):
            word = self.texts[self.at]
            if word in ITEM_STARTS:
                self.failure(f"unexpected {word}", "several events in a row need sequence before the first [")
                self.skip_to(frozenset({"|"}))
            elif word == "until":
                self.failure("until without a sequence", "only a sequence ends with until")
                self.skip_to(frozenset({"|"}))
            else:
                self.stray()

    def _pipes(self) -> tuple[ast.Pipe, ...]:
        pipes = []
        while self.texts[self.at] == "|":
            start = self.starts[self.at]
            self.at += 1
            name = self.texts[self.at]
            at = self.at
            if not is_name(name):
                self.unexpected("the name of a pipe")
                self.skip_to(frozenset({"|"}))
                continue
            self.at += 1
            arguments = self._arguments()
            pipe = ast.Pipe(name, tuple(arguments), start, self.last_end())
            self._check_pipe(pipe, at)
            pipes.append(pipe)
        return tuple(pipes)

    def _arguments(self) -> list[ast.Expression]:
        """What stands behind the name of a pipe."""
        arguments: list[ast.Expression] = []
        if self.texts[self.at] in ("", "|"):
            return arguments
        while True:
            argument = self.condition()
            if argument:
                arguments.append(argument)
            if self.texts[self.at] != ",":
                break
            self.at += 1
        if self.texts[self.at] not in ("", "|"):
            self.unexpected("a pipe or the end of the query")
            self.skip_to(frozenset({"|"}))
        return arguments

    def _check_pipe(self, pipe: ast.Pipe, at: int) -> None:
        start, end = self.starts[at], self.ends[at]
        if pipe.name in _PIPES:
            count = pipe.arguments[0] if len(pipe.arguments) == 1 else None
            if not isinstance(count, ast.Literal) or count.type != "integer":
                self.note(
                    f"{pipe.name} needs one whole number", start, pipe.end, f"write | {pipe.name} 10", "semantics"
                )
        elif pipe.name in _ENDGAME_PIPES:
            self.note(f"no pipe {pipe.name} in Elasticsearch", start, end, _ENDGAME_PIPES[pipe.name], "semantics")
        else:
            meant = closest(pipe.name, _PIPES)
            hint = f"did you mean {meant}?" if meant else "Elasticsearch has head and tail"
            self.note(f"unknown pipe {shown(pipe.name)}", start, end, hint, "semantics")
