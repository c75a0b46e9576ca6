"""Commands of ES|QL that take texts apart, join other data, search and rank: tokens to nodes, one method for each."""

from __future__ import annotations

from typing import Final

from rulepack.query.esql import ast, pipeline
from rulepack.query.esql.command_parser import CommandParser
from rulepack.query.esql.functions import nearest, shorten
from rulepack.query.esql.patterns import PatternProblems, dissect_problems, grok_problems
from rulepack.query.esql.promql import read_promql

_MODES: Final = frozenset({"_any", "_coordinator", "_remote"})
_MOST_BRANCHES: Final = 8


class SpecialCommands(CommandParser):
    """Reads the other commands; the name of a method is that of its command."""

    # ---- Texts taken apart -------------------------------------------------------------------------------------------

    def dissect(self, start: int) -> pipeline.Dissect:
        """`DISSECT operand "pattern" APPEND_SEPARATOR = "-"`."""
        operand = self.primary("a text to take apart")
        pattern = self._pattern("DISSECT", dissect_problems)
        options = []
        while self.kind == "name":
            place, end = self.start, self.ends[self.position]
            name = self.word()
            if "." in name:
                self.unexpected("APPEND_SEPARATOR")
            self.position += 1
            self.expect("=", "=", 'the only option is APPEND_SEPARATOR = "text"')
            value = self.constant()
            if name != "append_separator":
                hint = nearest(name, ("append_separator",)) or "the only option is APPEND_SEPARATOR"
                self.say("semantics", f"DISSECT has no option {shorten(name)}", place, end, hint)
            elif not (isinstance(value, ast.Parameter) or (isinstance(value, ast.Literal) and value.kind == "string")):
                self.say("semantics", "APPEND_SEPARATOR takes text", value.start, value.end, "put it in double quotes")
            options.append(pipeline.Option(name, value, start=place, end=self.last_end))
            if not self.take(","):
                break
            if self.kind != "name":
                self.unexpected("an option", "leave the comma out")
        return pipeline.Dissect(operand, pattern, tuple(options), start=start, end=self.last_end)

    def grok(self, start: int) -> pipeline.Grok:
        """`GROK operand "pattern", "pattern"`."""
        operand = self.primary("a text to take apart")
        patterns = [self._pattern("GROK", grok_problems)]
        while self.take(","):
            patterns.append(self._pattern("GROK", grok_problems))
        if self.kind == "string":
            self.unexpected("a comma or |", "separate patterns with a comma")
        return pipeline.Grok(operand, tuple(patterns), start=start, end=self.last_end)

    def _pattern(self, command: str, problems: PatternProblems) -> ast.Literal:
        if self.kind != "string":
            example = "%{WORD:name} %{IP:address}" if command == "GROK" else "%{name} %{address}"
            self.unexpected("a pattern in quotes", f'such as {command} field "{example}"')
        pattern = self.string()
        self.say_within(pattern, problems)
        return pattern

    def extract(self, start: int, command: str, *, options: bool) -> pipeline.Extract:
        """`URI_PARTS prefix = operand`, and the commands like it."""
        prefix = self.name("a prefix for the new columns")
        self.expect("=", "=", f"write `{command.upper()} prefix = field`")
        operand = self.primary("a text to take apart")
        found = self.map() if options and self.take("with") else None
        return pipeline.Extract(command, prefix, operand, found, start=start, end=self.last_end)

    # ---- Other data --------------------------------------------------------------------------------------------------

    def enrich(self, start: int) -> pipeline.Enrich:
        """`ENRICH mode:policy ON column WITH fields`."""
        place, end = self.start, self.ends[self.position]
        if self.kind == "string":
            policy = str(self.string().value)
        else:
            self.expect("name", "the name of an enrich policy", "ENRICH policy ON field WITH new_field")
            policy = self.text[place:end]
        mode, colon, name = policy.partition(":")
        if colon and mode.lower() not in _MODES:
            hint = nearest(mode.lower(), _MODES) or f"use {', '.join(sorted(_MODES))}"
            self.say("semantics", f"{shorten(mode)} is no mode of ENRICH", place, end, hint)
        column = self.pattern() if self.take("on") else None
        fields = []
        if self.take("with"):
            fields.append(self._enrichment())
            while self.take(","):
                fields.append(self._enrichment())
        if self.kind == "name":
            hint = "ON stands before WITH" if self.word() == "on" else "separate fields with a comma"
            self.unexpected("ON, WITH, a comma or |", hint)
        policy, found = (name, mode.lower()) if colon else (policy, None)
        return pipeline.Enrich(policy, found, column, tuple(fields), start=start, end=self.last_end)

    def _enrichment(self) -> pipeline.Enrichment:
        place = self.start
        first = self.pattern()
        if self.take("="):
            return pipeline.Enrichment(first, self.pattern(), start=place, end=self.last_end)
        return pipeline.Enrichment(None, first, start=place, end=self.last_end)

    def lookup(self, start: int) -> pipeline.LookupJoin:
        """`LOOKUP JOIN index ON conditions`."""
        self.expect("join", "JOIN", "LOOKUP is followed by JOIN: `LOOKUP JOIN index ON field`")
        if self.kind == "open":
            self.unexpected("a lookup index", "LOOKUP JOIN joins with an index, not with a query")
        sources = self.sources("a lookup index")
        source = sources[0]
        if isinstance(source, pipeline.Source) and source.selector is not None:
            self.fail("a lookup index takes no selector", source.start, source.end, "name the index alone")
        self.expect("on", "ON", "write `LOOKUP JOIN index ON field`")
        conditions = [self.expression()]
        while self.take(","):
            conditions.append(self.expression())
        return pipeline.LookupJoin(source, tuple(conditions), start=start, end=self.last_end)

    # ---- Columns -----------------------------------------------------------------------------------------------------

    def mv_expand(self, start: int) -> pipeline.MvExpand:
        """`MV_EXPAND column`."""
        column = self.plain_pattern()
        if self.kind == ",":
            self.unexpected("|", "MV_EXPAND takes one field: write a second MV_EXPAND")
        return pipeline.MvExpand(column, start=start, end=self.last_end)

    def change_point(self, start: int) -> pipeline.ChangePoint:
        """`CHANGE_POINT value ON key AS type, pvalue BY groups`."""
        value = self.name()
        key = self.name() if self.take("on") else None
        kind = pvalue = None
        if self.take("as"):
            kind = self.name()
            self.expect(",", "a comma", "AS names two columns: `AS type, pvalue`")
            pvalue = self.name()
        groups: list[ast.Expression] = []
        if self.take("by"):
            groups.append(self.expression())
            while self.take(","):
                groups.append(self.expression())
        return pipeline.ChangePoint(value, key, kind, pvalue, tuple(groups), start=start, end=self.last_end)

    def completion(self, start: int) -> pipeline.Completion:
        """`COMPLETION name = prompt WITH {"inference_id": ...}`."""
        name = self.assigned()
        prompt = self.primary("a prompt")
        options: ast.Map | ast.Name | None = None
        if self.take("with"):
            place = self.start
            options = self.map() if self.kind == "{" else self.name("a map of options")
            if not isinstance(options, ast.Map):
                hint = 'write WITH {"inference_id": "..."}'
                self.say("semantics", "WITH takes a map from 9.1 on", place, self.last_end, hint)
        return pipeline.Completion(name, prompt, options, start=start, end=self.last_end)

    # ---- Search ------------------------------------------------------------------------------------------------------

    def fork(self, start: int) -> pipeline.Fork:
        """`FORK (commands) (commands)`."""
        branches = []
        while self.kind == "open":
            opened = self.position
            self.position += 1
            branches.append(self.branch())
            self.close("close", opened)
        if not branches or self.kind in {",", "name"}:
            self.unexpected("commands in parentheses", "write FORK (WHERE a) (WHERE b), without commas")
        if len(branches) > _MOST_BRANCHES:
            message = f"FORK has at most {_MOST_BRANCHES} branches, not {len(branches)}"
            self.say("semantics", message, start, self.last_end, "leave some out")
        # Of a thousand, those that may be there are enough to be judged.
        return pipeline.Fork(tuple(branches[: _MOST_BRANCHES + 1]), start=start, end=self.last_end)

    def branch(self) -> pipeline.Pipeline:
        """The commands of a branch: for what knows all commands."""
        raise NotImplementedError

    def fuse(self, start: int) -> pipeline.Fuse:
        """`FUSE method SCORE BY score GROUP BY group KEY BY keys WITH options`."""
        method = None
        if self.kind in {"name", "quoted"}:
            method = self._word("a method", "use RRF or LINEAR")
        score = group = None
        keys: tuple[ast.Name, ...] = ()
        while (part := self.kind) in {"score", "group", "key"}:
            self.position += 1
            self.expect("by", "BY", f"write {part.upper()} BY field")
            column = self.name()
            if part == "score":
                score = column
            elif part == "group":
                group = column
            else:
                found = [column]
                while self.take(","):
                    found.append(self.name())
                keys = tuple(found)
        options = None
        while self.take("with"):
            options = self.map()
        return pipeline.Fuse(method, score, group, keys, options, start=start, end=self.last_end)

    def _word(self, expected: str, hint: str) -> ast.Name:
        """A name of one part, as few commands want it."""
        if self.kinds[self.position + 1] == "." or (
            self.kind == "name" and "." in self.text[self.start : self.ends[self.position]]
        ):
            self.unexpected(expected, hint)
        return self.name(expected)

    def rerank(self, start: int) -> pipeline.Rerank:
        """`RERANK name = query ON fields WITH options`."""
        name = self.assigned()
        query = self.constant("a query in quotes")
        self.expect("on", "ON", 'write `RERANK "query" ON field`')
        fields = self.fields("a field")
        options = self.map() if self.take("with") else None
        return pipeline.Rerank(name, query, fields, options, start=start, end=self.last_end)

    def sample(self, start: int) -> pipeline.Sample:
        """`SAMPLE probability`."""
        probability = self.constant("a probability")
        if isinstance(probability, ast.Literal):
            value = probability.value
            if probability.kind not in {"integer", "decimal"} or not 0 < float(value or 0) < 1:
                hint = "such as SAMPLE 0.1 for a tenth of the rows"
                self.say("semantics", "SAMPLE takes a number between 0 and 1", probability.start, probability.end, hint)
        return pipeline.Sample(probability, start=start, end=self.last_end)

    def mmr(self, start: int) -> pipeline.Mmr:
        """`MMR query ON column LIMIT rows WITH options`."""
        query: ast.Expression | None = None
        if self.kind == "name" and self.kinds[self.position + 1] != "(":
            query = self._word("a query vector", "a name with dots stands in backticks")
        elif self.kind != "on":
            query = self.primary("a query vector")
        self.expect("on", "ON", "write `MMR ON field LIMIT 10`")
        column = self._word("a field without dots", "a name with dots stands in backticks")
        self.expect("limit", "LIMIT", "write `MMR ON field LIMIT 10`")
        rows = self.constant("a number of rows")
        if not (isinstance(rows, ast.Literal) and rows.kind == "integer"):
            self.fail("LIMIT takes a whole number", rows.start, rows.end, "such as LIMIT 10")
        options = self.map() if self.take("with") else None
        return pipeline.Mmr(query, column, rows, options, start=start, end=self.last_end)

    def inform(self, start: int, command: str) -> pipeline.Inform:
        """`METRICS_INFO`, `TS_INFO` and `TS_COLLAPSE`, which are only their name."""
        return pipeline.Inform(command, start=start, end=self.last_end)

    def promql(self, start: int) -> pipeline.Promql:
        """`PROMQL options name = (query)`."""
        place, end = self.start, self.ends[self.position]
        self.position += 1
        if not self.text[place:end].strip():
            self.fail("PROMQL has no query", start, end, 'such as PROMQL index="metrics-*" step="5m" (sum(rate(x)))')
        options, name, query = read_promql(self.text, place, end)
        return pipeline.Promql(options, query, name, start=start, end=self.last_end)
