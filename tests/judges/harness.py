"""Compares a parser of rulepack with parsers of others: the same mutants to both, and where they differ.

A language has a module here with a SETUP, so `python -m tests.judges.kql --count 5000 --seed 7` runs a campaign. The
judges live in environments of their own (README.md), and each answers from a process of its own.
"""

import argparse
import json
import os
import random
import re
import select
import subprocess
import sys
import time
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
SHARED = ROOT.parent / "shared"
OPERATIONS = ("delete", "duplicate", "swap", "replace", "insert")
LONGEST = 600  # characters of a query in a report
PATIENCE = 30  # seconds that a judge may take for one query


@dataclass(frozen=True)
class Judge:
    """A parser of others: the file that asks it (run by the judge's own Python), and the environment it is in."""

    name: str
    script: Path
    environment: str = "main"

    @property
    def python(self) -> Path:
        """The Python that the judge runs in; RULEPACK_JUDGES is the folder with the environments."""
        folder = Path(os.environ.get("RULEPACK_JUDGES", ROOT.parent / "judges"))
        return folder / self.environment / "bin" / "python"

    def why_absent(self) -> str | None:
        """Why it cannot be asked, None if it can."""
        if not self.python.exists():
            return f"{self.name} has no environment here ({self.python.parent.parent}); see tests/judges/README.md"
        done = subprocess.run([self.python, self.script], input=b"", capture_output=True, check=False)
        if done.returncode:
            return f"{self.name} does not run: {done.stderr.decode(errors='replace').strip()[-200:]}"
        return None


@dataclass(frozen=True)
class Setup:
    """A language: who judges it, how its text falls into tokens, and what explains a disagreement.

    `tokens` gives the pieces of a query, which joined are the query again. `accepts` asks rulepack, and gives None or
    why not. `explain` names the class of a disagreement, from the query, why rulepack refused it (None: it did not)
    and why the judges did (""), and gives None where it knows no class; README.md says what each class is.
    """

    language: str
    judges: tuple[Judge, ...]
    tokens: Callable[[str], list[str]]
    accepts: Callable[[str], str | None]
    explain: Callable[[str, str | None, str], str | None]
    punctuation: tuple[str, ...]
    queries: Callable[[], list[str]]


@dataclass(frozen=True)
class Mutant:
    """A query with one to three tokens changed."""

    text: str
    operations: tuple[str, ...]


@dataclass
class Report:
    """What a campaign found. `differing` are the mutants that the judges themselves differ on; they do not count."""

    judged: int = 0
    agreed: int = 0
    accepted: int = 0
    differing: int = 0
    unanswered: int = 0
    seconds: float = 0.0
    disagreements: dict[str, list[tuple[str, str, str]]] = field(default_factory=lambda: defaultdict(list))

    @property
    def agreement(self) -> float:
        """The share of the judged mutants on which both say the same."""
        return self.agreed / self.judged if self.judged else 1.0

    @property
    def unexplained(self) -> list[tuple[str, str, str]]:
        """Those disagreements that no class explains: query, why rulepack refuses it, why the judge does."""
        return self.disagreements.get("unexplained", [])

    def text(self, samples: int = 2) -> str:
        """The report for people."""
        different, unexplained = self.judged - self.agreed, len(self.unexplained)
        lines = [
            f"{self.judged} mutants judged in {self.seconds:.1f} s; {self.accepted} accepted by the judges",
            f"agreement {self.agreement:.2%}: {different} disagreements, {unexplained} unexplained",
        ]
        if self.differing or self.unanswered:
            lines.append(f"left out: judges differ on {self.differing}, no answer to {self.unanswered}")
        for name, found in sorted(self.disagreements.items(), key=lambda item: -len(item[1])):
            lines.append(f"{len(found):6} {name}")
            for query, ours, theirs in found[:samples]:
                lines += [
                    f"           {query!r}",
                    f"             rulepack: {ours or 'accepts'}; judge: {theirs or 'accepts'}",
                ]
        return "\n".join(lines)


