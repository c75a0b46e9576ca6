"""Rules that are moved to another version of ATT&CK, with tables made up for it."""

import shutil
from collections import Counter

import pytest
import tomli
from support.samples import RULE, SHARED, needs_shared

from rulepack.errors import DataError
from rulepack.locator import comments
from rulepack.migrate import migrate_file, migrate_project
from rulepack.migrate.target import Target, Unclear
from rulepack.project import find_project
from rulepack.reference import Attack
from rulepack.reference.attack_table import Table, Tactic, Technique

EXECUTION = Tactic("TA0002", "Execution", "execution")
EVASION = Tactic("TA0005", "Evasion", "evasion")
HIDING = Tactic("TA0005", "Hiding", "hiding")
BREAKING = Tactic("TA0112", "Breaking", "breaking")
IMPACT = Tactic("TA0040", "Impact", "impact")

OLD = Table(
    "1.0",
    (EXECUTION, EVASION, IMPACT),
    (
        Technique("T1001", "Script", ("TA0002",)),
        Technique("T1001.001", "Shell Script", ("TA0002",)),
        Technique("T1002", "Hide", ("TA0005",)),
        Technique("T1003", "Break", ("TA0005",)),
        Technique("T1003.001", "Break Log", ("TA0005",)),
        Technique("T1004", "Shell", ("TA0002",)),
        Technique("T1005", "Both", ("TA0002", "TA0005")),
        Technique("T1006", "Lost", ("TA0005",)),
        Technique("T1007", "Old Name", ("TA0002",)),
        Technique("T1008", "Circle A", ("TA0002",)),
        Technique("T1009", "Given Up", ("TA0002",)),
        Technique("T1011", "Wander", ("TA0002",)),
        Technique("T1012", "Break More", ("TA0005",)),
    ),
)
NEW = Table(
    "2.0",
    (EXECUTION, HIDING, BREAKING, IMPACT),
    (
        Technique("T1001", "Script", ("TA0002",)),
        Technique("T1001.001", "Shell Script", ("TA0002",)),
        Technique("T1002", "Hide", ("TA0005",)),
        Technique("T1003", "Break", ("TA0112",)),
        Technique("T1003.001", "Break Log", ("TA0112",)),
        Technique("T1004", "Shell", ("TA0002",), "T1001.001", "revoked"),
        Technique("T1005", "Both", ("TA0002",)),
        Technique("T1007", "New Name", ("TA0002",)),
        Technique("T1008", "Circle A", ("TA0002",), "T1010", "revoked"),
        Technique("T1009", "Given Up", ("TA0002",), None, "deprecated"),
        Technique("T1010", "Circle B", ("TA0002",), "T1008", "revoked"),
        Technique("T1011", "Wander", ("TA0005", "TA0040")),
        Technique("T1012", "Break More", ("TA0112",)),
        Technique("T1020", "Lost", ("TA0005",)),
    ),
)
TARGET = Target.of(Attack.of([OLD, NEW]), "2")
NAMES = {each.id: each.name for each in (*OLD.techniques, *NEW.techniques, IMPACT, EXECUTION, EVASION)}


def table(header, any_id, indent, name=None):
    lines = [header, f'id = "{any_id}"', f'name = "{name or NAMES[any_id]}"']
    return "\n".join(f"{indent}{line}" for line in (*lines, f'reference = "{Attack.url(any_id)}"')) + "\n"


def threat(tactic, *techniques, name=None):
    """A threat entry; a technique is an id, or a list of one and of its sub-techniques'."""
    text = f'\n[[rule.threat]]\nframework = "MITRE ATT&CK"\n\n{table("[rule.threat.tactic]", tactic, "  ", name)}'
    for one in techniques:
        first, *subs = [one] if isinstance(one, str) else one
        text += "\n" + table("[[rule.threat.technique]]", first, "  ")
        text += "".join("\n" + table("[[rule.threat.technique.subtechnique]]", sub, "    ") for sub in subs)
    return text


def tagged(*tags):
    listed = "".join(f'    "{tag}", # {tag}\n' for tag in tags)
    return RULE.replace('type = "query"', f'tags = [\n{listed}]\ntype = "query"')


