"""Packages of the public corpus: valid, complete, taken by Kibana as they are, the same bytes everywhere."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter

import pytest
from sandbox.kit import Client
from support.samples import SHARED, needs_shared
from test_kibana_contract import create_validators

from rulepack import packaging
from rulepack.project import find_project
from rulepack.report.comparison_markdown import changelog
from rulepack.sandbox import Sandbox

pytestmark = [needs_shared, pytest.mark.slow]

STACKS = {"8.17": "openapi-8.18.json", "8.19": "openapi-8.18.json", "9.3": "openapi-9x.json", "9.5": "openapi-9x.json"}
SETTINGS = """\
name = "public corpus"
rules = ["rules", "rules_building_block"]
stack = ["8.17", "8.19", "9.3", "9.5"]
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The package of all 1,550 public rules, and the pack that it was made of."""
    root = tmp_path_factory.mktemp("corpus")
    for name in ("rules", "rules_building_block"):
        shutil.copytree(SHARED / "corpus" / name, root / name)
    (root / "rulepack.toml").write_text(SETTINGS, encoding="utf-8")
    project = find_project(root)
    return packaging.make_package(project, root / "dist", packaging.Order(changelog, "1.0"), {})


def lines_of(made, stack):
    index = json.loads((made.folder / stack / "index.json").read_text(encoding="utf-8"))
    texts = [(made.folder / stack / part["file"]).read_text(encoding="utf-8") for part in index["parts"]]
    return [json.loads(line) for text in texts for line in text.splitlines()], index


@pytest.mark.parametrize("stack", STACKS)
def test_every_line_is_one_that_kibana_takes_by_its_own_contract(made, stack):
    validators = create_validators(STACKS[stack])
    lines, _ = lines_of(made, stack)
    wrong = [
        (body["name"], error.message[:200]) for body in lines for error in validators[body["type"]].iter_errors(body)
    ]
    assert wrong == []
    # The contract takes unknown fields without a word, as Kibana does.
    assert {body["type"] for body in lines} == {
        "query",
        "eql",
        "esql",
        "threshold",
        "threat_match",
        "machine_learning",
        "new_terms",
    }


@pytest.mark.parametrize("stack", STACKS)
def test_every_rule_is_there_whole_or_named_with_the_reason_why_not(made, stack):
    lines, index = lines_of(made, stack)
    there = [body["rule_id"] for body in lines]
    left_out = {row["rule_id"]: row["reasons"] for row in index["left_out"]}
    wanted = {rule.rule_id for rule in made.manifest.rules if not rule.deprecated}
    assert len(wanted) == 1460
    assert len(set(there)) == len(there)
    assert set(there) | left_out.keys() == wanted
    assert not set(there) & left_out.keys()
    assert all(left_out.values())
    # What is there is what every other stack version has that gets the rule: of these four, none takes a field away.
    for body in lines:
        whole = json.loads((made.folder / f"rules/{body['rule_id']}.json").read_text(encoding="utf-8"))
        assert body == whole


# What Kibana rewrites, and how it is evened out here; nothing else may differ by a letter.
def evened(name, value):
    if name == "required_fields":
        return [{"name": one["name"], "type": one["type"]} for one in value]
    if name == "threshold" and isinstance(value["field"], str):
        return {**value, "field": [value["field"]] if value["field"] else []}
    if name == "machine_learning_job_id" and isinstance(value, str):
        return [value]
    return value


@pytest.mark.parametrize("stack", STACKS)
def test_kibana_imports_it_as_it_is_and_has_every_field_as_it_was_sent(made, stack):
    lines, index = lines_of(made, stack)
    with Sandbox(port=0, version=f"{stack}.0") as box:
        client = Client(box)
        # As in any space that is in use: Kibana makes the list of Elastic Defend's exceptions with the first rule.
        client.delete("/api/detection_engine/rules", id=client.made()["id"])
        for part in index["parts"]:
            content = (made.folder / stack / part["file"]).read_bytes()
            answer = client.post("/api/detection_engine/rules/_import", files={"file": (part["file"], content)})
            said = answer.json()
            assert (answer.status_code, said["errors"], said["exceptions_errors"]) == (200, [], [])
            assert (said["success"], said["success_count"]) == (True, part["rules"])
        back = {rule["rule_id"]: rule for rule in box.state.rules()}
        assert box.bugs == []
    assert back.keys() == {body["rule_id"] for body in lines}
    differing = Counter()
    for body in lines:
        server = back[body["rule_id"]]
        for name, value in body.items():
            if evened(name, value) != evened(name, server.get(name)):
                differing[name] += 1
    assert differing == {}


def environment(**more):
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, **more}


def test_the_same_commit_gives_the_same_bytes_whoever_makes_it_and_wherever(tmp_path):
    """Two clones in two folders, of two users' habits: time zone, language, rights, hash seed, order of files."""
    first = tmp_path / "a" / "pack"
    second = tmp_path / "a much longer way" / "to the very same" / "pack"
    first.mkdir(parents=True)
    shutil.copytree(SHARED / "corpus" / "rules" / "windows", first / "rules")
    (first / "rulepack.toml").write_text(
        'name = "public corpus"\nstack = ["8.19", "9.3", "9.5"]\nderived_fields = ["required_fields"]\n'
    )
    git(first, "init", "-q")
    command([sys.executable, "-m", "rulepack", "lock"], first, environment(SOURCE_DATE_EPOCH="1790000000"))
    git(first, "add", "-A")
    git(first, "commit", "-q", "-m", "all")
    second.parent.mkdir(parents=True)
    git(first, "clone", "-q", str(first), str(second))
    ways = [
        (first, environment(TZ="Pacific/Kiritimati", LANG="C", PYTHONHASHSEED="1"), "0o077"),
        (
            second,
            environment(TZ="America/Los_Angeles", LANG="tr_TR.UTF-8", LC_ALL="C.UTF-8", PYTHONHASHSEED="4711"),
            "0o000",
        ),
    ]
    sums = []
    for folder, variables, umask in ways:
        program = (
            f"import os, runpy, sys; os.umask({umask}); sys.argv = ['rulepack', 'package', '--version', '1.0']; "
            "runpy.run_module('rulepack', run_name='__main__')"
        )
        command([sys.executable, "-c", program], folder, variables)
        sums.append(
            {
                path.relative_to(folder / "dist").as_posix(): path.read_bytes()
                for path in (folder / "dist").rglob("*")
                if path.is_file()
            }
        )
    assert sums[0].keys() == sums[1].keys()
    assert [name for name in sums[0] if sums[0][name] != sums[1][name]] == []
    assert "public-corpus-1.0.zip" in sums[0]


def git(folder, *arguments):
    named = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *named, *arguments], cwd=folder, check=True, capture_output=True)


def command(words, folder, variables):
    done = subprocess.run(words, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
