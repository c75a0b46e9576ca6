"""Which rules are related, and why: by tags as others do it, and by what rules detect."""

import shutil
import time
import tomllib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.samples import SHARED, needs_shared

import rulepack
from rulepack.docs.brief import Brief, Place
from rulepack.docs.related import Related, by_tags, related, related_again


def brief(name, **given):
    """A brief of a rule; its file and id follow from its name."""
    values = {
        "file": f"rules/{name.lower().replace(' ', '_')}.toml",
        "rule_id": name.lower(),
        "type": "query",
        "language": "kuery",
        "severity": "low",
        "risk_score": 21,
        "description": "D.",
        **given,
    }
    return Brief(name=name, **values)


def place(technique="", sub="", tactic="TA0002"):
    """What a rule is mapped to."""
    names = {"TA0002": "Execution", "TA0003": "Persistence"}
    return Place(
        "MITRE ATT&CK",
        tactic,
        names[tactic],
        technique,
        technique and f"Name of {technique}",
        sub,
        sub and f"Sub {sub}",
    )


def shown(found):
    return [one.name for one in found]


def others(number, **given):
    """Rules that have little to do with anything, so that what others share is rare."""
    return [brief(f"Other {n}", query_values=(f"other-{n}",), **given) for n in range(number)]


# --- by tags

CONTAINER = (
    "Domain: Container",
    "OS: Linux",
    "Use Case: Threat Detection",
    "Tactic: Execution",
    "Data Source: Elastic Defend",
    "Resources: Investigation Guide",
)
# The five rules that the page of seed 002 names, in its order: four with all its tags, then one without its tactic.
FIVE = (
    ("Container Management Utility Run Inside A Container", "2025-03-12", CONTAINER),
    ("File Made Executable via Chmod Inside A Container", "2025-03-12", (*CONTAINER, "Tactic: Defense Evasion")),
    ("Egress Connection from Entrypoint in Container", "2025-01-24", ("Domain: Endpoint", *CONTAINER)),
    ("Privileged Docker Container Creation", "2025-01-15", ("Domain: Endpoint", *CONTAINER)),
    (
        "AWS Credentials Searched For Inside A Container",
        "2025-03-12",
        (*(tag for tag in CONTAINER if tag != "Tactic: Execution"), "Tactic: Credential Access"),
    ),
)
DECOYS = (
    ("Of Tomorrow", "2025-03-13", CONTAINER),
    ("Five Tags But Older", "2025-03-11", CONTAINER[1:]),
    ("Four Tags Of The Same Day", "2025-03-12", CONTAINER[2:]),
    ("Nothing In Common", "2025-03-12", ("Domain: Cloud", "Domain: container")),
    ("No Tags", "2025-03-12", ()),
)


def test_related_by_tags_are_the_five_of_seed_002():
    page = brief("Unusual Interactive Process Launched in a Container", updated="2025-03-12", tags=CONTAINER)
    rules = [brief(name, updated=day, tags=tags) for name, day, tags in (*DECOYS, *FIVE)]
    given_up = brief("Given Up", updated="2025-03-12", tags=CONTAINER, deprecated=True)
    found = by_tags(page, [given_up, *rules, page])
    assert shown(found) == [name for name, _, _ in FIVE]
    assert [one.reasons for one in found] == [("6 of the same tags",)] * 4 + [("5 of the same tags",)]
    assert shown(by_tags(page, rules, limit=20))[5:] == ["Five Tags But Older", "Four Tags Of The Same Day"]


@needs_shared
def test_the_five_of_the_test_are_those_of_the_seed():
    (path,) = (SHARED / "seeds").glob("002_*.txt")
    names = path.read_text(encoding="utf-8").partition("Related rules\n")[2].replace("\n", " ").split("- ")
    assert [name.strip() for name in names if name.strip()] == [name for name, _, _ in FIVE]
    table = tomllib.loads((SHARED / "seeds" / "002.rule.toml").read_text(encoding="utf-8"))
    assert tuple(table["rule"]["tags"]) == CONTAINER
    assert table["metadata"]["updated_date"] == "2025/03/12"


def test_one_tag_in_common_is_said_so():
    found = by_tags(brief("A", tags=("a", "b")), [brief("B", tags=("b", "c"))])
    assert found == (Related("B", "rules/b", "b", "rules/b.toml", ("one of the same tags",)),)


