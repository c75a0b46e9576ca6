"""Listings: the rules by what they have in common, such as a technique, a platform or a tag; a page for each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from hashlib import blake2b

from rulepack.docs.brief import DATA_SOURCE, PLATFORM, Brief, Place
from rulepack.frozen import frozen
from rulepack.reference import Attack
from rulepack.rule.base import SEVERITIES
from rulepack.slug import slug

# A page lists no more rules than this: what is longer is split by letter, and a letter by number.
MOST_ON_A_PAGE = 200
_DIGITS, _LETTERS = "0-9", ("a-c", "d-f", "g-i", "j-l", "m-o", "p-r", "s-u", "v-z")


@frozen
class Part:
    """A page of a listing that is too long for one: `label` is its letters, with a number where one is not enough."""

    label: str
    slug: str
    briefs: tuple[Brief, ...]


@frozen(slots=False)
class Listing:
    """Some rules by name, as a page shows them, and the listings below it.

    `folder` and `slug` are where the page is: `folder/slug.md`. `id` is MITRE's, where it has one, and `url` a page
    about it elsewhere. `above` are the listings that it is below. `briefs` are the rules that belong just here; `total`
    counts those below, too.
    """

    folder: str
    name: str
    slug: str
    briefs: tuple[Brief, ...]
    total: int
    id: str = ""
    url: str = ""
    framework: str = ""
    below: tuple[Listing, ...] = ()
    above: tuple[Listing, ...] = ()

    @property
    def path(self) -> str:
        """The page's path in docs-out, without its kind: `techniques/t1059`."""
        return f"{self.folder}/{self.slug}"

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The pages that the rules are split into; empty where one page is enough."""
        if len(self.briefs) <= MOST_ON_A_PAGE:
            return ()
        return tuple(_parts(self.slug, self.briefs))

    @property
    def shown(self) -> tuple[Brief, ...]:
        """The rules that its own page shows."""
        return () if self.parts else self.briefs

    @cached_property
    def digest(self) -> str:
        """Changes with anything that its pages show."""
        about = [self.name, self.id, self.url, *(f"{one.name} {one.path} {one.total}" for one in self.below)]
        about += [f"{one.name} {one.path}" for one in self.above]
        return blake2b("\n".join((*about, *(one.listed for one in self.briefs))).encode(), digest_size=16).hexdigest()


@frozen(slots=False)
class Kind:
    """One way to divide the rules: `name` in the singular, `plural`, and every listing, in the order to show them."""

    folder: str
    name: str
    plural: str
    listings: tuple[Listing, ...]

    @property
    def path(self) -> str:
        """The path of its index in docs-out, without its kind."""
        return f"{self.folder}/index"

    @property
    def groups(self) -> tuple[tuple[str, str, tuple[Listing, ...]], ...]:
        """The listings by what kind of tag they are, each with a sentence about it; one group for all else."""
        if self.folder != "tags":
            return (("", "", self.listings),)
        found: dict[str, list[Listing]] = defaultdict(list)
        for one in self.listings:
            head, colon, _ = one.name.partition(":")
            found[head.strip() if colon else ""].append(one)
        known = {name: number for number, name in enumerate(GLOSSARY)}
        order = sorted(found, key=lambda head: (known.get(head, len(known)), head == "", head.casefold(), head))
        return tuple(
            (head, GLOSSARY.get(head, ""), tuple(sorted(found[head], key=lambda one: one.name.casefold())))
            for head in order
        )

    @property
    def own(self) -> tuple[Listing, ...]:
        """The listings whose pages are in its folder."""
        return tuple(one for one in self.listings if one.folder == self.folder)

    @cached_property
    def digest(self) -> str:
        """Changes with anything that its index shows."""
        shown = (f"{one.name} {one.path} {one.total} {one.id}" for one in self.listings)
        return blake2b("\n".join(shown).encode(), digest_size=16).hexdigest()


# What tags tell by how they begin. The kinds are those that Elastic's own rules use.
GLOSSARY = {
    "Domain": "The part of the estate that the rule watches, such as endpoints, the cloud or the network.",
    "OS": "The operating system on which what the rule looks for happens.",
    "Platform": "The platform or cloud on which what the rule looks for happens.",
    "Service": "The service of a platform that the rule is about.",
    "Data Source": "The product or integration whose events the rule reads: without its data the rule finds nothing.",
    "Use Case": "What the rule is good for, such as threat detection, or watching identities or vulnerabilities.",
    "Tactic": "The tactic of MITRE ATT&CK, what an attacker is after.",
    "Mitre Atlas": "The technique of MITRE ATLAS, the matrix of attacks on machine learning.",
    "Rule Type": "How the rule works, where its type alone does not tell, such as building blocks.",
    "Language": "The language of the rule's query.",
    "Threat": "The malware, the group or the campaign that the rule is about.",
    "Vuln": "The vulnerability that the rule is about.",
    "Resources": "What the rule brings along, such as an investigation guide.",
    "Promotion": "The rule turns alerts of another product into alerts here.",
}


def kinds(briefs: Sequence[Brief], attack: Attack) -> tuple[Kind, ...]:
    """Every way to divide some active rules, which are sorted by name. Ways by which no rule is told are left out."""
    tactics, techniques = _threats(briefs, attack)
    severities = {name: number for number, name in enumerate(reversed(SEVERITIES))}
    sources = _kind("data-sources", "Data source", "Data sources", briefs, lambda one: one.data_sources)
    platforms = _kind("platforms", "Platform", "Platforms", briefs, lambda one: one.platforms)
    # A tag that has a page as what it stands for needs none as a tag.
    elsewhere = {
        f"{prefix}{one.name}": replace(one, name=f"{prefix}{one.name}")
        for prefix, kind in ((DATA_SOURCE, sources), (PLATFORM, platforms))
        for one in kind.listings
    }
    tags = _kind("tags", "Tag", "Tags", briefs, lambda one: (tag for tag in one.tags if tag not in elsewhere))
    used = {tag for brief in briefs for tag in brief.tags}
    tags = replace(tags, listings=(*tags.listings, *(one for tag, one in elsewhere.items() if tag in used)))
    found = (
        Kind("tactics", "Tactic", "Tactics", tactics),
        Kind("techniques", "Technique", "Techniques", techniques),
        sources,
        _kind("integrations", "Integration", "Integrations", briefs, lambda one: one.integrations),
        platforms,
        _kind(
            "severities", "Severity", "Severities", briefs, lambda one: (one.severity,), order=lambda at: severities[at]
        ),
        _kind("types", "Rule type", "Rule types", briefs, lambda one: (one.type_label,)),
        _kind(
            "languages", "Query language", "Query languages", briefs, lambda one: filter(None, (one.language_label,))
        ),
        tags,
    )
    return tuple(kind for kind in found if kind.listings)


def everything(briefs: Sequence[Brief]) -> Listing:
    """All active rules as one listing."""
    return Listing("all", "All rules", "index", tuple(briefs), len(briefs))


def _kind(
    folder: str,
    name: str,
    plural: str,
    briefs: Sequence[Brief],
    values: Callable[[Brief], Iterable[str]],
    order: Callable[[str], object] | None = None,
) -> Kind:
    """The listings by some values of each rule. Values that differ in case or signs only share a page."""
    found: dict[str, tuple[str, dict[str, Brief]]] = {}
    slugs: dict[str, str] = {}
    for brief in briefs:
        for value in values(brief):
            if value.strip():
                at = slugs.get(value) or slugs.setdefault(value, _slug(value))
                _, there = found.setdefault(at, (value, {}))
                there[brief.file] = brief
    listings = [Listing(folder, value, at, tuple(there.values()), len(there)) for at, (value, there) in found.items()]
    key = order or str.casefold
    return Kind(folder, name, plural, tuple(sorted(listings, key=lambda one: (key(one.name), one.slug))))


def _slug(value: str) -> str:
    """A value as a file name; none is called like the index of its folder."""
    found = slug(value)
    return "index-page" if found == "index" else found


def _threats(briefs: Sequence[Brief], attack: Attack) -> tuple[tuple[Listing, ...], tuple[Listing, ...]]:
    """The listings by tactic and by technique, sub-techniques after their technique."""
    mapped = _Mapped(briefs)
    version = attack.version_of({(place.tactic, place.id) for brief in briefs for place in brief.places})
    order = {column.tactic.id: number for number, column in enumerate(attack.matrix(version))}
    tactics = [mapped.tactic(at) for at in sorted(mapped.tactics, key=lambda at: (order.get(at, len(order)), at))]
    # A tactic of another framework can have the same name.
    named = _distinct((one.id, one.slug) for one in tactics)
    tactics = [replace(one, slug=named[one.id]) for one in tactics]
    above = {one.id: replace(one, briefs=(), below=()) for one in tactics}
    techniques: dict[str, Listing] = {}
    for at in sorted(mapped.techniques):
        one = mapped.technique(at, above)
        for each in (one, *one.below):
            # A broken mapping can have an id as technique and as sub-technique.
            techniques.setdefault(each.slug, each)
    return tuple(tactics), tuple(techniques.values())


class _Mapped:
    """Which rules are mapped to what: by id, each rule once, in their order."""

    def __init__(self, briefs: Sequence[Brief]) -> None:
        self.tactics: dict[str, Place] = {}
        self.techniques: dict[str, Place] = {}
        self.subtechniques: dict[str, dict[str, Place]] = defaultdict(dict)
        self.rules: dict[str, dict[str, Brief]] = defaultdict(dict)
        self.direct: dict[str, dict[str, Brief]] = defaultdict(dict)
        self.under: dict[str, dict[str, None]] = defaultdict(dict)
        for brief in briefs:
            deeper = {place.tactic for place in brief.places if place.technique}
            below = {place.technique for place in brief.places if place.subtechnique}
            for place in brief.places:
                self._take(brief, place, deeper, below)

    @cached_property
    def slugs(self) -> dict[str, str]:
        """The names of the pages of techniques and sub-techniques, by id."""
        every = {*self.techniques, *(sub for found in self.subtechniques.values() for sub in found)}
        return _distinct((one, slug_of_id(one)) for one in sorted(every))

    def _take(self, brief: Brief, place: Place, deeper: set[str], below: set[str]) -> None:
        self.tactics.setdefault(place.tactic, place)
        self.rules[place.tactic][brief.file] = brief
        if not place.technique:
            if place.tactic not in deeper:
                self.direct[place.tactic][brief.file] = brief
            return
        self.techniques.setdefault(place.technique, place)
        self.under[place.tactic][place.technique] = None
        self.rules[place.technique][brief.file] = brief
        if place.subtechnique:
            self.subtechniques[place.technique].setdefault(place.subtechnique, place)
            self.rules[place.subtechnique][brief.file] = brief
        elif place.technique not in below:
            self.direct[place.technique][brief.file] = brief

    def tactic(self, at: str) -> Listing:
        """The listing of a tactic: its techniques below it, and the rules that name none."""
        place = self.tactics[at]
        name = place.tactic_name
        below = tuple(self._light(one) for one in sorted(self.under[at]))
        rules = tuple(self.direct[at].values())
        total = len(self.rules[at])
        return Listing("tactics", name, _slug(name), rules, total, at, _url(at), place.framework, below=below)

    def technique(self, at: str, tactics: Mapping[str, Listing]) -> Listing:
        """The listing of a technique: its sub-techniques below it, and the rules that name none of them."""
        light = self._light(at)
        above = tuple(tactics[tactic] for tactic, named in self.under.items() if at in named)
        below = tuple(
            replace(
                light,
                name=place.subtechnique_name,
                slug=self.slugs[sub],
                briefs=tuple(self.rules[sub].values()),
                total=len(self.rules[sub]),
                id=sub,
                url=_url(sub),
                above=(light,),
            )
            for sub, place in sorted(self.subtechniques[at].items())
        )
        return replace(light, briefs=tuple(self.direct[at].values()), below=below, above=above)

    def _light(self, at: str) -> Listing:
        """A technique as others name it, without its rules."""
        place = self.techniques[at]
        name, total = place.technique_name, len(self.rules[at])
        return Listing("techniques", name, self.slugs[at], (), total, at, _url(at), place.framework)


def _distinct(named: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Names of pages by what they are of; of two that are alike, the later one has digits at its end."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for one, name in named:
        digits = blake2b(one.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
        found[one] = name if name not in taken else f"{name}-{digits}"
        taken.add(found[one])
    return found


def slug_of_id(any_id: str) -> str:
    """An id as a file name: `T1059.001` is `t1059.001`."""
    return ".".join(map(slug, any_id.split("."))) if any_id.strip(".") else "rule"


def _url(any_id: str) -> str:
    return Attack.url(any_id) or ""


def _parts(of: str, briefs: Sequence[Brief]) -> Iterator[Part]:
    """The rules by the first letter of their names: letters share a part, always the same ones, so that pages stay."""
    by_letters: Mapping[str, list[Brief]] = defaultdict(list)
    for brief in briefs:
        by_letters[_letters(brief.name)].append(brief)
    for letters, found in sorted(by_letters.items()):
        pages = range(0, len(found), MOST_ON_A_PAGE)
        for number, start in enumerate(pages, 1):
            name = letters.upper().replace("-", "\N{EN DASH}")
            own = letters if number == 1 else f"{letters}-{number}"
            # No other page's name has two dashes together.
            at = own if of == "index" else f"{of}--{own}"
            label = name if len(pages) == 1 else f"{name} {number}"
            yield Part(label, at, tuple(found[start : start + MOST_ON_A_PAGE]))


def _letters(name: str) -> str:
    first = next((char for char in name.lower() if char.isalnum()), "")
    if first.isascii() and first.isalpha():
        return next(letters for letters in _LETTERS if letters[0] <= first <= letters[-1])
    return _DIGITS if first.isdigit() or not first else "other"
