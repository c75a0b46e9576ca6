"""The list of real defects in published rules: each is still found, where it was found."""

import re

import pytest
from support.samples import ROOT, SHARED, needs_shared

import rulepack
from rulepack.codes import BY_ID
from rulepack.reference import Reference
from rulepack.reference.update import update_attack
from rulepack.reference.update_fields import update_integrations

FINDING = re.compile(r"- `(?P<rule>[0-9a-f-]+)` (?P<code>RP\d{3}): (?P<text>\S.*\.)")
LINES = (ROOT / "tests" / "data" / "findings.md").read_text(encoding="utf-8").splitlines()
LISTED = [line for line in LINES if line.startswith("-")]
FINDINGS = [match for match in map(FINDING.fullmatch, LISTED) if match]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Of each published rule that is not deprecated, the codes of what is found in it."""
    folder = tmp_path_factory.mktemp("findings")
    (folder / "rulepack.toml").write_text('check_sets = ["elastic"]\nrules = "rules"\n', encoding="utf-8")
    reference = folder / ".rulepack" / "reference"
    update_attack(str(SHARED / "attack" / "enterprise-attack-18.1.json"), reference)
    fields = SHARED / "fields" / "integration-schemas-2024-07.json.gz"
    update_integrations([str(fields)], reference, Reference().ecs)
    pack = rulepack.load(folder, (SHARED / "corpus",))
    of_file = {rule.file: rule.rule_id for rule in pack.rules}
    return {(of_file.get(one.span.file), one.code.id) for one in pack.diagnostics}


def test_every_line_of_the_list_is_a_rule_a_code_and_a_sentence():
    assert [line for line in LISTED if not FINDING.fullmatch(line)] == []
    assert [one["code"] for one in FINDINGS if one["code"] not in BY_ID] == []
    assert len({(one["rule"], one["code"]) for one in FINDINGS}) == len(FINDINGS) >= 30


@pytest.mark.slow
@needs_shared
def test_each_defect_of_the_list_is_found(found):
    assert [(one["rule"], one["code"]) for one in FINDINGS if (one["rule"], one["code"]) not in found] == []
