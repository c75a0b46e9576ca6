"""A rule's filters in words: what an event must meet besides the query; JSON only where there are no words for it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from rulepack.docs import words
from rulepack.docs.markdown import code, text
from rulepack.query import LANGUAGES
from rulepack.query.filters import read_filters
from rulepack.query.logic import Always, And, Logic, Nested, Not, Opaque, Test
from rulepack.rule import Rule

_HEADINGS = (
    ("filters", "Filters", "Besides the query, an event must meet all of these:"),
    ("threat_filters", "Indicator filters", "Besides its query, an indicator must meet all of these:"),
)
# A test in words: as it is, and turned round.
_VERBS = {
    "like": ("matches", "does not match"),
    "regex": ("matches the regular expression", "does not match the regular expression"),
    "match": ("holds the words", "does not hold the words"),
    "<": ("is less than", "is not less than"),
    "<=": ("is at most", "is not at most"),
    ">": ("is more than", "is not more than"),
    ">=": ("is at least", "is not at least"),
}
_QUERIES = {"kql": "kuery", "query_string": "lucene"}


class FilterSection(NamedTuple):
    """A list of filters: its heading, a sentence, a Markdown list in words, and as JSON those without words."""

    heading: str
    sentence: str
    words: str
    json: str


class _NoWordsError(Exception):
    """A filter says something that is not taken apart here."""


def filter_sections(rule: Rule) -> Iterator[FilterSection]:
    """The filters for events and those for indicators, as far as the rule has any."""
    for name, heading, sentence in _HEADINGS:
        filters = getattr(rule, name, None)
        if filters:
            said, rest = in_words(filters)
            own = json.dumps(rest, indent=2, ensure_ascii=False, default=str) if rest else ""
            yield FilterSection(heading, sentence, "\n".join(said), own)


def in_words(filters: Iterable[Any]) -> tuple[list[str], list[Any]]:
    """The lines of a Markdown list, an item for each filter; and the filters for which there are no words."""
    said: list[str] = []
    rest = []
    for one in filters:
        try:
            said += _filter(one)
        except _NoWordsError:
            rest.append(one)
    return said, rest


def _filter(one: Any) -> list[str]:
    if not isinstance(one, Mapping):
        raise _NoWordsError
    meta = one.get("meta")
    meta = meta if isinstance(meta, Mapping) else {}
    before = f"{text(meta['alias'])}: " if isinstance(meta.get("alias"), str) and meta["alias"].strip() else ""
    if meta.get("disabled") is True:
        before = f"(disabled: it does not count) {before}"
        one = {**one, "meta": {**meta, "disabled": False}}
    logic = read_filters([one]).logic
    first, *below = _lines(logic)
    return [f"- {before}{first}", *(f"  {line}" for line in below)]


def _lines(logic: Logic, *, turned: bool = False) -> list[str]:
    """A condition as the text of a list item, and the lines of the list below it."""
    if isinstance(logic, Not):
        return _lines(logic.part, turned=not turned)
    if isinstance(logic, Test):
        return [_test(logic, turned=turned)]
    if isinstance(logic, Always):
        # Often a filter of a shape that nobody knows.
        raise _NoWordsError
    if isinstance(logic, Opaque):
        return [_query(logic, turned=turned)]
    if isinstance(logic, Nested):
        there = "no object" if turned else "an object"
        return [f"{there} in {code(logic.path)} for which this holds:", *_item(logic.part)]
    if isinstance(logic, And):
        if not turned and len({part.field if isinstance(part, Test) else id(part) for part in logic.parts}) == 1:
            return [" and ".join(_test(part) for part in logic.parts if isinstance(part, Test))]
        heading = "not all of:" if turned else "all of:"
    else:
        heading = "none of:" if turned else "any of:"
    return [heading, *(line for part in logic.parts for line in _item(part))]


def _item(logic: Logic) -> list[str]:
    first, *below = _lines(logic)
    return [f"- {first}", *(f"  {line}" for line in below)]


def _test(test: Test, *, turned: bool = False) -> str:
    """A test of one field."""
    name = code(test.field)
    if test.operator == "exists":
        return f"{name} is not there" if turned else f"{name} is there"
    values = [
        code(json.dumps(one.value) if isinstance(one.value, bool | None) else str(one.value)) for one in test.values
    ]
    if test.operator == "is":
        several = len(values) != 1
        verb = ("is none of" if several else "is not") if turned else ("is one of" if several else "is")
    else:
        verb = _VERBS[test.operator][turned]
    folded = ", in upper or lower case" if test.folded else ""
    return f"{name} {verb} {', '.join(values) or '(nothing)'}{folded}"


def _query(opaque: Opaque, *, turned: bool) -> str:
    """A query in a language of its own; raises _NoWordsError for anything else that was not taken apart."""
    try:
        kind, body = next(iter(json.loads(opaque.text).items()))
    except (ValueError, AttributeError, StopIteration):
        raise _NoWordsError from None
    if kind not in _QUERIES or not isinstance(body, dict) or not isinstance(body.get("query"), str):
        raise _NoWordsError
    verb = "does not match" if turned else "matches"
    where = body.get("fields") or body.get("default_field")
    fields = [str(one) for one in (where if isinstance(where, list) else [where])] if where else []
    within = f" in {words.codes(tuple(fields))}" if fields else ""
    return f"{verb} the {LANGUAGES[_QUERIES[kind]].label} query {code(body['query'])}{within}"
