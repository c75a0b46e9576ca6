"""EQL against the eql package: `python -m tests.judges.eql --count 20000 --seed 7`."""

import re
import sys
from itertools import pairwise
from pathlib import Path

from rulepack.query import parse
from rulepack.query.eql import EqlQuery
from rulepack.query.eql.lexer import Tokens
from tests.judges import harness

TOKENS = r'''
    [ \t\r\n]+ | //[^\r\n]* | /\*.*?\*/ | """[^\r\n]*?""""?"? | "(?:[^"\\\r\n]|\\.)*" | `[^`]*`
    | [A-Za-z_@][A-Za-z0-9_]*~? | [0-9]+ | [=!<>]= | !\[
'''
PUNCTUATION = (
    *("(", ")", "[", "]", "![", ",", ".", "|", "?", "+", "-", "*", "/", "%", ":", "==", "!=", "<", ">=", "=", '"', "`"),
    *(
        " and ",
        " or ",
        " not ",
        " in ",
        " in~ ",
        " like ",
        " like~ ",
        " regex~ ",
        " where ",
        " any ",
        " by ",
        " until ",
    ),
    *(" with maxspan=5m ", " with runs=2 ", " sequence ", " sample ", " true ", " null ", " 1 ", " 2.5 ", ' "a*" '),
    *(" process.name ", " ?user.name ", " length(", " | head 5"),
)
# What rulepack refuses, by what it says of each error, and the eql package does not.
REFUSED = {
    "a comma too many": re.compile("^a comma (?:after the last value|too many)|^unexpected , "),
    "a field in a list": re.compile("^a field in a list"),
    "a list of two types": re.compile("^values of different types in one list|^in~ is for strings"),
    "a keyword as a name": re.compile(
        "^(?:any|like|maxspan|regex) is a keyword|^unexpected (?:any|like~?|maxspan|regex~?) "
    ),
    "a minus before what is no number": re.compile(
        "^a calculation cannot be|is no number|^a condition cannot be a number| here, not a calculation"
    ),
    "blocks of cidrMatch": re.compile("^cidrMatch needs constants|is no address block|is no IP address"),
    "a join key that is no field": re.compile("^a join key is a field|^not cannot stand within a comparison"),
    "== for =": re.compile("^unexpected == "),
}


def quoted_category(query: EqlQuery, _theirs: str) -> bool:
    """Whether an event has its category in quotes."""
    return any(query.text[step.start :].lstrip("![ \t\r\n").startswith('"') for step in query.steps)


def parted_name(query: EqlQuery, _theirs: str) -> bool:
    """Whether something stands between a `?` and its field, or between the parts of a field."""
    return any(
        re.search(r"[\s/]", query.text[use.start : use.end]) or (use.optional and query.text[use.start - 1] != "?")
        for use in query.fields
    )


def plus(_query: EqlQuery, theirs: str) -> bool:
    """Whether the eql package failed to say that a sign stands before what is no number."""
    return "'KvTree' object has no attribute 'source'" in theirs


def two_signs(query: EqlQuery, _theirs: str) -> bool:
    """Whether one sign stands behind another."""
    texts = Tokens(query.text).texts
    return any(one in ("+", "-") and other in ("+", "-") for one, other in pairwise(texts))


# What rulepack accepts, and the eql package does not.
ACCEPTED = {
    "a category in quotes": quoted_category,
    "a name in parts": parted_name,
    "a plus before what is no number": plus,
    "two signs": two_signs,
}


def accepts(text: str) -> str | None:
    """None, or why rulepack refuses a query, each error on a line; functions that it does not know are let by."""
    errors = [
        error
        for error in parse("eql", text).errors
        if error.kind != "trap" and not error.message.startswith(("unknown function", "no function"))
    ]
    return "\n".join(f"{error.message} at {error.start}" for error in errors) or None


def explain(text: str, ours: str | None, theirs: str) -> str | None:
    """The class of a disagreement (README.md): one that is behind every error, if rulepack refuses the query."""
    if ours is not None:
        names = [
            next((name for name, pattern in REFUSED.items() if pattern.search(error)), None)
            for error in ours.splitlines()
        ]
        return names[0] if all(names) else None
    query = parse("eql", text)
    return next((name for name, holds in ACCEPTED.items() if holds(query, theirs)), None)


def queries() -> list[str]:
    """Those of the public rules, or our own samples where they are not at hand."""
    return harness.rule_queries("eql") or [query for query in harness.sample_queries("eql") if accepts(query) is None]


SETUP = harness.Setup(
    language="EQL",
    judges=(harness.Judge("eql", Path(__file__).parent / "judge_eql.py"),),
    tokens=harness.tokens_by(TOKENS),
    accepts=accepts,
    explain=explain,
    punctuation=PUNCTUATION,
    queries=queries,
)

if __name__ == "__main__":
    sys.exit(harness.main(SETUP))