def moved(folder, text, **options):
    """What becomes of a rule file."""
    (folder / "rulepack.toml").write_text("", encoding="utf-8")
    path = folder / "rules" / "one.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text.encode())
    result = migrate_file(find_project(folder), path, TARGET, **options)
    if result.changed:
        path.write_bytes(result.after.encode())
        again = migrate_file(find_project(folder), path, TARGET, **options)
        assert not again.changed, "a second run changes nothing"
        assert [one.reason for one in again.open] == [one.reason for one in result.open]
    return result


def mapping(text):
    """The threat entries as lists of ids under tactic names."""
    return [
        (
            entry["tactic"]["name"],
            [[one["id"], *(sub["id"] for sub in one.get("subtechnique", ()))] for one in entry.get("technique", ())],
        )
        for entry in tomli.loads(text)["rule"].get("threat", ())
    ]


def reasons(result):
    return [f"{one.span.line}: {one.reason}" for one in result.open]


def test_a_rule_that_is_current_stays_as_it_is(tmp_path):
    for text in (RULE, RULE + threat("TA0002", ["T1001", "T1001.001"]), RULE + threat("TA0040")):
        result = moved(tmp_path, text)
        assert (result.changed, result.open, result.after) == (False, (), text)


def test_a_revoked_technique_becomes_the_sub_technique_that_replaced_it(tmp_path):
    result = moved(tmp_path, RULE + threat("TA0002", "T1004"))
    assert mapping(result.after) == [("Execution", [["T1001", "T1001.001"]])]
    assert result.after == RULE + threat("TA0002", ["T1001", "T1001.001"])
    assert result.moved == 2


def test_what_is_there_already_is_not_there_twice(tmp_path):
    for entry in (threat("TA0002", "T1004", ["T1001", "T1001.001"]), threat("TA0002", ["T1001", "T1001.001"], "T1004")):
        assert mapping(moved(tmp_path, RULE + entry).after) == [("Execution", [["T1001", "T1001.001"]])]


def test_comments_of_what_moves_go_with_it_and_no_other_line_changes(tmp_path, golden):
    text = RULE + threat("TA0002", "T1001").replace("  [[", "  # why\n  [[") + threat("TA0005", "T1002", "T1003")
    text = text.replace(
        '  [[rule.threat.technique]]\n  id = "T1003"',
        '  # it breaks\n  [[rule.threat.technique]]\n  id = "T1003" # yes',
    )
    result = moved(tmp_path, text)
    assert "# it breaks" in result.after
    golden("migrate/comments.toml", result.after)


def test_a_tactic_that_was_divided_is_divided_by_its_techniques(tmp_path):
    result = moved(tmp_path, tagged("Tactic: Evasion", "Team: A") + threat("TA0005", "T1002", ["T1003", "T1003.001"]))
    assert mapping(result.after) == [("Hiding", [["T1002"]]), ("Breaking", [["T1003", "T1003.001"]])]
    assert tomli.loads(result.after)["rule"]["tags"] == ["Tactic: Hiding", "Tactic: Breaking", "Team: A"]
    assert "# Team: A" in result.after


def test_an_entry_whose_techniques_all_go_to_one_tactic_only_changes_that(tmp_path):
    text = tagged("Tactic: Evasion") + threat("TA0005", ["T1003", "T1003.001"], "T1012")
    result = moved(tmp_path, text)
    wanted = text.replace("TA0005", "TA0112").replace('name = "Evasion"', 'name = "Breaking"')
    assert result.after == wanted.replace('"Tactic: Evasion",', '"Tactic: Breaking",')


def test_a_technique_goes_to_the_entry_that_its_tactic_has(tmp_path):
    result = moved(tmp_path, RULE + threat("TA0005", "T1003") + threat("TA0112", "T1012", name="Breaking"))
    assert mapping(result.after) == [("Breaking", [["T1012"], ["T1003"]])]


def test_a_technique_left_with_one_tactic_that_the_rule_has_is_not_doubled(tmp_path):
    text = tagged("Tactic: Execution", "Tactic: Evasion") + threat("TA0002", "T1005") + threat("TA0005", "T1005")
    result = moved(tmp_path, text.replace(" # Tactic: Evasion", ""))
    assert mapping(result.after) == [("Execution", [["T1005"]])]
    assert tomli.loads(result.after)["rule"]["tags"] == ["Tactic: Execution"]


