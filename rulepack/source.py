"""TOML text, its data, and where every key and every character of a query sits."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import field
from functools import cached_property
from itertools import accumulate
from operator import add
from typing import TYPE_CHECKING, Any, Literal

import tomli

from rulepack import locator
from rulepack.diagnostics import Code, Diagnostic, Related, Severity, Span
from rulepack.files import Unread, read_bytes
from rulepack.frozen import frozen

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable

MAX_DEPTH = 64

RP001 = Code(
    "RP001",
    "unreadable-file",
    Severity.ERROR,
    "A file cannot be read as text, or there is nothing in it",
    "Why: a rule in a file that cannot be read is not checked, documented or deployed, and nobody would notice.\n\n"
    "Instead: make it a regular file inside the project, saved as UTF-8, of at most 4 MB; or remove it.",
)
RP002 = Code(
    "RP002",
    "toml-syntax",
    Severity.ERROR,
    "A file is not valid TOML",
    "Why: after one wrong quote or bracket, everything would be guesswork, so nothing of the file is used.\n\n"
    "Instead: correct the place that the diagnostic points at. Queries and guides are best written as '''literal''' "
    "strings, in which backslashes and quotes stand for themselves. TOML is described at https://toml.io.",
)
CODES = (RP001, RP002)

# tomli reads brackets within brackets by recursion in native code, and stops itself at 400, which is safe.
_SAFE_BRACKETS = 200
# Python reads such a number from any base but ten, and then refuses to print it.
_LONG_NUMBER = re.compile(r"0[xob][0-9A-Fa-f_]{3000}")
_MANUAL = "https://toml.io shows how it is written"
_BRACKETS = {"[": ("array", "]"), "{": ("inline table", "}")}
_WORD = re.compile(r"[^\s,\]}#]{0,200}")
_WORD_HINTS = {
    "=": "one equals sign is enough",
    **dict.fromkeys(("true", "false"), "write it in lower case"),
    **dict.fromkeys(("none", "null", "nil"), "TOML has no null: leave the key out"),
}
# How git begins what it could not merge.
_CONFLICT = re.compile(r"^<{7} .*$", re.MULTILINE)
_TYPOGRAPHIC = "\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb"


@frozen(slots=False)
class Source:
    """One TOML file: its text (no byte order mark, lines end with LF), its data, and where everything is."""

    file: str
    text: str = field(repr=False)
    data: dict[str, Any] = field(compare=False, repr=False)

    @cached_property
    def entries(self) -> dict[locator.Path, locator.Entry]:
        """Where each key and value is; found when first asked for."""
        return locator.locate_all(self.text)

    @cached_property
    def _lines(self) -> list[int]:
        lines = self.text.split("\n")
        # The lengths of the lines before it, and the ends of those lines.
        return list(map(add, accumulate(map(len, lines), initial=0), range(len(lines))))

    def span_at(self, start: int, end: int) -> Span:
        """The lines and columns of a range of offsets; what lies outside the text is brought to its edge."""
        start = min(max(start, 0), len(self.text))
        end = min(max(end, start), len(self.text))
        line, end_line = bisect_right(self._lines, start), bisect_right(self._lines, end)
        column, end_column = start - self._lines[line - 1] + 1, end - self._lines[end_line - 1] + 1
        return Span(self.file, line, column, end_line, end_column)

    def locate(self, path: locator.Path, *, part: Literal["key", "value"] = "value") -> Span:
        """Where a key or its value is; of what is not there, the header or the key it would belong under."""
        for length in range(len(path), 0, -1):
            entry = self.entries.get(path[:length])
            if entry is None:
                continue
            missing = length < len(path)
            # Tables have their header as value; where it begins before the name tells them from pairs.
            if (missing and entry.value_start > entry.key_start) or (not missing and part == "key"):
                return self.span_at(entry.key_start, entry.key_end)
            return self.span_at(entry.value_start, entry.value_end)
        return Span(self.file)

    def inside(self, path: locator.Path, index: int, length: int = 1) -> Span:
        """Where some characters of the string at `path` are; of anything else, where that is."""
        if path not in self._literals:
            self._literals[path] = self._literal(path)
        if (content := self._literals[path]) is not None:
            start, end = content
            return self.span_at(min(start + max(index, 0), end), min(start + max(index, 0) + length, end))
        entry = self.entries.get(path)
        if entry is None or not locator.is_string(self.text, entry):
            return self.locate(path)
        return self.span_at(*locator.string_range(self.text, entry, index, length))

    def reads_backslashes(self, path: locator.Path) -> bool:
        """Whether TOML itself reads the backslashes of the string at `path`, so that each is written twice."""
        entry = self.entries.get(path)
        return entry is not None and self.text.startswith('"', entry.value_start)

    @cached_property
    def _literals(self) -> dict[locator.Path, tuple[int, int] | None]:
        return {}

    def _literal(self, path: locator.Path) -> tuple[int, int] | None:
        """Start and end of the content of a `'''literal'''` in a table of the file, if they can be told at once.

        Nearly all queries are such, and nearly all places that checks ask for: finding all places takes far longer.
        """
        match path:
            case (str() as name, str() as key) if isinstance(table := self.data.get(name), dict):
                value = table.get(key)
            case _:
                return None
        if not isinstance(value, str):
            return None
        # What begins with a line feed is found at once; beginnings of lines would have to be looked for one by one.
        found = list(re.finditer(rf"\n{re.escape(key)}[ \t]*=[ \t]*'''\n?", self.text))
        # What is there once, and is followed by just that value, is its place and nothing else.
        start = found[0].end() if len(found) == 1 else 0
        return (start, start + len(value)) if start and self.text.startswith(f"{value}'''", start) else None

    def line_text(self, line: int) -> str:
        """The text of a line, counted from 1, without its end; empty where there is no such line."""
        if not 1 <= line <= len(self._lines):
            return ""
        start = self._lines[line - 1]
        end = self.text.find("\n", start)
        return self.text[start : end if end >= 0 else len(self.text)]

    def diagnostic(
        self,
        code: Code,
        message: str,
        span: Span,
        hint: str | None = None,
        related: tuple[Related, ...] = (),
        *,
        severity: Severity | None = None,
    ) -> Diagnostic:
        """Something to say about a place in this file, with the line it is on."""
        excerpt = self.line_text(span.line) if span.file == self.file else None
        return Diagnostic(code, message, span, hint, related, code.severity if severity is None else severity, excerpt)


def parse_source(file: str, text: str) -> Source | Diagnostic:
    """Give the data of a TOML text, or the one thing that keeps it from being read."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    unread = Source(file, text, {})
    if text.count("[") + text.count("{") > _SAFE_BRACKETS and (problem := _too_deep(unread)):
        return problem
    try:
        # A CR that is left stands alone, which is an error; tomli must not take it for half of a line end.
        data = tomli.loads(text.replace("\r\n", "\r \n"))
    except (ValueError, RecursionError) as error:
        return _too_deep(unread) or _explain(unread, error)
    if not data:
        hint = "a rule file has the tables [metadata] and [rule]; the README shows one"
        return unread.diagnostic(RP001, "the file is empty", unread.span_at(0, 0), hint)
    if locator.is_deep(data, MAX_DEPTH) and (problem := _too_deep(unread)):
        return problem
    if _LONG_NUMBER.search(text) and (problem := _long_integer(unread)):
        return problem
    return Source(file, text, data)


