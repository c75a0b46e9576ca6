"""ES|QL text to tokens: what a word is depends on the command that it stands in, so the lexer follows the commands.

Facts from Elasticsearch's lexer grammars (x-pack/plugin/esql/src/main/antlr), versions 8.19 to 9.5, and its reference
https://www.elastic.co/docs/reference/query-languages/esql/esql-syntax.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from rulepack.query.base import MAX_ERRORS, QueryError
from rulepack.query.esql import words as w
from rulepack.query.esql.bad_text import misread

_SKIP: Final = r"(?:[ \t\r\n]+|//[^\r\n]*)*+"
_NAME: Final = r"(?:[A-Za-z]\w*+|[_@]\w++)"
_STRING: Final = r'(?P<string>"""[^\r\n]*?"""(?:""?)?|"(?:[^"\\\r\n]++|\\[^\r\n])*+")'
_QUOTED: Final = r"`(?:[^`]++|``)++`"
_PARAMETER: Final = r"(?P<parameter>\?\??(?:[A-Za-z_]\w*|\d+)?)"
_REST: Final = r"(?P<comment>/\*)|(?P<end>\Z)|(?P<bad>.))"
# The group that matched is the kind of the token; marks and words are of a kind of their own.
_EXPRESSION = re.compile(
    _SKIP
    + rf"(?:(?P<name>{_NAME}(?:\.{_NAME})*+)|{_STRING}"
    + r"|(?P<decimal>\d+\.\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)|(?P<integer>\d+)"
    + rf"|(?P<quoted>{_QUOTED})|{_PARAMETER}|(?P<comment>/\*)"
    + r"|(?P<wrong>&&|\|\||===|!==|=[><~]|<>|!(?!=))"
    + r"|(?P<mark>::|==|[!<>]=|[|()\[\]{},.:;=<>+\-*/%])|"
    + _REST.replace("(?P<comment>/\\*)|", ""),
    re.ASCII | re.DOTALL,
)
_PIECE: Final = rf"(?:[A-Za-z*][\w*]*+|[_@][\w*]++|{_QUOTED})++"
_PROJECTION = re.compile(
    _SKIP + rf"(?:(?P<name>{_PIECE}(?:\.{_PIECE})*+)|(?P<mark>[|(),.=])|{_PARAMETER}|{_STRING}|" + _REST,
    re.ASCII | re.DOTALL,
)
_SOURCE = re.compile(
    _SKIP + rf'(?:(?P<name>(?:[^:"=|,\[\]/() \t\r\n]|/[^*/])++)|{_STRING}|(?P<mark>::|[:=|,\[\]()])|' + _REST,
    re.ASCII | re.DOTALL,
)
_POLICY_NAME: Final = r'[^\\/?"<>| ,#\t\r\n:()]++'
_POLICY = re.compile(
    _SKIP + rf"(?:(?P<name>{_POLICY_NAME}(?::{_POLICY_NAME})?)|{_STRING}|(?P<mark>[|()])|" + _REST,
    re.ASCII | re.DOTALL,
)
# A command's word ends at white space: `where(a)` is one word to Elasticsearch, and no command.
_COMMAND = re.compile(_SKIP + r"(?:(?P<mark>[|()])|(?P<name>(?!/\*)[^\s\[\]/|()][^\s\[\]/|)]*)|" + _REST, re.DOTALL)
_COMMENT = re.compile(r"/\*|\*/")
_PROMQL = re.compile(r"""[^|()"'#]++|"(?:[^"\\]++|\\.)*+"|'(?:[^'\\]++|\\.)*+'|\#[^\r\n]*|.""", re.DOTALL)
_SUBQUERY = re.compile(_SKIP + rf"(?:{'|'.join(w.SUBQUERY_COMMANDS)})(?=[\s/])", re.IGNORECASE)
_ESCAPE = re.compile(r'\\(?:[tnr"\\]|(?P<wrong>.))', re.DOTALL)
_OPERATORS: Final = {
    "&&": "and",
    "||": "or",
    "===": "==",
    "!==": "!=",
    "=>": ">=",
    "=<": "<=",
    "=~": "==",
    "<>": "!=",
    "!": "not",
}

_Mode = tuple[re.Pattern[str], frozenset[str]]
_EXPRESSIONS: Final[_Mode] = (_EXPRESSION, w.EXPRESSION_WORDS)
_COMMANDS: Final[_Mode] = (_COMMAND, w.NO_WORDS)
_FORK: Final[_Mode] = (_EXPRESSION, w.NO_WORDS)
_SOURCES: Final = ((_SOURCE, w.SOURCE_WORDS), (_SOURCE, w.JOIN_WORDS), (_SOURCE, w.TARGET_WORDS))
_AFTER: Final[dict[str, _Mode]] = {
    "from": (_SOURCE, w.SOURCE_WORDS),
    "ts": (_SOURCE, w.SOURCE_WORDS),
    "keep": (_PROJECTION, w.NO_WORDS),
    "drop": (_PROJECTION, w.NO_WORDS),
    "mv_expand": (_PROJECTION, w.NO_WORDS),
    "rename": (_PROJECTION, w.RENAME_WORDS),
    "enrich": (_POLICY, w.POLICY_WORDS),
    "change_point": (_EXPRESSION, w.CHANGE_POINT_WORDS),
    "fuse": (_EXPRESSION, w.FUSE_WORDS),
    "mmr": (_EXPRESSION, w.MMR_WORDS),
    "lookup": (_SOURCE, w.JOIN_WORDS),
    "show": (_EXPRESSION, w.SHOW_WORDS),
    "inline": (_EXPRESSION, w.INLINE_WORDS),
    "fork": _FORK,
}
# Words within a command behind which others are words.
_TURNS: Final[dict[tuple[frozenset[str], str], _Mode]] = {
    (w.POLICY_WORDS, "on"): (_PROJECTION, w.ENRICH_WORDS),
    (w.POLICY_WORDS, "with"): (_PROJECTION, w.ENRICH_WORDS),
    (w.CHANGE_POINT_WORDS, "by"): (_EXPRESSION, w.EXPRESSION_WORDS | {"as"}),
    (w.FUSE_WORDS, "with"): _EXPRESSIONS,
    (w.JOIN_WORDS, "join"): (_SOURCE, w.TARGET_WORDS),
    (w.TARGET_WORDS, "on"): _EXPRESSIONS,
    (w.INLINE_WORDS, "stats"): _EXPRESSIONS,
}


@dataclass(slots=True)
class Tokens:
    """The tokens of a query as columns: kind, first character, and the character behind the last.

    Kinds are `command`, `name`, `quoted`, `string`, `integer`, `decimal`, `parameter`, `promql` (a whole PROMQL
    query), the words and marks themselves, `open` and `close` for the parentheses around commands, `bad` where there is
    an error already, and `eof` at last.
    """

    kinds: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    errors: list[QueryError] = field(default_factory=list)


class _Lexer:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = Tokens()
        self.mode = _COMMANDS
        # What the open parentheses stand in: the mode to go back to, and whether commands are in them.
        self.stack: list[tuple[_Mode, bool]] = []
        self.known: dict[frozenset[str], dict[str, str]] = {}
        self.silent = False  # in a command that is none, whose text need not make sense
        self.unbalanced = False

    def run(self) -> Tokens:
        position: int | None = 0
        while position is not None:
            position = self._command(position) if self.mode is _COMMANDS else self._words(position)
            if len(self.tokens.errors) >= MAX_ERRORS and position is not None:
                # Nobody reads more of them: what is left counts as one thing that is wrong.
                self._emit("bad", position, len(self.text))
                self._emit("eof", len(self.text), len(self.text))
                break
        return self.tokens

    def _emit(self, kind: str, start: int, end: int) -> None:
        tokens = self.tokens
        tokens.kinds.append(kind)
        tokens.starts.append(start)
        tokens.ends.append(end)

    def _error(self, message: str, start: int, end: int, hint: str | None) -> None:
        if not self.silent:
            self.tokens.errors.append(QueryError("syntax", message, start, end, hint))

    def _command(self, position: int) -> int | None:
        """The word of a command, and what it makes of the words behind it."""
        match = _COMMAND.match(self.text, position)
        assert match is not None  # its last alternatives match anything
        group = match.lastgroup or "bad"
        start, end = match.span(group)
        if group == "comment":
            return self._comment(start)
        self.silent = False
        if group == "mark":
            return self._mark(match[group], start, end)
        if group == "name":
            command = match[group].lower()
            if command not in w.COMMANDS and (word := re.match(r"\w+", command)) and word[0] in w.COMMANDS:
                end = start + word.end()
                command = word[0]
                self._error(
                    f"{match[group][: word.end()]} and {self.text[end]} run together",
                    start,
                    end + 1,
                    "put a space between",
                )
            self._emit("command", start, end)
            self.silent = command not in w.COMMANDS
            self.mode = _AFTER.get(command, _EXPRESSIONS)
            return self._promql(end) if command == "promql" else end
        if group == "end":
            self._emit("eof", start, start)
            return None
        return self._bad(start)

    def _words(self, position: int) -> int | None:
        """The tokens up to where another mode begins; that place, or None at the end of the text."""
        text = self.text
        pattern, words = mode = self.mode
        known = self.known.setdefault(words, {})
        kinds, starts, ends = self.tokens.kinds, self.tokens.starts, self.tokens.ends
        scan = pattern.match
        end = position
        while True:
            match = scan(text, end)
            assert match is not None  # its last alternatives match anything
            group = match.lastgroup or "bad"
            start, end = match.span(group)
            if group == "name":
                word = text[start:end]
                kind = known.get(word) or self._classify(word, start, end, words, known)
                if kind != "name" and (words, kind) in _TURNS:
                    self._emit(kind, start, end)
                    self.mode = _TURNS[words, kind]
                    return end
            elif group == "mark":
                kind = text[start:end]
                if kind in "|();":
                    self._mark(kind, start, end)
                    if self.mode is not mode:
                        return end
                    continue
            elif group == "string":
                kind = "string"
                if text[start + 1] != '"' and "\\" in text[start:end]:
                    self._escapes(start, end)
            elif group in {"comment", "wrong", "bad", "end"}:
                return self._other(group, start, end)
            else:
                kind = group
            kinds.append(kind)
            starts.append(start)
            ends.append(end)

    def _classify(self, word: str, start: int, end: int, words: frozenset[str], known: dict[str, str]) -> str:
        """The kind of a word: itself if it is one of ES|QL's, else a name, in which none of them may be a part."""
        lower = word.lower()
        if lower in words:
            known[word] = lower
            return lower
        if "." in word and words is not w.SOURCE_WORDS and not words.isdisjoint(lower.split(".")):
            part = next(part for part in word.split(".") if part.lower() in words)
            self._error(
                f"{part} is a word of ES|QL and cannot stand in a name", start, end, f"put it in backticks: `{word}`"
            )
            return "name"
        known[word] = "name"
        return "name"

    def _mark(self, mark: str, start: int, end: int) -> int:
        stack = self.stack
        kind = mark
        if mark == "|":
            while stack and not stack[-1][1]:
                stack.pop()
            self.mode = _COMMANDS
        elif mark == ";":
            if not stack:
                self.mode = _COMMANDS
        elif mark == "(":
            pipeline = self.mode is _FORK or self.mode in _SOURCES
            if not pipeline and self.mode[0] is _EXPRESSION and self.tokens.kinds[-1:] == ["in"]:
                pipeline = _SUBQUERY.match(self.text, end) is not None
            stack.append((self.mode, pipeline))
            if pipeline:
                kind = "open"
                self.mode = _COMMANDS
        elif stack:
            self.mode, pipeline = stack.pop()
            kind = "close" if pipeline else ")"
        self._emit(kind, start, end)
        return end

    def _other(self, group: str, start: int, end: int) -> int | None:
        """Comments, the end, and what is wrong."""
        if group == "comment":
            return self._comment(start)
        if group == "end":
            self._emit("eof", start, start)
            return None
        if group == "bad":
            return self._bad(start)
        wrong = self.text[start:end]
        if wrong == "||" and _is_command(self.text, end):
            self._mark("|", start, start + 1)
            return start + 1
        meant = _OPERATORS[wrong]
        shown = meant.upper()
        self._error(f"{wrong} is no operator of ES|QL", start, end, f"write {shown}")
        self._emit(meant, start, end)
        return end

    def _bad(self, start: int) -> int:
        found = misread(self.text, start)
        if found.start < start:
            # The two quotes before were read as an empty string.
            tokens = self.tokens
            del tokens.kinds[-1], tokens.starts[-1], tokens.ends[-1]
        self._error(found.message, found.start, found.end, found.hint)
        self._emit(found.kind, found.start, found.end)
        return found.end

    def _comment(self, start: int) -> int:
        """The place behind a comment, in which there may be others; if these are not balanced, behind the first end."""
        depth = 0
        first = None
        for match in _COMMENT.finditer(self.text, start):
            depth += 1 if match[0] == "/*" else -1
            if depth == 0:
                return match.end()
            if match[0] == "*/":
                first = first or match.end()
                if self.unbalanced:
                    return match.end()
        if first is not None:
            self.unbalanced = True
            return first
        self._error("this comment is not closed", start, start + 2, "close it with */")
        return len(self.text)

    def _escapes(self, start: int, end: int) -> None:
        """Says where an escape of a string is none; once, since one cause makes many."""
        for match in _ESCAPE.finditer(self.text, start + 1, end - 1):
            if match["wrong"] is not None:
                hint = (
                    f'write \\\\{match["wrong"]}, or put the string in """three quotes""" where a backslash is itself'
                )
                self._error(f"{match[0]} is no escape of ES|QL", match.start(), match.end(), hint)
                return

    def _promql(self, start: int) -> int:
        """A PROMQL command up to its pipe: a language of its own, of which only the parentheses are looked at."""
        opened: list[int] = []
        unclosed = None
        end = start
        while match := _PROMQL.match(self.text, end):
            mark = match[0]
            if mark == "|" or (mark == ")" and not opened):
                break
            if mark == "(":
                opened.append(end)
            elif mark == ")":
                opened.pop()
            elif mark in {'"', "'"}:
                unclosed = unclosed or end
            end = match.end()
        if unclosed is not None:
            self._error("this string is not closed", unclosed, unclosed + 1, "close it with the same quote")
        if opened:
            self._error("this ( is not closed", opened[-1], opened[-1] + 1, "close it with )")
        self._emit("promql", start, end)
        return end


def _is_command(text: str, position: int) -> bool:
    match = _COMMAND.match(text, position)
    return match is not None and match.lastgroup == "name" and match["name"].lower() in w.COMMANDS


def read_tokens(text: str) -> Tokens:
    """The tokens of a query, and what is no token in it; never raises."""
    return _Lexer(text).run()
