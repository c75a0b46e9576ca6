"""Edits of tables with headers and of the keys below them: whole lines, with the comments that belong to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rulepack.edit.document import Document, Splice, splice
from rulepack.edit.operations import Refused, shown
from rulepack.edit.values import write_key, write_like, write_value
from rulepack.locator import Path


def delete_block(document: Document, path: Path) -> str:
    """The text without a table and all tables within it; comments in it stay."""
    return splice(document.text, _without(document, path, keep_comments=True))


def delete_line(document: Document, path: Path) -> str:
    """The text without a key and its value; a comment behind the value stays, on a line of its own."""
    entry = document.entry(path)
    start, end = document.line_start(entry.key_start), document.line_end(entry.value_end)
    if document.has_header(path) or entry.value_start < entry.key_end:
        raise Refused(f"{shown(path)} is written in several places")
    kept = [f"{document.indent(start)}{comment}\n" for comment in document.comments_in(start, end)]
    return splice(document.text, (start, end, "".join(kept)))


def rename_block(document: Document, path: Path, name: str) -> str:
    """The text with another name for a table, in the headers of all tables within it."""
    start, end = document.block(path)
    return splice(document.text, (start, end, document.with_names(start, end, path, (*path[:-1], name))))


def move_block(document: Document, path: Path, to: Path) -> str:
    """The text with a table of a list behind the last of another list, its comments with it.

    Lines are indented as those they come to stand beside, unless that would change a string of several lines.
    """
    start, end = document.block(path)
    content = document.content_end(start, end)
    block = document.with_names(start, content, path, (*_names(to), 0)).strip("\n") + "\n"
    indent, wanted = _indent_of(document, _names(path)), _indent_of(document, _names(to))
    if "'''" not in block and '"""' not in block:
        block = _reindented(block, len(wanted) - len(indent))
    place = _end_of_list(document, to)
    return splice(document.text, _without(document, path), _placed(document, place, block))


def insert_block(document: Document, path: Path, value: Mapping[str, Any]) -> str:
    """The text with one more table, or one more element of a list of tables, under a header like its siblings'."""
    block = "".join(_written(document, path, value)).removeprefix("\n")
    last = path[-1]
    if isinstance(last, int) and document.has_header(path):
        place, _ = document.block(path)
        return splice(document.text, (place, place, f"{block}\n"))
    place = _end_of_list(document, path[:-1]) if isinstance(last, int) else _end_of_block(document, path[:-1])
    return splice(document.text, _placed(document, place, block))


def insert_line(document: Document, path: Path, value: Any) -> str:
    """The text with one more key below a header: where it sorts, if its siblings are sorted, or else behind them."""
    table, name = path[:-1], str(path[-1])
    siblings = list(_pairs(document, table))
    names = [str(each[-1]) for each in siblings]
    line = f"{write_key(name)} = {write_value(value)}\n"
    if not siblings:
        place = document.line_end(document.entry(table).value_end) if table else 0
        return splice(document.text, _line(document, place, line, document.indent(place - 1) if table else ""))
    before = [each for each in siblings if str(each[-1]) < name] if names == sorted(names) else siblings
    if not before:
        place = document.line_start(document.entry(siblings[0]).key_start)
    else:
        place = document.line_end(document.entry(before[-1]).value_end)
    return splice(document.text, _line(document, place, line, document.indent(document.entry(siblings[0]).key_start)))


def _names(path: Path) -> Path:
    """A path without the indices of lists, as headers have it."""
    return tuple(part for part in path if isinstance(part, str))


def _pairs(document: Document, table: Path) -> Iterator[Path]:
    """The keys that stand below a table's own header, in order."""
    for path, entry in document.entries.items():
        if path[:-1] == table and len(path) == len(table) + 1 and entry.value_start >= entry.key_end:
            yield path


def _line(document: Document, place: int, line: str, indent: str) -> Splice:
    if place == len(document.text) and not document.text.endswith("\n"):
        # The last line has no end; it stays so.
        return place, place, f"\n{indent}{line}".removesuffix("\n")
    return place, place, f"{indent}{line}"


