"""`rulepack diff`: two packages, revisions or servers, in whatever pair."""

import json

import pytest
from support.console import run
from support.locks import begin, git, put, rule_id, rule_text
from support.packages import package
from support.samples import EXCEPTIONS

from rulepack.sandbox import Sandbox

SETTINGS = 'name = "acme"\nstack = ["9.3"]\n'


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    """A pack at v1 with a package of it, one rule changed since; and the shell in it."""
    monkeypatch.setenv("RULEPACK_API_KEY", "key")
    for name in ("RULEPACK_URL", "RULEPACK_ENV", "RULEPACK_TRUSTED_HOSTS"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "pack"
    put(folder, {1: rule_text(1), 2: rule_text(2)}, SETTINGS)
    begin(folder)
    git(folder, "tag", "v1")
    package(folder)
    put(folder, {1: rule_text(1).replace("risk_score = 21", "risk_score = 47")}, SETTINGS)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def box():
    with Sandbox(port=0) as sandbox:
        yield sandbox


def deploy(root, box):
    git(root, "stash", "-q")
    assert run("deploy", "--url", box.url, "--yes").exit_code == 0
    git(root, "stash", "pop", "-q")


def body(ran, code=0):
    """What a comparison says, without its first line."""
    assert ran.exit_code == code, ran.stderr
    return ran.stdout.split("\n\n", 1)[1]


CHANGED = "  ~ changed: Sample 1  rules/rule_1.toml\n      risk_score: 21 -> 47\n\n1 changed, 1 the same\n"


@pytest.mark.parametrize(
    "sides",
    [
        ("v1",),
        ("v1", "."),
        ("HEAD", "."),
        ("dist/acme-1.0.zip",),
        ("dist/acme-1.0", "."),
        ("dist/acme-1.0/", "."),
    ],
)
def test_what_was_against_what_is(sides):
    assert body(run("diff", *sides)) == CHANGED


def test_two_of_the_same_kind_do_not_differ(root):
    for sides in (("v1", "HEAD"), ("dist/acme-1.0", "dist/acme-1.0.zip"), (".", "."), ("v1", "dist/acme-1.0.zip")):
        ran = run("diff", *sides, "--exit-code")
        assert body(ran) == "no difference in 2 rules\n"
    assert root


def test_the_head_names_both_sides():
    assert run("diff", "v1").stdout.startswith("v1 -> the working tree\n\n")
    assert run("diff", "dist/acme-1.0.zip", "v1").stdout.startswith("acme-1.0 -> v1\n\n")


def test_a_difference_is_an_exit_code_if_asked():
    assert run("diff", "v1").exit_code == 0
    assert run("diff", "v1", "--exit-code").exit_code == 4


def test_for_programs(root):
    data = json.loads(run("diff", "v1", "--format", "json").stdout)
    assert data["changes"] == [
        {
            "kind": "changed",
            "rule_id": rule_id(1),
            "name": "Sample 1",
            "file": "rules/rule_1.toml",
            "fields": [{"field": "risk_score", "old": 21, "new": 47}],
        }
    ]
    ran = run("diff", "v1", "--format", "markdown", "--output", "diff.md")
    assert (ran.stdout, ran.stderr) == ("", "see diff.md\n")
    assert "- `risk_score: 21 -> 47`" not in ran.stderr
    assert "  - `risk_score: 21 -> 47`" in (root / "diff.md").read_text()


@pytest.mark.parametrize("name", ["v2", "rules", "nowhere.zip", "--", "dist"])
def test_what_is_neither_package_nor_revision_is_told(name):
    ran = run("diff", "--", name)
    assert ran.exit_code == 3
    assert ran.stderr.startswith("error: ")
    assert "hint: " in ran.stderr


def test_a_revision_that_looks_like_an_option_is_none(root):
    ran = run("diff", "--", "--output=pwned")
    assert ran.exit_code == 3
    assert not (root / "pwned").exists()


def test_a_file_that_cannot_be_read_is_told_and_not_shown_as_gone(root):
    put(root, {2: "[rule"}, SETTINGS)
    ran = run("diff", "v1")
    assert body(ran, 1) == CHANGED.replace("1 the same", "0 the same")
    assert ran.stderr == "cannot be read: rules/rule_2.toml; `rulepack validate` says why\n"


def test_a_package_that_is_not_in_order_is_refused(root):
    (root / "dist" / "acme-1.0" / "manifest.json").write_text("{}")
    ran = run("diff", "dist/acme-1.0")
    assert ran.exit_code == 3
    assert "dist/acme-1.0/manifest.json" in ran.stderr


def test_exception_lists_are_compared_too(root, box):
    put(root, {"rules/lists.toml": EXCEPTIONS}, SETTINGS)
    assert run("diff", "HEAD", "--exit-code").stdout.endswith(
        "  + added: exception list Known scanners\n\n1 changed, 1 the same; 1 exception list differs\n"
    )
    package(root, version="2.0")
    put(root, {"rules/lists.toml": EXCEPTIONS.replace('"scan-01"', '"scan-02"')}, SETTINGS)
    ran = run("diff", "dist/acme-2.0.zip", "--exit-code")
    assert ran.exit_code == 4
    assert '"value": "scan-01"' in ran.stdout
    assert ran.stdout.endswith("no difference in 2 rules; 1 exception list differs\n")
    deploy(root, box)
    assert "exception list" not in run("diff", ".", "env:", "--url", box.url).stdout


# Servers


def test_a_server_against_what_is_there_and_back(root, box):
    deploy(root, box)
    to_server = CHANGED.replace("Sample 1 ", "Sample 1 (version 1) ")
    assert body(run("diff", "env:", "--url", box.url)) == to_server
    assert body(run("diff", ".", "env:", "--url", box.url)) == to_server.replace("21 -> 47", "47 -> 21")
    for other in ("v1", "dist/acme-1.0.zip"):
        for sides in ((other, "env:"), ("env:", other)):
            assert body(run("diff", *sides, "--url", box.url, "--exit-code")) == "no difference in 2 rules\n"


def test_what_only_one_side_has(root, box):
    deploy(root, box)
    put(root, {3: rule_text(3)}, SETTINGS)
    assert "  + added: Sample 3  rules/rule_3.toml\n" in run("diff", "env:", "--url", box.url).stdout
    assert "  - removed: Sample 3  rules/rule_3.toml\n" in run("diff", ".", "env:", "--url", box.url).stdout


def test_an_environment_of_the_settings(root, box, monkeypatch):
    settings = (
        f'{SETTINGS}[environments.prod]\nurl = "{box.url}"\n[environments.test]\nurl = "{box.url}"\nspace = "default"\n'
    )
    put(root, {}, settings)
    assert "RULEPACK_TRUSTED_HOSTS" in run("diff", "env:prod").stderr
    assert box.requests == []
    monkeypatch.setenv("RULEPACK_TRUSTED_HOSTS", "127.0.0.1")
    assert body(run("diff", "env:prod")).endswith("2 added, 0 the same\n")
    assert body(run("diff", "env:prod", "env:test")) == "no difference in 0 rules\n"
    ran = run("diff", "env:nowhere")
    assert ran.exit_code == 3
    assert "there is no environment 'nowhere'" in ran.stderr


def test_two_servers_differ_in_what_they_have(root, monkeypatch):
    monkeypatch.setenv("RULEPACK_TRUSTED_HOSTS", "127.0.0.1")
    with Sandbox(port=0) as one, Sandbox(port=0) as other:
        deploy(root, one)
        deploy(root, other)
        other.analyst("default").edit(rule_id=rule_id(2), severity="high")
        put(root, {}, f'{SETTINGS}environments.a.url = "{one.url}"\nenvironments.b.url = "{other.url}"\n')
        shown = body(run("diff", "env:a", "env:b"))
        assert '      severity: "low" -> "high"\n' in shown
        assert shown.endswith("1 changed, 1 the same\n")


def test_an_analysts_rule_is_gone_on_the_other_side(root, box):
    deploy(root, box)
    (root / "rules" / "rule_2.toml").unlink()
    assert "  - removed: Sample 2 (version 1)\n" in run("diff", "env:", "--url", box.url).stdout
    assert sum(1 for one in box.requests if one[0] != "GET") == 2


def test_a_rule_in_kibana_that_the_pack_gave_up_is_no_stranger(root, box):
    deploy(root, box)
    put(root, {2: rule_text(2, reason="Noisy.")}, SETTINGS)
    shown = run("diff", "env:", "--url", box.url).stdout
    assert "deprecated: Sample 2" in shown
    assert "Noisy." in shown
    assert "removed: Sample 2" not in shown


def test_a_server_that_neither_side_is_is_not_asked_in_vain(box):
    ran = run("diff", "v1", "--url", box.url)
    assert ran.exit_code == 2
    assert "neither side is a server" in ran.stderr
