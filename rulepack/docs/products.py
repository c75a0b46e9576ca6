"""Pages that come from no template: what other programs read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from rulepack.docs import catalogue, exports
from rulepack.docs.brief import Brief
from rulepack.docs.feed import feed
from rulepack.docs.pack_view import PackView
from rulepack.docs.page import BRIEFS, LISTED, OWN, Job
from rulepack.exception_list import import_lines
from rulepack.package.navigator import Layer
from rulepack.package.write import line


def of_pack(pack: PackView) -> Iterator[Job]:
    """What goes beside the Markdown pages: coverage as JSON and CSV, layers for the ATT&CK Navigator, the feed."""
    yield from _coverage(pack, "")
    # Where the catalogue is published, the feed leads there, wherever it is read.
    published = pack._shelf.project.site_url is not None  # noqa: SLF001 (what templates do not see)
    yield _job("feed.xml", lambda: _feed(pack, None if published else ".md"))


def of_site(pack: PackView) -> Iterator[Job]:
    """What goes into the web catalogue: data for the search, and each rule for Kibana."""
    yield from _coverage(pack, "site/")
    yield _job("site/feed.xml", lambda: _feed(pack))
    every = pack._ordered  # noqa: SLF001 (what templates do not see)
    yield _job("site/data/catalogue.json", lambda: catalogue.catalogue(every))
    yield from pack._index.jobs()  # noqa: SLF001 (the same)
    for brief in pack.briefs:
        base = f"{pack._shelf.digests[brief.file]} {pack._shelf.lists}"  # noqa: SLF001 (the same)
        if pack._has_body(brief):  # noqa: SLF001 (the same)
            yield Job(f"site/{brief.path}.ndjson", base, partial(_ndjson, pack, brief), about=brief.file)


def _ndjson(pack: PackView, brief: Brief) -> tuple[str, int]:
    """A rule as Kibana imports it: the exception lists of the pack that it names, then the rule."""
    rule = pack._shelf.read(brief.file)  # noqa: SLF001 (what templates do not see)
    named = {(one.list_id, one.namespace_type) for one in rule.exceptions_list or ()}
    there = pack._shelf.exception_lists() if named else ()  # noqa: SLF001 (the same)
    lists = (one for one in there if (one.list_id, one.namespace_type) in named)
    bodies = [*(body for one in lists for body in import_lines(one)), pack._body(brief)]  # noqa: SLF001 (the same)
    return b"".join(map(line, bodies)).decode("utf-8", "surrogatepass"), OWN


def _coverage(pack: PackView, folder: str) -> Iterator[Job]:
    """Coverage for other programs, and layers of it."""

    def as_json() -> str:
        return exports.coverage_json(pack.coverage, pack.name, pack.briefs)

    yield _job(f"{folder}coverage/coverage.json", as_json, LISTED)
    yield _job(f"{folder}coverage/coverage.csv", lambda: exports.coverage_csv(pack.coverage), LISTED)
    for path, layer in pack._layers:  # noqa: SLF001 (what templates do not see)
        yield Job(f"{folder}{path}", pack._layer_digest(layer), partial(_layer, layer))  # noqa: SLF001 (the same)


def _feed(pack: PackView, suffix: str | None = None) -> str:
    """The feed, with links to the pages of the web catalogue, or to others that lie beside it."""
    site_url = pack._shelf.project.site_url  # noqa: SLF001 (what templates do not see)
    if suffix is not None:
        return feed(pack.changes, title=pack.name, suffix=suffix, home=f"index{suffix}")
    return feed(pack.changes, title=pack.name, site_url=site_url)


def _layer(layer: Layer) -> tuple[str, int]:
    return layer.text(), OWN


def _job(path: str, make: Callable[[], str], looked: int = BRIEFS) -> Job:
    return Job(path, "", lambda: (make(), looked))