# --- by what rules detect


def test_sub_technique_counts_more_than_technique_and_that_more_than_tactic():
    rules = [
        brief("Shell", places=(place(), place("T1059"), place("T1059", "T1059.004"))),
        brief("A tactic", places=(place(),)),
        brief("Both", places=(place(), place("T1059"), place("T1059", "T1059.004"))),
        brief("Technique", places=(place(), place("T1059"))),
        brief("Nothing", places=(place(tactic="TA0003"),)),
        *others(100),
    ]
    found = related(rules)[rules[0].file]
    assert shown(found)[:2] == ["Both", "Technique"]
    assert "Nothing" not in shown(found)
    assert found[0].reasons == ("same technique T1059.004 Sub T1059.004",)
    assert found[1].reasons == ("same technique T1059 Name of T1059",)


def test_reasons_are_the_three_strongest():
    common = {
        "places": (place(), place("T1105")),
        "query_fields": ("process.args", "process.parent.name", "event.type"),
        "query_values": ("curl", "Wget", "now-30d", "1"),
        "data_sources": ("AWS",),
        "index": ("logs-*",),
    }
    rules = [brief("One", **common), brief("Two", **common), *others(200, query_fields=("event.type",))]
    (found,) = related(rules)[rules[0].file]
    assert found.reasons == (
        "same technique T1105 Name of T1105",
        "same fields process.args, process.parent.name",
        "both look for `curl`, `Wget`",
    )


def test_the_data_is_a_reason_where_there_is_no_better():
    rules = [brief("One", data_sources=("AWS",)), brief("Two", data_sources=("AWS",)), *others(50)]
    assert [one.reasons for one in related(rules)[rules[0].file]] == [("same data source AWS",)]
    rules = [brief("One", integrations=("aws",)), brief("Two", integrations=("aws",)), *others(300)]
    assert related(rules)[rules[0].file] == () or shown(related(rules)[rules[0].file]) == ["Two"]


def test_what_few_share_counts_more_than_what_many_share():
    rules = [
        brief("One", query_values=("common", "rare")),
        brief("Rare", query_values=("rare",)),
        *(brief(f"Common {n}", query_values=("common",)) for n in range(20)),
        *others(200),
    ]
    assert shown(related(rules)[rules[0].file])[0] == "Rare"


def test_boilerplate_makes_no_rules_related():
    tags = ("Resources: Investigation Guide", "Use Case: Threat Detection")
    rules = [brief(f"R{n}", tags=tags, query_fields=("event.type",), index=("logs-*",)) for n in range(50)]
    assert set(related(rules).values()) == {()}


def test_living_rules_never_lead_to_deprecated_ones_but_those_lead_to_living_ones():
    same = {"places": (place(), place("T1105")), "query_values": ("curl",)}
    rules = [
        brief("Old", deprecated=True, replacement="new", **same),
        brief("Older", deprecated=True, **same),
        brief("Near", **same),
        brief("Nearer", **{**same, "query_values": ("curl", "x.sh"), "query_fields": ("a",)}),
        brief("New", query_values=("something else",)),
        *others(30),
    ]
    found = {one: shown(rest) for one, rest in related(rules).items()}
    assert found["rules/old.toml"] == ["New", "Near", "Nearer"]
    assert found["rules/older.toml"] == ["Near", "Nearer"]
    assert found["rules/near.toml"] == ["Nearer"]
    assert related(rules)["rules/old.toml"][0].reasons == ("replaces this rule",)


def test_ties_are_by_path_whatever_the_order_of_the_rules():
    rules = [brief(name, query_values=("rare",)) for name in "BDCAFEG"] + others(50)
    assert shown(related(rules)["rules/b.toml"]) == ["A", "C", "D", "E", "F"]
    assert related(rules[::-1]) == related(rules)


def test_hostile_values_are_no_reasons_and_names_are_on_one_line():
    values = ("`<script>`", "a\u202eb", "x" * 90, "<b>", "{{ 1 }}", "\n\n")
    fields = (f"a.{'b' * 100}", "c\u202e\x07d")
    rules = [
        brief("One", query_values=values, query_fields=fields),
        brief("Two", query_values=values, query_fields=fields),
    ]
    (found,) = related([*rules, *others(40)])[rules[0].file]
    assert found.reasons == (f"same fields a.{'b' * 57}…, c d",)


