"""Packages of projects with and without git; signed, interrupted, short of space; and what is refused."""

import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.locks import begin, commit, git, put, rule_text, update
from support.packages import contents, make, members, package, said
from support.samples import EXCEPTIONS, ROOT, RULE, another, make_pack

from rulepack import packaging
from rulepack.errors import OutputError, PackageError, ProjectError
from rulepack.package.read import verify

SETTINGS = 'name = "acme"\nstack = ["9.3"]\n'


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "pack"
    folder.mkdir()
    make_pack(folder, RULE, settings=SETTINGS)
    return folder


def left(folder):
    """What is in a folder for packages, hidden files too."""
    return sorted(one.name for one in folder.iterdir()) if folder.exists() else []


# Which commit


def test_without_git_a_package_names_no_commit(root):
    made = package(root)
    assert (made.manifest.commit, made.manifest.modified, made.manifest.created) == (None, False, None)


def test_a_package_names_its_commit_and_its_time(root):
    begin(root)
    made = package(root).manifest
    assert made.commit == git(root, "rev-parse", "HEAD").strip()
    assert not made.modified
    seconds = int(git(root, "show", "-s", "--format=%ct").strip())
    assert made.created == git(root, "show", "-s", "--format=%cd", "--date=format:%Y").strip() + made.created[4:]
    assert package(root, environment={"SOURCE_DATE_EPOCH": str(seconds)}).manifest.created == made.created


@pytest.mark.parametrize("state", ["unborn", "bare", "broken", "no git"])
def test_where_git_knows_no_commit_a_package_names_none(root, state, monkeypatch):
    if state == "unborn":
        git(root, "init", "-q")
    elif state == "bare":
        git(root, "init", "-q", "--bare", ".")
    elif state == "broken":
        (root / ".git").write_text("gitdir: nowhere")
    else:
        begin(root)
        monkeypatch.setenv("PATH", str(root))
    assert package(root).manifest.commit is None


def test_a_detached_head_a_shallow_clone_and_a_folder_of_a_repository_are_all_the_same(root, tmp_path):
    begin(root)
    first = package(root, out="../first")
    commit(root)
    git(root, "checkout", "-q", "--detach", "HEAD^")
    assert contents(package(root, out="../second").folder) == contents(first.folder)
    git(root, "checkout", "-q", "main")
    head = package(root, out="../third")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{root}", "shallow")
    assert contents(package(tmp_path / "shallow", out="../fourth").folder) == contents(head.folder)


@pytest.mark.parametrize(
    ("change", "modified"),
    [
        (lambda root: (root / "rules" / "rule_0.toml").write_text(RULE + "\n"), True),
        (lambda root: (root / "rules" / "new.toml").write_text(another("New", 2, "file")), True),
        (lambda root: (root / "rulepack.toml").write_text(SETTINGS + 'versions = "kibana"\n'), True),
        (
            lambda root: (
                (root / "fields").mkdir() or (root / "fields" / "f.toml").write_text('["a-*"]\n"a.b" = "long"\n')
            ),
            True,
        ),
        (lambda root: (root / "README.md").write_text("x"), False),
        (lambda root: (root / "rules" / "README.md").write_text("x"), False),
    ],
)
def test_a_manifest_says_whether_what_counts_is_committed(root, change, modified):
    begin(root)
    change(root)
    assert package(root).manifest.modified is modified


def test_what_was_packaged_before_does_not_count(tmp_path):
    (tmp_path / "rulepack.toml").write_text(f'{SETTINGS}rules = "."\n')
    (tmp_path / "rule.toml").write_text(RULE)
    begin(tmp_path)
    first = package(tmp_path)
    before = contents(first.folder)
    second = package(tmp_path)
    assert not second.manifest.modified
    assert contents(second.folder) == before


@pytest.mark.parametrize(
    ("seconds", "created"),
    [
        ("0", "1970-01-01T00:00:00+00:00"),
        ("1790000000", "2026-09-21T14:13:20+00:00"),
        ("", None),
        ("-1", "1969-12-31T23:59:59+00:00"),
    ],
)
def test_the_time_may_be_given(root, seconds, created):
    made = package(root, environment={"SOURCE_DATE_EPOCH": seconds})
    assert made.manifest.created == created
    assert said(made.archive) == []


