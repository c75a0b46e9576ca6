"""What counts of a rule: digests that change with behaviour and with what analysts read, and with nothing else."""

import json
import re
import tomllib

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st
from support.queries import cases
from support.samples import SHARED, VALID, needs_shared, searching, valid_text

from rulepack import emit
from rulepack.content import Content, canonical_query, changed_fields, content, of_body
from rulepack.loader import read_rule
from rulepack.lock.store import Lock
from rulepack.lock.update import Locked, What, step
from rulepack.query import parse
from rulepack.rule import RULE_TYPES
from rulepack.source import Source, parse_source

LANGUAGES = {"kuery": "kql", "lucene": "lucene", "eql": "eql", "esql": "esql"}
# In these a blank means something, or cannot stand where canonical form puts one; no two of them become one.
BLANKS_COUNT = (
    "user.full_name: Ada   Lovelace",  # KQL keeps blanks within words that are not in quotes
    "<logs-{now/d}>",
    "PROMQL",
    "_any:policy-1",
    "[\t1 TO 5]",
)


def rule_of(text):
    source = parse_source("rules/a.toml", text)
    assert isinstance(source, Source)
    rule, found = read_rule(source)
    assert rule is not None, found
    return rule


def content_of(text):
    return content(rule_of(text))


def dumped(data):
    """Data as TOML of another layout: keys sorted backwards, no comment, no long string."""
    turned = {name: dumped_table(value) for name, value in sorted(data.items(), reverse=True)}
    return tomlkit.dumps(turned)


def dumped_table(value):
    if isinstance(value, dict):
        return {name: dumped_table(each) for name, each in sorted(value.items(), reverse=True)}
    return [dumped_table(each) for each in value] if isinstance(value, list) else value


# --- the scheme


def test_the_digests_of_the_samples_are_as_they_always_were(golden):
    """Whoever changes how digests are made must give SCHEME another number, or every rule of every pack is bumped."""
    lines = []
    for rule_type in sorted(RULE_TYPES):
        found = content_of(valid_text(rule_type))
        lines += [f"{rule_type} {found.hash}", *(f"  {name} {digest}" for name, digest in found.digests.items())]
    golden("lock/digests.txt", "\n".join(lines) + "\n")


@pytest.mark.parametrize("rule_type", sorted(RULE_TYPES))
def test_the_body_of_a_rule_has_the_same_content_as_its_file(rule_type):
    rule = rule_of(valid_text(rule_type))
    assert of_body(emit.to_api(rule)).hash == content(rule).hash


def test_changed_fields_are_those_of_either_side_that_differ():
    assert changed_fields({"a": "1", "b": "2", "c": "3"}, {"b": "2", "c": "4", "d": "5"}) == ("a", "c", "d")
    assert Content({"a": 1}).hash != Content({"a": 2}).hash


# --- what counts, and what does not

MORE = 'tags = ["b", "a"]\nnote = "Look."\n'
BASE = searching(
    'process where process.name == "sh" and user.id != "0"', "eql", more='tags = ["b", "a"]\nnote = "Look."\n'
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('updated_date = "2026/01/02"', 'updated_date = "2026/05/02"'),
        ('maturity = "production"', 'maturity = "development"'),
        ('maturity = "production"', 'maturity = "deprecated"\ndeprecated_reason = "Gone."'),
        ('name = "Sample 1"', 'name = "Sample 1" # a comment'),
        ('name = "Sample 1"', "name   =   '''Sample 1'''"),
        ('tags = ["b", "a"]', 'tags = ["a", "b"]'),
        ('tags = ["b", "a"]', 'tags = ["a", "b", "a"]'),
        ("risk_score = 21", "version = 7\nrisk_score = 21"),
        (' and user.id != "0"', '\n  and // who\n  user.id!="0"'),
        (' and user.id != "0"', ' /* both */ and user.id != "0"'),
        ('note = "Look."', 'note = """\nLook.  \n"""'),
    ],
)
def test_what_does_not_count_changes_nothing(old, new):
    assert old in BASE
    assert content_of(BASE.replace(old, new)) == content_of(BASE)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('name = "Sample 1"', 'name = "Sample 2"', "name"),
        ('tags = ["b", "a"]', 'tags = ["b", "A"]', "tags"),
        (' and user.id != "0"', ' or user.id != "0"', "query"),
        ('"sh"', '"s h"', "query"),
        ('"sh"', '"SH"', "query"),
        ('== "sh"', ': "sh"', "query"),
        ('"Look."', '"Look up."', "note"),
        ("risk_score = 21", "risk_score = 22", "risk_score"),
        ('severity = "low"', 'severity = "low"\nfrom = "now-9m"', "from"),
        ('severity = "low"', 'severity = "low"\nenabled = false', "enabled"),
        ('index = ["acme-*"]', 'index = ["acme-*", "b-*"]', "index"),
    ],
)
def test_what_counts_changes_its_field_alone(old, new, field):
    assert old in BASE
    before, after = content_of(BASE), content_of(BASE.replace(old, new))
    assert changed_fields(before.digests, after.digests) == (field,)
    assert before.hash != after.hash


