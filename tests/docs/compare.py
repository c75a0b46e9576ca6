"""Every fact of a published page, looked for on ours; and why a published page can say something else.

The reasons are those of ../shared/docs/rule-pages.md, section 3. None is taken for granted: what ours has instead is
looked for as well, and the tests list how often each is needed on which page.
"""

import itertools
import re
from collections.abc import Iterator

from docs.ours import Ours
from docs.published import Published, undo
from docs.reading import plain

FOUND = "found"
NO_VALUE = "3.9: None where there is no value; ours says what applies, or has no such section"
GLUED = "3.5: a list taken into the paragraph above it; ours has the paragraph and the items"
SETUP = "3.6: the heading Setup twice; ours has it once"
EMPTY = "3.12: an empty section; ours has none"
PLUGIN = "3.13: a plugin as JSON; ours is a titled block with the same label and the same content"
MISSING = "missing"

LABELS = {
    "Severity": "Severity",
    "Risk score": "Risk score",
    "Runs every": "Runs every",
    "Maximum alerts per execution": "Maximum alerts per run",
    "Version": "Version",
    "Rule license": "License",
}

Fact = tuple[str, str]


def compare(theirs: Published, ours: Ours) -> Iterator[Fact]:
    """Each fact with `FOUND`, the reason why it is not on our page, or `MISSING`."""
    yield "name", _found(plain(theirs.name) == ours.name)
    yield "description", _found(undo(plain(theirs.description)) == undo(ours.description))
    yield "type", _found([theirs.facts["Rule type"]] == ours.codes("Rule type"))
    for label, own in LABELS.items():
        yield label, _found(theirs.facts[label] == ours.value(own).removesuffix(" (default)"))
    yield "from", _window(theirs.facts["Searches indices from"].split(" (")[0], ours)
    yield from _lists(theirs, ours)
    if theirs.query is not None:
        yield "query", _found(theirs.query.rstrip() == ours.code("Rule query"))
    for row, own in zip(theirs.threat, ours.threat, strict=True):
        yield from ((f"{row[0]} {row[2]}", _found(one == other)) for one, other in zip(row, own, strict=True))
    for heading, guide in (("Investigation guide", theirs.guide), ("Setup", theirs.setup)):
        yield from _guide(heading, guide, ours)


def _found(there: bool) -> str:
    return FOUND if there else MISSING


def _window(start: str, ours: Ours) -> str:
    if start == "None":
        return NO_VALUE if ours.value("Searches from").startswith("now-6m (default)") else MISSING
    return _found(ours.codes("Searches from")[:1] == [start])


def _lists(theirs: Published, ours: Ours) -> Iterator[Fact]:
    lists = {
        "Rule indices": ours.codes("Index patterns"),
        "References": ours.items("References"),
        "Tags": ours.codes("Tags"),
        "Rule authors": ours.value("Authors").split(", "),
    }
    for label, own in lists.items():
        values = theirs.lists[label]
        if not values:
            yield label, _instead(label, ours)
        for value, other in zip(values, own, strict=True):
            # A link's text is what the rule has; two stars were taken for bold.
            words = re.sub(r"^\[(.*)\]\(.*\)$", r"\1", value)
            yield label, _found((words.replace("**", "*") if label == "Rule indices" else words) == other)


def _instead(label: str, ours: Ours) -> str:
    """What ours says where theirs says None."""
    if label == "Rule indices":
        by_type = {"machine_learning": "Machine learning jobs", "esql": "Index patterns"}
        own = ours.value(by_type[ours.codes("Rule type")[0]])
        return NO_VALUE if own and own != "None" else MISSING
    if label == "References" and label not in ours.headings:
        return NO_VALUE if f"**{label}**" not in ours.text or ours.value(label) == "no references" else MISSING
    return MISSING


def _guide(heading: str, guide: list | None, ours: Ours) -> Iterator[Fact]:
    """The headings, list items, paragraphs and code of a guide, in order and of the same kind."""
    if guide is None:
        return
    if not guide:
        yield heading, EMPTY if heading not in ours.headings else MISSING
        return
    own = [(part.kind, part.text if part.kind == "code" else undo(part.text)) for part in ours.section(heading)]
    place = 0
    for number, (kind, text) in enumerate(guide):
        what = f"{heading}: {kind} {text[:60]}"
        if (kind, text) in own[place:]:
            place = own.index((kind, text), place) + 1
            yield what, FOUND
        elif kind == "heading" and number == 0 and text == heading == "Setup":
            yield what, SETUP
        elif text.startswith("!{"):
            yield what, PLUGIN if _has_plugin(text, ours) else MISSING
        elif kind == "text" and " - " in text:
            pieces = text.split(" - ")
            expected = [("text", pieces[0]), *(("item", piece) for piece in pieces[1:])]
            yield what, GLUED if own[place : place + len(pieces)] == expected else MISSING
            place += len(pieces)
        else:
            yield what, MISSING


def _has_plugin(json: str, ours: Ours) -> bool:
    """Whether a plugin, whose JSON the publishing chain has damaged, is a block on our page."""
    kind = re.match(r"!\{(\w+)\{", json)[1]
    label = re.search(r'"label":"(.*?)"', json)[1].removeprefix("Osquery - ")
    title = f"{kind.capitalize()}: {label}"
    places = [number for number, part in enumerate(ours.parts) if undo(part.text) == title]
    if not places:
        return False
    after = ours.parts[places[0] + 1 :]
    if kind == "osquery":
        # Of a line break in the query, the chain left an n.
        query = re.search(r'"query":"(.*)"\}\}$', json)[1]
        return _squeezed(query).removesuffix("n") == _squeezed(after[0].text.replace("\n", "n"))
    cells = [undo(part.text) for part in itertools.takewhile(lambda part: part.kind == "cell", after)]
    conditions = re.findall(r'"field":"(.*?)".*?"value":"(.*?)"', json)
    return bool(conditions) and all([field, "is", undo(value)] in _threes(cells) for field, value in conditions)


def _threes(cells: list[str]) -> list[list[str]]:
    return [cells[number : number + 3] for number in range(len(cells))]


def _squeezed(query: str) -> str:
    return undo(query).replace(" ", "")
