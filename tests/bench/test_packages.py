"""How long a package of ten thousand rules takes, and how much memory: a ratio within one run.

Whoever waits for it sees the clock, and validation has all processors at work: so it is the clock that counts here.
By hand: `pytest -n 0 -m slow tests/bench/test_packages.py -s`.
"""

import re
import resource
import shutil
import subprocess
import sys
import time
import uuid

import pytest
from bench.test_speed import BASELINE, RULEPACK
from support.memory import PEAK
from support.samples import SHARED, needs_shared

pytestmark = [needs_shared, pytest.mark.slow]

RULES = 10_000
# Of what reading the files and parsing them with tomllib takes.
MOST_TIMES = 5
MOST_MEGABYTES = 300
# Three public rules name functions that 8.19 does not have.
SETTINGS = """\
name = "ten thousand"
stack = ["8.19", "9.3", "9.5"]
checks = { RP205 = "warning" }
"""
_INDEX = re.compile(r"^index = \[[^\]]*\]", re.MULTILINE)


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Ten thousand rules: the public ones again and again, each copy with id, name and indices of its own."""
    folder = tmp_path_factory.mktemp("many")
    (folder / "rulepack.toml").write_text(SETTINGS, encoding="utf-8")
    sources = sorted((SHARED / "corpus").rglob("*.toml"))
    texts = [path.read_text(encoding="utf-8") for path in sources]
    for number in range(RULES):
        copy, text = number // len(sources), texts[number % len(sources)]
        before, _, rest = text.partition('rule_id = "')
        made = uuid.uuid5(uuid.NAMESPACE_URL, f"rule {number}")
        text = f'{before}rule_id = "{made}{rest[36:]}'
        text = text.replace('\nname = "', f'\nname = "{copy}: ', 1)
        # Each copy looks at a namespace of its own, as the rules of a tenant do.
        text = _INDEX.sub(lambda found, copy=copy: found[0].replace('*"', f'copy{copy}*"'), text, count=1)
        target = folder / "rules" / f"{copy:02}" / f"{number:05}_{sources[number % len(sources)].name}"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    subprocess.run([*RULEPACK, "lock"], cwd=folder, check=True, capture_output=True)
    return folder


def took(command, folder):
    """How long a command takes, in seconds: by the clock, and in processor time with that of its children."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)
    clock, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_ten_thousand_rules_are_packaged_in_five_times_what_reading_them_takes(many, monkeypatch):
    """With validation before it, from nothing: no cache, the lock read and held against every rule, the .zip too."""
    times = []
    for number in range(2):
        monkeypatch.setenv("RULEPACK_CACHE_DIR", str(many / f"cache-{number}"))
        shutil.rmtree(many / "dist", ignore_errors=True)
        read = took([sys.executable, "-c", BASELINE, str(many / "rules")], many)
        cold = took([*RULEPACK, "package", "--version", "1"], many)
        warm = took([*RULEPACK, "package", "--version", "1"], many)
        times.append([(of[0] / read[0], of[1] / read[1]) for of in (cold, warm)])
    (cold_clock, cold_processor), (warm_clock, warm_processor) = min(times)
    print(
        f"\nfrom nothing {cold_clock:.2f} times by the clock ({cold_processor:.2f} in processor time), "
        f"validated before {warm_clock:.2f} ({warm_processor:.2f})"
    )
    assert cold_clock <= MOST_TIMES
    shutil.rmtree(many / "dist")


def test_ten_thousand_rules_are_packaged_in_three_hundred_megabytes(many):
    program = f"""{PEAK}
import sys
sys.argv = ["rulepack", "package", "--version", "1"]
from rulepack.cli.main import _run
code = _run()
print(code, peak())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=many)
    code, kilobytes = map(int, done.stdout.split("\n")[-2].split())
    print(f"\n{kilobytes / 1024:.0f} MB")
    assert code == 0, done.stderr[-1000:]
    assert kilobytes <= MOST_MEGABYTES * 1024
