"""Sandboxes for tests, and clients for them."""

import pytest
from sandbox.kit import Client, Judge
from support.samples import SHARED

from rulepack.sandbox import Sandbox


@pytest.fixture(scope="session")
def judge():
    """The judge of Kibana 9.x, or None where ../shared is not."""
    return Judge("openapi-9x.json") if SHARED.is_dir() else None


@pytest.fixture
def start():
    """Starts sandboxes, stops them after the test, and fails it if one of them failed."""
    boxes = []

    def starter(**settings):
        boxes.append(Sandbox(port=0, **settings).__enter__())
        return boxes[-1]

    yield starter
    for box in boxes:
        box.__exit__(None, None, None)
        assert box.bugs == []


@pytest.fixture
def box(start):
    return start()


@pytest.fixture
def connect(judge):
    """Makes clients whose answers are judged."""
    return lambda box, **options: Client(box, judge, **options)


@pytest.fixture
def kibana(box, connect):
    return connect(box)