def test_names_and_pages_become_those_of_the_version(tmp_path):
    text = RULE + threat("TA0002", "T1007").replace("New Name", "Old  name").replace("T1007/", "T1001/")
    result = moved(tmp_path, text)
    assert result.after == RULE + threat("TA0002", "T1007")


def test_what_needs_a_person_is_named_at_its_line_and_its_entry_stays(tmp_path):
    text = tagged("Tactic: Evasion") + threat("TA0005", "T1006", "T1003") + threat("TA0002", "T1004")
    result = moved(tmp_path, text)
    line = text[: text.index('"T1006"')].count("\n") + 1
    assert reasons(result) == [f"{line}: T1006 Lost is not in ATT&CK 2.0"]
    assert result.open[0].hint == "T1020 has the same name there"
    assert mapping(result.after) == [("Evasion", [["T1006"], ["T1003"]]), ("Execution", [["T1001", "T1001.001"]])]
    assert tomli.loads(result.after)["rule"]["tags"] == ["Tactic: Evasion"]


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (threat("TA0002", "T1008"), "T1008 was revoked, and what replaced it leads in a circle"),
        (threat("TA0002", "T1009"), "T1009 Given Up is deprecated, and nothing has replaced it"),
        (threat("TA0002", "T1011"), "T1011 Wander has left TA0002 Execution"),
        (threat("TA0040", "T1001"), "T1001 Script was never a technique of Impact"),
        (threat("TA0005"), "TA0005 Evasion was divided, and no technique says into which"),
        (threat("TA0002", "T1001").replace("Script", "Hide"), "T1001 is not called Hide"),
        (threat("TA0002", "T1001").replace("T1001", "T1999"), "T1999 is not in any ATT&CK version known here"),
        (threat("TA0002", name="Nowhere").replace("TA0002", "TA0999"), "TA0999 Nowhere is not in ATT&CK 2.0"),
        (threat("TA0002").replace("Execution", "Impact"), "TA0002 is not called Impact"),
    ],
)
def test_what_rulepack_does_not_decide(entry, reason, tmp_path):
    result = moved(tmp_path, RULE + entry)
    assert [one.reason for one in result.open] == [reason]
    assert not result.changed


def test_what_needs_a_person_is_listed_in_reading_order(tmp_path):
    entry = threat("TA0002").replace("Execution", "Impact")
    head, tactic = entry.split("\n\n")
    techniques = table("[[rule.threat.technique]]", "T1009", "  ")
    result = moved(tmp_path, f"{RULE}{head}\n\n{techniques}\n{tactic}")
    assert [one.reason for one in result.open] == [
        "T1009 Given Up is deprecated, and nothing has replaced it",
        "TA0002 is not called Impact",
    ]


def test_deprecated_techniques_go_if_that_is_asked_for(tmp_path):
    result = moved(tmp_path, RULE + threat("TA0002", "T1001", "T1009"), drop_deprecated=True)
    assert (mapping(result.after), result.open) == ([("Execution", [["T1001"]])], ())


def test_other_frameworks_and_mappings_for_other_versions_stay(tmp_path):
    atlas = threat("TA0005", "T1003").replace("MITRE ATT&CK", "MITRE ATLAS").replace("TA0005", "AML.TA0005")
    other = '\n[[rule.threat_mappings]]\nframework = "MITRE ATT&CK"\nversion = "1.0"\n'
    other += threat("TA0005", "T1003").replace("rule.threat", "rule.threat_mappings.threat")
    result = moved(tmp_path, RULE + atlas + other)
    assert (result.changed, result.open) == (False, ())


def test_line_ends_and_the_mark_stay(tmp_path):
    text = "\ufeff" + (RULE + threat("TA0002", "T1004")).replace("\n", "\r\n")
    after = moved(tmp_path, text).after
    assert after == "\ufeff" + (RULE + threat("TA0002", ["T1001", "T1001.001"])).replace("\n", "\r\n")


