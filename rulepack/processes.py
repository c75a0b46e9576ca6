"""Work spread over processes: where the system can fork, and where there is enough of it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")

# Below that, starting a process takes longer than it saves.
LEAST_ITEMS = 200
_CHUNK = 25
# For each processor; more only take memory, and wait for one another.
_MOST = 2
# What a forked process inherits; functions and what they hold need not be sent to it.
_inherited: list[Callable[[Any], Any]] = []


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def spread(function: Callable[[str], T], items: Sequence[str], jobs: int) -> Iterator[T]:
    """`function` of each item, in order, worked out by up to `jobs` processes, and at most two for each processor.

    Results must be picklable. Everything is done in this process where there is little to do, where the system cannot
    fork, and where other threads run, which a forked process would wait for in vain. What a process cannot do (it was
    killed, or raised), this one does again, so that exceptions are those that it would raise alone.
    """
    done = 0
    jobs = min(jobs, _MOST * processors())
    if jobs > 1 and len(items) >= LEAST_ITEMS and _can_fork():
        # Whatever is raised comes again below, if it was no accident.
        with suppress(Exception):
            for result in _forked(function, items, jobs):
                yield result
                done += 1
    yield from map(function, items[done:])


def _can_fork() -> bool:
    # Elsewhere, what the system itself runs in threads does not survive a fork, or there is none.
    return sys.platform == "linux" and threading.active_count() == 1


def _forked(function: Callable[[str], T], items: Sequence[str], jobs: int) -> Iterator[T]:
    # Imported here: a run over one file does not need them.
    import multiprocessing  # noqa: PLC0415
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415

    context = multiprocessing.get_context("fork")
    _inherited.append(function)
    executor = ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin)
    try:
        yield from executor.map(_call, items, chunksize=_CHUNK)
    finally:
        executor.shutdown(cancel_futures=True)
        _inherited.remove(function)


def _begin() -> None:
    """Leave Ctrl-C to the first process, which ends the others; end with it where it was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # A process that waits for work does not see that nobody is left to give it any, and would wait forever.
    from multiprocessing import parent_process  # noqa: PLC0415 (as above)

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _call(item: str) -> Any:
    return _inherited[-1](item)
