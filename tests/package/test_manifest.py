"""manifest.json: what is in a package, written and read."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.packages import make, whole

from rulepack.fit import Fit, Standing
from rulepack.package.manifest import ForeignError, Manifest, PackagedList, PackagedRule, parse_manifest, render
from rulepack.stack import StackVersion

STACK = (StackVersion(8, 19), StackVersion(9, 3))
RULE = PackagedRule(
    "id",
    "Name",
    "eql",
    "rules/a.toml",
    "1:00",
    version=3,
    maturity="production",
    fits=(
        Fit(STACK[0], Standing.REDUCED, ("setup",), ("setup needs stack 9.0",)),
        Fit(STACK[1], Standing.LEFT_OUT, (), ("min_stack_version is 9.5",), noted=True),
    ),
    json="rules/id.json",
)
FULL = Manifest(
    "Pack",
    "1.0",
    STACK,
    (RULE, replace(RULE, rule_id="other", version=None, fits=(), json="", reason="noisy", replacement="id")),
    (PackagedList("l", "List", "agnostic", 3),),
    rulepack="0.1.0",
    reference={"ecs": "9.4.0"},
    commit="0" * 40,
    modified=True,
    created="2026-01-31T10:00:00+00:00",
)


def parsed(manifest):
    return parse_manifest(json.loads(render(manifest)))


def test_what_is_written_is_read_as_the_same():
    assert parsed(FULL) == FULL
    assert parsed(Manifest("p", "1", STACK, reference={})) == Manifest("p", "1", STACK, reference={})


def test_a_manifest_has_a_line_for_each_rule():
    lines = render(FULL).splitlines()
    assert [json.loads(line.rstrip(","))["rule_id"] for line in lines if line.startswith('    {"rule_id"')] == [
        "id",
        "other",
    ]
    assert render(FULL).endswith("  ]\n}\n")


def test_every_kind_of_rule_is_in_a_manifest(golden, tmp_path):
    text = (whole(tmp_path / "pack").folder / "manifest.json").read_text(encoding="utf-8")
    head = {"rulepack": "0.0.0", "reference": {"attack": "", "ecs": "", "fingerprint": ""}}
    lines = [
        f'  "{name}": {json.dumps(head[name])},'
        if (name := line.split('"')[1] if '"' in line else "") in head
        else line
        for line in text.splitlines()
    ]
    golden("package/manifest.json", "\n".join(lines) + "\n")


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(TEXTS, TEXTS, TEXTS.filter(bool), st.none() | st.integers(1, 2**53 - 1))
def test_any_text_survives(rule_id, name, reason, version):
    rule = replace(RULE, rule_id=rule_id, name=name, reason=reason, version=version)
    manifest = replace(FULL, pack=name, rules=(rule,))
    assert parsed(manifest) == manifest


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": True}, "it does not say which form it has"),
        ({"format": "1"}, "it does not say which form it has"),
        ({"format": 7}, "it has form 7, and this rulepack knows 1"),
        ({"pack": None}, "None is no text"),
        ({"pack": "x" * 100 * 0 + ""}, None),
        ({"version": ["x" * 100]}, "…"),
        ({"stack": "9.3"}, "'9.3' is no list"),
        ({"stack": ["9.3", "8.19"]}, "not in order"),
        ({"stack": ["9.3", "9.3"]}, "not in order"),
        ({"stack": ["9.3.0"]}, "not in order"),
        ({"stack": ["latest"]}, "'latest' is not a stack version"),
        ({"created": "yesterday"}, "yesterday"),
        ({"created": "2026-01-31T10:00:00"}, "is no moment in UTC"),
        ({"created": "0001-01-01T00:00:00+23:59"}, "is no moment in UTC"),
        ({"commit": 5}, "5 is no text"),
        ({"reference": []}, "items"),
        ({"rules": {}}, "{} is no list"),
        ({"rules": [1]}, "it has something otherwise"),
        ({"exception_lists": [{"list_id": "l"}]}, "it lacks 'name'"),
    ],
)
def test_what_rulepack_would_not_write_is_refused(change, message):
    data = {**json.loads(render(FULL)), **change}
    if message is None:
        assert parse_manifest(data).pack == ""
        return
    with pytest.raises(ForeignError) as found:
        parse_manifest(data)
    assert message in str(found.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 0}, "a version is no number that Kibana can have"),
        ({"version": True}, "a version is no number that Kibana can have"),
        ({"version": 2**53}, "a version is no number that Kibana can have"),
        ({"version": 1.0}, "a version is no number that Kibana can have"),
        ({"hash": 1}, "1 is no text"),
        ({"stacks": {"8.19": "full"}}, "it lacks '9.3'"),
        ({"stacks": {"8.19": "half", "9.3": "full"}}, "it has something otherwise"),
        ({"stacks": {"8.19": {"standing": "left out", "reasons": []}, "9.3": "full"}}, "does not say why"),
        ({"stacks": {"8.19": {"standing": "full", "reasons": ["x"]}, "9.3": "full"}}, "does not say why"),
        ({"stacks": {"8.19": {"standing": "reduced", "reasons": "x"}, "9.3": "full"}}, "'x' is no list"),
        ({"stacks": {"8.19": "left out", "9.3": "full"}}, "it has something otherwise"),
    ],
)
def test_a_rule_as_rulepack_would_not_write_it_is_refused(change, message):
    data = json.loads(render(FULL))
    data["rules"][0].update(change)
    with pytest.raises(ForeignError) as found:
        parse_manifest(data)
    assert message in str(found.value)


@pytest.mark.parametrize(
    ("count", "said"), [(-1, "-1 is no count"), (1e400, "inf is no count"), ("1", "'1' is no count")]
)
def test_the_items_of_a_list_are_counted(count, said):
    data = json.loads(render(FULL))
    data["exception_lists"][0]["items"] = count
    with pytest.raises(ForeignError, match=said):
        parse_manifest(data)


@pytest.mark.parametrize(
    ("pack", "name"),
    [
        ("acme detections", "acme-detections-1.0"),
        ("a/b\\c: ../d", "a-b-c-d-1.0"),
        ("Größe", "größe-1.0"),
        ("…", "rule-1.0"),
        ("x" * 300, None),
    ],
)
def test_the_folder_of_a_package_is_a_name_that_every_file_system_holds(tmp_path, pack, name):
    made = make(tmp_path / "p", settings=f"name = '''{pack}'''\nstack = [\"9.3\"]\n")
    assert name in (None, made.folder.name)
    assert len(made.folder.name) < 150
    assert made.manifest.pack == pack
