"""One folder of samples for each code: what is bad, what is good instead, and what rulepack says to the bad one.

A sample is a rule file (`bad.toml`), a folder of rule files (`bad/**/*.toml`), or a folder of templates
(`bad/once/...`, `bad/each-rule/...`) that is rendered for the smallest query rule. The sets of checks that only run
when asked for run for their own samples. An `attack.json` beside them is
read by `rulepack reference update` first; a `fields.toml` is a field file of the project's own.
"""

import shutil

import pytest
from conftest import DATA
from support.samples import VALID

import rulepack
from rulepack.checks import CHECKS
from rulepack.codes import BY_ID, CODES
from rulepack.reference.update import update_attack
from rulepack.report import FORMATS, Result

SAMPLES = DATA / "checks"
FOLDERS = sorted(SAMPLES.iterdir())
# The set that must be asked for, so that a check runs.
OPT_IN = {check.code.id: check.opt_in for check in CHECKS}


def ids(folders):
    return [folder.name for folder in folders]


def findings(sample, folder, project):
    """Everything that rulepack says to a sample, templates included, and the pack."""
    opt_in = OPT_IN.get(folder.name)
    (project / "rulepack.toml").write_text(f'check_sets = ["{opt_in}"]' if opt_in else "", encoding="utf-8")
    if (folder / "attack.json").exists():
        update_attack(str(folder / "attack.json"), project / ".rulepack" / "reference")
    if (folder / "fields.toml").exists():
        (project / "fields").mkdir()
        shutil.copy(folder / "fields.toml", project / "fields")
    rules = project / "rules"
    rules.mkdir()
    if sample.is_file():
        shutil.copy(sample, rules)
    elif list(sample.rglob("*.toml")):
        shutil.copytree(sample, rules, dirs_exist_ok=True)
    else:
        shutil.copy(VALID / "query.toml", rules)
        shutil.copytree(sample, project / "templates" / "markdown")
    pack = rulepack.load(project)
    if sample.is_file() or list(sample.rglob("*.toml")):
        return pack, pack.diagnostics
    return pack, (*pack.diagnostics, *rulepack.build(pack, dry_run=True).diagnostics)


def sample_of(folder, kind):
    (sample,) = folder.glob(f"{kind}*")
    return sample


def test_every_code_has_a_sample():
    # RP7 is about versions and packages, RP8 and RP9 about a Kibana: tests/lock, tests/package, tests/deploy show them.
    assert ids(FOLDERS) == [code.id for code in CODES if code.id < "RP7"]


@pytest.mark.parametrize("folder", FOLDERS, ids=ids(FOLDERS))
def test_the_bad_sample_gives_its_code_and_no_other(folder, tmp_path, golden):
    pack, found = findings(sample_of(folder, "bad"), folder, tmp_path)
    assert {one.code for one in found} == {BY_ID[folder.name]}
    result = Result(found, rules=len(pack.every), files=len(pack.files), codes=CODES, version="0")
    golden(f"checks/{folder.name}/expected.txt", FORMATS["text"](result))


@pytest.mark.parametrize("folder", FOLDERS, ids=ids(FOLDERS))
def test_the_good_sample_gives_nothing(folder, tmp_path):
    _, found = findings(sample_of(folder, "good"), folder, tmp_path)
    assert [(one.code.id, one.message) for one in found] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=ids(FOLDERS))
def test_a_sample_holds_nothing_besides(folder):
    assert {path.name.partition(".")[0] for path in folder.iterdir()} - {"attack", "fields"} == {
        "bad",
        "good",
        "expected",
    }
