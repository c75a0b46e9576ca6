"""Where every key and every value sits in TOML text, and where refused text went wrong.

No maintained TOML reader keeps the places of values, so this scans the text once more, when a diagnostic needs a place.
It judges nothing: on text that is no TOML it stops at the first thing it cannot read and returns what it found so far.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rulepack.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

Path = tuple[str | int, ...]

# No possessive quantifiers: before 3.11.5 they could match wrongly. Every loop below has one way to match a character,
# so failing is linear too.
_STRING = (
    r'"""[^"\\]*(?:(?:\\.|"{1,2}(?!"))[^"\\]*)*"{3,5}'
    r"|'''[^']*(?:'{1,2}(?!')[^']*)*'{3,5}"
    r'|"(?!"")[^"\\\n]*(?:\\[^\n][^"\\\n]*)*"'
    r"|'(?!'')[^'\n]*'"
)
_PART_PATTERN = r'(?:[A-Za-z0-9_-]+|"(?!"")[^"\\\n]*(?:\\[^\n][^"\\\n]*)*"|\'(?!\'\')[^\'\n]*\')'
# Matching a name of a million parts would take a gigabyte; tomli reads none of more than a thousand.
_NAME = rf"(?P<name>(?P<first>{_PART_PATTERN})(?P<rest>(?:[ \t]*\.[ \t]*{_PART_PATTERN}){{0,1500}}))"

_PART = re.compile(_PART_PATTERN)
_HEADER = re.compile(rf"(?P<opening>\[\[?)[ \t]*{_NAME}[ \t]*\]{{0,2}}")
_PAIR = re.compile(rf"{_NAME}[ \t]*(?P<equals>=?)[ \t]*")
_TRIVIA = re.compile(r"[ \t\n]*(?:#[^\n]*[ \t\n]*)*")
_SEPARATOR = re.compile(r"[ \t\n,]*(?:#[^\n]*[ \t\n,]*)*")
# A date and a time may have a space between them; no other value outside quotes and brackets holds one.
_SCALAR = re.compile(
    rf"{_STRING}|[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}} [0-9]{{2}}:[^\s,\]}}#]*|[^\s,\[\]{{}}#\"'=][^\s,\]}}#]*", re.DOTALL
)
_INTEGER = re.compile(r"[+-]?[1-9][0-9_]{500,}|0[xob][0-9A-Fa-f_]{500,}")
_STATEMENT = re.compile(
    rf"[ \t]*(?:{_NAME}[ \t]*=|\[\[?[ \t]*{_PART_PATTERN}[^=,\"'\n]*\][ \t]*(?:#.*)?$)", re.MULTILINE
)
_OPENING = re.compile(rf"[ \t]*{_NAME}[ \t]*=[ \t]*(?:\"\"\"|''')")
_TOKEN = re.compile(rf"{_STRING}|#[^\n]*|[\[\]{{}}\"']", re.DOTALL)
_ESCAPE = re.compile(
    r"\\(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|x[0-9A-Fa-f]{2}|(?P<line_end>[ \t]*\n[ \t\n]*)|.)", re.DOTALL
)
_SIMPLE_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b", '"': '"', "\\": "\\"}


@frozen
class Entry:
    """Where one key and its value are, as offsets in code points; ends are exclusive.

    - `name = "x"`: the key without the equals sign; the value with its quotes or brackets.
    - `[a.b]` or `[[a.b]]`: the key is the name inside the brackets, the value is the whole header; a list of tables is
      at its first header, its elements are each at their own.
    - A table that only a longer name made (`a` in `[a.b]` and in `a.b = 1`): the key is its own part of that name; the
      value is the whole header, or the whole dotted key.
    - An array element has no key: it is the same as the value.
    """

    key_start: int
    key_end: int
    value_start: int
    value_end: int


@dataclass(slots=True)
class _Frame:
    """An array or inline table that is still open; `count` is the next index, or -1 in an inline table."""

    path: Path
    key: tuple[int, int] | None
    start: int
    count: int