class Bench:
    """A judge's process, asked query by query; one that hangs is ended, and started again for the next query."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.process: subprocess.Popen[str] | None = None

    def ask(self, query: str) -> tuple[bool, str] | None:
        """Whether the judge accepts it, and why not; None if it did not answer."""
        if self.process is None:
            self.process = subprocess.Popen(
                [self.judge.python, self.judge.script],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                bufsize=1,
            )
        assert self.process.stdin
        assert self.process.stdout
        try:
            self.process.stdin.write(json.dumps(query) + "\n")
            ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
            answer = self.process.stdout.readline() if ready else ""
        except BrokenPipeError:
            answer = ""
        if not answer:
            self.close()
            return None
        accepted, why = json.loads(answer)
        return accepted, why

    def close(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


def tokens_by(pattern: str) -> Callable[[str], list[str]]:
    """A tokenizer from a pattern of one token; what it does not match falls into single characters."""
    compiled = re.compile(f"(?:{pattern})|.", re.DOTALL | re.VERBOSE)
    return lambda text: [found[0] for found in compiled.finditer(text)]


def mutants(
    queries: list[str], tokens: Callable[[str], list[str]], punctuation: tuple[str, ...], count: int, seed: int
) -> Iterator[Mutant]:
    """As many different mutants as asked for, none of them a query itself; the same ones for the same seed."""
    chance = random.Random(seed)
    pieces = [list(filter(None, tokens(query))) for query in queries]
    seen = set(queries)
    while len(seen) - len(set(queries)) < count:
        changed = list(chance.choice(pieces))
        operations = tuple(chance.choice(OPERATIONS) for _ in range(chance.choice((1, 1, 1, 2, 3))))
        for operation in operations:
            _mutate(changed, operation, chance, pieces, punctuation)
        text = "".join(changed)
        if text not in seen:
            seen.add(text)
            yield Mutant(text, operations)


def _mutate(
    tokens: list[str], operation: str, chance: random.Random, pieces: list[list[str]], punctuation: tuple[str, ...]
) -> None:
    """Change a list of tokens in one place."""
    words = [number for number, token in enumerate(tokens) if not token.isspace()]
    if operation == "insert" or not words:
        tokens.insert(chance.randint(0, len(tokens)), chance.choice(punctuation))
        return
    at = chance.choice(words)
    if operation == "delete":
        del tokens[at]
    elif operation == "duplicate":
        tokens[at:at] = [tokens[at], *chance.choice(([], [" "]))]
    elif operation == "swap":
        other = chance.choice(words[max(0, words.index(at) - 1) :][:3])
        tokens[at], tokens[other] = tokens[other], tokens[at]
    else:
        tokens[at] = chance.choice(chance.choice(pieces) or [" "])


def campaign(setup: Setup, count: int, seed: int) -> Report:
    """Ask rulepack and all judges about the mutants. Only where the judges say the same are they a measure."""
    report = Report()
    benches = [Bench(judge) for judge in setup.judges]
    begun = time.monotonic()
    try:
        for mutant in mutants(setup.queries(), setup.tokens, setup.punctuation, count, seed):
            verdicts = [bench.ask(mutant.text) for bench in benches]
            answers = {verdict[0] for verdict in verdicts if verdict is not None}
            if len(answers) != 1:
                report.unanswered += not answers
                report.differing += len(answers) > 1
                continue
            _count(report, setup, mutant.text, answers.pop(), next(filter(None, verdicts))[1])
    finally:
        for bench in benches:
            bench.close()
    report.seconds = time.monotonic() - begun
    return report


def _count(report: Report, setup: Setup, text: str, accepted: bool, theirs: str) -> None:
    ours = setup.accepts(text)
    report.judged += 1
    report.accepted += accepted
    if accepted == (ours is None):
        report.agreed += 1
        return
    name = setup.explain(text, ours, theirs) or "unexplained"
    report.disagreements[name].append((text, ours or "", theirs))


def rule_queries(*languages: str) -> list[str]:
    """The different queries of the public rules in these languages, by file; none without ../shared."""
    found: dict[str, None] = {}
    for path in sorted((SHARED / "corpus").rglob("*.toml")):
        rule = tomllib.loads(path.read_text(encoding="utf-8"))["rule"]
        for language, query in (("language", "query"), ("threat_language", "threat_query")):
            if rule.get(language) in languages and rule.get(query):
                found[rule[query]] = None
    return list(found)


def sample_queries(name: str) -> list[str]:
    """The queries without an error of tests/data/queries/<name>.toml."""
    cases = tomllib.loads((ROOT / "tests" / "data" / "queries" / f"{name}.toml").read_text(encoding="utf-8"))["case"]
    return [case["query"] for case in cases if not {"error", "errors"} & set(case)]


def main(setup: Setup, arguments: Iterable[str] | None = None) -> int:
    """The command line of a language: 1 if a disagreement is unexplained, 3 if a judge is missing."""
    parser = argparse.ArgumentParser(
        description=f"{setup.language}: rulepack against {', '.join(j.name for j in setup.judges)}"
    )
    parser.add_argument("--count", type=int, default=1000, help="how many mutants")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--samples", type=int, default=2, help="how many queries to show of each class")
    options = parser.parse_args(None if arguments is None else list(arguments))
    for judge in setup.judges:
        if why := judge.why_absent():
            print(why, file=sys.stderr)
            return 3
    report = campaign(setup, options.count, options.seed)
    print(report.text(options.samples))
    return 1 if report.unexplained else 0
