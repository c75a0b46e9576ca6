"""Values that a field of its type cannot hold, and what Elasticsearch does not search in one."""

import pytest

from rulepack.query import parse

TYPES = {
    "number": "long",
    "float": "double",
    "flag": "boolean",
    "ip": "ip",
    "date": "date",
    "key": "keyword",
    "wild": "wildcard",
    "text": "text",
    "place": "geo_point",
    "object": "object",
    "nested": "nested",
    "nested.key": "keyword",
}


class Types:
    def type_of(self, name):
        return TYPES.get(name)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("number:abc", "type 7+3 number is long, and abc is no number"),
        ('number:"abc"', "type 7+5 number is long, and abc is no number"),
        ("number:1.5", "type 7+3 number is long, and 1.5 is no whole number"),
        ("number:99999999999999999999", "type 7+20 number is long, and 99999999999999999999 is beyond its range"),
        ("number:1*", "type 7+2 number is long, which takes no wildcard"),
        ("number:/1.+/", "type 7+5 number is long, which takes no regular expression"),
        ("number:12~1", "type 7+4 number is long, which takes no ~"),
        ("number:>x", "type 7+2 number is long, and x is no number"),
        ("number:[a TO 5]", "type 7+8 number is long, and a is no number"),
        ("number:[5 TO 1]", "trap 7+8 the range is empty: 5 is more than 1"),
        ("number:(1 2)", "type 8+3 number is long, and 1 2 is one value"),
        ("number:(1 OR x)", "type 13+1 number is long, and x is no number"),
        ("flag:yes", "type 5+3 flag is boolean, and yes is neither true nor false"),
        ("flag:tr*", "type 5+3 flag is boolean, which takes no wildcard"),
        ("ip:10.0.0", "type 3+6 ip is ip, and 10.0.0 is neither an address nor a network"),
        ("ip:10.0.0.*", "type 3+8 ip is ip, which takes no wildcard"),
        ('ip:["10.0.0.0/8" TO *]', "type 3+19 10.0.0.0/8 is no IP address"),
        ("date:yesterday", "type 5+9 date is date, and yesterday is no date"),
        ("date:2026-13-01", "type 5+10 date is date, and 2026-13-01 is no date"),
        ("date:>now+1x", "type 5+7 date is date, and now+1x is no date"),
        ("date:2026*", "type 5+5 date is date, which takes no wildcard"),
        ("key:>10", "trap 4+3 key is keyword, and 10 is compared as text"),
        ("key:(a b)", "trap 5+3 key is keyword: a b is one value, with its blanks"),
        ("wild:(a b)", "trap 6+3 wild is wildcard: a b is one value, with its blanks"),
        ("place:x", "type 6+1 place is geo_point, which Lucene cannot search"),
        ("object:x", "type 7+1 object is an object, and holds no value itself"),
        ("nested.key:x", "type 0+10 nested is nested, where Lucene finds nothing"),
        ("nested:*", "type 0+6 nested is nested, where Lucene finds nothing"),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_its_place(text, said):
    query = parse("lucene", text)
    assert query.errors == ()
    assert [f"{e.kind} {e.start}+{e.end - e.start} {e.message}" for e in query.problems(Types())] == [said]


@pytest.mark.parametrize(
    "text",
    [
        "number:5 OR number:-5".replace(":-5", ':"-5"'),
        "number:5.0",
        "number:*",
        "number:[1 TO *]",
        "number:(>=1 AND <5)",
        "number:[1.5 TO 2.5]",
        "float:1.5e3",
        "flag:(true OR false)",
        "ip:10.0.0.1",
        'ip:"10.0.0.0/8"',
        "ip:10.0.0.0\\/8",
        'ip:"fe80::1"',
        "ip:[10.0.0.0 TO 10.0.0.255]",
        "ip:*",
        "date:2026-01-31",
        'date:"2026-01-31T10:00:00Z"',
        "date:>now-1d",
        "date:[now-1d/d TO now]",
        "date:2026-01-01\\|\\|+1M",
        "key:abc",
        "key:a*",
        "key:/a.+/",
        "key:abc~1",
        'key:"a b"',
        "key:>a",
        "text:(a b)",
        "text:a*",
        'text:"a b"~3',
        "unknown:(1 2)",
        "num\\*:abc",
        "_exists_:number",
        "*:abc",
        "abc",
        "place:*",
        "object:*",
    ],
)
def test_a_value_that_fits_or_whose_field_is_not_known_is_let_be(text):
    query = parse("lucene", text)
    assert query.errors == ()
    assert query.problems(Types()) == ()


def test_a_query_with_syntax_errors_is_not_judged():
    assert parse("lucene", "number:abc AND (").problems(Types()) == ()