def test_ids_that_servers_give_to_lists_do_not_count():
    one = '\n[[rule.exceptions_list]]\nid = "{}"\nlist_id = "known"\nnamespace_type = "single"\ntype = "detection"\n'
    assert content_of(BASE + one.format("x")) == content_of(BASE + one.format("y")) != content_of(BASE)


def test_one_job_is_the_same_in_a_list_and_alone():
    text = valid_text("machine_learning")
    (line,) = re.findall(r"^machine_learning_job_id = .*$", text, re.MULTILINE)
    forms = ['machine_learning_job_id = "one"', 'machine_learning_job_id = ["one"]']
    alone, listed = (content_of(text.replace(line, form)) for form in forms)
    assert alone == listed


# --- queries


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_canonical_form_of_a_query_means_the_same(language):
    for case in cases(LANGUAGES[language]):
        query = parse(language, case["query"])
        if query.errors or any(part in case["query"] for part in BLANKS_COUNT):
            continue
        again = parse(language, canonical_query(language, case["query"]))
        assert (again.errors, again.render()) == ((), query.render()), case["query"]


PIECES = st.sampled_from([*"ab1e.\\\"'`/*()[]{}:=<>!,|+-~ \n\t\u00a0\u3000", "//", "/*", "*/", '"""', " TO ", " and "])


@given(st.sampled_from(sorted(LANGUAGES)), st.lists(PIECES).map("".join) | st.text())
def test_any_text_has_a_canonical_form_and_that_is_its_own(language, text):
    found = canonical_query(language, text)
    assert canonical_query(language, found) == found


WORDS = ["process.name", '"a  b"', "and", "or", "(", ")", "not"]
MARKS = {
    "kuery": ["x*", ":", ">=", "{", "}"],
    "lucene": ["x*", ":"],
    "eql": ["==", "!=", ",", "[", "]", "|", "+", "in~", "`a b`", "1e-5", '"""a // b"""'],
    "esql": ["==", "!=", ",", "|", "::", "/", "`a``b`", '"""a // b"""'],
}
# In KQL what stands between two of these belongs to the value that they are together.
VALUES = {"process.name", "x*"}
SPACE = st.sampled_from([" ", "\n", "\t", "  \n  "])
COMMENT = st.sampled_from([' /* a " b */ ', " // it's\n", "\n/* /* in */ */\n"])


@given(st.data(), st.sampled_from(sorted(LANGUAGES)))
def test_white_space_and_comments_between_parts_change_nothing(data, language):
    parts = data.draw(st.lists(st.sampled_from([*WORDS, *MARKS[language]]), min_size=1))
    gap = SPACE | COMMENT if language in ("eql", "esql") else SPACE
    loose = "".join(
        part + (" " if language == "kuery" and {part, after} <= VALUES else data.draw(gap))
        for part, after in zip(parts, [*parts[1:], ""], strict=True)
    )
    assert canonical_query(language, loose) == " ".join(parts)


