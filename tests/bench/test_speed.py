"""How long rulepack takes, as ratios within one run; seconds are printed, never asserted.

By hand: `pytest -m slow tests/bench -s`.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.samples import SHARED, needs_shared

pytestmark = pytest.mark.slow

BASELINE = """
import sys, tomllib
from pathlib import Path
for path in sorted(Path(sys.argv[1]).rglob("*.toml")):
    tomllib.loads(path.read_text(encoding="utf-8"))
"""
RULEPACK = [sys.executable, "-m", "rulepack"]


def seconds(command, **options):
    """The processor time of a command and its children, which other work on the machine hardly changes."""
    before = os.times()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **options)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def best(*commands, rounds=3):
    """The shortest time of each command; they take turns, so that a slow moment hits them alike."""
    times = [[seconds(command()) for command in commands] for _ in range(rounds)]
    return [min(column) for column in zip(*times, strict=True)]


@pytest.fixture
def corpus(tmp_path):
    """The public corpus as a project of its own."""
    folder = tmp_path / "corpus"
    shutil.copytree(SHARED / "corpus", folder, copy_function=shutil.copyfile)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    (folder / "rulepack.toml").write_text('rules = ["rules", "rules_building_block"]\n', encoding="utf-8")
    return folder


@needs_shared
def test_validate_takes_at_most_twice_as_long_as_reading_the_files(corpus):
    read, validate = best(
        lambda: [sys.executable, "-c", BASELINE, str(corpus)],
        lambda: [*RULEPACK, "validate", "--project", str(corpus), "--format", "json"],
    )
    print(f"\nread {read:.2f} s, validate {validate:.2f} s: {validate / read:.2f} times")
    assert validate <= 2 * read


@needs_shared
def test_build_takes_at_most_six_times_as_long_as_reading_the_files(corpus):
    def cold_build():
        shutil.rmtree(corpus / "docs-out", ignore_errors=True)
        return [*RULEPACK, "build", "--project", str(corpus)]

    read, build = best(lambda: [sys.executable, "-c", BASELINE, str(corpus)], cold_build)
    print(f"\nread {read:.2f} s, build {build:.2f} s: {build / read:.2f} times")
    assert build <= 6 * read
    assert len(list((corpus / "docs-out" / "rules").rglob("*.md"))) == 1550


@needs_shared
@pytest.mark.parametrize("command", ["validate", "build"])
def test_peak_memory_for_1550_rules_is_at_most_150_mb(corpus, command):
    program = f"""
import resource, sys
sys.argv = ["rulepack", "{command}", "--project", {str(corpus)!r}]
from rulepack.cli.main import _run
code = _run()
print(code, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    code, kilobytes = map(int, done.stdout.split("\n")[-2].split())
    print(f"\n{command}: {kilobytes / 1024:.0f} MB")
    assert code == 0
    assert kilobytes <= 150 * 1024


def test_help_takes_at_most_twice_as_long_as_importing_click():
    script = shutil.which("rulepack", path=str(Path(sys.executable).parent))
    times = {"click": [], "help": []}
    for _ in range(15):
        for name, command in (("click", [sys.executable, "-c", "import click"]), ("help", [script, "--help"])):
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            times[name].append(time.perf_counter() - start)
    click, shown = min(times["click"]), min(times["help"])
    print(f"\nimport click {click * 1000:.0f} ms, rulepack --help {shown * 1000:.0f} ms: {shown / click:.2f} times")
    assert shown <= 2 * click
