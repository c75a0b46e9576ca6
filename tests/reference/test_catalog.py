"""Which sources know the fields of a rule's indices, and whether they know all of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.integrations import V8, V9, one_package, store

from rulepack.errors import DataError
from rulepack.reference import Known, Reference, Unchecked, Unknown, storage
from rulepack.reference.catalog import package_of
from rulepack.reference.package import Package, Stream

ACME = one_package(audit={"acme.actor": "keyword"}, log={"acme.line": "long", "acme.actor": "text"})
SHIPPED = Reference()
BOTH = {"2.1.0": "^8.17.0 || ^9.0.0"}


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "reference"


def gap(reference, index, stacks=(V9,), updated="", integrations=()):
    """Why a name that is nowhere may exist after all; "" if it cannot."""
    found = reference.schema(index, integrations, stacks, updated).find("acme.nowhere")
    assert isinstance(found, Unknown)
    assert found.complete == (not found.why)
    return found.why


def test_a_package_that_is_known_as_it_is_today_is_complete(folder):
    reference = store(folder, ACME, acme=BOTH)
    schema = reference.schema(("logs-acme.audit-*",), (), (V8, V9))
    assert schema.complete
    assert schema.searched == "ECS 9.4, acme 2.1.0"
    assert schema.find("acme.actor") == Known(("keyword",), ("acme 2.1.0",))
    assert schema.find("acme.actro").close == ("acme.actor",)
    assert isinstance(schema.find("acme.line"), Unknown)


def test_every_pattern_of_a_package_finds_its_streams(folder):
    reference = store(folder, ACME, acme=BOTH)
    for pattern in ("logs-acme.*", "logs-acme*", "logs-acme.log*", "remote:logs-acme.log-default", "logs-acme.log-*"):
        assert reference.schema((pattern,), (), (V9,)).types_of("acme.line") == ("long",), pattern
    assert reference.schema(("logs-acme*",), (), (V9,)).types_of("acme.actor") == ("keyword", "text")
    assert reference.schema(("logs-acmes.*",), (), (V9,)).types_of("acme.line") == ()


def test_all_types_that_data_streams_give_a_field_are_known(folder):
    types = {"a": "keyword", "b": "long", "c": "ip", "d": "long"}
    streams = {stream: {"acme.x": type_, f"acme.{stream}": "date"} for stream, type_ in types.items()}
    schema = store(folder, one_package(**streams), acme=BOTH).schema(("logs-acme.*",), (), (V9,))
    assert schema.types_of("acme.x") == ("keyword", "long", "ip")
    assert [schema.type_of(f"acme.{stream}") for stream in streams] == ["date"] * 4


def test_a_pattern_that_cuts_a_package_name_off_means_all_that_begin_so(folder):
    reference = store(folder, ACME, one_package("acme_cloud", log={"cloudy": "long"}), acme=BOTH, acme_cloud=BOTH)
    assert reference.schema(("logs-acme*",), (), (V9,)).type_of("cloudy") == "long"
    assert reference.schema(("logs-acme.*",), (), (V9,)).type_of("cloudy") is None


def test_what_fleet_puts_everywhere_is_known_in_data_streams(folder):
    reference = store(folder, ACME, acme=BOTH)
    assert reference.schema(("logs-acme.*",), (), (V9,)).find("elastic_agent.id") == Known(("keyword",), ())


def test_each_stack_has_the_newest_version_that_runs_there(folder):
    acme = Package.of(
        "acme", {version: {"log": Stream({name: "long"})} for version, name in (("1.0.0", "old"), ("2.0.0", "new"))}
    )
    reference = store(folder, acme, acme={"1.0.0": "^8.0.0", "2.0.0": "^9.0.0"})
    assert reference.schema(("logs-acme.*",), (), (V8,)).searched == "ECS 9.4, acme 1.0.0"
    assert reference.schema(("logs-acme.*",), (), (V9,)).searched == "ECS 9.4, acme 2.0.0"
    both = reference.schema(("logs-acme.*",), (), (V8, V9))
    assert (both.type_of("old"), both.type_of("new")) == ("long", "long")
    assert reference.schema(("logs-acme.*",)).searched == "ECS 9.4, acme 2.0.0"


def test_a_package_older_than_its_newest_version_is_not_complete(folder):
    reference = store(folder, ACME, acme={**BOTH, "2.2.0": "^9.0.0"})
    assert gap(reference, ("logs-acme.*",)) == "acme 2.1.0 is older than 2.2.0"
    # On the older stack, nothing newer runs: what is not there is wrong there.
    assert gap(reference, ("logs-acme.*",), (V8, V9)) == ""


def test_a_package_of_which_nothing_known_runs_on_the_stack_is_not_complete(folder):
    reference = store(folder, ACME, acme={"2.1.0": "^8.17.0", "2.0.9": "^9.0.0"})
    assert gap(reference, ("logs-acme.*",)) == (
        "acme 2.1.0 does not run on 9.4, and the fields of no version that does are known"
    )
    assert reference.schema(("logs-acme.*",), (), (V9,)).type_of("acme.line") == "long"


@pytest.mark.parametrize(
    ("updated", "complete"),
    [("2026/08/20", True), ("2026-08-21", True), ("2026/08/22", False), ("", True)],
)
def test_a_rule_changed_after_the_data_were_read_is_not_judged_by_them(folder, updated, complete):
    reference = store(folder, one_package(dated="2026-08-21", log={"acme.line": "long"}), acme=BOTH)
    why = gap(reference, ("logs-acme.*",), updated=updated)
    assert why == ("" if complete else "the fields of acme 2.1.0 are of 2026-08-21, and the rule was changed later")


def test_one_index_of_which_nothing_is_known_spoils_it(folder):
    reference = store(folder, ACME, acme=BOTH)
    assert gap(reference, ("logs-acme.*", "logs-other.*")) == "nothing is known about the package other"
    assert gap(reference, ("logs-acme.*", "mine")) == "nothing is known about mine"
    assert gap(reference, ("logs-acme.*", "logs-acme.new-*")) == "acme 2.1.0 has no data stream acme.new"
    assert gap(reference, ("logs-acme.*", "-logs-other.*")) == ""
    assert gap(reference, ("logs-*", "logs-acme.*")) == "nothing is known about logs-*"


def test_ecs_older_than_the_stack_is_not_complete(folder):
    from rulepack.stack import StackVersion

    reference = store(folder, ACME, acme=BOTH)
    assert gap(reference, ("logs-acme.*",), (StackVersion(9, 5),)) == "ECS 9.4.0 is older than the stack, 9.5"


def test_where_nothing_is_known_nothing_is_judged(folder):
    for reference in (Reference(), store(folder, ACME, acme=BOTH)):
        for index in ((), ("mine-*",), ("logs-other.*",), ("filebeat-*",)):
            schema = reference.schema(index, (), (V9,))
            assert isinstance(schema.find("process.nmae"), Unchecked)
            assert schema.find("process.name") == Known(("keyword",), ("ECS 9.4",))


def test_a_package_in_the_metadata_counts_where_no_pattern_names_it(folder):
    reference = store(folder, ACME, acme=BOTH)
    assert reference.schema((), ("acme",), (V9,)).type_of("acme.line") == "long"
    assert gap(reference, (), integrations=("acme",)) == "nothing says which indices these are"
    assert reference.schema(("logs-*",), ("acme",), (V9,)).type_of("acme.line") == "long"
    # A pattern that names one data stream is not made wider.
    assert reference.schema(("logs-acme.audit-*",), ("acme",), (V9,)).type_of("acme.line") is None


def test_alerts_hold_their_own_fields_and_any_other():
    for pattern in (".alerts-security.alerts-default", ".alerts-security*", ".internal.alerts-security.alerts-*"):
        schema = Reference().schema((pattern,), (), (V9,))
        assert schema.type_of("kibana.alert.rule.name") == "keyword"
        assert isinstance(schema.find("kibana.alert.anything.else"), Known)
        assert isinstance(schema.find("signal.rule.name"), Known)
        slip = schema.find("kibana.alert.rule.nmae")
        assert (slip.complete, slip.close[0]) == (False, "kibana.alert.rule.name")
        assert schema.find("acme.nowhere").why == "alerts hold the fields of the events they are about"


def test_beats_are_complete_on_their_own_major_version(folder):
    beats = Package.of("beats", {"9.4.1": {"filebeat": Stream({"acme.line": "long"})}})
    reference = store(folder, beats=beats)
    assert reference.schema(("filebeat-*",), (), (V9,)).searched == "ECS 9.4, filebeat 9.4.1"
    assert gap(reference, ("filebeat-*",)) == ""
    assert gap(reference, ("filebeat-*",), (V8,)) == "filebeat 9.4.1 is newer than the stack, 8.19"
    assert isinstance(reference.schema(("winlogbeat-*",), (), (V9,)).find("acme.nowhere"), Unchecked)


def test_a_schema_is_made_once(folder):
    reference = store(folder, ACME, acme=BOTH)
    assert reference.schema(("logs-acme.*",), (), (V9,)) is reference.schema(("logs-acme.*",), (), (V9,), "2026/01/01")


def test_a_damaged_package_is_named_with_what_to_do(folder):
    reference = store(folder, ACME, acme=BOTH)
    for path in (folder / "packages" / "acme.json.gz", folder / "integrations.json.gz"):
        kept = path.read_bytes()
        path.write_bytes(kept[:-10])
        with pytest.raises(DataError, match="its gzip ends too early") as caught:
            Reference(folder).schema(("logs-acme.*",), (), (V9,))
        assert str(path) in caught.value.message
        assert "rulepack reference update --integrations" in caught.value.hint
        path.write_bytes(kept)
    for path, kind in (
        (folder / "packages" / "acme.json.gz", "package"),
        (folder / "integrations.json.gz", "integrations"),
    ):
        kept = path.read_bytes()
        path.write_bytes(storage.pack(kind, {"packages": 5}))
        with pytest.raises(DataError, match="its rows are not as rulepack writes them"):
            Reference(folder).schema(("logs-acme.*",), (), (V9,))
        path.write_bytes(kept)
    assert reference.integrations.names == ("acme",)


def test_packages_change_the_fingerprint(folder):
    one = store(folder, ACME, acme=BOTH).fingerprint
    other = store(folder, one_package(log={"acme.line": "keyword"}), acme=BOTH).fingerprint
    assert len({one, other, Reference().fingerprint}) == 3


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("logs-aws.cloudtrail-*", "aws"),
        ("logs-okta*", "okta"),
        ("traces-apm*", "apm"),
        ("remote:logs-endpoint.events.*", "endpoint"),
        ("logs-*", None),
        ("filebeat-*", None),
        ("-logs-aws.*", None),
        ("", None),
    ],
)
def test_the_package_that_a_pattern_names(pattern, name):
    assert package_of(pattern) == name


PATTERNS = st.lists(st.text("logs-metricsacme.:*, \x00", max_size=20) | st.text(max_size=10), max_size=3).map(tuple)


@given(PATTERNS, PATTERNS, st.text(max_size=12))
def test_any_index_pattern_gives_an_answer(index, integrations, name):
    found = SHIPPED.schema(index, integrations, (V9,)).find(name)
    assert isinstance(found, Known | Unchecked | Unknown)
