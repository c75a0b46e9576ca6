"""The fuzzer in small, and every file that once broke rulepack."""

import random

import pytest
from conftest import DATA
from support.samples import RULE

from .__main__ import mutants, seeds
from .judge import Judge
from .mutate import mutate

CRASHES = sorted((DATA / "crashes").glob("*.toml"))
COUNT = 600
SEED = 20261121


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    return Judge(tmp_path_factory.mktemp("fuzz").resolve())


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in CRASHES])
def test_what_once_broke_it_does_no_more(path, judge):
    assert judge.complaints(path.read_bytes()) == []


def test_the_same_seed_gives_the_same_mutants():
    first, again = (mutate(RULE, random.Random("7/1")) for _ in range(2))
    assert first == again
    assert len({mutate(RULE, random.Random(f"7/{number}")) for number in range(50)}) > 40


def test_there_is_something_to_mutate():
    assert len(seeds()) >= 29


@pytest.mark.slow
def test_no_mutant_breaks_it(judge):
    """`python -m tests.fuzz` does the same for as many as one likes."""
    found = [
        f"mutant {number} of {path.name}: {complaint}"
        for number, path, content in mutants(SEED, range(COUNT))
        for complaint in judge.complaints(content)
    ]
    assert found == []
