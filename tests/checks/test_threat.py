"""RP30x: what rulepack knows of ATT&CK, and what it leaves alone."""

import json

import pytest
from support import bundles
from support.samples import RULE, codes, make_pack

import rulepack
from rulepack.reference.attack import Attack
from rulepack.reference.update import update_attack

EXECUTION = ("TA0002", "Execution")
DISCOVERY = ("TA0007", "Discovery")
SHELL = ("T1059", "Command and Scripting Interpreter")


def entry(header, number, name, reference=None):
    reference = reference or Attack.url(number) or "https://example.com/"
    return f'[{header}]\nid = "{number}"\nname = "{name}"\nreference = "{reference}"\n'


def threat(tactic, technique=None, *subtechniques, framework="MITRE ATT&CK"):
    """A [[rule.threat]] of (id, name) or (id, name, reference) tuples."""
    text = f'[[rule.threat]]\nframework = "{framework}"\n' + entry("rule.threat.tactic", *tactic)
    if technique:
        text += entry("[rule.threat.technique]", *technique)
    return text + "".join(entry("[rule.threat.technique.subtechnique]", *one) for one in subtechniques)


def check(folder, *threats, attack=None):
    """The code, message and hint of everything that there is to say to a rule with these threats."""
    if attack is not None:
        bundle = folder / "enterprise-attack.json"
        bundle.write_text(json.dumps(attack), encoding="utf-8")
        update_attack(str(bundle), folder / ".rulepack" / "reference")
    pack = make_pack(folder, RULE + "".join(threats))
    return [(found.code.id, found.message, found.hint) for found in pack.diagnostics]


@pytest.mark.parametrize(
    ("tactic", "technique"),
    [
        pytest.param(("TA0005", "Defense Evasion"), ("T1562", "Impair Defenses"), id="gone since version 17"),
        pytest.param(("TA0005", "Stealth"), ("T1211", "Exploitation for Stealth"), id="new name"),
        pytest.param(("TA0005", "Defense Evasion"), ("T1211", "Exploitation for Defense Evasion"), id="old name"),
        pytest.param(("TA0112", "Defense Impairment"), ("T1207", "Rogue Domain Controller"), id="new tactic"),
        pytest.param(("TA0005", "Defense Evasion"), ("T1207", "Rogue Domain Controller"), id="old tactic"),
        pytest.param(("TA0005", "Stealth"), None, id="a tactic alone"),
    ],
)
def test_what_any_version_of_attack_says_is_right(tactic, technique, tmp_path):
    assert check(tmp_path, threat(tactic, technique)) == []


def test_a_link_without_its_slash_is_the_right_link(tmp_path):
    tactic = (*EXECUTION, "https://attack.mitre.org/tactics/TA0002")
    assert [code for code, _, _ in check(tmp_path, threat(tactic, SHELL))] == ["RP307"]


def test_atlas_is_left_alone(tmp_path):
    text = threat(
        ("AML.TA0005", "Execution"),
        ("AML.T0050", "Whatever ATLAS calls it"),
        ("AML.T0050.001", "A part of it"),
        framework="MITRE ATLAS",
    )
    assert check(tmp_path, text) == []


def test_a_rule_may_name_attack_and_atlas(tmp_path):
    atlas = threat(("AML.TA0005", "Execution"), framework="MITRE ATLAS")
    assert check(tmp_path, threat(EXECUTION, SHELL), atlas) == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (("t1059", "Something"), "T1059 Command and Scripting Interpreter"),
        (("T1059/004", "Something"), "T1059.004 Unix Shell"),
        (("T1O59", "Something"), "T1059 Command and Scripting Interpreter"),
        (("T9998", "PowerShell"), "T1059.001 PowerShell"),
        (("T9998", "Powershel"), "T1059.001 PowerShell"),
    ],
)
def test_an_unknown_technique_is_named_with_what_was_meant(written, meant, tmp_path):
    ((code, message, hint),) = check(
        tmp_path, threat(EXECUTION, (*written, "https://attack.mitre.org/techniques/T1059/"))
    )
    assert (code, message) == ("RP301", f"technique {written[0]} is not in MITRE ATT&CK")
    assert hint.startswith(f"did you mean {meant}? ")
    assert hint.endswith("`rulepack reference update --attack FILE|URL`")


