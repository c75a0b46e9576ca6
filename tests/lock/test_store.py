"""The lock on disk: every file is read, whatever is wrong with it, and written whole or not at all."""

import os
import subprocess
import sys

import pytest
from support.locks import entry, put, rule_id, rule_text, update
from support.memory import PEAK

from rulepack.errors import OutputError, ProjectError
from rulepack.lock.entry import render
from rulepack.lock.store import FOLDER, read_lock, refuse_damaged, write_entries

ONE = rule_id(1)


@pytest.fixture
def project(tmp_path):
    """A project of two rules with its lock."""
    project = put(tmp_path, {1: rule_text(1), 2: rule_text(2)})
    update(project)
    return project


def file_of(project, number=1):
    return project.root / FOLDER / f"{rule_id(number)}.toml"


def said(project):
    """What is wrong, with its place."""
    return [(one.code.id, str(one.span), one.message, one.hint) for one in read_lock(project).diagnostics]


def test_each_rule_has_a_file(project):
    assert sorted(path.name for path in (project.root / FOLDER).iterdir()) == [
        f"{rule_id(1)}.toml",
        f"{rule_id(2)}.toml",
    ]
    lock = read_lock(project)
    assert (lock.present, lock.diagnostics, sorted(lock.entries)) == (True, (), [rule_id(1), rule_id(2)])
    assert str(lock.span(ONE, "version")) == f"{FOLDER}/{ONE}.toml:8:11"
    assert str(lock.span(ONE, "reason")) == f"{FOLDER}/{ONE}.toml:1:1"


def test_without_a_folder_there_is_no_lock(tmp_path):
    assert read_lock(put(tmp_path, {})).present is False


def test_only_what_changes_is_written(project):
    found = read_lock(project).entries.values()
    assert list(write_entries(project, found)) == []
    file_of(project).write_text("", encoding="utf-8")
    assert list(write_entries(project, found)) == [file_of(project)]


def test_other_files_are_no_entries(project):
    (project.root / FOLDER / "README.md").write_text("x", encoding="utf-8")
    (project.root / FOLDER / f"{ONE}.toml.orig").write_text("x", encoding="utf-8")
    assert said(project) == []


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_of_windows_are_read(project, end):
    path = file_of(project)
    path.write_bytes(path.read_bytes().replace(b"\n", end.encode()))
    assert said(project) == []
    assert list(write_entries(project, read_lock(project).entries.values())) == []


def test_the_lock_is_no_folder_with_rules(tmp_path):
    project = put(tmp_path, {1: rule_text(1)}, 'rules = "."\n')
    update(project)
    assert [path.name for path in project.rule_files()] == ["rule_1.toml"]
    assert len(update(project)) == 1


def conflict(text, style):
    base = "||||||| 1234567\nversion = 1\n" if style == "diff3" else ""
    return text.replace("version = 1\n", f"<<<<<<< HEAD\nversion = 2\n{base}=======\nversion = 3\n>>>>>>> side\n", 1)


