"""The wheel, not the tree: it holds templates and data, and works outside the checkout."""

import os
import shutil
import subprocess
import sys
import zipfile

import pytest
from support.samples import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (path,) = out.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A folder with the wheel's content, as pip puts it into site-packages."""
    target = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(target), str(wheel)]
    subprocess.run(command, check=True, capture_output=True)
    return target


def run(installed, folder, *arguments):
    """Run the installed rulepack in a folder outside the checkout."""
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-P", "-m", "rulepack", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_wheel_holds_templates_and_data_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert "rulepack/py.typed" in names
    assert "rulepack/reference/data/attack.json.gz" in names
    assert "rulepack/reference/data/ecs.json.gz" in names
    templates = {path.relative_to(ROOT).as_posix() for path in (ROOT / "templates").rglob("*.j2")}
    assert templates
    assert {f"rulepack/{name}" for name in templates} <= set(names)
    assert {name.split("/")[0] for name in names} == {"rulepack", "rulepack-0.1.0.dist-info"}


def test_the_installed_wheel_builds_the_same_pages_elsewhere(installed, tmp_path):
    for name in ("rules", "rulepack.lock"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    done = run(installed, tmp_path, "build")
    assert done.returncode == 0, done.stderr
    assert "no problems" in done.stdout
    built, committed = (
        {path.relative_to(folder / "docs-out"): path.read_bytes() for path in (folder / "docs-out").rglob("*.md")}
        for folder in (tmp_path, ROOT)
    )
    assert built == committed


def test_the_installed_wheel_is_the_one_that_ran(installed, tmp_path):
    program = "import rulepack; print(rulepack.__file__)"
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(str(installed))
