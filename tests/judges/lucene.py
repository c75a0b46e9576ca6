"""Lucene against luqum: `python -m tests.judges.lucene --count 5000 --seed 7`."""

import re
import sys
import tomllib
from pathlib import Path

from rulepack.query import parse
from tests.judges import harness

TOKENS = r"""
    "(?:[^"\\]|\\.)*" | /(?:[^/\\]|\\.)*/ | \\. | && | \|\| | [<>]=? | [():\[\]{}^~+\-!*?/"'] | \s+
    | [^\s\\():\[\]{}^~+\-!*?/"'<>&|]+
"""
# What rulepack refuses, by what it says, and luqum does not.
REFUSED = {
    "a slash within a term": re.compile("^/ begins a regular expression"),
    "a quotation mark within a term": re.compile("^the phrase is never closed"),
    "a sign right behind a colon": re.compile("cannot stand right after :"),
    "two signs": re.compile(r"follows another \+ or NOT"),
    "a second colon": re.compile("^a second :"),
    "a wildcard in a field's name": re.compile("^a wildcard in a field name"),
    "a boost without a number, or two": re.compile(r"^no number follows \^|^\^\S* cannot stand here"),
    "an escape of a code that is none": re.compile(r"^\\u must be followed"),
    "~ where no term is": re.compile("^~.* has no term before it"),
}
# The same, by the text around the place where rulepack refuses the query.
REFUSED_AROUND = {
    "&& || and ! are operators": re.compile(r"&&|\|\||!"),
    "a quotation mark within a term": re.compile(r'(?:AND|OR|NOT)"|"(?:AND|OR|NOT|:)'),
    "a slash within a term": re.compile(r"(?:AND|OR|NOT)/|/(?:AND|OR|NOT|:)"),
}
AROUND = 10  # characters on either side
# What rulepack accepts, by what is in the text, and luqum does not.
ACCEPTED = {
    "an empty query": re.compile(r"\A\s*\Z"),
    "a sign with a blank is a term": re.compile(r"[+\-!]\s"),
    "' begins a term": re.compile(r"(?<![\w.])'"),
    "< and > are part of a term": re.compile(r"[<>]"),
    "~ behind a pattern, or with no whole number": re.compile(
        r"[/*?]\s*~|~\s*(?![\s\d)~^])|\^[\d.]+\s*~|~[\d.]*[^\s\d)^~]"
    ),
    "a slash within a term": re.compile(r"[^\s(:]/"),
    "a quotation mark within a term": re.compile(r'[^\s(:]"'),
    "a blank that is none, or is escaped": re.compile(r"[^\S \t\n\r\u3000]|\\\n"),
    "a boost with two points": re.compile(r"\^\d+\.\d+\."),
    "any text in a range": re.compile(r"[\[{]"),
    "TO is a term": re.compile(r"\bTO\b"),
}
WITHIN = ("a quotation mark within a term", "a slash within a term")
PUNCTUATION = (
    *("(", ")", ":", "[", "]", "{", "}", '"', "*", "?", "~", "^2", ">=", "<", "\\", "/", "+", "-", "!", "'", " "),
    *(" AND ", " OR ", " NOT ", " && ", " || ", " TO "),
)


def accepts(text: str) -> str | None:
    """None, or why rulepack refuses a query."""
    found = next((error for error in parse("lucene", text).errors if error.kind == "syntax"), None)
    return found and f"{found.message} at {found.start}: {found.hint}"


def explain(text: str, ours: str | None, theirs: str) -> str | None:  # noqa: ARG001 (all languages have it)
    """The class of a disagreement (README.md)."""
    if ours is not None:
        errors = [error for error in parse("lucene", text).errors if error.kind == "syntax"]
        for name, known in REFUSED.items():
            if any(known.search(error.message) for error in errors):
                return name
        around = [text[max(0, error.start - AROUND) : error.end + AROUND] for error in errors]
        for name, known in REFUSED_AROUND.items():
            if any(map(known.search, around)):
                return name
        # What is within one term for luqum can be anywhere before.
        return next((name for name in WITHIN if ACCEPTED[name].search(text)), None)
    return next((name for name, known in ACCEPTED.items() if known.search(text)), None)


def queries() -> list[str]:
    """Those of the published rules, and our own samples that parse."""
    found = []
    for path in sorted((harness.SHARED / "docs" / "published").glob("*.toml")):
        rule = tomllib.loads(path.read_text(encoding="utf-8"))["rule"]
        if rule.get("language") == "lucene":
            found.append(rule["query"])
    samples = harness.ROOT / "tests" / "data" / "queries" / "lucene.toml"
    cases = tomllib.loads(samples.read_text(encoding="utf-8"))["case"]
    return found + [case["query"] for case in cases if "means" in case]


SETUP = harness.Setup(
    language="Lucene",
    judges=(harness.Judge("luqum", Path(__file__).parent / "judge_luqum.py"),),
    tokens=harness.tokens_by(TOKENS),
    accepts=accepts,
    explain=explain,
    punctuation=PUNCTUATION,
    queries=queries,
)

if __name__ == "__main__":
    sys.exit(harness.main(SETUP))
