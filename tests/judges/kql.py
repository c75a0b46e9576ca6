"""KQL against kaquel: `python -m tests.judges.kql --count 5000 --seed 7`."""

import re
import sys
from pathlib import Path

from rulepack.query import parse
from tests.judges import harness

TOKENS = r""""(?:[^"\\]|\\.)*" | \\. | <=? | >=? | [():{}"] | [ \t\r\n\u00a0]+ | [^\\():<>"{} \t\r\n\u00a0]+"""
# What rulepack refuses, by what it says, and kaquel does not.
REFUSED = {
    "operators need spaces": re.compile("put a space|expect not here"),
    "`not` ends a text": re.compile("`not` stands after a value|reads the end of"),
    "`not` before a value": re.compile("`not` stands before a value"),
    "`not` twice": re.compile("`not` stands after `not`"),
    "texts side by side": re.compile("^did not expect"),
    "a backslash alone": re.compile("is no escape"),
}
# What rulepack accepts, by the traps it says (or what is in the text), and kaquel does not.
ACCEPTED = {
    "an operator that is a word": (re.compile("is a word of the text|is the name of a field here"), "traps"),
    "a field's name with spaces": (re.compile("the field's name is"), "traps"),
    "a range of a quoted value": (re.compile(r'[<>]=?\s*"'), "text"),
    "a range of several words": (re.compile(r"[<>]=?\s*[^\s\"():<>{}]+\s+(?!and\s|or\s)[^\s\"():<>{}]"), "text"),
}
PUNCTUATION = ("(", ")", ":", "{", "}", '"', "*", "<", ">=", "\\", " and ", " or ", "not ", ",", "'", " ")


def accepts(text: str) -> str | None:
    """None, or why rulepack refuses a query."""
    found = next((error for error in parse("kuery", text).errors if error.kind == "syntax"), None)
    return found and f"{found.message} at {found.start}: {found.hint}"


def explain(text: str, ours: str | None, theirs: str) -> str | None:
    """The class of a disagreement (README.md)."""
    if ours is not None:
        return next((name for name, pattern in REFUSED.items() if pattern.search(ours)), None)
    traps = " ".join(error.message for error in parse("kuery", text).errors)
    for name, (pattern, where) in ACCEPTED.items():
        if pattern.search({"text": text, "traps": traps, "theirs": theirs}[where]):
            return name
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
