"""Two sides compared: what became of each rule, field by field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.locks import put, rule_id, rule_text, update
from support.samples import EXCEPTIONS

from rulepack.package.checkout import Checkout
from rulepack.package.compare import Kind, compare, turned

SETTINGS = 'name = "p"\nstack = ["9.3"]\n'


def side(folder, texts, *, lock=False):
    project = put(folder, texts, SETTINGS)
    if lock:
        update(project)
    return Checkout(project, folder.name).side(("production",))


def changed(found):
    return [
        (str(one.kind), one.name, [(each.field, each.old, each.new) for each in one.fields]) for one in found.changes
    ]


def test_every_kind_of_change(tmp_path):
    old = side(
        tmp_path / "old",
        {
            1: rule_text(1),
            2: rule_text(2),
            3: rule_text(3),
            4: rule_text(4, reason="Noisy."),
            5: rule_text(5),
            6: rule_text(6),
        },
    )
    new = side(
        tmp_path / "new",
        {
            1: rule_text(1),
            2: rule_text(2).replace("risk_score = 21", "risk_score = 47"),
            3: rule_text(3, reason="Noisy."),
            4: rule_text(4),
            6: rule_text(6, "Renamed"),
            7: rule_text(7),
        },
    )
    found = compare(old, new)
    assert changed(found) == [
        ("added", "Sample 7", []),
        ("changed", "Renamed", [("name", "Sample 6", "Renamed")]),
        ("changed", "Sample 2", [("risk_score", 21, 47)]),
        ("deprecated", "Sample 3", []),
        ("restored", "Sample 4", []),
        ("removed", "Sample 5", []),
    ]
    assert (found.old, found.new, found.same) == ("old", "new", 1)
    renamed = found.of(Kind.CHANGED)[0]
    assert (renamed.old_name, renamed.rule_id) == ("Sample 6", rule_id(6))
    assert found.of(Kind.DEPRECATED)[0].reason == "Noisy."


def test_a_change_of_type_is_one_of_fields(tmp_path):
    old = side(tmp_path / "old", {1: rule_text(1)})
    eql = rule_text(1).replace("kuery", "eql").replace('"query"', '"eql"').replace("event.category : ", "any where ")
    new = side(tmp_path / "new", {1: eql.replace("any where process", "any where true")})
    ((kind, _, fields),) = changed(compare(old, new))
    assert kind == "changed"
    assert {name for name, _, _ in fields} == {"language", "query", "type"}


def test_what_does_not_count_is_no_difference(tmp_path):
    old = side(tmp_path / "old", {1: rule_text(1)})
    text = (
        rule_text(1).replace("event.category : process", "event.category:process").replace("2026/01/02", "2026/01/03")
    )
    assert compare(old, side(tmp_path / "new", {"rules/moved.toml": text})).changes == ()


def test_exception_lists_are_compared_item_by_item(tmp_path):
    other = EXCEPTIONS.replace('value = "scan-01"', 'value = "*"').replace("Hosts of our", "All of our")
    more = EXCEPTIONS.replace("known-scanners", "vpn").replace("scanner-1", "vpn-1").replace("Known scanners", "VPN")
    old = side(tmp_path / "old", {1: rule_text(1), "rules/a.toml": EXCEPTIONS})
    new = side(tmp_path / "new", {1: rule_text(1), "rules/a.toml": other, "rules/b.toml": more})
    found = compare(old, new)
    assert found.changes == ()
    added, changed_list = found.lists
    assert (added.kind, added.rule_id, added.name) == (Kind.ADDED, "vpn", "VPN")
    assert (changed_list.kind, changed_list.rule_id) == (Kind.CHANGED, "known-scanners")
    assert [one.field for one in changed_list.fields] == ["description", "item scanner-1"]
    assert changed_list.fields[1].new["entries"][0]["value"] == "*"
    assert turned(found).lists == compare(new, old).lists
    assert compare(new, new).lists == ()


def test_two_lists_of_one_id_in_two_namespaces_are_two(tmp_path):
    agnostic = EXCEPTIONS.replace('type = "detection"', 'type = "detection"\nnamespace_type = "agnostic"')
    old = side(tmp_path / "old", {1: rule_text(1), "rules/a.toml": EXCEPTIONS})
    new = side(tmp_path / "new", {1: rule_text(1), "rules/a.toml": agnostic})
    assert [str(one.kind) for one in compare(old, new).lists] == ["added", "removed"]


def test_another_version_alone_is_a_change_without_fields(tmp_path):
    old = side(tmp_path / "old", {1: rule_text(1)})
    (change,) = compare(old, side(tmp_path / "new", {1: rule_text(1)}, lock=True)).changes
    assert (change.kind, change.old_version, change.new_version, change.fields) == (Kind.CHANGED, None, 1, ())


def test_a_rule_of_another_maturity_is_not_there(tmp_path):
    old = side(tmp_path / "old", {1: rule_text(1), 2: rule_text(2).replace("production", "development")})
    new = side(tmp_path / "new", {1: rule_text(1).replace("production", "beta"), 2: rule_text(2)})
    assert [kind for kind, _, _ in changed(compare(old, new))] == ["added", "removed"]


def test_what_cannot_be_read_is_neither_new_nor_gone(tmp_path):
    old = side(tmp_path / "old", {1: rule_text(1), 2: rule_text(2)})
    new = side(tmp_path / "new", {1: rule_text(1).replace('"low"', '"hihg"'), 2: "[rule"})
    assert new.unread == ("rules/rule_1.toml", "rules/rule_2.toml")
    for one, other in ((old, new), (new, old)):
        found = compare(one, other)
        assert found.changes == ()
        assert found.unread == new.unread


def test_the_other_way_round_is_the_opposite(tmp_path):
    old = side(tmp_path / "old", {1: rule_text(1), 2: rule_text(2), 3: rule_text(3)})
    new = side(tmp_path / "new", {1: rule_text(1, "Renamed", "file"), 3: rule_text(3), 4: rule_text(4)})
    found = compare(old, new)
    assert turned(turned(found)) == found
    assert changed(turned(found)) == changed(compare(new, old))


KINDS = st.sampled_from(["same", "changed", "deprecated", "gone"])


@given(st.lists(st.tuples(KINDS, KINDS), max_size=4))
def test_every_rule_is_counted_once_and_nothing_differs_from_itself(tmp_path_factory, pairs):
    folder = tmp_path_factory.mktemp("any")

    def texts(states):
        made = {
            number: rule_text(number, reason="Old." if state == "deprecated" else None)
            for number, state in enumerate(states)
            if state != "gone"
        }
        changed_ones = {n for n, state in enumerate(states) if state == "changed"}
        return {n: text.replace("A sample", "A new one") if n in changed_ones else text for n, text in made.items()}

    old, new = (
        side(folder / name, {9: rule_text(9), **texts([pair[at] for pair in pairs])})
        for at, name in enumerate(("old", "new"))
    )
    found = compare(old, new)
    assert len(found.changes) + found.same == len({*old.rules, *new.rules})
    assert compare(old, old).changes == compare(new, new).changes == ()


@pytest.mark.parametrize("kind", Kind)
def test_the_order_is_that_of_kinds(kind):
    assert list(Kind).index(kind) == ["added", "changed", "deprecated", "restored", "removed"].index(kind)


def test_which_stack_versions_get_a_rule_is_compared(tmp_path):
    two = SETTINGS.replace('"9.3"', '"9.3", "9.5"')
    late = rule_text(1).replace("[metadata]", '[metadata]\nmin_stack_version = "9.5"')
    old = Checkout(put(tmp_path / "old", {1: rule_text(1)}, two), "old").side(("production",))
    new = Checkout(put(tmp_path / "new", {1: late}, two), "new").side(("production",))
    assert changed(compare(old, new)) == [
        ("changed", "Sample 1", [("(stack versions)", ["9.3", "9.5"], ["9.5"])]),
    ]
    assert changed(compare(new, new)) == []
