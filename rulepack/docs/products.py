"""Pages that come from no template: what other programs read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from rulepack.docs import exports
from rulepack.docs.pack_view import PackView
from rulepack.docs.page import BRIEFS, OWN, Job, digest_of
from rulepack.package.navigator import Layer


def of_pack(pack: PackView) -> Iterator[Job]:
    """What goes beside the Markdown pages: coverage as JSON and CSV, and layers for the ATT&CK Navigator."""
    yield _job("coverage/coverage.json", lambda: exports.coverage_json(pack.coverage, pack.name, pack.briefs))
    yield _job("coverage/coverage.csv", lambda: exports.coverage_csv(pack.coverage))
    for path, layer in pack._layers:  # noqa: SLF001 (what templates do not see)
        shown = digest_of(layer.name, layer.matrix.version, *map(repr, layer.rules))
        yield Job(path, shown, partial(_layer, layer))


def of_site(pack: PackView) -> Iterator[Job]:  # noqa: ARG001 (not yet)
    """What goes into the web catalogue: data for the search, and each rule for Kibana."""
    yield from ()


def _layer(layer: Layer) -> tuple[str, int]:
    return layer.text(), OWN


def _job(path: str, make: Callable[[], str]) -> Job:
    return Job(path, "", lambda: (make(), BRIEFS))
