"""KQL against kaquel: `python -m tests.judges.kql --count 5000 --seed 7`."""

import sys
from pathlib import Path

from rulepack.query import parse
from tests.judges import harness

TOKENS = r""""(?:[^"\\]|\\.)*" | \\. | <=? | >=? | [():{}"] | [ \t\r\n\u00a0]+ | [^\\():<>"{} \t\r\n\u00a0]+"""
PUNCTUATION = ("(", ")", ":", "{", "}", '"', "*", "<", ">=", "\\", " and ", " or ", "not ", ",", "'", " ")


def accepts(text: str) -> str | None:
    """None, or why rulepack refuses a query."""
    found = next((error for error in parse("kuery", text).errors if error.kind == "syntax"), None)
    return found and f"{found.message} at {found.start}"


def explain(text: str, ours: str | None, theirs: str) -> str | None:
    """The class of a disagreement (README.md)."""
    del text, ours, theirs
    return None


def queries() -> list[str]:
    """Those of the public rules, or our own samples where they are not at hand."""
    return harness.rule_queries("kuery") or harness.sample_queries("kql")


SETUP = harness.Setup(
    language="KQL",
    judges=(harness.Judge("kaquel", Path(__file__).parent / "judge_kaquel.py"),),
    tokens=harness.tokens_by(TOKENS),
    accepts=accepts,
    explain=explain,
    punctuation=PUNCTUATION,
    queries=queries,
)

if __name__ == "__main__":
    sys.exit(harness.main(SETUP))
