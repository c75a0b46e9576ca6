"""Two coverages compared: what is covered that was not, what no longer is, and what more or fewer rules detect."""

from __future__ import annotations

from collections.abc import Iterable

from rulepack.docs.coverage import Coverage
from rulepack.frozen import frozen
from rulepack.reference.attack import Technique


@frozen
class CountChange:
    """A technique or sub-technique that more or fewer rules detect than before."""

    technique: Technique
    old: int
    new: int


@frozen
class CoverageChange:
    """What differs between two coverages in the same version of ATT&CK, each by id."""

    old: Coverage
    new: Coverage
    changes: tuple[CountChange, ...]

    @property
    def gained(self) -> tuple[CountChange, ...]:
        """What is covered now and was not."""
        return tuple(one for one in self.changes if not one.old)

    @property
    def lost(self) -> tuple[CountChange, ...]:
        """What was covered and is not any more."""
        return tuple(one for one in self.changes if not one.new)

    @property
    def counts(self) -> tuple[CountChange, ...]:
        """What is covered as before, but by more or fewer rules."""
        return tuple(one for one in self.changes if one.old and one.new)


def compare(old: Coverage, new: Coverage) -> CoverageChange:
    """What changes from one coverage to another."""
    return CoverageChange(old, new, tuple(_changes(old, new)))


def _changes(old: Coverage, new: Coverage) -> Iterable[CountChange]:
    before, after = old.places, new.places
    for any_id in sorted({*before, *after}):
        was, now = (len(each[any_id][1]) if any_id in each else 0 for each in (before, after))
        if was != now:
            yield CountChange((after.get(any_id) or before[any_id])[0], was, now)
