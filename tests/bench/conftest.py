"""What is measured is what is installed: compiled once, whatever the environment says."""

import os

import pytest


@pytest.fixture(autouse=True, scope="package")
def _bytecode(tmp_path_factory):
    """Compiled modules are kept, in a folder of the tests' own, for all processes that are measured."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        patch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path_factory.mktemp("bytecode")))
        yield os.environ
