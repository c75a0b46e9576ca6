"""Files of exception lists: their tables, checked and made models."""

from __future__ import annotations

from collections.abc import Mapping

from rulepack.diagnostics import Diagnostic, first
from rulepack.exception_list import TABLE, ExceptionList, ExceptionMetadata, parse_list
from rulepack.fields import Problem, how_to_write, kind_of
from rulepack.project import MetadataKey
from rulepack.schema import Path
from rulepack.source import Source
from rulepack.table import control_characters, diagnostic, read_metadata, unknown_tables

_SHOWN = f"a file of exception lists has the tables [metadata] and [[{TABLE}]]"


def read_exceptions(
    source: Source, own_keys: Mapping[str, MetadataKey]
) -> tuple[tuple[ExceptionList, ...], list[Diagnostic]]:
    """The exception lists in a file, as far as they can be made out, and what there is to say about their shape.

    `own_keys` are the pack's own in [metadata]; those that rules must have, exception lists need not.
    """
    found = list(first(unknown_tables(source, ("metadata", TABLE), _SHOWN)))
    metadata, problems = read_metadata(source, ExceptionMetadata, own_keys, demand=False)
    found += problems
    tables = source.data[TABLE]
    lists: list[ExceptionList] = []
    wrong: list[tuple[Path, Problem]] = []
    if not isinstance(tables, list):
        wrong.append(((), _other("an array", tables)))
    elif not tables:
        wrong.append(((), Problem("value", f"{TABLE} is empty", "add a list, or remove the file")))
    else:
        for index, table in enumerate(tables):
            if not isinstance(table, Mapping):
                wrong.append(((index,), _other("a table", table)))
                continue
            made, of_list = parse_list(table, {"file": source.file, "index": index, "metadata": metadata})
            wrong += [((index, *path), problem) for path, problem in of_list]
            lists += [made] if made is not None else []
    found += first(diagnostic(source, (TABLE, *path), problem) for path, problem in wrong)
    # Also in a comment's text or a free value: a page or a terminal would show something else than what is there.
    found += first(control_characters(source))
    return tuple(lists), found


def _other(want: str, value: object) -> Problem:
    return Problem("type", f"{TABLE} is {kind_of(value)}, but must be {want}", how_to_write(want, value))
