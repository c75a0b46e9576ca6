"""ES|QL text to a tree, and all that is wrong with it: behind a broken command it goes on at the next pipe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rulepack.query.base import MAX_ERRORS, QueryError
from rulepack.query.esql import ast, pipeline
from rulepack.query.esql import words as w
from rulepack.query.esql.cursor import BrokenCommandError
from rulepack.query.esql.functions import nearest, shorten
from rulepack.query.esql.pipeline import Command, Pipeline
from rulepack.query.esql.special_commands import SpecialCommands

# https://www.elastic.co/docs/reference/query-languages/esql/limitations, and EsqlParser.MAX_LENGTH.
_MOST_CHARACTERS: Final = 1_000_000
# How many levels of the parser a query within a query takes, counted like parentheses.
_SUBQUERY_DEPTH: Final = 4
_BEGIN: Final = "a query begins with FROM: `FROM logs-* | WHERE ...`"


class Parser(SpecialCommands):
    """Reads a whole query."""

    def query(self) -> Pipeline | None:
        """The tree of the query; None where nothing could be made of it."""
        settings = []
        broken = False
        while self.kind == "command" and self.word() == "set":
            try:
                settings.append(self._setting())
            except BrokenCommandError:
                while self.kind not in {"|", "eof", ";"}:
                    self.position += 1
                broken = True
                if not self.take(";") or len(self.errors) >= MAX_ERRORS:
                    break
        commands = [] if broken and self.kind == "eof" else self.commands("query")
        if self.kind != "eof":
            # Only parentheses that close nothing stop the commands before the end.
            self.say(
                "syntax", "this ) closes nothing that is open", self.start, self.ends[self.position], "leave it out"
            )
        if not commands and not settings:
            return None
        tree = Pipeline(tuple(commands), tuple(settings), start=self.starts[0], end=self.last_end)
        self._unusable(commands)
        return tree

    def _unusable(self, commands: list[Command]) -> None:
        first = commands[0] if commands else None
        if isinstance(first, pipeline.Row | pipeline.Show):
            name = "ROW" if isinstance(first, pipeline.Row) else "SHOW"
            hint = "a rule reads events: begin with FROM"
            self.say("unusable", f"{name} reads no data, so a rule with it finds nothing", first.start, first.end, hint)

    def subquery(self) -> Pipeline:
        """The commands of a query in parentheses."""
        return self._nested("subquery")

    def branch(self) -> Pipeline:
        """The commands of a branch of FORK."""
        return self._nested("branch")

    def _nested(self, where: str) -> Pipeline:
        self.depth += _SUBQUERY_DEPTH - 1
        self.deeper()
        start = self.start
        commands = self.commands(where)
        self.depth -= _SUBQUERY_DEPTH
        return Pipeline(tuple(commands), start=start, end=max(start, self.last_end))

    def _setting(self) -> pipeline.Option:
        start = self.start
        self.position += 1
        name = self.name("the name of a setting")
        if isinstance(name, ast.Column) and "." in name.name:
            self.fail(f"{shorten(name.name)} is no setting", name.start, name.end)
        self.expect("=", "=", "write SET name = value; before the query")
        if self.kind in {"-", "+"}:
            self.unexpected("a value", "a setting takes no signed number")
        value = self.map() if self.kind == "{" else self.constant()
        end = self.last_end
        self.expect(";", "a semicolon", "a setting ends with a semicolon: SET name = value; FROM ...")
        text = name.name if isinstance(name, ast.Column) else name.text
        return pipeline.Option(text, value, start=start, end=end)

    def commands(self, where: str) -> list[Command]:
        """The commands up to the end, or up to the parenthesis that closes them."""
        found: list[Command] = []
        first = where != "branch"
        while True:
            try:
                found.append(self._command(where, first=first))
                if self.kind not in {"|", "eof", "close"}:
                    self.unexpected("| or the end of the query")
            except BrokenCommandError:
                self._recover()
                if len(self.errors) >= 2 * MAX_ERRORS:
                    # Nobody reads so many of them; the ones of the lexer may all stand further on.
                    self.position = len(self.kinds) - 1
            # A pipe at the beginning takes no place.
            first = first and self.position == 0
            if not self.take("|"):
                return found

    def _recover(self) -> None:
        """Go to the pipe, or the end, behind a broken command."""
        kinds = self.kinds
        level = 0
        position = self.position
        while (kind := kinds[position]) != "eof":
            if kind == "open":
                level += 1
            elif kind == "close":
                if level == 0:
                    break
                level -= 1
            elif kind == "|" and level == 0:
                break
            position += 1
        self.position = position
        self.depth = 0 if level == 0 and kinds[position] == "eof" else self.depth

    def _command(self, where: str, *, first: bool) -> Command:
        start, end = self.start, self.ends[self.position]
        if self.kind != "command":
            self._no_command(where, first=first)
        word = self.word()
        if word not in w.COMMANDS:
            self._unknown(word, start, end, first=first)
        self._in_place(word, where, start, end, first=first)
        self.position += 1
        depth = self.depth
        try:
            return _READ[word](self, start)
        finally:
            self.depth = depth

    def _no_command(self, where: str, *, first: bool) -> None:
        kind = self.kind
        start, end = self.start, self.ends[self.position]
        if kind == "|":
            if first and where == "query":
                self.say("syntax", "the query begins with a pipe", start, end, _BEGIN)
            else:
                self.say("syntax", "there is no command between two pipes", start, end, "leave one of them out")
            raise BrokenCommandError
        if kind == "eof" and first:
            self.fail("the query is empty", 0, len(self.text), _BEGIN)
        if kind == "eof" and self.position == 1 and self.kinds[0] == "|":
            raise BrokenCommandError
        if kind in {"eof", "close"} and self.position and self.kinds[self.position - 1] == "|":
            start, end = self.starts[self.position - 1], self.ends[self.position - 1]
            self.fail("no command follows this pipe", start, end, "leave it out, or write a command after it")
        self.unexpected("a command")

    def _unknown(self, word: str, start: int, end: int, *, first: bool) -> None:
        shown = shorten(self.text[start:end])
        hint = w.FOREIGN_COMMANDS.get(word) or nearest(word, w.COMMANDS)
        if hint is None:
            hint = _BEGIN if first else "see the list of commands in Elastic's ES|QL reference"
        self.fail(f"{shown} is no command of ES|QL", start, end, hint)

    def _in_place(self, word: str, where: str, start: int, end: int, *, first: bool) -> None:
        shown = word.upper()
        if word == "set":
            self.fail("SET stands in the middle of a query", start, end, w.FOREIGN_COMMANDS["set"])
        if first and word not in w.SOURCE_COMMANDS:
            self.say("syntax", f"{shown} has nothing to work on: a query begins with its source", start, end, _BEGIN)
        elif first and where == "subquery" and word not in w.SUBQUERY_COMMANDS:
            self.say("syntax", f"{shown} cannot begin a subquery", start, end, "begin it with FROM")
        elif not first and word in w.SOURCE_COMMANDS:
            hint = "name all indices in the first FROM, or join with LOOKUP JOIN" if word == "from" else _BEGIN
            self.say("syntax", f"{shown} stands at the beginning of a query only", start, end, hint)
        elif where == "branch" and word in w.NOT_IN_BRANCH:
            self.say("syntax", f"{shown} cannot stand in a branch of FORK", start, end, "put it after FORK")


_Read = Callable[[Parser, int], Command]
_READ: Final[dict[str, _Read]] = {
    "change_point": Parser.change_point,
    "completion": Parser.completion,
    "dissect": Parser.dissect,
    "drop": Parser.drop,
    "enrich": Parser.enrich,
    "eval": Parser.eval,
    "fork": Parser.fork,
    "from": Parser.from_,
    "fuse": Parser.fuse,
    "grok": Parser.grok,
    "inline": Parser.inline,
    "inlinestats": lambda parser, start: parser.stats(start, inline=True),
    "ip_location": lambda parser, start: parser.extract(start, "ip_location", options=True),
    "keep": Parser.keep,
    "limit": Parser.limit,
    "lookup": Parser.lookup,
    "metrics_info": lambda parser, start: parser.inform(start, "metrics_info"),
    "mmr": Parser.mmr,
    "mv_expand": Parser.mv_expand,
    "promql": Parser.promql,
    "registered_domain": lambda parser, start: parser.extract(start, "registered_domain", options=False),
    "rename": Parser.rename,
    "rerank": Parser.rerank,
    "row": Parser.row,
    "sample": Parser.sample,
    "show": Parser.show,
    "sort": Parser.sort,
    "stats": Parser.stats,
    "ts": lambda parser, start: parser.from_(start, time_series=True),
    "ts_collapse": lambda parser, start: parser.inform(start, "ts_collapse"),
    "ts_info": lambda parser, start: parser.inform(start, "ts_info"),
    "uri_parts": lambda parser, start: parser.extract(start, "uri_parts", options=False),
    "user_agent": lambda parser, start: parser.extract(start, "user_agent", options=True),
    "where": Parser.where,
}


def read_query(text: str) -> tuple[Pipeline | None, tuple[QueryError, ...]]:
    """The tree of a query, None where nothing could be made of it, and its errors in the order of the text."""
    if len(text) > _MOST_CHARACTERS:
        message = f"the query has more than {_MOST_CHARACTERS:,} characters"
        return None, (QueryError("syntax", message, 0, len(text), "Elasticsearch refuses to read it: make it shorter"),)
    parser = Parser(text)
    tree = parser.query()
    errors = sorted(set(parser.errors), key=lambda error: (error.start, error.end, error.message))
    return tree, tuple(errors[:MAX_ERRORS])