@pytest.mark.parametrize("style", ["merge", "diff3"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_conflict_is_known_for_what_it_is(project, style, end):
    path = file_of(project)
    path.write_bytes(conflict(path.read_text(encoding="utf-8"), style).replace("\n", end).encode())
    place = f"{FOLDER}/{ONE}.toml:8:1"
    message = "git could not merge this file"
    assert said(project) == [("RP704", place, message, "`rulepack lock --resolve` repairs it")]
    assert list(read_lock(project).conflicted) == [f"{ONE}.toml"]
    span = read_lock(project).diagnostics[0].span
    assert (span.end_line, span.end_column) == (8, 8)
    with pytest.raises(ProjectError, match=message):
        refuse_damaged(read_lock(project))


def test_a_marker_on_the_first_line_is_seen(project):
    path = file_of(project)
    path.write_text(f"<<<<<<< HEAD\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    assert said(project)[0][1:3] == (f"{FOLDER}/{ONE}.toml:1:1", "git could not merge this file")


@pytest.mark.parametrize(
    ("content", "place", "message"),
    [
        (b"", ":1:1", "the file is empty"),
        (b"lock = ", ":1:8", ""),
        (b"\xff\xfe", ":1:1", ""),
        (b"=======\n", ":1:1", ""),
        (b"lock = 9\nanything = true\n", ":1:8", "written by a newer rulepack, in form 9; this one knows 1"),
        (b"lock = 1\n" * 2, ":2:1", ""),
        (b"a" * 5_000_000, ":1:1", "the file has 4.8 MB; the limit is 1 MB"),
        (b"a = " + b"[" * 5_000, "", ""),
    ],
)
def test_a_damaged_file_is_said_and_the_others_are_read(project, content, place, message):
    file_of(project).write_bytes(content)
    lock = read_lock(project)
    assert list(lock.entries) == [rule_id(2)]
    code, at, words, hint = said(project)[0]
    assert (code, at[: len(FOLDER) + 42 + len(place)]) == ("RP704", f"{FOLDER}/{ONE}.toml{place}")
    assert message in words
    assert hint


def test_a_file_under_another_name_is_said(project):
    file_of(project).rename(project.root / FOLDER / "other.toml")
    place = f"{FOLDER}/other.toml:3:11"
    assert said(project) == [("RP704", place, f"the file of {ONE} is called {ONE}.toml", "give it that name")]


def test_a_copy_under_another_name_does_not_count(project):
    text = file_of(project).read_text(encoding="utf-8")
    (project.root / FOLDER / "zzz.toml").write_text(text.replace("version = 1", "version = 9"), encoding="utf-8")
    assert entry(project, 1).version == 1


def test_a_folder_and_a_pipe_in_place_of_a_file_are_said(project):
    file_of(project, 1).unlink()
    file_of(project, 1).mkdir()
    file_of(project, 2).unlink()
    os.mkfifo(file_of(project, 2))
    assert [one[2] for one in said(project)] == [
        "this is a folder, not a file",
        "this is a named pipe, not a regular file",
    ]


def test_a_link_that_leads_out_is_not_read(project, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "entry.toml"
    file_of(project).rename(outside)
    file_of(project).symlink_to(outside)
    assert [one[2] for one in said(project)] == ["the file is outside the project, where a symlink leads"]


def test_nothing_is_written_through_a_link(project, tmp_path):
    known = entry(project, 1)
    file_of(project).rename(tmp_path / "kept.toml")
    file_of(project).symlink_to(tmp_path / "kept.toml")
    with pytest.raises(OutputError, match="does not write through links"):
        list(write_entries(project, [known]))
    assert (tmp_path / "kept.toml").read_text(encoding="utf-8") == render(known)


@pytest.mark.parametrize("kind", ["file", "link", "dangling"])
def test_something_else_in_place_of_the_folder_is_refused(project, kind):
    folder = project.root / FOLDER
    folder.rename(project.root / "elsewhere")
    if kind == "file":
        folder.write_text("", encoding="utf-8")
    else:
        folder.symlink_to("elsewhere" if kind == "link" else "nowhere")
    with pytest.raises(ProjectError, match="is no folder") as caught:
        read_lock(project)
    assert caught.value.hint.startswith("move it away")
    if kind != "file":
        with pytest.raises(OutputError, match="does not write through links"):
            list(write_entries(project, []))


@pytest.mark.slow
def test_a_lock_of_a_hundred_thousand_rules_is_read(project):
    text = file_of(project).read_text(encoding="utf-8")
    for number in range(3, 100_001):
        file_of(project, number).write_text(text.replace(ONE, rule_id(number)), encoding="utf-8")
    program = f"""
import sys, time
from rulepack import api
from rulepack.lock.store import read_lock
{PEAK}
start = time.process_time()
lock = read_lock(api.project(sys.argv[1]))
print(len(lock.entries), len(lock.diagnostics), time.process_time() - start, peak() // 1024)
"""
    done = subprocess.run([sys.executable, "-c", program, project.root], capture_output=True, text=True, check=True)
    entries, diagnostics, seconds, megabytes = map(float, done.stdout.split())
    assert (entries, diagnostics) == (100_000, 0)
    assert seconds < 60
    assert megabytes < 600
