"""The facts of a rule page as Elastic published it, in its Markdown of 2025.

How the text of a rule became what is there says ../shared/docs/rule-pages.md, 2.6; `undo` takes back what can be.
"""

import re
from dataclasses import dataclass, field

from docs import reading

_LIST = r"^\*\*{}\*\*:\n\n((?:\* .*\n)+)"
_THREAT = re.compile(
    r"^\* (Tactic|Technique|Sub-technique):\n\n    \* Name: (.*)\n    \* ID: (.*)\n    \* Reference URL: \[(.*)\]\(",
    re.MULTILINE,
)


@dataclass
class Published:
    """What a published page says."""

    name: str
    description: str
    facts: dict = field(default_factory=dict)
    lists: dict = field(default_factory=dict)
    threat: list = field(default_factory=list)
    query: str | None = None
    guide: list | None = None
    setup: list | None = None


def read(page: str) -> Published:
    """Read a page."""
    body = page.split("\n---\n", 1)[1]
    title = re.search(r"^# (.*) \[[^\]]*\]$", body, re.MULTILINE)
    after = body[title.end() :]
    description = after[: after.index("**Rule type**")].strip()
    found = Published(title[1], description)
    for label in (
        "Rule type",
        "Severity",
        "Risk score",
        "Runs every",
        "Maximum alerts per execution",
        "Version",
        "Rule license",
        "Searches indices from",
    ):
        found.facts[label] = re.search(rf"^\*\*{label}\*\*: (.*)$", body, re.MULTILINE)[1].strip()
    for label in ("Rule indices", "References", "Tags", "Rule authors"):
        match = re.search(_LIST.format(label), body, re.MULTILINE)
        found.lists[label] = [item[2:] for item in match[1].splitlines()] if match else []
        assert match or f"**{label}**: None" in body, label
    sections = _sections(after)
    found.guide = text_parts(sections["Investigation guide"]) if "Investigation guide" in sections else None
    found.setup = text_parts(sections["Setup"]) if "Setup" in sections else None
    if "Rule query" in sections:
        found.query = re.search(r"^```js\n(.*?)\n```", sections["Rule query"], re.MULTILINE | re.DOTALL)[1]
    found.threat = _THREAT.findall(body)
    return found


def _sections(body: str) -> dict[str, str]:
    """The page's own sections: their headings have anchors. The MITRE list has no heading."""
    body = body.split("**Framework**: MITRE ATT&CK^TM^", maxsplit=1)[0].split(
        "**Framework**: MITRE ATT&CKTM", maxsplit=1
    )[0]
    pieces = re.split(r"^## (Investigation guide|Setup|Rule query) \[[^\]]*\]$", body, flags=re.MULTILINE)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def text_parts(markdown: str) -> list:
    """The headings, list items, paragraphs and code of a guide; a paragraph all in bold was a heading."""
    markdown = markdown.replace("[TBC: QUOTE]\n", "\n")
    found = []
    for part, source in _with_source(markdown):
        bold = part.kind == "text" and re.fullmatch(r"\*\*[^*]+\*\*", source)
        found.append(("heading" if bold else part.kind, undo(part.text) if part.kind != "code" else part.text))
    return found


def _with_source(markdown: str) -> list:
    inline = [token.content for token in reading.READER.parse(markdown) if token.type == "inline"]
    sources = iter(inline)
    return [(part, "" if part.kind == "code" else next(sources)) for part in reading.parts(markdown)]


def undo(text: str) -> str:
    """The words of a text, without what the publishing chain takes for markup.

    Straight quotes became emphasis or curly quotes, bold became bold twice, underscores emphasis, backslashes were
    eaten, and two hyphens became a dash.
    """
    text = text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    text = re.sub("\N{THIN SPACE}?\N{EM DASH}[\N{THIN SPACE}\N{ZERO WIDTH SPACE}]?", "--", text).replace(" -- ", "--")
    return " ".join(re.sub(r"['*_`\\]", "", text).split())