def test_an_unknown_technique_that_resembles_nothing_says_how_to_update(tmp_path):
    ((code, _, hint),) = check(tmp_path, threat(EXECUTION, ("T9999", "Wholly made up of quicksilver")))
    assert code == "RP301"
    assert (
        hint == "if it is newer than rulepack's tables, or revoked, run `rulepack reference update --attack FILE|URL`"
    )


def test_an_unknown_tactic_says_nothing_of_its_techniques(tmp_path):
    ((code, message, hint),) = check(tmp_path, threat(("TA0099", "Execution"), SHELL))
    assert (code, message) == ("RP301", "tactic TA0099 is not in MITRE ATT&CK")
    assert hint.startswith("did you mean TA0002 Execution?")


def test_an_unknown_id_that_fills_lines_is_cut(tmp_path):
    ((_, message, _),) = check(tmp_path, threat(EXECUTION, ("T" + "9" * 500, "Long")))
    assert len(message) <= 100


def test_a_technique_under_a_tactic_that_it_does_not_serve(tmp_path):
    ((code, message, hint),) = check(tmp_path, threat(DISCOVERY, ("T1112", "Modify Registry")))
    assert code == "RP302"
    assert message == "T1112 Modify Registry is not a technique of Discovery"
    assert hint == "it belongs to Defense Evasion, Defense Impairment, Persistence, Stealth"


def test_a_technique_under_the_id_of_another_tactic_than_the_file_names(tmp_path):
    named, under = check(tmp_path, threat(("TA0007", "Execution"), ("T1059", "Command and Scripting Interpreter")))
    message = "T1059 Command and Scripting Interpreter is not a technique of Discovery"
    assert under == ("RP302", message, "it belongs to Execution")
    assert named[0] == "RP303"


def test_a_subtechnique_under_another_technique(tmp_path):
    ((code, message, hint),) = check(tmp_path, threat(EXECUTION, SHELL, ("T1204.002", "Malicious File")))
    assert code == "RP302"
    assert message == "T1204.002 is not a sub-technique of T1059"
    assert hint == "put it under T1204"


@pytest.mark.parametrize(
    ("technique", "subtechnique", "unknown"),
    [
        (("T1O59", "Command and Scripting Interpreter"), ("T1059.004", "Unix Shell"), "T1O59"),
        (SHELL, ("T9999.004", "Unix Shell"), "T9999.004"),
    ],
)
def test_of_a_pair_with_an_unknown_id_only_that_is_named(technique, subtechnique, unknown, tmp_path):
    ((code, message, _),) = check(tmp_path, threat(EXECUTION, technique, subtechnique))
    assert (code, message) == ("RP301", f"technique {unknown} is not in MITRE ATT&CK")


@pytest.mark.parametrize(
    ("technique", "hint"),
    [
        (("T1018", "Remote Systems Discovery"), "use Remote System Discovery"),
        (("T1018", "PowerShell"), "use Remote System Discovery, or T1059.001 if PowerShell is meant"),
        (("T1211", "Exploiting"), "use Exploitation for Defense Evasion or Exploitation for Stealth"),
    ],
)
def test_a_wrong_name_is_named_with_both_ways_out(technique, hint, tmp_path):
    tactic = ("TA0005", "Stealth") if technique[0] == "T1211" else DISCOVERY
    assert check(tmp_path, threat(tactic, technique)) == [
        ("RP303", f'{technique[0]} is not called "{technique[1]}"', hint)
    ]


def test_the_name_of_a_tactic_is_looked_at_too(tmp_path):
    ((code, message, hint),) = check(tmp_path, threat(("TA0007", "Execution")))
    assert (code, message, hint) == (
        "RP303",
        'TA0007 is not called "Execution"',
        "use Discovery, or TA0002 if Execution is meant",
    )