@pytest.mark.parametrize(
    ("language", "text", "form"),
    [
        ("eql", 'a where b=="x"and c in~("y","z")', 'a where b == "x" and c in~ ( "y" , "z" )'),
        ("eql", "a where b-1+c*2 == 1e-5", "a where b - 1 + c * 2 == 1e-5"),
        ("eql", "sequence [a where true]![b where true]", "sequence [ a where true ] ![ b where true ]"),
        ("eql", 'a where b == "http://x" // c', 'a where b == "http://x"'),
        ("eql", 'a where b /* open /* here */ and c == "y"', 'a where b and c == "y"'),
        ("esql", "FROM a-*|WHERE b::int>1/2", "FROM a-* | WHERE b :: int > 1 / 2"),
        ("esql", "FROM a-b,c-*|EVAL x=y-z*2|KEEP a*,b-c", "FROM a-b , c-* | EVAL x = y - z * 2 | KEEP a* , b-c"),
        ("esql", "FROM a|EVAL x=1e-5-3,`y-z`=-5", "FROM a | EVAL x = 1e-5 - 3 , `y-z` = - 5"),
        ("kuery", "a:(b or c)and not d<=1", "a : ( b or c ) and not d <= 1"),
        ("kuery", 'a:"x  y" // b', 'a : "x  y" // b'),
        ("kuery", "a:(x  \n\t y)", "a : ( x\ny )"),
        ("kuery", "a:*x  /c*  and  b:c", "a : *x  /c* and b : c"),
        ("lucene", "a:[1  TO\n5] -(b OR c) /x y/", "a : [1 TO 5] -( b OR c ) /x y/"),
        ("lucene", 't:["a  b" TO c]', 't : ["a  b" TO c]'),
    ],
)
def test_the_form_of_a_query(language, text, form):
    assert canonical_query(language, text) == form


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", ["/*", '"', "`", "[", '[" ', "\\", "/* /* */ ", "'\\", "-", "/", '["'])
def test_hostile_queries_take_no_time(language, text):
    assert isinstance(canonical_query(language, text * 50_000), str)


# --- all rules of a pack at once


def loosened(rule):
    """The rule's data with other white space and comments in its queries; tags and patterns in another order."""
    rule = json.loads(json.dumps(rule))
    for name, language in (("query", rule.get("language")), ("threat_query", rule.get("threat_language"))):
        text = rule.get(name)
        if text is None or '"""' in text:
            continue
        rule[name] = re.sub(r"\n", "  \n\t ", f"\n {text}\n")
        if language in ("eql", "esql"):
            rule[name] = f"// in other words\n{rule[name]}/* the end */"
    for name in ("tags", "index", "threat_index"):
        if name in rule:
            rule[name] = rule[name][::-1]
    return rule


def bumped(texts):
    """The rules that get another version when their texts become others; each as (before, after)."""
    for before, after in texts:
        old, new = rule_of(before), rule_of(after)
        known = step(Lock(), Locked.of(old, content(old)), "2026-01-31", "content").after
        lock = Lock({known.rule_id: known}, present=True)
        made = step(lock, Locked.of(new, content(new)), "2026-02-28", "content")
        if made.what is not What.SAME:
            yield made


def check_scheme(texts):
    """What point 1 of the issue asks for."""
    data = [tomllib.loads(text) for text in texts]
    assert list(bumped(zip(texts, map(dumped, data), strict=True))) == []
    loose = [dumped({**one, "rule": loosened(one["rule"])}) for one in data]
    assert loose != [dumped(one) for one in data]
    assert list(bumped(zip(texts, loose, strict=True))) == []


def word_changed(text, name, old, new):
    data = tomllib.loads(text)
    assert old in data["rule"][name]
    data["rule"][name] = data["rule"][name].replace(old, new, 1)
    (made,) = bumped([(text, dumped(data))])
    return made.what, made.after.version, made.fields


def test_layout_order_and_white_space_of_samples_give_no_version():
    check_scheme([path.read_text(encoding="utf-8") for path in sorted(VALID.glob("*.toml"))] + [BASE])
    assert word_changed(BASE, "note", "Look", "Listen") == ("changed", 2, ("note",))
    assert word_changed(BASE, "query", " and ", " or ") == ("changed", 2, ("query",))


@pytest.mark.slow
@needs_shared
def test_layout_order_and_white_space_of_public_rules_give_no_version():
    texts = []
    for path in sorted((SHARED / "corpus").rglob("*.toml")):
        text = path.read_text(encoding="utf-8")
        if "rule" in tomllib.loads(text):
            texts.append(text)
    assert len(texts) == 1550
    check_scheme(texts)
    guides = [text for text in texts if "note = " in text and " the " in tomllib.loads(text)["rule"].get("note", "")]
    queries = [(text, tomllib.loads(text)["rule"].get("query", "")) for text in texts]
    # Not those with comments, which the first `and` may be in.
    logic = [text for text, query in queries if " and " in query and "//" not in query and "/*" not in query]
    assert len(guides) > 1000
    assert len(logic) > 900
    for text in guides:
        what, version, (field,) = word_changed(text, "note", " the ", " a ")
        # A guide's chapter on setting up goes to Kibana as a field of its own.
        assert (what, version, field in ("note", "setup")) == ("changed", 2, True)
    for text in logic:
        what, version, fields = word_changed(text, "query", " and ", " or ")
        assert (what, version, fields) == ("changed", 2, ("query",))
