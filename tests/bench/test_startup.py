"""How long one rule alone takes, as a ratio to `python -c "import click"`, which every command line has to pay for.

By hand: `pytest -n 0 -m slow tests/bench/test_startup.py -s`.
"""

import resource
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from support.samples import SHARED, VALID, needs_shared

pytestmark = pytest.mark.slow

ROUNDS = 15
MOST = 4
SCRIPT = shutil.which("rulepack", path=str(Path(sys.executable).parent))
CLICK = [sys.executable, "-c", "import click"]
VALIDATE = [SCRIPT, "validate", "--no-cache"]
TYPES = sorted(path.stem for path in VALID.glob("*.toml"))


def milliseconds(command, folder):
    """The processor time of a command, which other work on the machine hardly changes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stdout + done.stderr
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def ratio(command, folder):
    """How many times as long as importing click a command takes: the best of rounds in which both take turns."""
    times = [[milliseconds(each, folder) for each in (CLICK, command)] for _ in range(ROUNDS + 1)]
    click, one = (min(column) for column in zip(*times[1:], strict=True))
    print(f"\nimport click {click:.0f} ms, {' '.join(command[1:])} {one:.0f} ms: {one / click:.2f} times")
    return one / click


@pytest.mark.parametrize("rule_type", TYPES)
def test_a_small_rule_takes_at_most_four_times_as_long_as_importing_click(tmp_path, rule_type):
    (tmp_path / "rules").mkdir()
    shutil.copy(VALID / f"{rule_type}.toml", tmp_path / "rules")
    (tmp_path / "rulepack.toml").touch()
    assert ratio([*VALIDATE, f"rules/{rule_type}.toml"], tmp_path) <= MOST


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    """The public corpus, with all that is known of the fields that its rules use."""
    folder = tmp_path_factory.mktemp("public")
    for name in ("rules", "rules_building_block"):
        shutil.copytree(SHARED / "corpus" / name, folder / name, copy_function=shutil.copyfile)
    shutil.copyfile(SHARED / "fields" / "non-ecs-schema.json", folder / "fields.json")
    settings = 'rules = ["rules", "rules_building_block"]\nfields = ["fields.json"]\n'
    (folder / "rulepack.toml").write_text(settings, encoding="utf-8")
    read = ("integration-manifests", "integration-schemas-2024-07")
    sources = [part for name in read for part in ("--integrations", SHARED / "fields" / f"{name}.json.gz")]
    beats = ("--beats", SHARED / "fields" / "beats-9.4.4.json.gz")
    subprocess.run([SCRIPT, "reference", "update", *sources, *beats], cwd=folder, check=True, capture_output=True)
    return folder


def of_middle_length(folder, rule_type):
    """The rule of a type that is in the middle when they are sorted by the length of their files."""
    found = []
    for path in sorted((folder / "rules").rglob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        if data["rule"]["type"] == rule_type and data["metadata"]["maturity"] == "production":
            found.append((path.stat().st_size, path))
    return sorted(found)[len(found) // 2][1]


@needs_shared
@pytest.mark.parametrize("rule_type", [each for each in TYPES if each != "saved_query"])  # of which none is public
def test_a_public_rule_takes_at_most_four_times_as_long_as_importing_click(public, rule_type):
    rule = of_middle_length(public, rule_type).relative_to(public)
    assert ratio([*VALIDATE, rule.as_posix()], public) <= MOST