@pytest.mark.parametrize("seconds", ["now", "1e9", "9" * 30, "253402300800", "\u0661x"])
def test_a_time_that_is_none_is_refused(root, seconds):
    with pytest.raises(ProjectError, match="SOURCE_DATE_EPOCH is"):
        package(root, environment={"SOURCE_DATE_EPOCH": seconds})
    assert left(root / "dist") == []


# Which version


def test_a_version_is_told_or_set_or_follows_from_the_content(root):
    assert package(root, version="2.0").manifest.version == "2.0"
    first = package(root, version=None).manifest.version
    assert first.startswith("0-")
    (root / "rulepack.toml").write_text(SETTINGS + 'version = "3.1"\n')
    assert package(root, version=None).folder.name == "acme-3.1"
    make_pack(root, RULE.replace("21", "47"), settings=SETTINGS)
    assert package(root, version=None).manifest.version not in (first, "3.1")


@pytest.mark.parametrize("version", ["", "../x", "a b", "1/2", ".1", "x" * 65, "\n"])
def test_a_version_that_no_folder_can_have_is_refused(root, version):
    with pytest.raises(ProjectError, match="a package cannot have the version"):
        package(root, version=version)


# What is refused


def test_a_stale_lock_is_refused(root):
    update(put(root, {}, SETTINGS))
    package(root)
    for text in (RULE.replace("21", "47"), rule_text(5)):
        make_pack(root, text, settings=SETTINGS)
        with pytest.raises(packaging.StaleLockError):
            package(root)
    (entry,) = (root / "rulepack.lock").iterdir()
    entry.write_text("<<<<<<< ours\n")
    with pytest.raises(packaging.StaleLockError):
        package(root)
    assert left(root / "dist") == ["acme-1.0", "acme-1.0.zip"]
    assert said(root / "dist" / "acme-1.0") == []


def test_a_rule_that_went_without_being_deprecated_is_refused(tmp_path):
    update(put(tmp_path, {1: rule_text(1), 2: rule_text(2)}, SETTINGS))
    (tmp_path / "rules" / "rule_2.toml").unlink()
    with pytest.raises(packaging.StaleLockError):
        package(tmp_path)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a": RULE, "b": RULE.replace('"Sample"', '"Copy"')}, "rules/a.toml and rules/b.toml have the same rule_id"),
        ({"a": RULE, "l": EXCEPTIONS, "m": EXCEPTIONS}, "the exception list known-scanners is there twice"),
        ({"a": RULE, "b": 'x = "no rule at all"'}, "rules/b.toml cannot be read"),
    ],
)
def test_what_the_settings_let_pass_is_still_refused(tmp_path, files, message):
    """A pack may call errors warnings; a package that contradicts itself is nobody's wish."""
    with pytest.raises(ProjectError) as found:
        make(tmp_path / "p", files=files, settings=f'{SETTINGS}checks.RPxxx = "info"\n')
    assert message in found.value.message
    assert left(tmp_path / "p" / "dist") == []


def test_nothing_to_package_is_refused(tmp_path):
    for number, (text, message) in enumerate(
        [
            (
                RULE.replace("production", "development"),
                "there is no rule to package: none has a maturity of production",
            ),
            (RULE.replace("production", "deprecated"), "there is no rule to package"),
            (RULE.replace("[metadata]", '[metadata]\nmin_stack_version = "9.9"'), "left out of every stack version"),
        ]
    ):
        with pytest.raises(ProjectError) as found:
            make(tmp_path / str(number), text)
        assert message in found.value.message
        assert left(tmp_path / str(number) / "dist") == []


def test_some_maturities_only(tmp_path):
    texts = [
        another(name, number, "file").replace("production", name) for number, name in enumerate(["beta", "production"])
    ]
    made = make(tmp_path / "p", *texts, maturity=("beta",))
    assert [rule.name for rule in made.manifest.rules] == ["beta"]


def test_deprecated_rules_are_in_the_manifest_only(tmp_path):
    made = make(tmp_path / "p", RULE, another("Gone", 2, "file").replace("production", "deprecated"))
    assert [(rule.name, rule.json != "") for rule in made.manifest.rules] == [("Sample", True), ("Gone", False)]
    assert (made.folder / "9.3" / "rules.ndjson").read_text().count("\n") == 1


