"""Pages that come from no template: what other programs read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from rulepack.docs import exports
from rulepack.docs.pack_view import PackView
from rulepack.docs.page import BRIEFS, Job


def of_pack(pack: PackView) -> Iterator[Job]:
    """What goes beside the Markdown pages: coverage as JSON and CSV, and layers for the ATT&CK Navigator."""
    yield _job("coverage/coverage.json", lambda: exports.coverage_json(pack.coverage, pack.name, pack.briefs))
    yield _job("coverage/coverage.csv", lambda: exports.coverage_csv(pack.coverage))
    # Which layers there are only the rules tell; their texts are made together.
    for path, text in pack._layers:  # noqa: SLF001 (what templates do not see)
        yield _job(path, partial(str, text))


def of_site(pack: PackView) -> Iterator[Job]:  # noqa: ARG001 (not yet)
    """What goes into the web catalogue: data for the search, and each rule for Kibana."""
    yield from ()


def _job(path: str, make: Callable[[], str]) -> Job:
    return Job(path, "", lambda: (make(), BRIEFS))
