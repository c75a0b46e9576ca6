"""Commands of ES|QL that most queries are made of: tokens to nodes, one method for each."""

from __future__ import annotations

import re
from typing import Final, Literal

from rulepack.query.esql import ast, pipeline
from rulepack.query.esql import words as w
from rulepack.query.esql.ast import Column
from rulepack.query.esql.expression_parser import ExpressionParser
from rulepack.query.esql.functions import nearest, shorten
from rulepack.query.esql.pipeline import Field, Source

_SELECTORS: Final = frozenset({"data", "failures"})
_PART = re.compile(r"[^,]+")
_SPACES = re.compile(r"\s*(.*?)\s*\Z", re.DOTALL)


class CommandParser(ExpressionParser):
    """Reads the commands that rules are made of; the name of a method is that of its command."""

    def fields(self, expected: str, *, conditions: bool = False) -> tuple[Field, ...]:
        """Columns with a comma between, each perhaps named, and in STATS perhaps with a condition."""
        found: list[Field] = []
        while True:
            if self.kind in {"|", "eof", "by", ","} and found:
                self.unexpected(expected, "leave the comma out")
            found.append(self.field(expected, conditions=conditions))
            if not self.take(","):
                break
        if self.kind in {"name", "quoted"}:
            after = "=" in self.kinds[self.position + 1 : self.position + 2]
            hint = "separate columns with a comma" if after else None
            self.unexpected("a comma or |" if after else "an operator, a comma or |", hint)
        return tuple(found)

    def field(self, expected: str, *, conditions: bool = False) -> Field:
        """One column."""
        first = self.position
        name = self.assigned()
        label_from = self.position
        if self.kind in {"|", "eof", "by", "where", "close"}:
            self.unexpected(expected if name is None else "a value")
        expression = self.expression()
        label = self.text[self.starts[label_from] : self.last_end]
        condition = None
        if conditions and self.take("where"):
            condition = self.expression()
        start = self.starts[first]
        return Field(name, expression, condition, label, start=start, end=self.last_end)

    def assigned(self) -> ast.Name | None:
        """The name before the `=` of a field, both read, if there is one."""
        position = self.position
        kinds = self.kinds
        if kinds[position] not in {"name", "quoted", "parameter"}:
            return None
        if kinds[position + 1] == "=":
            name = self.name()
        elif kinds[position + 1] == ".":
            seen = len(self.errors)
            name = self.name()
            if self.kind != "=":
                self.position = position
                del self.errors[seen:]
                return None
        else:
            return None
        self.position += 1
        return name

    # ---- Where rows come from ----------------------------------------------------------------------------------------

    def from_(self, start: int, *, time_series: bool = False) -> pipeline.From:
        """`FROM sources METADATA fields`, and TS."""
        sources: list[Source | pipeline.Subquery | ast.Parameter] = []
        while True:
            opened = self.position
            if self.take("open"):
                query = self.subquery()
                self.close("close", opened)
                sources.append(pipeline.Subquery(query, start=self.starts[opened], end=self.last_end))
            else:
                sources += self.sources("an index")
            if not self.take(","):
                break
            if self.kind in {"|", "eof", "metadata"}:
                self.unexpected("an index", "leave the comma out, or name another index")
        if self.kind in {"name", "string"}:
            self._no_comma()
        metadata = self._metadata()
        return pipeline.From(tuple(sources), metadata, time_series, start=start, end=self.last_end)

    def _no_comma(self) -> None:
        shown = shorten(self.text[self.start : self.ends[self.position]])
        hint = "separate indices with a comma"
        if shown.lower() in w.COMMANDS:
            hint = f"put | before {shown.upper()}"
        elif shown.startswith("_"):
            hint = f"put METADATA before {shown}"
        elif near := nearest(shown.lower(), ("metadata",)):
            hint = near
        self.unexpected("a comma, METADATA or |", hint)

    def sources(self, expected: str) -> list[Source | ast.Parameter]:
        """An index or a pattern of indices, of which a quoted text may hold several."""
        start, end = self.start, self.ends[self.position]
        kind = self.kind
        if kind == "string":
            text = self.string().value
            assert isinstance(text, str)
            return [*self._quoted_sources(text, start, end)]
        if kind != "name":
            self.unexpected(expected, "name the indices to search: FROM logs-*" if expected == "an index" else None)
        text = self.text[start:end]
        self.position += 1
        if text.startswith("?"):
            return [self.parameter(start, end)]
        if text.startswith("'"):
            self.say("trap", f"the quotes are part of the index name {shorten(text)}", start, end, "use double quotes")
        cluster = selector = None
        if self.take(":"):
            cluster, text = text, self._source_part("an index")
        if self.take("::"):
            selector = self._source_part("a selector")
        return [self._source(text, cluster, selector, start, self.last_end)]

    def _source_part(self, expected: str) -> str:
        if self.kind != "name":
            hint = "put all of it in quotes" if self.kind == "string" else None
            self.unexpected(expected, hint)
        self.position += 1
        return self.text[self.starts[self.position - 1] : self.last_end]

    def _quoted_sources(self, text: str, start: int, end: int) -> list[Source]:
        found = []
        # Where the parts of a text with escapes stand is not worth knowing: no index name has any.
        raw = 3 if self.text.startswith('"""', start) else 1
        exact = end - start - 2 * raw == len(text)
        for match in _PART.finditer(text):
            inner = _SPACES.match(match[0])
            assert inner is not None
            name = inner[1]
            place = start + raw + match.start() + inner.start(1)
            name, _, selector = name.partition("::")
            cluster, colon, index = name.rpartition(":") if not name.startswith("<") else ("", "", name)
            where = (place, place + len(inner[1])) if exact else (start, end)
            found.append(self._source(index, cluster if colon else None, selector or None, *where))
        if not found:
            self.fail("the index name is empty", start, end, "name the indices to search: FROM logs-*")
        return found

    def _source(self, index: str, cluster: str | None, selector: str | None, start: int, end: int) -> Source:
        if selector is not None and selector not in _SELECTORS:
            hint = nearest(selector, _SELECTORS) or "use data or failures"
            self.say("semantics", f"{shorten(selector)} is no selector", end - len(selector), end, hint)
        return Source(index, cluster, selector, start=start, end=end)

    def _metadata(self) -> tuple[Column, ...]:
        bracket = self.position if self.kind == "[" else None
        if bracket is not None:
            self.position += 1
            if self.kind != "metadata":
                self.position -= 1
                self.unexpected("a comma, METADATA or |")
        if not self.take("metadata"):
            return ()
        found = []
        while True:
            start, end = self.start, self.ends[self.position]
            if self.kind != "name":
                self.unexpected("a metadata field", "such as _id, _version, _index")
            self.position += 1
            name = self.text[start:end]
            if name.lower() not in w.METADATA and "*" not in name:
                hint = nearest(name, w.METADATA) or f"use {', '.join(sorted(w.METADATA))}"
                self.say("semantics", f"{shorten(name)} is no metadata field", start, end, hint)
            found.append(Column(name, start=start, end=end))
            if not self.take(","):
                break
        if bracket is not None:
            self.close("]", bracket)
            message = "square brackets around METADATA are gone from 9.0 on"
            self.say("semantics", message, self.starts[bracket], self.last_end, "write METADATA without brackets")
        elif self.kind == "name":
            self.unexpected("a comma or |", "separate metadata fields with a comma")
        return tuple(found)

    def row(self, start: int) -> pipeline.Row:
        """`ROW fields`."""
        return pipeline.Row(self.fields("a column"), start=start, end=self.last_end)

    def show(self, start: int) -> pipeline.Show:
        """`SHOW INFO`."""
        self.expect("info", "INFO", "its only form is SHOW INFO")
        return pipeline.Show(start=start, end=self.last_end)

    # ---- Rows and columns --------------------------------------------------------------------------------------------

    def where(self, start: int) -> pipeline.Where:
        """`WHERE condition`."""
        if self.kind in {"|", "eof", "close"}:
            self.unexpected("a condition", 'such as `WHERE process.name == "cmd.exe"`')
        condition = self.expression()
        if self.kind == ",":
            self.unexpected("AND, OR or |", "join conditions with AND")
        if self.kind == "by":
            self.unexpected("AND, OR or |", "BY stands in STATS: `STATS n = COUNT(*) BY field`")
        return pipeline.Where(condition, start=start, end=self.last_end)

    def eval(self, start: int) -> pipeline.Eval:
        """`EVAL fields`."""
        fields = self.fields("a column")
        if self.kind == "by":
            self.unexpected("a comma or |", "BY stands in STATS: `STATS n = COUNT(*) BY field`")
        return pipeline.Eval(fields, start=start, end=self.last_end)

    def stats(self, start: int, *, inline: bool = False) -> pipeline.Stats:
        """`STATS aggregates BY groups`."""
        aggregates: tuple[Field, ...] = ()
        if self.kind != "by" or inline:
            if self.kind in {"|", "eof", "close"} and not inline:
                return pipeline.Stats((), start=start, end=self.last_end)
            aggregates = self.fields("an aggregate", conditions=True)
        groups = self.fields("a field to group by") if self.take("by") else ()
        if self.kind == "where":
            self.unexpected(
                "a comma or |", "a condition on one aggregate stands after it, before BY; else put | before"
            )
        return pipeline.Stats(aggregates, groups, inline, start=start, end=self.last_end)

    def inline(self, start: int) -> pipeline.Stats:
        """`INLINE STATS`."""
        self.expect("stats", "STATS", "INLINE is followed by STATS")
        return self.stats(start, inline=True)

    def _patterns(self) -> tuple[ast.NamePattern, ...]:
        found = [self.pattern()]
        while self.take(","):
            if self.kind in {"|", "eof", "close"}:
                self.unexpected("a field name", "leave the comma out")
            found.append(self.pattern())
        if self.kind == "name":
            self.unexpected("a comma or |", "separate fields with a comma")
        return tuple(found)

    def keep(self, start: int) -> pipeline.Keep:
        """`KEEP columns`."""
        return pipeline.Keep(self._patterns(), start=start, end=self.last_end)

    def drop(self, start: int) -> pipeline.Drop:
        """`DROP columns`."""
        return pipeline.Drop(self._patterns(), start=start, end=self.last_end)

    def rename(self, start: int) -> pipeline.Rename:
        """`RENAME old AS new`, or `new = old`."""
        found = []
        while True:
            place = self.start
            first = self.pattern()
            if self.take("as"):
                renaming = pipeline.Renaming(first, self.pattern(), start=place, end=self.last_end)
            elif self.take("="):
                renaming = pipeline.Renaming(self.pattern(), first, start=place, end=self.last_end)
            else:
                self.unexpected("AS", "write `RENAME old AS new`")
            found.append(renaming)
            if not self.take(","):
                break
        return pipeline.Rename(tuple(found), start=start, end=self.last_end)

    def sort(self, start: int) -> pipeline.Sort:
        """`SORT field DESC NULLS LAST, ...`."""
        found = [self._order()]
        while self.take(","):
            found.append(self._order())
        if self.kind == "name":
            self.unexpected("ASC, DESC, a comma or |", "write ASC or DESC, and a comma between fields")
        return pipeline.Sort(tuple(found), start=start, end=self.last_end)

    def _order(self) -> pipeline.Order:
        place = self.start
        if self.kind in {"|", "eof", "close"}:
            self.unexpected("a field to sort by")
        if self.kind == "by":
            self.unexpected("a field to sort by", "SORT takes no BY: `SORT field DESC`")
        expression = self.expression()
        direction: Literal["asc", "desc"] | None = None
        nulls: Literal["first", "last"] | None = None
        if self.take("asc"):
            direction = "asc"
        elif self.take("desc"):
            direction = "desc"
        if self.take("nulls"):
            if self.take("first"):
                nulls = "first"
            else:
                self.expect("last", "FIRST or LAST", "write NULLS FIRST or NULLS LAST")
                nulls = "last"
        return pipeline.Order(expression, direction, nulls, start=place, end=self.last_end)

    def limit(self, start: int) -> pipeline.Limit:
        """`LIMIT rows BY groups`."""
        if self.kind in {"name", "quoted"}:
            self.unexpected("a number of rows", "such as LIMIT 100")
        rows = self.constant("a number of rows")
        if not isinstance(rows, ast.Literal | ast.Parameter) or (
            isinstance(rows, ast.Literal)
            and (rows.kind != "integer" or not isinstance(rows.value, int) or rows.value < 0)
        ):
            self.say("semantics", "LIMIT takes a whole number", rows.start, rows.end, "such as LIMIT 100")
            rows = ast.Literal(1000, "integer", start=rows.start, end=rows.end)
        groups: list[ast.Expression] = []
        if self.take("by"):
            groups.append(self.expression())
            while self.take(","):
                groups.append(self.expression())
        return pipeline.Limit(rows, tuple(groups), start=start, end=self.last_end)