def test_a_mapping_that_is_written_inline_is_left_to_a_person(tmp_path):
    inline = (
        '{ framework = "MITRE ATT&CK", tactic = { id = "TA0002", name = "Execution", reference = "x" }, technique = ['
    )
    inline += '{ id = "T1004", name = "Shell", reference = "x" }] }'
    text = RULE.replace("risk_score", f"threat = [{inline}]\nrisk_score")
    result = moved(tmp_path, text)
    assert not result.changed
    assert "rulepack cannot rewrite this file" in result.open[0].reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a = = 1", "unexpected"),
        (RULE + threat("TA0002", "T1001").replace("reference", "referense"), "the threat tables have errors"),
        (RULE.replace("[rule]", "threat = 1\n[rule]\nthreat = 1"), "the threat tables have errors"),
    ],
)
def test_a_file_with_errors_is_left_to_a_person(text, reason, tmp_path):
    result = moved(tmp_path, text)
    assert not result.changed
    assert len(result.open) == 1
    assert reason in result.open[0].reason or reason == "unexpected"


def test_the_way_back_undoes_a_division():
    back = Target.of(Attack.of([OLD, NEW]), "v1.0")
    assert back.became("TA0112") == {"TA0005"}
    assert back.place("T1003", OLD.techniques[3], "TA0112") == "TA0005"
    assert isinstance(back.technique("T1020"), Unclear)


def test_a_tactic_becomes_what_holds_most_of_its_techniques():
    assert TARGET.became("TA0005") == {"TA0005", "TA0112"}
    assert TARGET.became("TA0002") == {"TA0002"}
    assert TARGET.became("TA0999") == frozenset()


def test_a_version_that_is_not_known_is_named_with_those_that_are():
    with pytest.raises(DataError, match=r"no ATT&CK 3 here, only 1\.0, 2\.0"):
        Target.of(Attack.of([OLD, NEW]), "3")


def test_what_another_version_says_of_a_technique_that_is_gone_counts():
    gone = Table("1.5", OLD.tactics, (Technique("T1006", "Lost", ("TA0005",), "T1020", "revoked"),))
    target = Target.of(Attack.of([OLD, gone, NEW]), "2.0")
    assert target.technique("T1006") == NEW.techniques[-1]


@needs_shared
def test_the_production_rules_with_a_revoked_technique_are_found(tmp_path):
    """Two of the public rules: T1547.011 Plist Modification, revoked by T1647 Plist File Modification."""
    from rulepack.reference import Reference
    from rulepack.reference.update import update_attack

    update_attack(str(SHARED / "attack" / "enterprise-attack-18.1.json"), tmp_path)
    target = Target.of(Reference(tmp_path).attack, "18.1")
    changed = {}
    for name in ("persistence_hidden_plist_filename", "persistence_suspicious_launch_agent_or_launch_daemon"):
        text = (SHARED / "corpus" / "rules" / "macos" / f"{name}.toml").read_text(encoding="utf-8")
        path = tmp_path / f"{name}.toml"
        path.write_text(text, encoding="utf-8")
        result = migrate_file(find_project(tmp_path), path, target)
        assert not result.open
        changed[name] = [ids for tactic, ids in mapping(result.after) if tactic == "Defense Evasion"]
    assert changed == {
        "persistence_hidden_plist_filename": [[["T1564", "T1564.001"], ["T1647"]]],
        "persistence_suspicious_launch_agent_or_launch_daemon": [[["T1647"]]],
    }


@needs_shared
@pytest.mark.slow
@pytest.mark.parametrize("version", ["17", "18.1", "19"])
def test_all_public_rules_move_with_their_comments_and_nothing_else(version, tmp_path):
    from rulepack.reference import Reference
    from rulepack.reference.update import update_attack

    update_attack(str(SHARED / "attack" / "enterprise-attack-18.1.json"), tmp_path)
    target = Target.of(Reference(tmp_path).attack, version)
    shutil.copytree(SHARED / "corpus", tmp_path / "rules", copy_function=shutil.copyfile)
    changed = [one for one in migrate_project(find_project(tmp_path), target) if one.changed]
    assert changed
    for one in changed:
        before, after = tomli.loads(one.before), tomli.loads(one.after)
        assert remarks(one.before) == remarks(one.after), one.file
        for data in (before, after):
            data["rule"] |= {"threat": None, "tags": [tag for tag in data["rule"]["tags"] if "Tactic: " not in tag]}
        assert before == after, one.file
        one.path.write_text(one.after, encoding="utf-8")
    assert not [one.file for one in migrate_project(find_project(tmp_path), target) if one.changed]


def remarks(text):
    return Counter(text[start:end].rstrip() for start, end in comments(text))
