"""Changes to TOML files with comments, order, quoting and layout kept: Editor makes them and proves each one.

Edits are made in the text, at the places that `rulepack.locator` finds; tomlkit writes new values. Its documents are
not used: taking a table out of a list of tables, they lose or displace the comments before its neighbours, and they
reorder tables that stand apart. After every edit the text is read again, and must give exactly the data that were
meant and hold every comment that it held; if not, the edit is refused and the text stays as it was.
"""

from __future__ import annotations

import difflib
import json
from collections import Counter
from typing import Any

from rulepack.diagnostics import Diagnostic
from rulepack.edit import arrays, tables
from rulepack.edit.document import Document, splice
from rulepack.edit.operations import (
    Arrange,
    Delete,
    Edit,
    Insert,
    Move,
    Refused,
    Rename,
    Replace,
    Set,
    changed,
    shown,
    value_at,
)
from rulepack.edit.values import write_key, write_like, write_part
from rulepack.locator import comments, is_string, string_range
from rulepack.source import parse_source

__all__ = ["Arrange", "Delete", "Edit", "Editor", "Insert", "Move", "Refused", "Rename", "Replace", "Set", "value_at"]

_MOST_COMPARED = 4_000_000


class Editor:
    """A TOML text that is being edited: `data` are its data now, `result` is its text now."""

    def __init__(self, text: str) -> None:
        """Begin with a text as it is in the file. Raises Refused if it is not TOML that rulepack reads."""
        self._original = text
        self._document = _read(text.removeprefix("\ufeff").replace("\r\n", "\n"))

    @property
    def data(self) -> dict[str, Any]:
        """The data as the edits so far have made them; not to be changed."""
        return self._document.data

    @property
    def result(self) -> str:
        """The text with all edits so far; byte order mark and line ends are those of the text it began with."""
        return _with_line_ends(self._original, self._document.text)

    def apply(self, *edits: Edit) -> None:
        """Make edits, one after the other: all of them, or none. Raises Refused with the reason."""
        before = self._document
        try:
            for edit in edits:
                self._document = _proven(self._document, edit)
        except Refused:
            self._document = before
            raise


def _proven(document: Document, edit: Edit) -> Document:
    """The document after an edit, if it is exactly what was meant."""
    meant = changed(document.data, edit)
    new = _read(_edited(document, edit))
    if _canonical(new.data) != _canonical(meant):
        raise Refused(f"{shown(edit.path)} is written in a way that rulepack cannot edit safely")
    if _comments(document.text) - _comments(new.text):
        raise Refused(f"a comment at {shown(edit.path)} would be lost")
    return new


def _edited(document: Document, edit: Edit) -> str:
    path = edit.path
    match edit:
        case Set():
            return _set(document, edit)
        case Replace():
            return _replace(document, edit)
        case Arrange():
            return arrays.arrange(document, path, edit.order)
        case Move():
            return tables.move_block(document, path, edit.to)
        case Rename() if document.has_header(path):
            return tables.rename_block(document, path, edit.name)
        case Rename():
            entry = document.entry(path)
            return splice(document.text, (entry.key_start, entry.key_end, write_key(edit.name)))
        case Delete():
            return _delete(document, edit)
        case Insert():
            return _insert(document, edit)


def _set(document: Document, edit: Set) -> str:
    entry = document.entry(edit.path)
    if document.has_header(edit.path) or entry.value_start < entry.key_start:
        raise Refused(f"{shown(edit.path)} is a table with a header: set its keys one by one")
    written = write_like(edit.value, document.value_text(edit.path))
    return splice(document.text, (entry.value_start, entry.value_end, written))


def _replace(document: Document, edit: Replace) -> str:
    entry = document.entry(edit.path)
    if not is_string(document.text, entry):
        raise Refused(f"{shown(edit.path)} is no string")
    old = document.value_text(edit.path)
    part = write_part(edit.text, old)
    if part is None:
        value = value_at(document.data, edit.path)
        written = write_like(value[: edit.start] + edit.text + value[edit.end :], old)
        return splice(document.text, (entry.value_start, entry.value_end, written))
    start, end = string_range(document.text, entry, edit.start, edit.end - edit.start)
    return splice(document.text, (start, end, part))


def _delete(document: Document, edit: Delete) -> str:
    path = edit.path
    if document.has_header(path):
        return tables.delete_block(document, path)
    if isinstance(last := path[-1], int):
        count = len(value_at(document.data, path[:-1]))
        return arrays.arrange(document, path[:-1], tuple(index for index in range(count) if index != last))
    if document.is_inline(path):
        return arrays.delete_pair(document, path)
    return tables.delete_line(document, path)


def _insert(document: Document, edit: Insert) -> str:
    path, value = edit.path, edit.value
    parent, last = path[:-1], path[-1]
    if isinstance(last, int) and not document.has_header(parent) and parent in document.entries:
        return arrays.insert_element(document, parent, last, value)
    entry = document.entries.get(parent)
    if document.is_inline(path) or (entry is not None and document.text[entry.value_start] == "{"):
        return arrays.insert_pair(document, path, value)
    if isinstance(value, dict):
        return tables.insert_block(document, path, value)
    return tables.insert_line(document, path, value)


def _read(text: str) -> Document:
    source = parse_source("", text)
    if isinstance(source, Diagnostic):
        raise Refused(f"the text cannot be read as TOML: {source.message}")
    return Document(source.text, source.data)


def _canonical(data: dict[str, Any]) -> str:
    """The data as text in which 1, 1.0 and true differ, and not a number is the same as itself."""
    return json.dumps(data, sort_keys=True, default=repr)


def _comments(text: str) -> Counter[str]:
    return Counter(text[start:end].rstrip() for start, end in comments(text))


def _with_line_ends(original: str, text: str) -> str:
    """The text with the byte order mark and the line ends of the original; new lines end as its first line does."""
    mark = "\ufeff" if original.startswith("\ufeff") else ""
    before = original.removeprefix("\ufeff")
    if "\r\n" not in before:
        return mark + text
    if before.count("\r\n") == before.count("\n"):
        return mark + text.replace("\n", "\r\n")
    return mark + _mixed_line_ends(before.split("\n"), text)


def _mixed_line_ends(old: list[str], text: str) -> str:
    """The same where some lines end with CRLF and some with LF: a line that is still there keeps its own."""
    bare, new = [line.removesuffix("\r") for line in old], text.split("\n")
    above = _common(bare, new)
    below = min(_common(bare[::-1], new[::-1]), len(bare) - above, len(new) - above)
    middle, new_middle = bare[above : len(bare) - below], new[above : len(new) - below]
    if len(middle) * len(new_middle) > _MOST_COMPARED:
        raise Refused("its lines end in two ways, and it is too long to keep each as it is")
    origin = {number: number for number in range(above)}
    origin |= {len(new) - number: len(old) - number for number in range(1, below + 1)}
    matcher = difflib.SequenceMatcher(None, middle, new_middle, autojunk=False)
    for start, begin, size in matcher.get_matching_blocks():
        origin |= {above + begin + number: above + start + number for number in range(size)}
    ends = ["\r" if old[origin.get(number, 0)].endswith("\r") else "" for number in range(len(new) - 1)]
    return "\n".join([*(line + end for line, end in zip(new, ends, strict=False)), new[-1]])


def _common(old: list[str], new: list[str]) -> int:
    """How many elements at the beginning are the same."""
    pairs = zip(old, new, strict=False)
    return next((number for number, (a, b) in enumerate(pairs) if a != b), min(len(old), len(new)))
