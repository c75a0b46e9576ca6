"""ATT&CK over several versions: lookups, names, suggestions, the matrix."""

from __future__ import annotations

import pytest
import tomli

from rulepack.errors import DataError
from rulepack.reference import Attack, Reference
from rulepack.reference.attack import Column, Tactic, Technique
from rulepack.reference.attack_table import Table, from_payload, sort_key, to_payload


@pytest.fixture(scope="module")
def attack():
    return Reference().attack


def table(version, *techniques):
    tactics = (Tactic("TA0002", "Execution", "execution"), Tactic("TA0003", "Persistence", "persistence"))
    return Table(version, tactics, techniques)


def test_the_shipped_versions(attack):
    assert attack.versions == ("17.0", "19")
    counts = [
        (len(table.tactics), sum(not each.parent_id for each in table.techniques), len(table.techniques))
        for table in attack.tables
    ]
    assert counts == [(14, 211, 665), (15, 222, 697)]


def test_shipped_names_are_whole(attack):
    assert all(
        each.name.strip() == each.name for table in attack.tables for each in (*table.tactics, *table.techniques)
    )
    assert attack.by_name("Process Doppelgänging").id == "T1055.013"


def test_a_name_has_every_id_that_any_version_gives_it():
    gone = table("2", Technique("T1002", "Shell", ("TA0003",), "T1001", "revoked"))
    attack = Attack.of([table("1", Technique("T1001", "Shell", ("TA0002",))), gone])
    assert attack.ids_of(" sheLL") == {"T1001", "T1002"}
    assert attack.ids_of("Execution") == {"TA0002"}
    assert attack.ids_of("nothing") == frozenset()


def test_a_tactic_has_every_name_that_any_version_gives_it(attack):
    assert [tactic.name for tactic in attack.tactics("TA0005")] == ["Stealth", "Defense Evasion"]
    assert [tactic.name for tactic in attack.tactics("TA0011")] == ["Command and Control"]
    assert attack.tactics("TA9999") == ()


def test_a_tactic_is_found_by_its_name_in_any_version_and_case(attack):
    assert attack.tactic_by_name("Defense Evasion").id == "TA0005"
    assert attack.tactic_by_name("stealth").id == "TA0005"
    assert attack.tactic_by_name("Defense  impairment").id == "TA0112"
    assert attack.tactic_by_name("Defence") is None


def test_a_technique_has_each_form_once_newest_first(attack):
    assert attack.techniques("T1059.001") == (Technique("T1059.001", "PowerShell", ("TA0002",)),)
    assert [each.name for each in attack.techniques("T1222.001")] == [
        "Windows Permissions",
        "Windows File and Directory Permissions Modification",
    ]
    assert attack.techniques("T9999") == ()


def test_a_sub_technique_knows_its_parent(attack):
    assert attack.techniques("T1059.004")[0].parent_id == "T1059"
    assert attack.techniques("T1059")[0].parent_id is None


def test_what_any_version_has_is_known(attack):
    assert attack.is_known("T1562.001")  # 17.0 only
    assert attack.is_known("T1685")  # 19 only
    assert attack.is_known("TA0112")
    assert not attack.is_known("T1547.011")
    assert not attack.is_known("t1059")


def test_a_technique_is_in_a_tactic_if_any_version_says_so(attack):
    assert attack.in_tactic("T1574.001", "TA0003")  # 17.0
    assert attack.in_tactic("T1574.001", "TA0002")  # 19
    assert not attack.in_tactic("T1574.001", "TA0001")
    assert not attack.in_tactic("T9999", "TA0001")


def test_names_lead_to_the_newest_technique(attack):
    assert attack.by_name("Email Spoofing").id == "T1684.002"  # T1672 in 17.0
    assert attack.by_name("  scheduled task ").id == "T1053.005"
    assert attack.by_name("Nothing Like It") is None


def test_a_name_of_several_techniques_leads_to_none(attack):
    assert attack.by_name("Steganography") is None


