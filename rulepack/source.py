"""TOML text, its data, and where every key and every character of a query sits."""

from __future__ import annotations

import errno
import math
import os
import re
import stat
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import tomli

from rulepack import locator
from rulepack.diagnostics import Code, Diagnostic, Related, Severity, Span

if TYPE_CHECKING:
    import pathlib

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 64

RP001 = Code(
    "RP001",
    "unreadable-file",
    Severity.ERROR,
    "A file cannot be read as text, or there is nothing in it",
    "Why: a rule in a file that cannot be read is not checked, documented or deployed, and nobody would notice.\n\n"
    "Instead: make it a regular file inside the project, saved as UTF-8, of at most 4 MB. Delete it if it is not needed.",
)
RP002 = Code(
    "RP002",
    "toml-syntax",
    Severity.ERROR,
    "A file is not valid TOML",
    "Why: where one quote or bracket is wrong, everything behind it would be guesswork, so nothing of the file is used.\n\n"
    "Instead: correct the place that the diagnostic points at. Queries and guides are best written as '''literal''' "
    "strings, in which backslashes and quotes stand for themselves. TOML is described at https://toml.io.",
)
CODES = (RP001, RP002)

_NEW_FILE = "a rule file has the tables [metadata] and [rule]; `rulepack new` writes one"
_STATEMENT = re.compile(r"""[ \t]*(?:[\w."'-]+[ \t]*=|\[{1,2}[\w." -]+\]{1,2}[ \t]*(?:\#[^\n]*)?$)""", re.MULTILINE)
_OPENING_LINE = re.compile(r"""[ \t]*([\w.-]+)[ \t]*=[ \t]*["']{3}""")
_WORD = re.compile(r"[^\s,\]}#]{0,200}")
_TYPOGRAPHIC = "\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb"


@dataclass(frozen=True)
class Source:
    """One TOML file: its text (no byte order mark, lines end with LF), its data, and where everything is."""

    file: str
    text: str
    data: dict[str, Any] = field(compare=False, repr=False)

    @cached_property
    def entries(self) -> dict[locator.Path, locator.Entry]:
        """Where each key and value is; found when first asked for."""
        return locator.locate_all(self.text)

    @cached_property
    def _lines(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

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
        value: Any = self.data
        try:
            for name in path:
                value = value[name]
        except (LookupError, TypeError):
            value = None
        if not isinstance(value, str) or path not in self.entries:
            return self.locate(path)
        return self.span_at(*locator.string_range(self.text, self.entries[path], index, length))

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
        severity: Severity | None = None,
    ) -> Diagnostic:
        """Something to say about a place in this file, with the line it is on."""
        excerpt = self.line_text(span.line) if span.file == self.file else None
        return Diagnostic(code, message, span, hint, related, code.severity if severity is None else severity, excerpt)