def read_source(path: pathlib.Path, file: str, root: pathlib.Path | None = None) -> Source | Diagnostic:
    """Read a TOML file, which must be inside `root` if that is given; `file` is its name in diagnostics."""
    return source_of(read_bytes(path, root), file)


def source_of(content: bytes | Unread, file: str) -> Source | Diagnostic:
    """The TOML of a file's content, or why there is none."""
    if isinstance(content, Unread):
        return Diagnostic(RP001, content.reason, Span(file), content.hint)
    text = _decode(file, content)
    return parse_source(file, text) if isinstance(text, str) else text


def _decode(file: str, content: bytes) -> str | Diagnostic:
    """The text of a file, or where and why it is no UTF-8."""
    hint = "save the file as UTF-8"
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Diagnostic(RP001, "the file is UTF-16, not UTF-8", Span(file), hint)
    try:
        text = content.decode()
        end = text.find("\0")
        message = "the file has a NUL character (U+0000); UTF-16 and files that are no text are full of them"
    except UnicodeDecodeError as error:
        end = len(content[: error.start].decode())
        text = content.decode(errors="replace")
        byte = content[error.start : error.start + 1]
        message = f"byte 0x{byte.hex().upper()} is not UTF-8"
        meant = byte.decode("cp1252", errors="replace")
        hint += f" (in Windows-1252, that byte is {meant})" if meant.isprintable() and meant != "\ufffd" else ""
    if end < 0:
        return text
    # The mark and CR are no part of a source's text, so columns and lines are counted without them.
    before = text[:end].removeprefix("\ufeff").replace("\r\n", "\n")
    source = Source(file, before + text[end:].replace("\r\n", "\n"), {})
    return source.diagnostic(RP001, message, source.span_at(len(before), len(before) + 1), hint)