def test_no_rules_and_one_rule_have_none():
    assert related([]) == {}
    assert related([brief("A", query_values=("a",))]) == {"rules/a.toml": ()}


# --- again, after a change

SOME = st.lists(st.sampled_from(("a", "b", "c", "d", "e")), max_size=3, unique=True).map(tuple)
BRIEFS = st.builds(
    brief,
    st.sampled_from([f"Rule {letter}" for letter in "ABCDEFGHIJ"]),
    deprecated=st.booleans(),
    replacement=st.sampled_from(("", "rule a", "rule b")),
    query_values=SOME.map(lambda values: tuple(f"value {one}" for one in values)),
    query_fields=SOME,
    data_sources=SOME,
    platforms=SOME,
    places=st.lists(st.builds(place, st.sampled_from(("", "T1", "T2", "T3"))), max_size=2).map(tuple),
    type=st.sampled_from(("query", "eql")),
)
PACKS = st.lists(BRIEFS, unique_by=lambda one: one.file, max_size=10)
FILLING = tuple(others(120))


@settings(max_examples=40, deadline=None)
@given(PACKS, PACKS, st.integers(1, 5), st.sampled_from((0, 115, 120)))
def test_related_again_is_what_related_gives(before, after, limit, more):
    changed = {one.file: one for one in after}
    # Some stay as they are, some change, some go, some come.
    kept = [one for one in before if one.file not in changed or len(one.name) % 2]
    later = [*kept, *(one for one in after if one.file not in {two.file for two in kept}), *FILLING]
    earlier = [*before, *FILLING[:more]]
    results = related(earlier, limit)
    assert related_again(earlier, later, results, limit) == related(later, limit)


@settings(max_examples=40, deadline=None)
@given(PACKS.filter(lambda pack: len(pack) > 2), BRIEFS, st.integers(0, 9))
def test_one_changed_rule_changes_what_it_must(before, other, number):
    number %= len(before)
    before = [*before, *FILLING]
    after = list(before)
    after[number] = replace(other, file=before[number].file)
    assert related_again(before, after, related(before)) == related(after)


def test_nothing_changed_gives_the_same_results():
    rules = [brief(name, query_values=("rare",)) for name in "ABC"]
    results = related(rules)
    assert related_again(rules, list(rules), results) == results


@needs_shared
@pytest.mark.slow
def test_related_rules_take_a_part_of_the_time_that_reading_the_rules_takes(tmp_path):
    for folder in ("rules", "rules_building_block"):
        shutil.copytree(SHARED / "corpus" / folder, tmp_path / folder)
    (tmp_path / "rulepack.toml").write_text('rules = ["rules", "rules_building_block"]\n', encoding="utf-8")

    def taken(work):
        start = time.process_time()
        work()
        return time.process_time() - start

    read = taken(lambda: [tomllib.loads(path.read_text("utf-8")) for path in tmp_path.rglob("*.toml")])
    briefs = [Brief.of(rule) for rule in rulepack.load(tmp_path).rules]
    changed = [replace(briefs[0], query_values=("curl", "wget")), *briefs[1:]]
    results = related(briefs)
    # Ten thousand: each rule several times, with some values of its own each time.
    many = [
        replace(
            one,
            file=f"{one.file}{turn}",
            name=f"{one.name} {turn}",
            query_values=tuple(f"{value} {turn if number % 2 else 0}" for number, value in enumerate(one.query_values)),
        )
        for turn in range(7)
        for one in briefs
    ][:10_000]
    took = [
        min(taken(work) for _ in range(3))
        for work in (
            lambda: related(briefs),
            lambda: related_again(briefs, changed, results),
            lambda: related(many),
        )
    ]
    print(f"\nread {read:.2f} s; related, one changed, 10,000: {', '.join(f'{one:.3f}' for one in took)} s")
    assert took[0] <= 0.8 * read
    assert took[1] <= 0.2 * read
    assert took[2] <= 12 * took[0]
    assert related_again(briefs, changed, results) == related(changed)
    assert sum(len(found) == 5 for found in results.values()) >= 0.98 * len(briefs)