# Where it cannot be written


@pytest.mark.parametrize("out", ["rulepack.toml", "rulepack.toml/dist", "/proc/nowhere", "/dev/null/dist", "x" * 300])
def test_a_folder_that_cannot_be_is_refused(root, out):
    with pytest.raises(OutputError) as found:
        package(root, out=out)
    assert found.value.message.startswith(f"cannot write to {root / out}: ")


@pytest.mark.skipif(sys.platform != "linux", reason="the limit stands for a disk that is full")
def test_a_disk_that_is_full_leaves_nothing_behind(root):
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    def run(*words):
        command = [sys.executable, "-m", "rulepack", "package", "--version", "1.0", "--project", str(root)]
        return subprocess.run(
            [*command, *words], capture_output=True, text=True, cwd=ROOT, preexec_fn=limit, check=False
        )

    done = run()
    assert done.returncode == 3
    assert done.stderr.startswith(f"error: cannot write to {root / 'dist'}: File too large\n")
    assert left(root / "dist") == []


def test_an_interruption_leaves_nothing_behind(root):
    def changelog(_manifest, _comparison):
        raise KeyboardInterrupt

    order = packaging.Order(changelog, "1.0")
    with pytest.raises(KeyboardInterrupt):
        packaging.make_package(packaging.Project(root, "p", (root / "rules",), root, root), root / "dist", order, {})
    assert left(root / "dist") == []


# Signing


