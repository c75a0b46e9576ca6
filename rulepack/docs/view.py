"""What a page says of a rule: the model's values with Kibana's defaults, in words and in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import cached_property
from types import MappingProxyType
from urllib.parse import quote

from rulepack import emit
from rulepack.docs import facts, guide, needs, settings
from rulepack.docs.brief import Brief
from rulepack.docs.facts import Row
from rulepack.docs.filters import FilterSection, filter_sections
from rulepack.docs.git_history import Revision
from rulepack.docs.history import Record
from rulepack.docs.markdown import anchor, label
from rulepack.docs.related import Related
from rulepack.docs.words import TYPE_LABELS
from rulepack.fit import Fit
from rulepack.frozen import frozen
from rulepack.query import LANGUAGES
from rulepack.rule import Rule
from rulepack.rule.threat import Threat
from rulepack.slug import slug

NEEDS = "Data that the rule needs"
# The folder of rules' pages, and how their names begin.
PLACE = ("rules/", "")
_NO_NAMES: Mapping[str, str] = MappingProxyType({})


@frozen(slots=False)
class RuleView:
    """A rule as its page shows it.

    `base` is where its file can be read: an address, or a way from docs-out; `record` is what the lock has of it;
    `replacement` is the rule to use instead of a deprecated one, if that has a page; `fits` are how it fits the pack's
    stack versions; `related` are rules like it, and `exception_names` the names of the pack's exception lists by
    list_id. `known` is its brief, where that was made before; `place` is where the pages of rules are: their folder,
    and how their names begin. For the site: `previous` and `next` by name, the text of the file, and where its NDJSON
    is (empty for a rule that no stack version takes). `revisions` are the commits that changed it, for pages that are
    made of one revision.
    """

    rule: Rule
    base: str = ".."
    record: Record | None = None
    replacement: Brief | None = None
    fits: tuple[Fit, ...] = ()
    related: tuple[Related, ...] = ()
    exception_names: Mapping[str, str] = field(default_factory=lambda: _NO_NAMES, repr=False)
    known: Brief | None = field(default=None, repr=False)
    place: tuple[str, str] = PLACE
    previous: Brief | None = field(default=None, repr=False)
    next: Brief | None = field(default=None, repr=False)
    toml: str = field(default="", repr=False)
    ndjson: str = ""
    revisions: tuple[Revision, ...] = ()

    @cached_property
    def brief(self) -> Brief:
        """What other pages say of the rule."""
        return self.known or Brief.of(self.rule, self.record)

    @property
    def path(self) -> str:
        """The page's path in docs-out."""
        folder, start = self.place
        return f"{folder}{'deprecated/' if self.rule.deprecated else ''}{start}{self.slug}.md"

    @property
    def home(self) -> str:
        """The way from the page up to docs-out, with a slash at its end."""
        return "../" * self.path.count("/")

    @cached_property
    def slug(self) -> str:
        """The rule's name as a file name."""
        return slug(self.rule.name)

    @property
    def type_label(self) -> str:
        """The rule type in words."""
        return TYPE_LABELS[self.rule.type]

    @property
    def language_label(self) -> str | None:
        """The query language in words; None for rules without a query."""
        language = self.rule.query_language
        return LANGUAGES[language].label if language else None

    @property
    def fence(self) -> str:
        """The info string for a code block in the rule's query language."""
        language = self.rule.query_language
        return LANGUAGES[language].fence if language else ""

    @property
    def query(self) -> str | None:
        """The query, if the rule has one."""
        query: str | None = getattr(self.rule, "query", None)
        return query if query and query.strip() else None

    @property
    def indicator_query(self) -> str | None:
        """The query for indicators, if the rule has one."""
        query: str | None = getattr(self.rule, "threat_query", None)
        return query if query and query.strip() else None

    @property
    def indicator_fence(self) -> str:
        """The info string for a code block in the language of the query for indicators."""
        return LANGUAGES[getattr(self.rule, "threat_language", None) or "kuery"].fence

    @property
    def is_building_block(self) -> bool:
        """Whether the rule's alerts are hidden and only feed other rules."""
        return self.rule.building_block_type is not None

    @cached_property
    def guides(self) -> tuple[str, str]:
        """The investigation guide and the setup guide as Markdown; empty where there is none."""
        note, setup = self.rule.note or "", self.rule.setup
        if setup is None:
            note, setup = emit.split_setup(note)
        return (
            guide.render(note, self.rule.transform, title="Investigation guide"),
            guide.render(setup or "", emit.NO_PLUGINS, title="Setup"),
        )

    @property
    def investigation_guide(self) -> str:
        """The investigation guide as Markdown, its headings below the page's own."""
        return self.guides[0]

    @property
    def setup(self) -> str:
        """The setup guide as Markdown, its headings below the page's own."""
        return self.guides[1]

    @property
    def sections(self) -> tuple[str, ...]:
        """The headings that a reader in a hurry looks for, as far as the page has them."""
        there = {
            "Investigation guide": self.investigation_guide,
            "Setup": self.setup,
            NEEDS: "yes",
            "Rule query": self.query,
            **dict.fromkeys(self.frameworks, "yes"),
            "Related rules": self.related,
            "History": self.record is not None and self.record.entry is not None,
        }
        return tuple(heading for heading, content in there.items() if content)

    def way_to(self, section: str) -> str:
        """The link to a section of the page: GitHub numbers headings that are alike, and those of guides come first."""
        name = anchor(section)
        before = {"Investigation guide": (), "Setup": self._headings[0]}.get(section, sum(self._headings, ()))
        count = before.count(name)
        return f"#{name}-{count}" if count else f"#{name}"

    @cached_property
    def _headings(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The anchors of the headings in the two guides."""
        note, setup = (
            tuple(anchor(line.strip("# ")) for line in guide.split("\n") if line.startswith("###"))
            for guide in self.guides
        )
        return note, setup

    @property
    def source_link(self) -> str:
        """A link to the rule's file."""
        file = self.rule.file
        way = self.base if "://" in self.base else f"{self.home}{self.base}"
        return f"[{label(file)}]({way}/{quote(file)})"

    @property
    def version(self) -> int | None:
        """The rule's version; None where nothing gives it one."""
        return self.rule.version if self.record is None else self.record.version

    @property
    def query_fields(self) -> tuple[str, ...]:
        """The fields that the rule's queries name, each once; words without a field are in none."""
        return tuple(name for name in self.brief.query_fields if name != "*")

    def way_to_rule(self, path: str) -> str:
        """The way from the page to another rule's, of which `path` is `rules/name`, whatever the flavour."""
        folder, start = self.place
        above, _, name = path.removeprefix(PLACE[0]).rpartition("/")
        return f"{self.home}{folder}{above and above + '/'}{start}{name}.md"

    @property
    def window(self) -> str:
        """From when to when the rule searches."""
        return facts.window(self.rule)

    def searched(self) -> Iterator[Row]:
        """Where the rule searches: label and Markdown."""
        return facts.searched(self.rule)

    def facts(self) -> Iterator[Row]:
        """What the page's first table says: label and Markdown."""
        return facts.facts(self)

    def about(self) -> Iterator[Row]:
        """Whose the rule is and where it comes from: label and Markdown."""
        return facts.about(self)

    def by_type(self) -> Iterator[Row]:
        """What only rules of this type have: label and Markdown."""
        return settings.by_type(self.rule)

    def settings(self) -> Iterator[Row]:
        """How the rule's alerts are made, and what is done with them: label and Markdown."""
        return settings.settings(self)

    def needs(self) -> Iterator[Row]:
        """What must be there for the rule to work: label and Markdown."""
        return needs.needs(self)

    def filters(self) -> Iterator[FilterSection]:
        """The rule's filters, in words as far as there are any."""
        return filter_sections(self.rule)

    @property
    def frameworks(self) -> tuple[str, ...]:
        """The frameworks that the rule is mapped to, in the order of the file, each with its version if it has one."""
        return tuple(self._threats)

    def threats(self, framework: str) -> tuple[Threat, ...]:
        """What the rule is mapped to in a framework: tactics with their techniques, and those with sub-techniques."""
        return tuple(self._threats[framework])

    @cached_property
    def _threats(self) -> dict[str, list[Threat]]:
        found: dict[str, list[Threat]] = {}
        for threat in self.rule.threat or ():
            found.setdefault(threat.framework, []).append(threat)
        for mapping in self.rule.threat_mappings or ():
            for threat in mapping.threat or ():
                found.setdefault(f"{mapping.framework} {mapping.version}", []).append(threat)
        return found

    @property
    def tactic_names(self) -> tuple[str, ...]:
        """The tactics of the rule, in the order of the file, each once."""
        return tuple(dict.fromkeys(tactic.name for _, tactic in self.rule.tactics()))

    @property
    def technique_ids(self) -> tuple[str, ...]:
        """The techniques of the rule, in the order of the file, each once; a sub-technique stands for its technique."""
        found: dict[str, None] = {}
        for _, _, technique in self.rule.techniques():
            found.update(dict.fromkeys(sub.id for sub in technique.subtechnique or (technique,)))
        return tuple(found)
