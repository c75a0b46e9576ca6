"""Work spread over processes gives what one process gives, whatever happens to the others."""

import multiprocessing
import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from rulepack import processes
from rulepack.processes import LEAST_ITEMS, processors, spread

MANY = [str(number) for number in range(LEAST_ITEMS + 57)]
pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


def alone(item):
    return f"{item}!", os.getpid()


def test_results_come_in_order_from_other_processes():
    found = list(spread(alone, MANY, 2))
    assert [text for text, _ in found] == [f"{item}!" for item in MANY]
    assert os.getpid() not in {process for _, process in found}
    assert len({process for _, process in found}) <= 2


@pytest.mark.parametrize(("items", "jobs"), [(MANY[: LEAST_ITEMS - 1], 2), (MANY, 1), ([], 4)])
def test_little_work_and_one_job_stay_in_this_process(items, jobs):
    assert {process for _, process in spread(alone, items, jobs)} <= {os.getpid()}


def test_beside_another_thread_nothing_is_forked():
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        assert {process for _, process in spread(alone, MANY, 2)} == {os.getpid()}
    finally:
        done.set()
        thread.join()


def test_a_process_that_is_killed_costs_nothing_but_time():
    main = os.getpid()

    def sometimes(item):
        if item == "120" and os.getpid() != main:
            os.kill(os.getpid(), signal.SIGKILL)
        return f"{item}!"

    assert list(spread(sometimes, MANY, 2)) == [f"{item}!" for item in MANY]


def test_what_is_raised_is_raised_here():
    def broken(item):
        if item == "130":
            raise KeyError(item)
        return item

    found = spread(broken, MANY, 2)
    assert [next(found) for _ in range(100)] == MANY[:100]
    with pytest.raises(KeyError, match="130"):
        list(found)


def test_who_stops_listening_leaves_no_process_behind():
    def slow(item):
        time.sleep(0.01)
        return item, os.getpid()

    found = spread(slow, MANY, 2)
    _, process = next(found)
    found.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    assert processes._inherited == []


def test_there_is_a_processor():
    assert processors() >= 1


def test_a_thousand_jobs_start_no_thousand_processes():
    assert len({process for _, process in spread(alone, MANY * 40, 1_000_000)}) <= 2 * processors()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere, everything is done in one process")
def test_what_a_killed_process_started_ends_with_it(tmp_path):
    def slow(item):
        (tmp_path / str(os.getpid())).touch()
        time.sleep(0.01)
        return item

    def run():
        list(spread(slow, MANY, 2))

    first = multiprocessing.get_context("fork").Process(target=run)
    first.start()
    while len(list(tmp_path.iterdir())) < 2:
        time.sleep(0.01)
    first.kill()
    first.join()
    started = [int(path.name) for path in tmp_path.iterdir()]
    until = time.monotonic() + 10
    while any(_runs(process) for process in started):
        assert time.monotonic() < until, "they are still there"
        time.sleep(0.02)


def _runs(process):
    """Whether a process runs; one that has ended may still have to be collected by whoever adopted it."""
    try:
        return Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
