"""Filters in words: every shape of Kibana's filter bar; what has no words is shown as it is."""

import json

import pytest
from support.samples import valid_text

from docs.packs import pack_of
from docs.reading import structure
from rulepack.docs.filters import filter_sections, in_words

KINDS = {
    "phrase": ({"query": {"match_phrase": {"event.kind": "alert"}}}, "`event.kind` is `alert`"),
    "a number": ({"query": {"term": {"port": {"value": 22}}}}, "`port` is `22`"),
    "true": ({"query": {"match_phrase": {"ok": True}}}, "`ok` is `true`"),
    "negated": (
        {"meta": {"negate": True}, "query": {"match_phrase": {"event.kind": "alert"}}},
        "`event.kind` is not `alert`",
    ),
    "phrases": (
        {
            "query": {
                "bool": {"minimum_should_match": 1, "should": [{"match_phrase": {"a": "x"}}, {"term": {"a": "y"}}]}
            }
        },
        "any of:\n  - `a` is `x`\n  - `a` is `y`",
    ),
    "terms": ({"query": {"terms": {"a": ["x", "y"]}}}, "`a` is one of `x`, `y`"),
    "terms, negated": ({"meta": {"negate": True}, "query": {"terms": {"a": ["x", "y"]}}}, "`a` is none of `x`, `y`"),
    "no term": ({"query": {"terms": {"a": []}}}, "`a` is one of (nothing)"),
    "range": ({"query": {"range": {"n": {"gte": 5, "lt": 10}}}}, "`n` is at least `5` and `n` is less than `10`"),
    "range, negated": (
        {"meta": {"negate": True}, "query": {"range": {"n": {"gte": 5, "lt": 10}}}},
        "not all of:\n  - `n` is at least `5`\n  - `n` is less than `10`",
    ),
    "exists": ({"meta": {}, "exists": {"field": "a.b"}}, "`a.b` is there"),
    "exists, negated": ({"meta": {"negate": True}, "exists": {"field": "a.b"}}, "`a.b` is not there"),
    "wildcard": (
        {"query": {"wildcard": {"path": {"value": "C:\\\\*|x", "case_insensitive": True}}}},
        "`path` matches `C:\\\\*|x`, in upper or lower case",
    ),
    "regexp": ({"query": {"regexp": {"a": "x.*"}}}, "`a` matches the regular expression `x.*`"),
    "words": ({"query": {"match": {"message": "two words"}}}, "`message` holds the words `two words`"),
    "a query": (
        {"query": {"query_string": {"query": "a:(x OR y)", "fields": ["b", "c"]}}},
        "matches the Lucene query `a:(x OR y)` in `b`, `c`",
    ),
    "a query, negated": (
        {"meta": {"negate": True}, "query": {"kql": {"query": "a : `x`"}}},
        "does not match the KQL query `` a : `x` ``",
    ),
    "nested": (
        {"query": {"nested": {"path": "p", "query": {"match_phrase": {"p.a": "x"}}}}},
        "an object in `p` for which this holds:\n  - `p.a` is `x`",
    ),
    "disabled": (
        {"meta": {"disabled": True}, "query": {"exists": {"field": "a"}}},
        "(disabled: it does not count) `a` is there",
    ),
    "with a name": (
        {"meta": {"alias": "Our *hosts*"}, "query": {"exists": {"field": "a"}}},
        "Our \\*hosts\\*: `a` is there",
    ),
    "combined": (
        {
            "meta": {
                "type": "combined",
                "relation": "OR",
                "params": [
                    {"meta": {"negate": True}, "query": {"match_phrase": {"a": "x"}}},
                    {
                        "meta": {
                            "type": "combined",
                            "relation": "AND",
                            "params": [{"query": {"exists": {"field": "b"}}}, {"query": {"exists": {"field": "c"}}}],
                        }
                    },
                ],
            },
            "query": {},
        },
        "any of:\n  - `a` is not `x`\n  - all of:\n    - `b` is there\n    - `c` is there",
    ),
    "none of": (
        {"query": {"bool": {"must_not": {"bool": {"should": [{"term": {"a": 1}}, {"term": {"b": 2}}]}}}}},
        "none of:\n  - `a` is `1`\n  - `b` is `2`",
    ),
}
ODD = [
    {"query": {"script": {"source": "x"}}},
    {"query": {"match": 1}},
    {"query": {"match_all": {}}},
    {"query": []},
    {"query": {"multi_match": {"query": "x", "fields": ["a"]}}},
    {"query": {"kql": {"query": 3}}},
    {"query": {"bool": {"must": [{"term": {"a": 1}}, {"geo_shape": {"b": 2}}]}}},
    {"meta": 3},
    {},
    "no table",
]


@pytest.mark.parametrize("kind", KINDS)
def test_a_filter_in_words(kind):
    one, shown = KINDS[kind]
    said, rest = in_words([one])
    assert (said, rest) == (f"- {shown}".split("\n"), [])


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_what_has_no_words_is_left(odd):
    assert in_words([odd, {"query": {"exists": {"field": "a"}}}]) == (["- `a` is there"], [odd])


def test_a_list_of_filters_is_a_list_of_markdown(tmp_path):
    filters = [one for one, _ in KINDS.values()] + ODD[:1]
    text = valid_text("query") + f"filters = {_toml(filters)}\n"
    (rule,) = pack_of(tmp_path, [text]).rules
    (section,) = filter_sections(rule)
    assert section.heading == "Filters"
    assert json.loads(section.json) == ODD[:1]
    found = [kind for kind, _ in structure(section.words)]
    assert found[0] == "bullet_list_open"
    depth = 0
    items = 0
    for kind in found:
        depth += {"bullet_list_open": 1, "bullet_list_close": -1}.get(kind, 0)
        items += kind == "list_item_open" and depth == 1
    assert items == len(KINDS)


def _toml(value):
    """A value as TOML has it in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(one)}" for key, one in value.items()) + "}"
    return f"[{', '.join(map(_toml, value))}]" if isinstance(value, list) else json.dumps(value)