class _Scanner:
    """One pass over one text, without recursion."""

    def __init__(self, text: str, limit: int | None = None) -> None:
        self.text = text
        self.limit = limit
        self.too_deep: int | None = None
        self.entries: dict[Path, Entry] = {}
        self.last: Path | None = None  # the last header, or key whose value is complete
        self._table: Path = ()
        self._counts: dict[Path, int] = {}
        self._open: list[_Frame] = []

    def run(self) -> None:
        """Read statements until the end, or until something that is no TOML, or is deeper than the limit."""
        text, position = self.text, 0
        while position >= 0:
            match = _TRIVIA.match(text, position)
            position = match.end() if match else len(text)
            if position >= len(text):
                return
            position = self._header(position) if text[position] == "[" else self._statement(position)

    def _header(self, position: int) -> int:
        match = _HEADER.match(self.text, position)
        if match is None or self._is_too_deep((), match):
            return -1
        parts = _parts(match)
        path: Path = ()
        for name, start, end in parts[:-1]:
            path = (*path, name)
            if path not in self.entries:
                self.entries[path] = Entry(start, end, position, match.end())
            if path in self._counts:
                path = (*path, self._counts[path] - 1)
        path = (*path, parts[-1][0])
        entry = Entry(*match.span("name"), position, match.end())
        if match["opening"] == "[[":
            self.entries.setdefault(path, entry)
            count = self._counts.get(path, 0)
            self._counts[path] = count + 1
            path = (*path, count)
        self.entries[path] = entry  # also over that of a longer header, which came first
        self._table = self.last = path
        if self.limit is not None and len(path) > self.limit:
            self.too_deep = position
            return -1
        return match.end()

    def _statement(self, position: int) -> int:
        """Read one `key = value`, however deep its value nests."""
        start = self._key(self._table, position)
        while start >= 0:
            end = self._close(start)
            if not self._open:
                return end
            start = self._next(end)
        return -1

    def _key(self, base: Path, position: int) -> int:
        """Read a key up to its value, and the value up to its end or its opening bracket."""
        match = _PAIR.match(self.text, position)
        if match is None or self._is_too_deep(base, match) or not match["equals"]:
            return -1
        path, start, end = base, *match.span("name")
        for name, part_start, part_end in _parts(match):
            if path is not base and path not in self.entries:
                self.entries[path] = Entry(start, end, *match.span("name"))
            path, start, end = (*path, name), part_start, part_end
        return self._value(path, (start, end), match.end())

    def _value(self, path: Path, key: tuple[int, int] | None, position: int) -> int:
        """Record a value; of an array or inline table only that it begins."""
        if self.limit is not None and len(path) > self.limit:
            self.too_deep = position
            return -1
        opening = self.text[position : position + 1]
        if opening in ("[", "{"):
            start, end = key or (position, position)
            # A container is entered before what it holds, and again when its end is known.
            self.entries[path] = Entry(start, end, position, position)
            self._open.append(_Frame(path, key, position, 0 if opening == "[" else -1))
            return position + 1
        match = _SCALAR.match(self.text, position)
        if match is None:
            return -1
        start, end = key or match.span()
        self.entries[path] = Entry(start, end, position, match.end())
        if key:
            self.last = path
        return match.end()

    def _close(self, position: int) -> int:
        """Leave every array and inline table that ends here."""
        while self._open:
            match = _SEPARATOR.match(self.text, position)
            inside = match.end() if match else position
            if self.text[inside : inside + 1] not in ("]", "}"):
                return inside
            position = inside + 1
            frame = self._open.pop()
            start, end = frame.key or (frame.start, position)
            self.entries[frame.path] = Entry(start, end, frame.start, position)
            if frame.key:
                self.last = frame.path
        return position

    def _next(self, position: int) -> int:
        """Read the next element of the innermost array, or the next key of the innermost inline table."""
        frame = self._open[-1]
        if frame.count < 0:
            return self._key(frame.path, position)
        frame.count += 1
        return self._value((*frame.path, frame.count - 1), None, position)

    def _is_too_deep(self, base: Path, match: re.Match[str]) -> bool:
        """Whether the name leads deeper than the limit; counts, so that no endless path is built."""
        if self.limit is None or len(base) + match["rest"].count(".") < self.limit:
            return False
        if len(base) + len(_PART.findall(match["rest"])) < self.limit:
            return False
        self.too_deep = match.start("name")
        return True


def locate_all(text: str) -> dict[Path, Entry]:
    """Every key, table, array element and inline table of a TOML text, in the order they first appear."""
    scanner = _Scanner(text)
    scanner.run()
    return scanner.entries


def is_string(text: str, entry: Entry) -> bool:
    """Whether the value at `entry` is a string; a dotted key that begins with a quote is none."""
    is_name = entry.value_start < entry.key_end != entry.value_end
    return text[entry.value_start] in "\"'" and not is_name


def string_offset(text: str, entry: Entry, index: int) -> int:
    """Offset in `text` of character `index` of the string at `entry`; of an escape, where it begins.

    An index beyond the string's last character gives the place just behind its content.
    """
    start, end = _content(text, entry)
    rest = max(index, 0)
    if text[entry.value_start] == '"' and text.find("\\", start, end) >= 0:
        for escape in _ESCAPE.finditer(text, start, end):
            before = escape.start() - start
            if rest < before:
                break
            rest -= before
            start = escape.start()
            if escape["line_end"] is None:
                if rest == 0:
                    return start
                rest -= 1
            start = escape.end()
    return min(start + rest, end)


def string_range(text: str, entry: Entry, index: int, length: int) -> tuple[int, int]:
    """Start and end in `text` of some characters of the string at `entry`; escapes are taken whole."""
    start = string_offset(text, entry, index)
    if length <= 0:
        return start, start
    last, end = string_offset(text, entry, index + length - 1), _content(text, entry)[1]
    escape = _ESCAPE.match(text, last, end) if text[entry.value_start] == '"' else None
    return start, min(escape.end() if escape else last + 1, end)


