import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from rulepack import report
from rulepack.report import FORMATS

HELPERS = {"__init__", "plain", "frame", "patch", "summary", "plan", "plan_fields", "plan_json", "plan_markdown"}
HELPERS |= {"comparison", "comparison_json", "comparison_markdown", "stacks"}
HELPERS |= {"coverage", "coverage_json", "coverage_markdown"}


def test_every_module_of_the_room_is_in_the_table_or_a_helper():
    modules = {path.stem for path in Path(report.__file__).parent.glob("*.py")}
    assert modules - HELPERS == {entry.module.rsplit(".", 1)[1] for entry in FORMATS.values()}


@pytest.mark.parametrize("name", FORMATS)
def test_table_and_module_give_the_same(name, sample):
    assert FORMATS[name](sample) == import_module(FORMATS[name].module).render(sample)


@pytest.mark.parametrize("name", FORMATS)
def test_only_text_minds_the_terminal(name, sample):
    plain, styled = FORMATS[name](sample), FORMATS[name](sample, width=30, colour=True)
    assert (plain != styled) == (name == "text")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_ends_in_one_line_break_and_can_be_written(name, sample, result):
    for shown in (sample, result(), result(rules=0, files=0)):
        text = FORMATS[name](shown)
        assert text.endswith("\n")
        assert not text.endswith("\n\n")
        text.encode()


def test_importing_the_table_imports_no_format():
    script = "import sys, rulepack.report; print([m for m in sys.modules if m.startswith('rulepack.report.')])"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
