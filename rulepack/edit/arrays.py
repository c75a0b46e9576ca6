"""Edits within arrays and tables that are written as values: their commas, lines and comments."""

from __future__ import annotations

import re
from typing import Any

from rulepack.edit.document import Document, splice
from rulepack.edit.operations import Refused, shown
from rulepack.edit.values import write_key, write_value
from rulepack.locator import Path

_BEFORE = re.compile(r"[ \t]*")
_BEHIND = re.compile(r"[ \t]*,?[ \t]*(?:#[^\n]*)?(?:\n|$)")
_COMMA = re.compile(r"[ \t\n]*,")


def arrange(document: Document, path: Path, order: tuple[int, ...]) -> str:
    """The text with an array's elements in another order; comments of an element go with it.

    Raises Refused where it cannot be said whose a comment is, and where an element with a comment would be lost.
    """
    start, end, elements = _array(document, path)
    if not document.comments_in(start, end):
        if not order:
            return splice(document.text, (start, end, "[]"))
        texts = [document.text[a:b] for a, b in elements]
        # Each place keeps what stands around it, so that the layout stays; what is too many goes from the end.
        changes = [(*place, texts[index]) for place, index in zip(elements, order, strict=False)]
        if len(order) < len(elements):
            changes.append((elements[len(order) - 1][1], elements[-1][1], ""))
        return splice(document.text, *changes)
    return _arrange_lines(document, path, elements, order)


def insert_element(document: Document, path: Path, index: int, value: Any) -> str:
    """The text with one more element in an array, on a line of its own if its neighbour has one."""
    start, _, elements = _array(document, path)
    text, written = document.text, write_value(value)
    if not elements:
        return splice(text, (start + 1, start + 1, written))
    begin, end = elements[max(index - 1, 0)]
    own_line = not text[document.line_start(begin) : begin].strip()
    gap = f"\n{document.indent(begin)}" if own_line else " "
    if index == 0:
        first = document.line_end(start)
        # In front of comments above the first element, which belong to it.
        new = (first, first, f"{gap[1:]}{written},\n") if own_line else (begin, begin, f"{written}, ")
        return splice(text, new)
    comma = _COMMA.match(text, end)
    place = comma.end() if comma else end
    behind = text[place : document.line_end(place)]
    if own_line and "#" in behind:
        # Behind a comment, which belongs to the element before.
        rest = behind.rstrip("\n")
        moved = f"{rest}{gap}{written}," if comma else f",{rest}{gap}{written}"
        return splice(text, (place, place + len(rest), moved))
    return splice(text, (place, place, f"{gap}{written}," if comma else f",{gap}{written}"))


def insert_pair(document: Document, path: Path, value: Any) -> str:
    """The text with one more key at the end of a table in braces."""
    entry = document.entry(path[:-1])
    pair = f"{write_key(str(path[-1]))} = {write_value(value)}"
    inside = [document.entries[each] for each in document.entries if each[:-1] == path[:-1] and each != path[:-1]]
    if not inside:
        return splice(document.text, (entry.value_start, entry.value_end, f"{{ {pair} }}"))
    place = max(each.value_end for each in inside)
    return splice(document.text, (place, place, f", {pair}"))


def delete_pair(document: Document, path: Path) -> str:
    """The text without a key of a table in braces."""
    siblings = [each for each in document.entries if each[:-1] == path[:-1] and len(each) == len(path)]
    number, entry = siblings.index(path), document.entry(path)
    if document.comments_in(document.entry(path[:-1]).value_start, document.entry(path[:-1]).value_end):
        raise Refused(f"there are comments within {shown(path[:-1])}")
    if number + 1 < len(siblings):
        return splice(document.text, (entry.key_start, document.entry(siblings[number + 1]).key_start, ""))
    start = document.entry(siblings[number - 1]).value_end if number else entry.key_start
    return splice(document.text, (start, entry.value_end, ""))


def _array(document: Document, path: Path) -> tuple[int, int, list[tuple[int, int]]]:
    """Start and end of an array, and of each of its elements."""
    entry = document.entry(path)
    if document.has_header(path) or document.text[entry.value_start] != "[":
        raise Refused(f"{shown(path)} is not written as an array")
    elements: list[tuple[int, int]] = []
    while (each := document.entries.get((*path, len(elements)))) is not None:
        elements.append((each.value_start, each.value_end))
    return entry.value_start, entry.value_end, elements


def _arrange_lines(document: Document, path: Path, elements: list[tuple[int, int]], order: tuple[int, ...]) -> str:
    """The same where there are comments: each element must have lines of its own, which move as a whole."""
    text = document.text
    chunks: list[tuple[int, int]] = []
    position = document.line_end(document.entry(path).value_start)
    for start, end in elements:
        first = document.line_start(start)
        behind = _BEHIND.match(text, end)
        if first < position or behind is None or not _BEFORE.fullmatch(text, first, start):
            raise Refused(f"comments stand among elements of {shown(path)} that share a line")
        chunks.append((position, behind.end()))
        position = behind.end()
    for number, (start, end) in enumerate(chunks):
        if number not in order and document.comments_in(start, end):
            raise Refused(f"element {number} of {shown(path)} has a comment: decide what becomes of it")
    had_comma = _COMMA.match(text, elements[-1][1]) is not None
    pieces = []
    for number, index in enumerate(order):
        (start, end), value_end = chunks[index], elements[index][1]
        comma = _COMMA.match(text, value_end)
        behind_value = text[comma.end() if comma else value_end : end]
        wanted = "," if number + 1 < len(order) or had_comma else ""
        pieces.append(f"{text[start:value_end]}{wanted}{behind_value}")
    return splice(text, (chunks[0][0], chunks[-1][1], "".join(pieces)))
