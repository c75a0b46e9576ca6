"""ES|QL against Elastic's grammar and another parser: `python -m tests.judges.esql --count 5000 --seed 7`."""

import atexit
import re
import sys
from pathlib import Path

from rulepack.query.esql.parser import read_query
from tests.judges import harness

LONGEST = 4000  # characters of a query: the grammar's parser takes a second for the largest
TOKENS = r'''
    [ \t\r\n]+ | //[^\r\n]* | /\*.*?\*/ | """[^\r\n]*?""""?"? | "(?:[^"\\\r\n]|\\.)*" | `[^`]*`
    | [A-Za-z_@][A-Za-z0-9_]* | [0-9]+(?:\.[0-9]+)? | [=!<>]= | ::
'''
PUNCTUATION = (
    *(
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ".",
        "|",
        "?",
        "+",
        "-",
        "*",
        "/",
        "%",
        ":",
        "::",
        "=",
        "==",
        "!=",
        "<",
        '"',
        "`",
    ),
    *(
        " and ",
        " or ",
        " not ",
        " in ",
        " like ",
        " rlike ",
        " is ",
        " null ",
        " where ",
        " by ",
        " as ",
        " on ",
        " with ",
    ),
    *(" metadata ", " asc ", " desc ", " nulls ", " first ", " true ", " 1 ", " 2.5 ", " 1 day ", ' "a*" ', " a.b "),
    *(" | stats ", " | eval x = ", " | keep ", " | where ", " | limit 5", " length(", ' {"k": 1} ', " | sort "),
)
# What rulepack lets by, or complains of as something else than syntax, and the grammar does not; by the text.
ACCEPTED = {
    "a parameter where none can stand": re.compile(r"(?i)\b(?:from|ts|join|with|metadata)\s+\?|,\s*\?|:\s*\?\?"),
    "a form of 8.x": re.compile(r"(?i)\[\s*metadata\b|\bcompletion\b[^|]*\bwith\s+[^{\s]"),
    "a name that begins like a source command": re.compile(r"(?i)\bin\s*\(\s*(?:from|row|ts)"),
    "an index called with": re.compile(r"(?i)\b(?:from|ts)\b[^|]*\bwith\b"),
}
JUDGES = {
    "antlr": harness.Judge("detection-rules-esql-py", Path(__file__).parent / "judge_esql_antlr.py", "esql"),
    "pyesql": harness.Judge("esql-py", Path(__file__).parent / "judge_esql_py.py", "esql"),
}


def accepts(text: str) -> str | None:
    """None, or why rulepack refuses a query, each error on a line; only syntax counts."""
    errors = [error for error in read_query(text)[1] if error.kind == "syntax"]
    return "\n".join(f"{error.message} at {error.start}" for error in errors) or None


GRAMMAR = harness.Bench(JUDGES["antlr"])
atexit.register(GRAMMAR.close)


def explain(text: str, ours: str | None, _theirs: str) -> str | None:
    """The class of a disagreement (README.md)."""
    found = next((name for name, pattern in ACCEPTED.items() if ours is None and pattern.search(text)), None)
    if found is None:
        # esql-py asked alone: Elastic's grammar decides.
        verdict = GRAMMAR.ask(text)
        found = "not so in Elastic's grammar" if verdict is not None and verdict[0] == (ours is None) else None
    return found


def queries() -> list[str]:
    """Those of the public rules that are not too long, and our own samples."""
    found = [query for query in harness.rule_queries("esql") if len(query) <= LONGEST]
    return found + [query for query in harness.sample_queries("esql") if accepts(query) is None]


def setup(*judges: str) -> harness.Setup:
    """The campaign with some of the judges; with several, only what they agree on counts."""
    return harness.Setup(
        language="ES|QL",
        judges=tuple(JUDGES[name] for name in judges),
        tokens=harness.tokens_by(TOKENS),
        accepts=accepts,
        explain=explain,
        punctuation=PUNCTUATION,
        queries=queries,
    )


SETUP = setup("antlr", "pyesql")

if __name__ == "__main__":
    # `--judge antlr` or `--judge pyesql` before the other options asks one alone.
    chosen = sys.argv[2:3] if sys.argv[1:2] == ["--judge"] else list(JUDGES)
    sys.exit(harness.main(setup(*chosen), sys.argv[3:] if sys.argv[1:2] == ["--judge"] else None))