def script(folder, text, name="signer"):
    """A program that signs: real, and not on the PATH."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("text", "signatures"),
    [
        ('printf "signed: %s" "$(sha256sum < "$1")" > "$1.sig"', ("SHA256SUMS.sig",)),
        ('cp "$1" "$1.asc"', ("SHA256SUMS.asc",)),
        ('cp "$1" "$1.asc"; cp "$1" "$1.minisig"', ("SHA256SUMS.asc", "SHA256SUMS.minisig")),
        ("sha256sum $1", ("SHA256SUMS.sig",)),
        ('echo "signing with key 5"; cp "$1" "$1.asc"', ("SHA256SUMS.asc",)),
        ('echo "a warning" >&2; sha256sum $1', ("SHA256SUMS.sig",)),
    ],
)
def test_a_signature_is_a_file_beside_the_checksums_or_what_the_signer_says(root, tmp_path, text, signatures):
    made = package(root, signer=script(tmp_path, text))
    assert made.signatures == signatures
    for path in (made.folder, made.archive):
        assert said(path) == []
        assert verify(path).package.signatures == signatures
    assert {f"acme-1.0/{name}" for name in signatures} < members(made.archive).keys()
    sums = (made.folder / "SHA256SUMS").read_bytes()
    assert made.sums == hashlib.sha256(sums).hexdigest()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("true", "the signer wrote nothing"),
        (': > "$1.sig"', "the signer wrote nothing"),
        ('head -c 1048577 /dev/zero > "$1.sig"', "the signer wrote 1,048,577 bytes, which is no signature"),
        ("echo oh no >&2; echo no key >&2; exit 2", "the signer ended with 2: no key"),
        ("exit 1", "the signer ended with 1"),
        ("kill -9 $$", "the signer ended with -9"),
        ("touch signature", "the signer spoiled the package: signature: SHA256SUMS does not name this file"),
        ("touch $1.way_too_odd", "the signer spoiled the package: SHA256SUMS.way_too_odd: SHA256SUMS does not name"),
        ("echo x >> $1; cp $1 $1.sig", "the signer spoiled the package: SHA256SUMS: line"),
        ("echo x > manifest.json; cp $1 $1.sig", "the signer spoiled the package: manifest.json: "),
        ("rm manifest.json; cp $1 $1.sig", "the signer spoiled the package: there is no manifest.json"),
        ("ln -s $1 $1.sig", "the signer spoiled the package: SHA256SUMS.sig: this is a link"),
        ("mkdir $1.sig", "the signer wrote nothing"),
    ],
)
def test_a_signer_that_fails_makes_no_package(root, tmp_path, text, message):
    with pytest.raises(OutputError) as found:
        package(root, signer=script(tmp_path, text))
    assert found.value.message.startswith(message)
    assert left(root / "dist") == []


@pytest.mark.parametrize("command", ["no-such-program-at-all --sign", "/no/such/program", "'unbalanced", "", "  "])
def test_a_signer_that_is_not_there_is_named(root, command):
    with pytest.raises(OutputError, match=r"the signer (cannot be run|is empty)"):
        package(root, signer=command)
    assert left(root / "dist") == []


def test_a_signer_is_named_as_it_is_from_where_one_stands(root, tmp_path, monkeypatch):
    script(tmp_path, 'echo "$2" > "$3.sig"', "my signer")
    monkeypatch.chdir(tmp_path)
    made = package(root, signer="'./my signer' --key 'a b'")
    assert (made.folder / "SHA256SUMS.sig").read_text() == "a b\n"


def test_a_signer_is_no_shell(root, tmp_path):
    package(root, signer=f"{script(tmp_path, 'echo $# > $5.sig')} a;b $(c) > d")
    assert not (root / "d").exists()


CHECK = 'test "$(cat "$1")" = "$(sha256sum "$2")"'


def test_a_signature_is_checked_by_a_command(root, tmp_path):
    made = package(root, signer="sha256sum")
    checker = script(tmp_path, CHECK, "checker")
    for path in (made.folder, made.archive):
        packaging.check_signatures(verify(path).package, checker)
    (made.folder / "SHA256SUMS.sig").write_text("forged")
    with pytest.raises(packaging.SignatureError, match="not accepted: the verifier ended with 1"):
        packaging.check_signatures(verify(made.folder).package, checker)


def test_every_signature_is_checked(root, tmp_path):
    made = package(root, signer=script(tmp_path, 'sha256sum "$1" > "$1.a"; echo forged > "$1.b"'))
    with pytest.raises(packaging.SignatureError, match="not accepted: the verifier ended with 1"):
        packaging.check_signatures(verify(made.folder).package, script(tmp_path, CHECK, "checker"))


def test_a_package_without_a_signature_is_not_accepted(root):
    with pytest.raises(PackageError, match=r"acme-1\.0 is not signed"):
        packaging.check_signatures(verify(package(root).folder).package, "true")


# The same bytes

HABITS = """
import os, sys, time
os.umask(int(sys.argv[2], 8))
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from support.packages import package
package(Path(sys.argv[1]), since=None)
"""


def test_habits_of_whoever_makes_it_leave_no_trace(root, tmp_path):
    begin(root)
    seen = []
    for number, (zone, language, mask, seed) in enumerate(
        [("UTC", "C", "0o077", "1"), ("Pacific/Kiritimati", "tr_TR.UTF-8", "0o000", "4711")]
    ):
        folder = tmp_path / f"{number}" / "clone"
        git(tmp_path, "clone", "-q", str(root), str(folder))
        environment = {**os.environ, "TZ": zone, "LANG": language, "LC_ALL": language, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", HABITS, str(folder), mask, str(ROOT / "tests")]
        subprocess.run(command, env=environment, cwd=ROOT, check=True)
        seen.append((contents(folder / "dist" / "acme-1.0"), (folder / "dist" / "acme-1.0.zip").read_bytes()))
    assert seen[0] == seen[1]


def test_a_changelog_begins_with_what_was_before(root, golden):
    from support.packages import find_project

    from rulepack.sides import side_of

    package(root)
    make_pack(
        root,
        RULE.replace("risk_score = 21", "risk_score = 47"),
        another("New | rule", 2, "file"),
        another("Old", 3, "network").replace('"production"', '"deprecated"\ndeprecated_reason = "Too *noisy*."'),
        settings=SETTINGS,
    )
    with side_of(find_project(root), "dist/acme-1.0.zip", base=root) as side:
        made = package(root, version="2.0", since=side)
    golden("package/CHANGELOG.md", (made.folder / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert said(made.folder) == []


def test_an_index_says_how_many_bytes_there_are(root):
    made = package(root)
    assert made.bytes == sum(len(content) for content in contents(made.folder).values())
    assert json.loads((made.folder / "manifest.json").read_text())["counts"] == {
        "rules": 1,
        "deprecated": 0,
        "exception_lists": 0,
    }
    assert Path(made.archive).stat().st_size > made.bytes
