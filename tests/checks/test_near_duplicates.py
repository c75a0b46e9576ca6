"""RP507, RP508: rules that look for the same, or for less than another."""

import time

import pytest
from support.samples import make_pack, searching, valid_text

SECOND = "acme-*"


def found(folder, *texts):
    """Code, file and message of what is said of rules that look for the same."""
    pack = make_pack(folder, *texts)
    return [
        (one.code.id, one.span.file[-6:-5], one.message)
        for one in pack.diagnostics
        if "RP507" <= one.code.id <= "RP508"
    ]


def pair(folder, one, other, language="kuery", indices=('"acme-*"', '"acme-*"')):
    rules = [
        searching(query, language, index, number=at)
        for at, (query, index) in enumerate(zip((one, other), indices, strict=True))
    ]
    return [(code, name) for code, name, _ in found(folder, *rules)]


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("kuery", "process.name : a and user.name : b", "user.name : b and process.name : a"),
        ("kuery", "process.name : (a or b)", "process.name : b or process.name : (a or a)"),
        ("kuery", "process.name : A", 'process.name : "a"'),
        ("kuery", "not process.name : (a or b) and c : d", "c : d and not process.name : b and not process.name : a"),
        ("lucene", "process.name:a AND user.name:b", "user.name:b AND process.name:a"),
        ("eql", 'process where process.name == "a"', 'process where process.name in ("a")'),
        ("eql", 'process where process.name : ("a*", "b")', 'process where process.name like~ ("b", "A*")'),
        ("esql", 'FROM acme-x METADATA _id | WHERE a == "b"', 'FROM acme-x METADATA _id\n| WHERE a  ==  "b"'),
    ],
)
def test_order_case_and_repetition_do_not_count(language, one, other, tmp_path):
    assert pair(tmp_path, one, other, language) == [("RP507", "1")]


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("kuery", "process.name : a", "process.name : b"),
        ("kuery", "process.name : a", "not process.name : a"),
        ("kuery", "process.name : a*", 'process.name : "a*"'),
        ("kuery", "process.pid > 4", "process.pid >= 4"),
        ("kuery", "a : { b : c }", "a : { b : d }"),
        ("eql", 'process where a == "b"', 'file where a == "b"'),
        (
            "eql",
            "sequence by a with maxspan=1m [any where b == 1] [any where c == 1]",
            "sequence by a with maxspan=1m [any where c == 1] [any where b == 1]",
        ),
        (
            "eql",
            "sequence by a with maxspan=1m [any where b == 1] ![any where c == 1] [any where d == 1]",
            "sequence by a with maxspan=1m [any where b == 1] [any where c == 1] [any where d == 1]",
        ),
        ("esql", 'FROM acme-x METADATA _id | WHERE a == "b"', 'FROM acme-x METADATA _id | WHERE a == "b" | LIMIT 5'),
    ],
)
def test_what_differs_is_let_be(language, one, other, tmp_path):
    assert pair(tmp_path, one, other, language) == []


@pytest.mark.parametrize(
    ("language", "narrow", "wide"),
    [
        ("kuery", "process.name : a and user.name : b", "process.name : a"),
        ("kuery", "process.name : a", "process.name : (a or b)"),
        ("eql", 'process where a == "b" and c != "d"', 'process where a == "b"'),
        (
            "eql",
            "sequence by a with maxspan=1m [any where b == 1 and e == 2] [any where c == 1]",
            "sequence by a with maxspan=1m [any where b == 1] [any where c == 1]",
        ),
    ],
)
def test_a_rule_that_looks_for_less_is_told_at_its_query(language, narrow, wide, tmp_path):
    assert pair(tmp_path, narrow, wide, language) == [("RP508", "0")]
    assert pair(tmp_path, wide, narrow, language) == [("RP508", "1")]


@pytest.mark.parametrize(
    ("indices", "expected"),
    [
        (('"acme-*"', '"other-*"'), []),
        (('"acme-*"', '"acme-web-*"'), [("RP508", "1")]),
        (('"a-*", "b-*"', '"b-*", "a-*"'), [("RP507", "1")]),
    ],
)
def test_where_the_rules_look_counts(indices, expected, tmp_path):
    assert pair(tmp_path, "process.name : a", "process.name : a", indices=indices) == expected


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ("process.name : a and c : d", '"Sample 0" matches all that this matches, as it has 1 of these 2 conditions'),
        ("process.name : b", '"Sample 0" matches all that this matches, as it takes more values'),
    ],
)
def test_a_message_says_what_makes_the_other_rule_wider(other, message, tmp_path):
    wide = searching("process.name : (a or b)", number=0)
    ((_, _, said),) = found(tmp_path, wide, searching(other, number=1))
    assert said == message


def test_of_two_rules_with_one_id_nothing_else_is_said(tmp_path):
    texts = [searching("a : b", number=1), searching("a : b", number=1).replace("Sample 1", "Other")]
    assert found(tmp_path, *texts) == []


def test_rules_that_do_different_things_with_the_same_events_are_not_the_same(tmp_path):
    text = valid_text("threshold")
    assert (
        found(tmp_path, text, text.replace("value = ", "value = 1").replace("-80", "-90").replace("Smallest", "Other"))
        == []
    )


def test_a_deprecated_rule_is_nobodys_double(tmp_path):
    old = searching("a : b", number=0).replace('maturity = "production"', 'maturity = "deprecated"')
    assert found(tmp_path, old, searching("a : b", number=1)) == []


def test_a_thousand_rules_are_compared_in_a_moment(tmp_path):
    def seconds(number):
        rules = [searching(f"a : b and c : v{each} and d : (e or w{each})", number=each) for each in range(number)]
        pack = make_pack(tmp_path, *rules)
        start = time.perf_counter()
        import rulepack

        rulepack.check(pack)
        return time.perf_counter() - start

    assert seconds(200) < 12 * max(seconds(50), 0.02)
