"""What parses as Lucene and yet fails when it is run, or does something else than it looks like."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from rulepack.query import regex
from rulepack.query.base import MAX_ERRORS, QueryError, shown
from rulepack.query.lucene import lookalikes
from rulepack.query.lucene.ast import Field, Group, Leaf, Part, Phrase, Regex, Wildcard, Word, Words
from rulepack.query.lucene.lexer import Token
from rulepack.query.lucene.lookalikes import trap
from rulepack.query.lucene.meaning import EXISTS, Occur, occurs, shorthand

# https://www.elastic.co/docs/reference/query-languages/query-dsl/query-dsl-query-string-query#_fuzziness
_EDITS: Final = re.compile(r"(?:[0-2](?:\.0+)?|[aA][uU][tT][oO])?")
_SLOP: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")
# A star beside a word, not one of several or one that stands for itself between blanks.
_STAR: Final = re.compile(r"(?<![*])\*(?![*])(?:(?<=\w\*)|(?<=[./:@\\-]\*)|(?=\w)|(?=[./:@\\-]\w))")
_COMPARED: Final = re.compile(r"[<>]=?[0-9]")
_WORDS: Final = frozenset({"and", "or", "not"})


def find(text: str, tree: Group, tokens: list[Token]) -> list[QueryError]:
    """The traps of a query that parses and what Elasticsearch refuses in it, in the order of its text."""
    found = [*islice(lookalikes.find(text, tokens), MAX_ERRORS), *islice(_part(tree, None), MAX_ERRORS)]
    found.sort(key=lambda error: (error.start, error.end))
    return found[:MAX_ERRORS]


def _part(node: Part, field: str | None) -> Iterator[QueryError]:
    if isinstance(node, Group):
        if len(node.clauses) > 1:
            found = occurs(node.clauses)
            yield from _joints(node, found)
            if field is None:
                yield from _spilled(node)
                if "required" not in found and found.count("optional") > 1:
                    yield from _everything(node)
        for clause in node.clauses:
            yield from _part(clause.part, field)
    elif isinstance(node, Field):
        yield from _part(node.part, node.name)
    else:
        yield from _leaf(node, field)


def _joints(node: Group, found: list[Occur]) -> Iterator[QueryError]:
    """AND, OR and NOT that do not do what they would with a precedence; `found` is what its clauses are."""
    required, optional = "required" in found, "optional" in found
    if required and optional:
        ignored = node.clauses[found.index("optional")]
        hint = "put parentheses around what belongs together; AND and OR have no precedence in Lucene"
        if not any(clause.joint for clause in node.clauses):
            hint = "put + before it as well, or leave it out"
        yield trap("this clause does not matter: others are required", ignored.start, ignored.part.end, hint)
        return
    for before, clause in zip(node.clauses, node.clauses[1:], strict=False):
        if clause.joint != "OR":
            continue
        if required:
            hint = "put parentheses around what belongs together; AND and OR have no precedence in Lucene"
            yield trap("OR works like AND here: all clauses are required", clause.start, clause.end, hint)
            return
        excluded = clause if clause.sign == "NOT" else before if before.sign == "NOT" else None
        if excluded:
            hint = "write (NOT ...) in parentheses if either is enough, or AND NOT if that is meant"
            yield trap("OR does not join NOT: the clause is excluded in any case", excluded.start, excluded.end, hint)
            return


def _spilled(node: Group) -> Iterator[QueryError]:
    """`field:a b`, where b is searched in every field."""
    for before, clause in zip(node.clauses, node.clauses[1:], strict=False):
        part = clause.part
        if clause.joint or clause.sign or not isinstance(part, Word | Words | Wildcard):
            continue
        if isinstance(part, Word) and (part.bare or part.text.lower() in _WORDS):
            continue
        if isinstance(part, Words) and part.texts[0].lower() in _WORDS:
            continue
        value = before.part.part if isinstance(before.part, Field) else None
        if isinstance(value, Word) and not value.text.strip("<>=!"):
            continue
        if isinstance(value, Word | Wildcard) and isinstance(before.part, Field) and value.end < part.start:
            yield trap(
                f"this is searched in all fields, not in {shown(before.part.name)}",
                part.start,
                part.end,
                f'quote a value that has blanks: {shown(before.part.name)}:"..."; join several values with OR in (...)',
            )


def _everything(node: Group) -> Iterator[QueryError]:
    """A star among alternatives, all of which it makes idle."""
    for clause in node.clauses:
        part = clause.part.part if isinstance(clause.part, Field) and clause.part.name == "*" else clause.part
        if isinstance(part, Wildcard) and part.alone and not clause.sign:
            hint = "remove it, join it with AND, or write field:* if a field must exist"
            yield trap("* matches every event, so the other clauses do not matter", part.start, part.end, hint)


def _leaf(node: Leaf, field: str | None) -> Iterator[QueryError]:
    if isinstance(node, Regex):
        yield from _regex(node)
    elif isinstance(node, Phrase):
        yield from _phrase(node, field)
    if isinstance(node, Word | Words):
        yield from _compared(node, field)
    if isinstance(node, Word) and node.fuzzy is not None and not _EDITS.fullmatch(node.fuzzy):
        start = node.start if len(node.fuzzy) > node.end - node.start else _mark(node, node.fuzzy)
        yield QueryError(
            "semantics",
            f"~{shown(node.fuzzy)} is no edit distance",
            start,
            node.end,
            r"write ~, ~0, ~1 or ~2, or \~ for the character",
        )
    elif isinstance(node, Wildcard | Regex) and node.fuzzy is not None:
        yield trap("~ does nothing after a pattern", node.start, node.end, "remove it")
    if field == EXISTS and (not isinstance(node, Word | Phrase) or node.text == "*"):
        hint = r"name one field, or escape its wildcard: _exists_:book.\*"
        yield trap(f"{EXISTS} takes the name of a field", node.start, node.end, hint)


def _mark(node: Word | Phrase, fuzzy: str) -> int:
    """Where `~` stands: at the end, unless a boost follows."""
    return node.end - len(fuzzy) - 1 if node.boost is None else node.start


def _regex(node: Regex) -> Iterator[QueryError]:
    offset = node.start + 1
    for error in regex.read_regex(node.pattern).errors:
        yield dataclasses.replace(error, start=error.start + offset, end=error.end + offset)
    length = len(node.pattern) + sum(character > "\uffff" for character in node.pattern)
    if length > regex.MAX_LENGTH:
        message = f"a regular expression of {length} characters is refused: at most {regex.MAX_LENGTH}"
        yield QueryError("semantics", message, node.start, node.end, "split it, or list the values: field:(a OR b)")


def _phrase(node: Phrase, field: str | None) -> Iterator[QueryError]:
    star = _STAR.search(node.text) if field is not None else None
    if star:
        hint = r"write the value without quotation marks, blanks in it as \ , for a wildcard"
        yield trap("* in quotation marks is no wildcard", node.start, node.end, hint)
    if node.fuzzy is not None and not _SLOP.fullmatch(node.fuzzy):
        message = f"~{shown(node.fuzzy)} does nothing after a phrase without a number"
        yield trap(message, _mark(node, node.fuzzy), node.end, "write how far apart the words may stand: ~3")


def _compared(node: Word | Words, field: str | None) -> Iterator[QueryError]:
    """`>10` where it is no range."""
    texts = node.texts if isinstance(node, Words) else (node.text,)
    if field is None:
        if any(_COMPARED.match(text) for text in texts):
            hint = "write field:>10; for two limits field:(>=10 AND <20)"
            yield trap("a comparison without a field is a search term", node.start, node.end, hint)
    elif isinstance(node, Words) and field != EXISTS and any(shorthand(text)[0] != "is" for text in texts):
        hint = "put AND between two limits: (>=10 AND <20)"
        yield trap("several words are one text, also with < or >", node.start, node.end, hint)