def too_deep(text: str, limit: int) -> int | None:
    """Offset of the first thing whose path is longer than `limit`; works on any text, in linear time."""
    scanner = _Scanner(text, limit)
    scanner.run()
    return scanner.too_deep


def is_deep(data: dict[str, Any], limit: int) -> bool:
    """Whether tables and arrays are within one another `limit` times."""
    level: list[Any] = [data]
    for _ in range(limit):
        level = [
            value
            for held in level
            for value in (held.values() if type(held) is dict else held)
            if type(value) is dict or type(value) is list
        ]
        if not level:
            return False
    return True


def clash(text: str) -> tuple[Path, Entry, Path, Entry] | None:
    """The last key or header in text that breaks off behind it, and the earlier one that it repeats or goes under."""
    scanner = _Scanner(text)
    scanner.run()
    if scanner.last is None:
        return None
    path, entry = scanner.last, scanner.entries[scanner.last]
    before = locate_all(text[: entry.key_start])
    known = next((path[:length] for length in range(len(path), 0, -1) if path[:length] in before), None)
    return None if known is None else (path, entry, known, before[known])


def long_integer(text: str) -> tuple[int, int] | None:
    """Start and end of the first integer that has more digits than Python reads and prints."""
    for entry in locate_all(text).values():
        if _INTEGER.fullmatch(text, entry.value_start, entry.value_end):
            try:
                str(int(text[entry.value_start : entry.value_end], 0))
            except ValueError:
                return entry.value_start, entry.value_end
    return None


def still_open(text: str) -> list[int]:
    """Offsets of the brackets, then of the quote, that are still open where `text` ends; outermost first."""
    found: list[int] = []
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token in ("[", "{"):
            found.append(match.start())
        elif token in ("]", "}"):
            del found[-1:]
        elif token in ('"', "'"):
            return [*found, match.start()]
    return found


def unclosed_bracket(text: str, position: int) -> int | None:
    """Offset of the bracket that the end of the text, or a new statement at `position`, shows to be never closed."""
    line = text.rfind("\n", 0, position) + 1
    found = still_open(text[:position])
    earlier = [start for start in found if start < line]
    if position >= len(text):
        return (earlier or found)[-1] if found else None
    is_array = bool(earlier) and text[earlier[-1]] == "["
    return earlier[-1] if is_array and _STATEMENT.match(text, line) else None


def comments(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every comment in a TOML text; what stands in strings is none."""
    return (match.span() for match in _TOKEN.finditer(text) if match.group()[0] == "#")


def last_string(text: str, position: int) -> tuple[int, int] | None:
    """Start and end of the last string that is complete before `position`."""
    return max((match.span() for match in _strings(text, position)), default=None)


def swallowing_string(text: str, position: int) -> tuple[int, int, str] | None:
    """Start and end of a string before `position` whose last line is `key = '''`, and that key.

    Somebody forgot to close such a string, so it took the quotes that were to open the next one.
    """
    for match in _strings(text, position):
        line = text.rfind("\n", *match.span()) + 1
        opening = _OPENING.fullmatch(text, line, match.end()) if line else None
        if opening:
            return (*match.span(), opening["name"])
    return None


def _strings(text: str, position: int) -> Iterator[re.Match[str]]:
    for match in _TOKEN.finditer(text, 0, position):
        if match.group() in ('"', "'"):  # not closed
            return
        if match.group()[0] in "\"'":
            yield match


def _content(text: str, entry: Entry) -> tuple[int, int]:
    """Start and end of what stands between the quotes; a newline right behind `\"\"\"` is no content."""
    start, end = entry.value_start, entry.value_end
    quote = text[start]
    if not text.startswith(quote * 3, start) or end - start < len('""""""'):
        return start + 1, end - 1
    start += 3
    return start + text.startswith("\n", start), end - 3


def _parts(match: re.Match[str]) -> list[tuple[str, int, int]]:
    """The names in a (dotted) name, each with its place."""
    if not match["rest"]:
        return [(_key_name(match["first"]), *match.span("first"))]
    found = _PART.finditer(match.string, *match.span("name"))
    return [(_key_name(part.group()), *part.span()) for part in found]


def _key_name(part: str) -> str:
    """The name that one part of a key stands for."""
    if part[0] == "'":
        return part[1:-1]
    if part[0] != '"':
        return part
    return _ESCAPE.sub(_unescaped, part[1:-1]) if "\\" in part else part[1:-1]


def _unescaped(escape: re.Match[str]) -> str:
    code = escape.group()[2:]
    if not code:
        return _SIMPLE_ESCAPES.get(escape.group()[1], escape.group())
    number = int(code, 16)
    return chr(number) if number <= 0x10FFFF else escape.group()  # noqa: PLR2004 - the last code point there is