def _without(document: Document, path: Path, *, keep_comments: bool = False) -> Splice:
    """The change that takes a table's lines away."""
    start, end = document.block(path)
    content = document.content_end(start, end)
    kept = [f"{document.indent(start)}{each}\n" for each in document.comments_in(start, content)]
    rest = "".join(kept) + "\n" if kept and keep_comments else ""
    if end < len(document.text) or rest:
        # Comments and blank lines that stand apart behind it are not its own.
        return start, end if content == end or not document.text[content:end].strip() else content, rest
    # At the end of the text, the blank lines before it would be left over.
    before = len(document.text[:start].rstrip(" \t\n"))
    return before, end, document.text[len(document.text.rstrip("\n")) :]


def _placed(document: Document, place: int, block: str) -> Splice:
    """The change that puts a block of lines behind a place where a line begins, a blank line between."""
    if place == len(document.text) and not document.text.endswith("\n"):
        return place, place, f"\n\n{block}".removesuffix("\n")
    return place, place, f"\n{block}"


def _end_of_list(document: Document, path: Path) -> int:
    """Where the next element of a list of tables goes: behind its last, or behind all else of the table it is in."""
    number = 0
    while document.has_header((*path, number)):
        number += 1
    if number:
        return _end_of_block(document, (*path, number - 1))
    if path in document.entries:
        raise Refused(f"{shown(path)} is not written with headers")
    return _end_of_block(document, path[:-1])


def _end_of_block(document: Document, path: Path) -> int:
    return document.content_end(*document.block(path))


def _indent_of(document: Document, names: Path) -> str:
    """How headers with these names are indented, or would be: as their siblings, or one step deeper than the last."""
    by_names = {_names(header.path): document.indent(header.start) for header in reversed(document.headers)}
    if names in by_names:
        return by_names[names]
    for known, indent in by_names.items():
        if len(known) == len(names) and known[:-1] == names[:-1] and len(known) > 1:
            return indent
    above, further = by_names.get(names[:-1], ""), by_names.get(names[:-2], "")
    return above + above.removeprefix(further)


def _reindented(block: str, by: int) -> str:
    lines = block.splitlines(keepends=True)
    if by >= 0:
        return "".join(" " * by + line if line.strip() else line for line in lines)
    return "".join(line[min(-by, len(line) - len(line.lstrip(" \t"))) :] if line.strip() else line for line in lines)


def _written(document: Document, path: Path, value: Mapping[str, Any]) -> Iterator[str]:
    """The lines of a table: its header, its keys in the order that its siblings have, then the tables in it."""
    names = _names(path)
    like = next((each.path for each in document.headers if _names(each.path) == names), None)
    indent = _indent_of(document, names)
    dotted = ".".join(write_key(str(name)) for name in names)
    yield f"\n{indent}[[{dotted}]]\n" if isinstance(path[-1], int) else f"\n{indent}[{dotted}]\n"
    known = list(_pairs(document, like)) if like else []
    places = {each[-1]: number for number, each in enumerate(known)}
    plain = {name: each for name, each in value.items() if not _is_table(each)}
    for name in sorted(plain, key=lambda name: places.get(name, len(places))):
        old = next((document.value_text(each) for each in known if each[-1] == name), "")
        yield f"{indent}{write_key(name)} = {write_like(plain[name], old)}\n"
    for name, each in value.items():
        if isinstance(each, Mapping):
            yield from _written(document, (*path, name), each)
        elif _is_table(each):
            for number, one in enumerate(each):
                yield from _written(document, (*path, name, number), one)


def _is_table(value: Any) -> bool:
    """Whether it is written with headers: a table, or a list of nothing but tables."""
    if isinstance(value, (list, tuple)):
        return bool(value) and all(isinstance(each, Mapping) for each in value)
    return isinstance(value, Mapping)
