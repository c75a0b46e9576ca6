"""The facts of a rule page of ours, and what must not be on it."""

import dataclasses
import re
from dataclasses import dataclass

from support.samples import make_pack

from docs import reading
from rulepack import docs
from rulepack.reference import Reference

REFERENCE = Reference()


def page_of(folder, toml, *, version=None, flavour="markdown", package="1.0.0"):
    """The page of a rule file's text; with a version, if the file has none, in a package of another."""
    pack = make_pack(folder, toml, settings=f'version = "{package}"')
    assert len(pack.rules) == 1, pack.diagnostics
    rule = dataclasses.replace(pack.rules[0], version=version) if version else pack.rules[0]
    site = docs.render(dataclasses.replace(pack, rules=(rule,)), REFERENCE, flavour)
    assert not site.diagnostics
    (page,) = (page for page in site.pages if "\n## About this rule\n" in page.text)
    return page.text


@dataclass
class Ours:
    """A page of ours, read by a parser that is not ours."""

    text: str

    def __post_init__(self):
        self.parts = reading.parts(self.text)
        self.rows = reading.rows(self.text)

    @property
    def name(self):
        return self.parts[0].text

    @property
    def description(self):
        return next(part.text for part in self.parts if part.kind == "text")

    def value(self, label):
        """A row's value as it is read."""
        return reading.plain(self.rows[label])

    def codes(self, label):
        """The code spans of a row's value."""
        return reading.codes(self.rows.get(label, ""))

    @property
    def headings(self):
        """The page's own sections, in order."""
        return [part.text for part in self.parts if part.kind == "heading" and part.level == 2]

    @property
    def threat(self):
        """What the lists of ATT&CK say: what kind, name, id and address, in order."""
        return list(reading.threat(self.text))

    def section(self, heading):
        """What is in a section, without its heading."""
        return [
            part for part in self.parts if part.section == heading and not (part.kind == "heading" and part.level == 2)
        ]

    def items(self, heading):
        return [part.text for part in self.section(heading) if part.kind == "item"]

    def code(self, heading):
        return next(part.text for part in self.section(heading) if part.kind == "code")

    def place(self, text):
        """Where a text first stands on the page, in a heading or a label; for comparing places."""
        found = re.search(rf"^(?:#+ |\| \*\*){re.escape(text)}(?:\*\*|$)", self.text, re.MULTILINE)
        assert found, text
        return found.start()


# What Elastic's pages call what ours have under another label.
LABELS = {
    "Index patterns": "Rule indices",
    "Searches from": "Searches indices from",
    "Maximum alerts per run": "Maximum alerts per execution",
    "Authors": "Rule authors",
    "License": "Rule license",
}


class Elastic(Ours):
    """A page of the flavour `elastic`, by the labels of the other."""

    def __post_init__(self):
        empty, self.front, self.body = self.text.split("---\n", 2)
        assert not empty
        self.parts = reading.parts(self.body)

    @property
    def title(self):
        """The name and the anchor."""
        return re.fullmatch(r"(.*) \[([^\[\]]*)\]", self.parts[0].text).groups()

    @property
    def name(self):
        return self.title[0]

    @property
    def description(self):
        """The first text that is no call-out, such as that the rule is deprecated."""
        return next(part.text for part in self.parts if part.kind == "text" and not part.text.startswith(":::"))

    def markdown(self, label):
        """A value as it is written, and the items of a list."""
        label = LABELS.get(label, label)
        found = re.search(rf"^\*\*{re.escape(label)}\*\*:(?: (.*)|\n\n((?:\* .*\n)+))$", self.body, re.MULTILINE)
        if found is None:
            return reading.rows(self.body).get(label, ""), []
        return found[1], [line[2:] for line in (found[2] or "").splitlines()]

    def value(self, label):
        value, items = self.markdown(label)
        return ", ".join(map(reading.plain, items)) if value is None else reading.plain(value)

    def codes(self, label):
        """The code spans of a value, and the items of a list: Elastic's pages have no code there."""
        value, items = self.markdown(label)
        return (
            list(map(reading.plain, items))
            if value is None
            else reading.codes(value) or [value] * (len(value.split()) == 1)
        )

    def items(self, heading):
        return list(map(reading.plain, self.markdown(heading)[1]))

    @property
    def threat(self):
        return [(kind, *values) for kind, *values in THREAT.findall(self.body)]

    def place(self, text):
        return re.search(rf"^(?:#+ |\*\*){re.escape(text)}", self.body, re.MULTILINE).start()


THREAT = re.compile(
    r"^ *\* (Tactic|Technique|Sub-technique):\n\n *\* Name: (.*)\n *\* ID: (.*)\n *\* Reference URL: <(.*)>$",
    re.MULTILINE,
)
READERS = {"markdown": Ours, "elastic": Elastic}

# Where a page of ours leads besides the addresses that its rule names.
OWN_LINKS = (
    "https://attack.mitre.org/",
    "https://www.elastic.co/docs/reference/integrations/",
    "https://www.elastic.co/docs/reference/elasticsearch/rest-apis/common-options#date-math",
    "https://www.elastic.co/docs/solutions/security/detect-and-alert/create-detection-rule#rule-schedule",
    "#",
    "../",
    "rules/",
)
# What published pages have instead of facts (../shared/docs/rule-pages.md, section 3), as it would look on a page.
ARTEFACTS = {
    "a quote's text dropped": r"\[TBC: QUOTE\]",
    "a placeholder for an address": r"\{\{ref\}\}|docs-content://|beats://",
    "a superscript lost": r"ATT&CK ?(?:TM|\^TM\^)",
    "a query in JavaScript": r"^\s*(?:```|~~~)js\b",
    "an anchor that changes with every release": r"\[_\w+_\d+\]|^#.*\[prebuilt-rule",
    "a plugin's JSON": r"!\{(?:osquery|investigate)",
    "wildcards taken for bold": r"[\w-]\*\*-|^\* .*\*\*$",
    "a hyphen taken for a dash": "\N{THIN SPACE}\N{EM DASH}|\N{EM DASH}\N{ZERO WIDTH SPACE}",
    "a value that is not there": r"^\| \*\*.*\*\* \| (?:None|none|NONE|null|)\s*\|$|: None\b|\| None \|",
    "front matter": r"\A---",
}


def artefacts(page, toml, flavour="markdown"):
    """The artefacts on a page; what the rule's own text has is none."""
    found = [name for name, pattern in ARTEFACTS.items() if re.search(pattern, page, re.MULTILINE)]
    ours = READERS[flavour](page)
    if flavour == "elastic":
        # That flavour is asked for by whoever wants these two.
        assert {"front matter", "an anchor that changes with every release"} <= set(found)
        found = [name for name in found if name not in ("front matter", "an anchor that changes with every release")]
        assert not re.search(r"\[_\w+_\d+\]", page)
    headings = [part for part in ours.parts if part.kind == "heading"]
    if sum(part.text == "Setup" for part in headings) > 1:
        found.append("a doubled Setup")
    found += [f"an empty section {heading}" for heading in ours.headings if not ours.section(heading)]
    found += [
        f"a link to {target}"
        for part in ours.parts
        for target in part.links
        if not target.startswith(OWN_LINKS) and target.replace("&amp;", "&") not in toml
    ]
    for sign in "\N{RIGHT SINGLE QUOTATION MARK}\N{EM DASH}\N{HORIZONTAL ELLIPSIS}\N{ZERO WIDTH SPACE}":
        if page.count(sign) > toml.count(sign):
            found.append(f"a typographic {sign!r}")
    if page.count("***") > toml.count("***"):
        found.append("bold twice")
    return found