def _too_deep(source: Source) -> Diagnostic | None:
    found = locator.too_deep(source.text, MAX_DEPTH)
    message, hint = f"tables and arrays are nested more than {MAX_DEPTH} deep", "no rule needs more than ten levels"
    return None if found is None else _fault(source, message, found, hint=hint)


def _fault(
    source: Source, message: str, start: int, length: int = 1, hint: str | None = None, *, other: Related | None = None
) -> Diagnostic:
    length = 0 if source.text[start : start + 1] in ("", "\n") else length
    return source.diagnostic(RP002, message, source.span_at(start, start + length), hint, (other,) if other else ())


def _explain(source: Source, error: Exception) -> Diagnostic:
    """Say what tomli refused: where it went wrong, which is often not where reading stopped, in words for people."""
    if (conflict := _CONFLICT.search(source.text)) is not None:
        return _fault(
            source, "git could not merge this file", conflict.start(), hint="resolve the conflict that it marks"
        )
    if isinstance(error, tomli.TOMLDecodeError):
        for beginnings, explanations in _EXPLANATIONS.items():
            if error.msg.startswith(beginnings):
                for explain in explanations:
                    if found := explain(source, error.pos):
                        return found
        return _fault(source, error.msg[:1].lower() + error.msg[1:], error.pos, hint=_MANUAL)
    return _long_integer(source) or _fault(source, f"the file cannot be read: {_shown(str(error))}", 0, hint=_MANUAL)


def _long_integer(source: Source) -> Diagnostic | None:
    found = locator.long_integer(source.text)
    message, hint = "an integer with thousands of digits cannot be read", "put it in quotes if it is text"
    return _fault(source, message, found[0], found[1] - found[0], hint) if found else None


def _unclosed_string(source: Source, position: int) -> Diagnostic:
    text = source.text
    start = (locator.still_open(text[:position]) or [position])[-1]
    quote = text[start : start + 1]
    if text.startswith(quote * 3, start):
        return _fault(source, "the string that begins here is never closed", start, 3, f"close it with {quote * 3}")
    hint = f"close it with {quote}; a string of several lines begins and ends with {quote * 3}"
    return _fault(source, "the string that begins here is not closed on its line", start, 1, hint)


def _odd_character(source: Source, position: int) -> Diagnostic | None:
    """A character that TOML has no use for here: control characters, typographic quotes, spaces that are none."""
    char = source.text[position : position + 1] or "\n"
    name = f"U+{ord(char):04X}"
    if char in _TYPOGRAPHIC:
        return _fault(source, f"{name} is a typographic quotation mark", position, hint="type \" or ' in its place")
    if char.isprintable() or char in "\t\n":
        return None
    if char == "\r":
        return _fault(source, f"carriage return ({name}) without line feed", position, hint="end lines with LF or CRLF")
    if char.isascii():
        hint = f'delete it; in a "basic" string it can be written \\u{ord(char):04X}'
        return _fault(source, f"control character {name} is not allowed", position, hint=hint)
    return _fault(source, f"{name} looks like a space or like nothing, but is neither", position, hint="delete it")


def _clash(source: Source, position: int) -> Diagnostic | None:
    """A key or header that clashes with an earlier one; tomli stops behind its value."""
    found = locator.clash(source.text[:position])
    if found is None:
        return None
    path, entry, known, first = found
    there = source.span_at(first.key_start, first.key_end)
    name, other = (_shown(".".join(part for part in each if isinstance(part, str))) for each in (path, known))
    message = f"`{name}` is given twice, first on line {there.line}"
    if name != other:
        message = f"`{name}` cannot be added to `{other}`, which is complete on line {there.line}"
    hint, length = "keep only one of the two", entry.key_end - entry.key_start
    return _fault(source, message, entry.key_start, length, hint, other=Related(there, f"`{other}` is given here"))


def _bad_escape(source: Source, position: int) -> Diagnostic:
    start = max(source.text.rfind("\\", 0, position), 0)
    kind = source.text[start + 1 : start + 2]
    hint = "write \\\\ for a backslash, or put the text in '''…''', where backslashes stand for themselves"
    message = f"`\\{_shown(kind)}` is not an escape that TOML knows"
    if digits := {"x": 2, "u": 4, "U": 8}.get(kind):
        message = f"`\\{kind}` must be followed by the {digits} hexadecimal digits of a character"
    return _fault(source, message, start, 2, hint)


