"""EACH: how often a template is rendered, by the folder that it is in, and what it is given besides the pack."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rulepack.docs.brief import Brief
from rulepack.docs.changes import ChangelogPage
from rulepack.docs.elastic import Letter
from rulepack.docs.history import FormerPage
from rulepack.docs.listing import Listing, Part
from rulepack.docs.pack_view import PackView
from rulepack.docs.page import digest_of
from rulepack.docs.removed import RemovedPage
from rulepack.frozen import frozen


@frozen
class Each:
    """Something that there is a page of each of.

    `items` gives them; `fill` says what stands in the path in place of `{folder}` and `{slug}`; `base` changes with all
    that the page is about; `values` are the names that the template is given; `about` is the file of the rule that it
    reads, if any.
    """

    items: Callable[[PackView], Iterable[Any]]
    fill: Callable[[Any], Mapping[str, str]]
    base: Callable[[PackView, Any, str], str]
    values: Callable[[PackView, Any, str], Mapping[str, Any]]
    about: Callable[[Any], str] = lambda _: ""


def _slug(item: Brief | FormerPage | RemovedPage | ChangelogPage) -> Mapping[str, str]:
    return {"slug": item.slug}


def _former(folder: str) -> Each:
    return Each(
        lambda pack: pack._former(folder),  # noqa: SLF001 (what templates do not see)
        _slug,
        lambda _, one, __: f"{one.target} {one.brief.name}",
        lambda _, one, __: {"former": one},
    )


def _removed(folder: str) -> Each:
    return Each(
        lambda pack: pack._removed_pages(folder),  # noqa: SLF001 (what templates do not see)
        _slug,
        lambda _, one, __: repr(one),
        lambda _, one, __: {"removed": one},
    )


def _of_changes(pack: PackView, page: ChangelogPage, _: str) -> str:
    found = pack._changelog  # noqa: SLF001 (what templates do not see)
    below = (f"{one.title} {one.path} {one.count}" for one in page.below)
    changes = (change.line for month in page.months for change in month.changes)
    return digest_of(page.title, str(found.from_files > 0), str(found.from_files < found.count), *below, *changes)


def _letters(items: Callable[[PackView], Iterable[Letter]]) -> Each:
    return Each(
        items,
        lambda letter: {"slug": letter.slug},
        lambda _, letter, __: " ".join(f"{line.brief.digest} {line.status}" for line in letter.lines),
        lambda _, letter, __: {"letter": letter},
    )


def _listings(pack: PackView) -> Iterable[Listing]:
    yield pack.everything
    for kind in pack.kinds:
        yield from kind.own


def _parts(pack: PackView) -> Iterable[tuple[Listing, Part]]:
    for listing in _listings(pack):
        yield from ((listing, part) for part in listing.parts)


def _of_part(_: PackView, one: tuple[Listing, Part], __: str) -> str:
    listing, part = one
    others = " ".join(f"{other.label} {len(other.briefs)}" for other in listing.parts)
    return " ".join((listing.name, listing.id, part.label, others, *(brief.listed for brief in part.briefs)))


EACH: dict[str, Each] = {
    "each-rule": Each(
        lambda pack: pack._active,  # noqa: SLF001 (what templates do not see)
        _slug,
        lambda pack, brief, flavour: pack._digest(brief, flavour),  # noqa: SLF001 (the same)
        lambda pack, brief, flavour: {"view": pack._view(brief, flavour)},  # noqa: SLF001 (the same)
        lambda brief: brief.file,
    ),
    "each-deprecated-rule": Each(
        lambda pack: pack._deprecated,  # noqa: SLF001 (what templates do not see)
        _slug,
        lambda pack, brief, flavour: pack._digest(brief, flavour),  # noqa: SLF001 (the same)
        lambda pack, brief, flavour: {"view": pack._view(brief, flavour)},  # noqa: SLF001 (the same)
        lambda brief: brief.file,
    ),
    "each-letter": _letters(lambda pack: pack.elastic.letters),
    "each-update-letter": _letters(lambda pack: pack.elastic.update_letters),
    "each-former-page": _former("rules"),
    "each-former-deprecated-page": _former("rules/deprecated"),
    "each-removed-page": _removed("rules"),
    "each-removed-deprecated-page": _removed("rules/deprecated"),
    "each-changelog-page": Each(
        lambda pack: pack._changelog.pages,  # noqa: SLF001 (what templates do not see)
        _slug,
        _of_changes,
        lambda pack, page, _: {"page": page, "changelog": pack._changelog},  # noqa: SLF001 (the same)
    ),
    "each-kind": Each(
        lambda pack: pack.kinds,
        lambda kind: {"folder": kind.folder},
        lambda _, kind, __: kind.digest,
        lambda _, kind, __: {"kind": kind},
    ),
    "each-listing": Each(
        _listings,
        lambda listing: {"folder": listing.folder, "slug": listing.slug},
        lambda _, listing, __: listing.digest,
        lambda _, listing, __: {"listing": listing},
    ),
    "each-listing-part": Each(
        _parts,
        lambda one: {"folder": one[0].folder, "slug": one[1].slug},
        _of_part,
        lambda _, one, __: {"listing": one[0], "part": one[1]},
    ),
}
_KIND, _LISTING = frozenset({"folder"}), frozenset({"folder", "slug"})
# What a template of each folder has in its path.
PLACEHOLDERS: dict[str, frozenset[str]] = {
    **dict.fromkeys(EACH, frozenset({"slug"})),
    "each-kind": _KIND,
    "each-listing": _LISTING,
    "each-listing-part": _LISTING,
}