def parse_source(file: str, text: str) -> Source | Diagnostic:
    """Give the data of a TOML text, or the one thing that keeps it from being read."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    unread = Source(file, text, {})
    # tomli reads brackets within brackets by recursion, in native code: too many of them would end the process.
    if text.count("[") + text.count("{") > MAX_DEPTH and (deep := _too_deep(unread)):
        return deep
    try:
        data = tomli.loads(text)
    except (ValueError, RecursionError) as error:
        return _too_deep(unread) or _explain(unread, error)
    if not data:
        return unread.diagnostic(RP001, "the file is empty", unread.span_at(0, 0), _NEW_FILE)
    if _may_be_deep(data) and (deep := _too_deep(unread)):
        return deep
    return Source(file, text, data)


def read_source(path: pathlib.Path, file: str, root: pathlib.Path | None = None) -> Source | Diagnostic:
    """Read a TOML file, which must be inside `root` if that is given; `file` is its name in diagnostics."""
    refused = _refusal(path, root)
    if refused is None:
        try:
            with path.open("rb") as opened:
                # A file may grow after it was looked at, and those in /proc say that they are empty.
                content = opened.read(MAX_BYTES + 1)
        except OSError as error:
            refused = _os_refusal(path, error)
        else:
            refused = _size_refusal(len(content))
    if refused is not None:
        message, hint = refused
        return Diagnostic(RP001, message, Span(file), hint)
    text = _decode(file, content)
    return parse_source(file, text) if isinstance(text, str) else text


def _refusal(path: pathlib.Path, root: pathlib.Path | None) -> tuple[str, str] | None:
    """Why a path should not be opened: message and hint."""
    try:
        found = path.stat()
        if root is not None and not _is_inside(path, root):
            return "the file is a symlink that leads outside the project", "put a copy of the file in its place"
    except (OSError, ValueError) as error:
        return _os_refusal(path, error)
    if stat.S_ISREG(found.st_mode):
        return _size_refusal(found.st_size)
    if stat.S_ISDIR(found.st_mode):
        return "this is a folder, not a file", "give the folder a name that does not end in .toml"
    kinds = {stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket"}
    kind = kinds.get(stat.S_IFMT(found.st_mode), "a device")
    return f"this is {kind}, not a regular file", "remove it, or put a TOML file in its place"


def _is_inside(path: pathlib.Path, root: pathlib.Path) -> bool:
    real, top = os.path.realpath(path, strict=True), os.path.realpath(root)
    return real.startswith(top.rstrip(os.sep) + os.sep)


def _size_refusal(size: int) -> tuple[str, str] | None:
    if size <= MAX_BYTES:
        return None
    limit = MAX_BYTES // 1024**2
    if size == MAX_BYTES + 1:
        return f"the file is larger than {limit} MB", "a rule file holds one rule; split it"
    megabytes = math.ceil(size / 1024**2 * 10) / 10
    return f"the file has {megabytes} MB, more than the limit of {limit} MB", "a rule file holds one rule; split it"


def _os_refusal(path: pathlib.Path, error: OSError | ValueError) -> tuple[str, str]:
    number = error.errno if isinstance(error, OSError) else None
    is_link = number is not None and path.is_symlink()
    if number == errno.ENOENT and is_link:
        return "the symlink leads to a file that does not exist", "correct or remove the symlink"
    if number == errno.ELOOP:
        return "the symlink leads in a circle", "correct or remove the symlink"
    if number in (errno.ENOENT, errno.ENOTDIR):
        return "the file does not exist", "check the path; it may have been renamed or removed"
    if number in (errno.EACCES, errno.EPERM):
        return "no permission to read the file", "allow reading, for example with `chmod u+r`"
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return f"the file cannot be read: {reason}", "check the path and the disk"


def _decode(file: str, content: bytes) -> str | Diagnostic:
    """The text of a file, or where and why it is no UTF-8."""
    hint = "save the file as UTF-8"
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Diagnostic(RP001, "the file is UTF-16, not UTF-8", Span(file), hint)
    try:
        text = content.decode()
        end = text.find("\0")
        message = "the file has NUL bytes (U+0000): it is UTF-16 without a mark, or no text at all"
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
    message = f"tables and arrays are nested more than {MAX_DEPTH} deep"
    return None if found is None else _fault(source, message, found, hint="no rule nests deeper than about ten")


def _may_be_deep(data: dict[str, Any]) -> bool:
    level: list[Any] = [data]
    for _ in range(MAX_DEPTH):
        inner = (value for held in level for value in (held.values() if isinstance(held, dict) else held))
        level = [value for value in inner if isinstance(value, (dict, list))]
        if not level:
            return False
    return True


def _fault(
    source: Source, message: str, start: int, length: int = 1, hint: str | None = None, other: tuple[int, str] | None = None
) -> Diagnostic:
    """A syntax error; `other` is the offset of a second place that belongs to it, and what to say there."""
    length = 0 if source.text[start : start + 1] in ("", "\n") else length
    related = (Related(source.span_at(other[0], other[0] + 1), other[1]),) if other else ()
    return source.diagnostic(RP002, message, source.span_at(start, start + length), hint, related)


def _explain(source: Source, error: Exception) -> Diagnostic:
    """Say what tomli refused: where it went wrong, which is often not where reading stopped, in words for people."""
    if not isinstance(error, tomli.TOMLDecodeError):
        return _long_number(source) or _fault(source, f"the file cannot be read: {_shown(str(error))}", 0)
    for beginnings, explanations in _EXPLANATIONS.items():
        if error.msg.startswith(beginnings):
            for explain in explanations:
                if found := explain(source, error.pos):
                    return found
    return _fault(source, error.msg[:1].lower() + error.msg[1:], error.pos)


def _long_number(source: Source) -> Diagnostic | None:
    for entry in source.entries.values():
        digits = source.text[entry.value_start : entry.value_end].lstrip("+-").replace("_", "")
        if len(digits) > sys.get_int_max_str_digits() > 0 and digits.isdecimal():
            message = f"this integer has {len(digits)} digits, which is more than can be read"
            return _fault(source, message, entry.value_start, len(digits), "put it in quotes if it is text")
    return None


def _unclosed_string(source: Source, position: int) -> Diagnostic:
    text = source.text
    start = (locator.still_open(text[:position]) or [position])[-1]
    quote = text[start : start + 1]
    if text.startswith(quote * 3, start):
        message, hint = "the string that begins here is never closed", f"close it with {quote * 3}"
        return _fault(source, message, start, 3, hint)
    hint = f"close it with {quote}; a string of several lines begins and ends with {quote * 3}"
    return _fault(source, "the string that begins here is not closed on its line", start, 1, hint)


def _odd_character(source: Source, position: int) -> Diagnostic | None:
    """A character that TOML has no use for here: control characters, typographic quotes, spaces that are none."""
    char = source.text[position : position + 1]
    name = f"U+{ord(char or ' '):04X}"
    if char in ("", "\n", "\t") or (char.isprintable() and char not in _TYPOGRAPHIC):
        return None
    if char in _TYPOGRAPHIC:
        return _fault(source, f"{name} is a typographic quotation mark", position, hint="type a straight quote: \" or '")
    if char == "\r":
        hint = "save the file with LF or CRLF as line ends"
        return _fault(source, f"carriage return ({name}) without a line feed", position, hint=hint)
    if ord(char) < ord(" ") or char == "\x7f":
        hint = f'delete it; in a "basic" string it can be written \\u{ord(char):04X}'
        return _fault(source, f"control character {name} is not allowed", position, hint=hint)
    return _fault(source, f"{name} looks like a space or like nothing, but is neither", position, hint="delete it")


def _bad_character(source: Source, position: int) -> Diagnostic | None:
    at_line_end = source.text[position : position + 1] == "\n"
    return _unclosed_string(source, position) if at_line_end else _odd_character(source, position)


def _given_twice(source: Source, position: int) -> Diagnostic | None:
    """A key or header that clashes with an earlier one; tomli stops behind its value."""
    last = locator.last_entry(source.text[:position])
    if last is None:
        return None
    path, entry = last
    before = locator.locate_all(source.text[: entry.key_start])
    known = next((path[:length] for length in range(len(path), 0, -1) if path[:length] in before), None)
    if known is None:
        return None
    first = before[known].key_start
    line, name, other = source.span_at(first, first).line, _dotted(path), _dotted(known)
    message = f"`{name}` is given twice, first on line {line}"
    if name != other:
        message = f"`{name}` cannot be added to `{other}`, which is complete on line {line}"
    return _fault(source, message, entry.key_start, entry.key_end - entry.key_start, "keep one", (first, "first here"))


def _bad_escape(source: Source, position: int) -> Diagnostic:
    start = max(source.text.rfind("\\", 0, position), 0)
    kind = source.text[start + 1 : start + 2]
    if kind in ("u", "U", "x"):
        digits = {"x": 2, "u": 4, "U": 8}[kind]
        message = f"`\\{kind}` needs {digits} hexadecimal digits that name a character"
        return _fault(source, message, start, 2, "write \\\\ for a backslash")
    hint = "write \\\\ for a backslash, or put the text in '''…''', where backslashes stand for themselves"
    return _fault(source, f"`\\{_shown(kind)}` is not an escape that TOML knows", start, 2, hint)


def _unclosed_bracket(source: Source, position: int) -> Diagnostic | None:
    """An array or inline table that the end of the file, or the next statement, shows to be still open."""
    text = source.text
    line = text.rfind("\n", 0, position) + 1
    opened = locator.still_open(text[:position])
    earlier = [start for start in opened if start < line]
    if position < len(text) and not (earlier and text[earlier[-1]] == "[" and _STATEMENT.match(text, line)):
        return None
    if not opened:
        return None
    start = (earlier or opened)[-1]
    kind, closing = ("array", "]") if text[start] == "[" else ("inline table", "}")
    return _fault(source, f"the {kind} that begins here is never closed", start, 1, f"close it with {closing}")


def _missing_comma(source: Source, position: int) -> Diagnostic:
    text = source.text
    start = (locator.still_open(text[:position]) or [0])[-1]
    kind, closing = ("array", "]") if text[start] == "[" else ("inline table", "}")
    char = text[position : position + 1]
    message = f"`{_shown(char)}` stands where a comma or `{closing}` must"
    if char.isalnum() or char in "\"'[{+-_":
        message = f"a comma is missing before this {'value' if closing == ']' else 'key'}"
    return _fault(source, message, position, 1, f"or close the {kind} with {closing}", (start, f"the {kind} begins here"))