def _unclosed_bracket(source: Source, position: int) -> Diagnostic | None:
    start = locator.unclosed_bracket(source.text, position)
    if start is None:
        return None
    kind, closing = _BRACKETS[source.text[start]]
    return _fault(source, f"the {kind} that begins here is never closed", start, 1, f"close it with {closing}")


def _missing_comma(source: Source, position: int) -> Diagnostic:
    text = source.text
    start = (locator.still_open(text[:position]) or [position])[-1]
    kind, closing = _BRACKETS.get(text[start : start + 1], _BRACKETS["["])
    char = text[position : position + 1]
    message = f"`{_shown(char)}` stands where a comma or `{closing}` must"
    if char.isalnum() or char in "\"'[{+-_":
        message = f"a comma is missing before this {'value' if closing == ']' else 'key'}"
    other = Related(source.span_at(start, start + 1), f"the {kind} begins here")
    return _fault(source, message, position, 1, f"or close the {kind} with {closing}", other=other)


def _no_value(source: Source, position: int) -> Diagnostic:
    match = _WORD.match(source.text, position)
    word = match.group() if match else ""
    if not word:
        return _fault(source, "a value is missing here", position, hint="write a value here, or remove this line")
    hint = _WORD_HINTS.get(word.lower(), f'text needs quotes: "{_shown(word)}"')
    return _fault(source, f"`{_shown(word)}` is not a TOML value", position, len(word), hint)


def _swallowed(source: Source, position: int) -> Diagnostic | None:
    """A string that was not closed, so that the opening quotes of the next one ended it."""
    found = locator.swallowing_string(source.text, position)
    if found is None:
        return None
    start, end, name = found
    quotes, line = source.text[start : start + 3], source.span_at(end, end).line
    message = f"the string that begins here goes on until the quotes of `{_shown(name)}` on line {line}"
    return _fault(source, message, start, 3, f"close it with {quotes} before that line")


def _trailing_text(source: Source, position: int) -> Diagnostic:
    text, string = source.text, locator.last_string(source.text, position)
    if string and not text[string[1] : position].strip(" \t"):
        hint = "a quote inside \"…\" is written \\\"; in '''…''', quotes stand for themselves"
        other = Related(source.span_at(string[0], string[0] + 1), "the string begins here")
        return _fault(source, "unexpected text after the end of a string", position, hint=hint, other=other)
    start = position
    while start and text[start - 1] not in " \t\n=,[]{}":
        start -= 1
    if start < position:
        return _no_value(source, start)
    hint = "each `key = value` and each [header] stands on its own line; comments begin with #"
    return _fault(source, f"unexpected `{_shown(text[position])}` after the end of a statement", position, hint=hint)


def _no_equals(source: Source, position: int) -> Diagnostic:
    hint = "write `key = value`; a key of other characters than A-Z, a-z, 0-9, - and _ needs quotes"
    return _fault(source, "`=` is missing after this key", position, hint=hint)


def _no_key(source: Source, position: int) -> Diagnostic:
    char = source.text[position : position + 1]
    if char in "\n.=,]}":
        return _fault(source, "a name is missing here", position, hint="write a key, or remove the rest of this line")
    hint = "keys are made of A-Z, a-z, 0-9, - and _; put other names in quotes"
    return _fault(source, f"`{_shown(char)}` cannot be part of a name", position, hint=hint)


def _shown(text: str, limit: int = 40) -> str:
    """Text of the file for use in a message: short, and with names for characters that do not show."""
    shown = "".join(char if char.isprintable() else f"U+{ord(char):04X}" for char in text[: limit + 1])
    return shown if len(text) <= limit else shown[: limit - 1] + "…"


# How tomli's messages begin, and what may be behind them: the first that has something to say.
_EXPLANATIONS: dict[tuple[str, ...], tuple[Callable[[Source, int], Diagnostic | None], ...]] = {
    ("Unterminated", 'Expected "', "Illegal character '\\n'", "Found invalid character '\\n'"): (
        _swallowed,
        _unclosed_string,
    ),
    ("Illegal character", "Found invalid character"): (_odd_character,),
    ("Cannot", "Duplicate"): (_clash,),
    ("Unescaped", "Invalid hex", "Escaped"): (_bad_escape,),
    ("Unclosed",): (_odd_character, _unclosed_bracket, _missing_comma),
    ("Invalid value", "Invalid date"): (_odd_character, _unclosed_bracket, _no_value),
    ("Invalid",): (_swallowed, _odd_character, _unclosed_bracket, _no_key),
    ("Expected newline",): (_swallowed, _odd_character, _trailing_text),
    ("Expected '='",): (_swallowed, _odd_character, _unclosed_bracket, _no_equals),
}