def test_shipped_techniques_are_active(attack):
    status = attack.status("T1059")
    assert (status.state, status.replaced_by, status.version) == ("active", None, "19")
    assert attack.status("T1562.001").version == "17.0"
    assert attack.status("T1547.011") is None


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("T1059.001", "T1059.001 PowerShell"),
        ("t1059.001", "T1059.001 PowerShell"),
        ("T1059.01", "T1059.001 PowerShell"),
        ("T1059/001/", "T1059.001 PowerShell"),
        ("T1O59.OO1", "T1059.001 PowerShell"),
        (" 1059 ", "T1059 Command and Scripting Interpreter"),
        ("T1059.999", "T1059 Command and Scripting Interpreter"),
        ("T10003", "T1003 OS Credential Dumping"),
        ("TA002", "TA0002 Execution"),
        ("TA00002", "TA0002 Execution"),
        ("TA0099", "None"),
        ("T1509.001", "None"),
        ("Power Shell", "T1059.001 PowerShell"),
        ("Windows Management Instrumentaton", "T1047 Windows Management Instrumentation"),
        ("Defence Evasion", "TA0005 Defense Evasion"),
        ("Steganography", "None"),
        ("AML.T0051", "None"),
        ("", "None"),
    ],
)
def test_what_was_probably_meant(attack, asked, meant):
    assert str(attack.close(asked)) == meant


def test_of_equally_close_ids_none_is_suggested(attack):
    assert attack.close("T10599") is None


def test_the_matrix_is_the_newest_in_the_order_of_the_kill_chain(attack):
    matrix = attack.matrix()
    assert [column.tactic.name for column in matrix] == [
        "Reconnaissance",
        "Resource Development",
        "Initial Access",
        "Execution",
        "Persistence",
        "Privilege Escalation",
        "Stealth",
        "Defense Impairment",
        "Credential Access",
        "Discovery",
        "Lateral Movement",
        "Collection",
        "Command and Control",
        "Exfiltration",
        "Impact",
    ]
    tactic, cells = matrix[3]
    assert tactic == Tactic("TA0002", "Execution", "execution")
    names = [cell.technique.name for cell in cells]
    assert names == sorted(names, key=str.casefold)
    shell = next(cell for cell in cells if cell.technique.id == "T1059")
    assert "Unix Shell" in [each.name for each in shell.subtechniques]


def test_every_technique_of_a_version_is_in_its_matrix(attack):
    for table in attack.tables:
        columns = attack.matrix(table.version)
        cells = [cell for column in columns for cell in column.techniques]
        shown = {cell.technique for cell in cells} | {each for cell in cells for each in cell.subtechniques}
        assert shown == set(table.techniques)


def test_the_matrix_of_an_older_version(attack):
    assert attack.matrix("17.0")[6].tactic.name == "Defense Evasion"


def test_the_matrix_of_a_version_that_is_not_there(attack):
    with pytest.raises(DataError) as caught:
        attack.matrix("3")
    assert caught.value.message == "there is no ATT&CK 3 here, only 17.0, 19"
    assert "rulepack reference update" in caught.value.hint


def test_a_sub_technique_brings_its_parent_into_the_column():
    parent = Technique("T1001", "Parent", ("TA0002",))
    sub = Technique("T1001.001", "Sub", ("TA0003",))
    orphan = Technique("T1002.001", "Orphan", ("TA0003",))
    columns = Attack.of([table("1", parent, sub, orphan)]).matrix()
    assert [(column.tactic.id, column.techniques) for column in columns] == [
        ("TA0002", ((parent, ()),)),
        ("TA0003", ((parent, (sub,)),)),
    ]
    assert isinstance(columns[0], Column)


@pytest.mark.parametrize(
    ("any_id", "url"),
    [
        ("T1059", "https://attack.mitre.org/techniques/T1059/"),
        ("T1059.004", "https://attack.mitre.org/techniques/T1059/004/"),
        ("TA0002", "https://attack.mitre.org/tactics/TA0002/"),
        ("AML.T0051", None),
        ("T1059.4", None),
        ("T1059\n", None),
    ],
)
def test_urls(attack, any_id, url):
    assert attack.url(any_id) == url


@pytest.mark.parametrize(
    ("any_id", "is_atlas"),
    [
        ("AML.TA0002", True),
        ("AML.T0051", True),
        ("AML.T0024.000", True),
        ("AML.TA0002.001", False),
        ("T1059", False),
        ("AML.T51", False),
    ],
)
def test_atlas_is_told_by_its_form(attack, any_id, is_atlas):
    assert attack.is_atlas(any_id) is is_atlas


def test_replacements_are_followed_over_versions():
    first = table("18", Technique("T1001", "One", (), "T1002", "revoked"), Technique("T1002", "Two", ()))
    second = table("19", Technique("T1002", "Two", (), "T1003", "revoked"), Technique("T1003", "Three", ("TA0002",)))
    attack = Attack.of([second, first])
    assert attack.versions == ("18", "19")
    assert str(attack.status("T1001").replaced_by) == "T1003 Three"
    assert attack.status("T1002").state == "revoked"
    assert [each.status for each in attack.techniques("T1002")] == ["revoked", "active"]
    assert str(attack.close("T1001")) == "T1003 Three"
    assert attack.by_name("Two") is None


