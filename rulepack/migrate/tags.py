"""Tags that name a rule's tactics: they follow what becomes of the tactics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rulepack.edit import Delete, Edit, Insert, Set

PREFIX = "Tactic: "


def tag_edits(tags: Sequence[str], before: set[str], after: set[str], follows: Mapping[str, list[str]]) -> list[Edit]:
    """The edits that bring the tags in line; `before` and `after` are the rule's tactics by name.

    A tag changes only if it named a tactic of the rule: it goes with a tactic that has gone, and those that follow the
    tactic get one.
    """
    there = set(tags)
    edits: list[Edit] = []
    # From the end, so that the places of those before stay the same.
    for number in range(len(tags) - 1, -1, -1):
        name = tags[number].removeprefix(PREFIX)
        if tags[number] == name or name not in before:
            continue
        heirs = [tag for each in follows.get(name, ()) if each in after and (tag := PREFIX + each) not in there]
        there.update(heirs)
        path = ("rule", "tags", number)
        if name not in after:
            edits.append(Set(path, heirs.pop(0)) if heirs else Delete(path))
        edits += [Insert(("rule", "tags", number + 1), tag) for tag in reversed(heirs)]
    return edits
