"""A campaign: `python -m tests.fuzz --count 20000 --seed 7`; each mutant is known by seed and number."""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from .judge import Judge
from .mutate import mutate

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
BATCH = 100


def seeds() -> list[Path]:
    """The valid rules that mutants are made of: this repository's, and the public corpus where it is at hand."""
    own = sorted(ROOT.glob("rules/**/*.toml"))
    return own * 10 + sorted(CORPUS.glob("**/*.toml"))


def mutants(seed: int, numbers: range) -> Iterator[tuple[int, Path, bytes]]:
    """Mutants by number: the same seed and number give the same bytes for the same rules."""
    files = seeds()
    for number in numbers:
        rng = random.Random(f"{seed}/{number}")
        path = rng.choice(files)
        yield number, path, mutate(path.read_text(encoding="utf-8"), rng)


def run(seed: int, numbers: range) -> list[tuple[int, str, str, bytes]]:
    """Every complaint of some mutants."""
    with tempfile.TemporaryDirectory() as folder:
        judge = Judge(Path(folder).resolve())
        return [
            (number, path.name, complaint, content)
            for number, path, content in mutants(seed, numbers)
            for complaint in judge.complaints(content)
        ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=20_000, help="how many mutants (default: 20000)")
    parser.add_argument("--seed", type=int, default=7, help="another seed gives other mutants (default: 7)")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="the number of the first one (default: 0)")
    parser.add_argument("--jobs", type=int, default=None, help="processes (default: one for each processor)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="write every mutant that shows a fault to a folder")
    options = parser.parse_args()
    end = options.first + options.count
    batches = [range(start, min(start + BATCH, end)) for start in range(options.first, end, BATCH)]
    kinds: dict[str, int] = {}
    began = time.perf_counter()
    with ProcessPoolExecutor(options.jobs) as pool:
        for found in pool.map(run, [options.seed] * len(batches), batches):
            for number, name, complaint, content in found:
                kind = re.sub(r"[0-9]+|'[^']*'", "_", complaint.strip().rpartition("\n")[2])[:100]
                kinds[kind] = kinds.get(kind, 0) + 1
                if kinds[kind] == 1:
                    print(f"--- seed {options.seed}, mutant {number}, of {name}\n{complaint}\n", flush=True)
                if options.keep:
                    options.keep.mkdir(parents=True, exist_ok=True)
                    (options.keep / f"{options.seed}-{number}.toml").write_bytes(content)
    seconds = time.perf_counter() - began
    print(f"{options.count:,} mutants, seed {options.seed}, {seconds:.0f} s: {sum(kinds.values())} complaints")
    for kind, count in sorted(kinds.items(), key=lambda one: -one[1]):
        print(f"{count:7} {kind}")
    return int(bool(kinds))


if __name__ == "__main__":
    sys.exit(main())