def test_replacements_in_a_circle_lead_nowhere():
    one = Technique("T1001", "One", (), "T1002", "revoked")
    two = Technique("T1002", "Two", (), "T1001", "revoked")
    assert Attack.of([table("1", one, two)]).status("T1001").replaced_by is None


def test_deprecated_techniques_are_no_part_of_the_matrix():
    gone = Technique("T1001", "Gone", ("TA0002",), None, "deprecated")
    attack = Attack.of([table("1", gone)])
    assert attack.matrix()[0].techniques == ()
    assert attack.status("T1001") == ("deprecated", None, "1")
    assert attack.close("T1001") is None


def test_of_two_tables_of_one_version_the_later_counts():
    attack = Attack.of([table("1"), table("1", Technique("T1001", "One", ()))])
    assert attack.versions == ("1",)
    assert attack.is_known("T1001")


def test_versions_sort_by_number_and_dates_last():
    assert sorted(["19", "9.0", "2026-04-14", "17.0", "19.2"], key=sort_key) == [
        "9.0",
        "17.0",
        "19",
        "19.2",
        "2026-04-14",
    ]


def test_tables_survive_being_stored(attack):
    extra = table(
        "20",
        Technique("T1001", "One", ("TA0002", "TA0003"), "T1002", "revoked"),
        Technique("T1002", "Two", ()),
        Technique("T1003", "Three", (), None, "deprecated"),
    )
    assert from_payload(to_payload([*attack.tables, extra])) == (*attack.tables, extra)


@pytest.mark.parametrize(
    "versions",
    [
        None,
        {},
        [1],
        [["1", [], []], ["2", []]],
        [[1, [], []]],
        [["1", [["TA0001", "A"]], []]],
        [["1", [["TA0001", "A", 1]], []]],
        [["1", [], [["T1001", None, []]]]],
        [["1", [], [["T1001", "A", [0]]]]],
        [["1", [], [["T1001", "A", [], "odd"]]]],
        [["1", [], [["T1001", "A", [], 5]]]],
    ],
)
def test_rows_of_another_shape_are_refused(versions):
    if versions == {}:
        assert from_payload({"versions": {}}) == ()
        return
    with pytest.raises(ValueError):
        from_payload({"versions": versions})


def corpus_threats(shared):
    for path in sorted((shared / "corpus").rglob("*.toml")):
        for threat in tomli.loads(path.read_text(encoding="utf-8"))["rule"].get("threat", []):
            yield path.name, threat


def test_the_versions_together_know_the_public_corpus(attack, shared):
    unknown, misnamed, misplaced, tactics = set(), set(), set(), set()
    for file, threat in corpus_threats(shared):
        tactic = threat["tactic"]
        if tactic["name"] not in [each.name for each in attack.tactics(tactic["id"])]:
            tactics.add((file, tactic["id"], tactic["name"]))
        for technique in threat.get("technique", []):
            for each in (technique, *technique.get("subtechnique", [])):
                known = attack.techniques(each["id"])
                if not known:
                    unknown.add((file, each["id"], each["name"]))
                elif each["name"] not in [form.name for form in known]:
                    misnamed.add((file, each["id"], each["name"]))
                elif not attack.in_tactic(each["id"], tactic["id"]):
                    misplaced.add((file, each["id"], tactic["id"]))
    assert tactics == misplaced == set()
    assert unknown == {
        ("persistence_hidden_plist_filename.toml", "T1547.011", "Plist Modification"),
        ("persistence_suspicious_launch_agent_or_launch_daemon.toml", "T1547.011", "Plist Modification"),
    }
    # A deprecated rule with a name from 2021.
    assert misnamed == {
        ("defense_evasion_mshta_making_network_connections.toml", "T1218", "Signed Binary Proxy Execution")
    }


def test_urls_are_the_references_of_the_public_corpus(attack, shared):
    for _, threat in corpus_threats(shared):
        techniques = threat.get("technique", [])
        subtechniques = [each for technique in techniques for each in technique.get("subtechnique", [])]
        for each in (threat["tactic"], *techniques, *subtechniques):
            assert each["reference"] == attack.url(each["id"])