@pytest.mark.parametrize(
    "reference",
    [
        "http://attack.mitre.org/techniques/T1059/",
        "https://attack.mitre.org/techniques/T1059/001/",
        "https://attack.mitre.org/tactics/T1059/",
        "https://example.com/T1059",
    ],
)
def test_a_link_to_another_page(reference, tmp_path):
    ((code, message, hint),) = check(tmp_path, threat(EXECUTION, (*SHELL, reference)))
    assert code == "RP305"
    assert message.endswith("is not the page of T1059")
    assert hint == "use https://attack.mitre.org/techniques/T1059/"


def test_what_the_projects_own_attack_says_counts_as_well(tmp_path):
    """The bundle is a newer version in which T1086 is revoked and T1064 is deprecated."""
    found = check(
        tmp_path,
        threat(EXECUTION, ("T1086", "PowerShell"))
        + entry("[rule.threat.technique]", "T1064", "Scripting")
        + entry("[rule.threat.technique]", *SHELL)
        + entry("[rule.threat.technique.subtechnique]", "T1059.004", "Unix Shell"),
        attack=bundles.small(),
    )
    assert found == [
        ("RP304", "T1086 PowerShell is revoked in ATT&CK 20.1", "use T1059.004 Unix Shell"),
        ("RP304", "T1064 Scripting is deprecated in ATT&CK 20.1", "choose a current technique"),
    ]


def test_a_technique_that_only_the_projects_own_attack_has(tmp_path):
    future = bundles.technique("T9001", "Telepathy", "execution")
    bundle = bundles.small()
    bundle["objects"].append(future)
    assert check(tmp_path, threat(EXECUTION, ("T9001", "Telepathy"))) != []
    assert check(tmp_path, threat(EXECUTION, ("T9001", "Telepathy")), attack=bundle) == []


def test_the_places_are_those_of_the_wrong_values(tmp_path):
    pack = make_pack(tmp_path, RULE + threat(EXECUTION, ("T9999", "No"), ("T9999.001", "No")))
    lines = RULE.count("\n")
    assert codes(pack) == ["RP301", "RP301"]
    assert [(found.span.line, found.span.column) for found in pack.diagnostics] == [(lines + 8, 6), (lines + 12, 6)]
    assert all(found.severity is rulepack.Severity.WARNING for found in pack.diagnostics)


def test_every_threat_entry_is_looked_at(tmp_path):
    tactics = (EXECUTION, DISCOVERY, ("TA0003", "Persistence"))
    found = check(tmp_path, *(threat(tactic, ("T9999", "No")) for tactic in tactics))
    assert [code for code, _, _ in found] == ["RP301"] * 3


UNIX_SHELL = ("T1059.004", "Unix Shell")


@pytest.mark.parametrize(
    ("threats", "said"),
    [
        ([threat(EXECUTION, SHELL), threat(EXECUTION)], "TA0002 Execution is there already"),
        (
            [threat(EXECUTION, SHELL) + entry("[rule.threat.technique]", *SHELL)],
            "T1059 Command and Scripting Interpreter is there already",
        ),
        ([threat(EXECUTION, SHELL, UNIX_SHELL, UNIX_SHELL)], "T1059.004 Unix Shell is there already"),
    ],
)
def test_what_is_mapped_twice(threats, said, tmp_path):
    assert check(tmp_path, *threats) == [("RP306", said, "join the two entries")]


def test_a_technique_may_serve_two_tactics(tmp_path):
    accounts = ("T1078", "Valid Accounts")
    both = [threat(tactic, accounts) for tactic in (("TA0001", "Initial Access"), ("TA0003", "Persistence"))]
    assert check(tmp_path, *both) == []


def test_two_frameworks_have_entries_of_their_own(tmp_path):
    assert "RP306" not in {one[0] for one in check(tmp_path, threat(EXECUTION), threat(EXECUTION, framework="Own"))}
