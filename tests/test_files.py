"""Writing files: whole or not at all."""

import os
import stat
import threading
from pathlib import Path

import pytest

from rulepack.errors import OutputError
from rulepack.files import rewrite, write_text


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_with_its_folders(tmp_path):
    write_text(tmp_path / "a" / "b" / "page.md", "Größe\n")
    assert (tmp_path / "a" / "b" / "page.md").read_bytes() == "Größe\n".encode()
    assert names(tmp_path / "a" / "b") == ["page.md"]


@pytest.mark.parametrize("text", ["", "one\r\ntwo\n", "\ufeffmark", "no end"])
def test_every_character_is_kept(text, tmp_path):
    write_text(tmp_path / "page.md", text)
    assert (tmp_path / "page.md").read_bytes() == text.encode()


def test_half_a_character_becomes_an_escape(tmp_path):
    write_text(tmp_path / "page.md", "\ud800")
    assert (tmp_path / "page.md").read_bytes() == b"\\ud800"


def test_an_old_file_is_replaced(tmp_path):
    path = tmp_path / "page.md"
    write_text(path, "a long text")
    write_text(path, "short")
    assert path.read_text(encoding="utf-8") == "short"
    assert names(tmp_path) == ["page.md"]


def test_a_reader_sees_the_old_text_or_the_new_one(tmp_path):
    path = tmp_path / "page.md"
    texts = [letter * 200_000 for letter in "ab"]
    write_text(path, texts[0])
    seen = set()
    done = threading.Event()

    def read():
        while not done.is_set():
            seen.add(path.read_text(encoding="utf-8"))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(50):
        write_text(path, texts[number % 2])
    done.set()
    reader.join()
    assert seen <= set(texts)


@pytest.mark.parametrize("operation", ["replace", "chmod"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(operation, tmp_path, monkeypatch):
    path = tmp_path / "page.md"
    write_text(path, "old")

    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, operation, fail)
    with pytest.raises(OutputError) as error:
        write_text(path, "new")
    monkeypatch.undo()
    assert error.value.message == f"cannot write {path}: No space left on device"
    assert error.value.hint == "free some space there, or write elsewhere"
    assert path.read_text(encoding="utf-8") == "old"
    assert names(tmp_path) == ["page.md"]


def test_an_interruption_leaves_nothing_behind(tmp_path, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_text(tmp_path / "page.md", "new")
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "reason", "hint"),
    [
        ("file/page.md", "", "a file is where a folder must be: move it away, or write elsewhere"),
        ("file/deep/page.md", "", "a file is where a folder must be: move it away, or write elsewhere"),
        ("folder", "Is a directory", "name a file, not a folder"),
        ("x" * 300, "File name too long", "choose a shorter name"),
    ],
)
def test_what_cannot_be_written_is_said_with_a_way_out(name, reason, hint, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError) as error:
        write_text(tmp_path / name, "new")
    assert error.value.message.startswith(f"cannot write {tmp_path / name}: {reason}")
    assert error.value.hint == hint
    assert names(tmp_path) == ["file", "folder"]


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_a_file_has_the_rights_of_any_new_file(umask, tmp_path):
    before = os.umask(umask)
    try:
        write_text(tmp_path / "page.md", "text")
        (tmp_path / "other").touch()
    finally:
        os.umask(before)
    rights = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("page.md", "other")]
    assert rights == [0o666 & ~umask] * 2


def test_a_pipe_is_written_to_and_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_text(pipe, "text")
    reader.join()
    assert read == [b"text"]
    assert pipe.is_fifo()
    assert names(tmp_path) == ["pipe"]


def test_a_link_is_followed_by_its_name_only(tmp_path):
    """The link is replaced: what it leads to may be outside the project."""
    (tmp_path / "target").write_text("old", encoding="utf-8")
    (tmp_path / "link").symlink_to("target")
    write_text(tmp_path / "link", "new")
    assert (tmp_path / "target").read_text(encoding="utf-8") == "old"
    assert (tmp_path / "link").read_text(encoding="utf-8") == "new"
    assert not (tmp_path / "link").is_symlink()


def test_a_text_is_put_in_place_of_the_one_that_was_read(tmp_path):
    path = tmp_path / "rule.toml"
    path.write_bytes(b"old\r\n")
    path.chmod(0o640)
    rewrite(path, "old\r\n", "new\r\n")
    assert path.read_bytes() == b"new\r\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert names(tmp_path) == ["rule.toml"]


def test_a_link_stays_a_link_when_its_file_is_rewritten(tmp_path):
    (tmp_path / "real").write_text("old", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    rewrite(tmp_path / "link", "old", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text(encoding="utf-8") == "new"


def test_what_has_changed_meanwhile_is_not_overwritten(tmp_path):
    path = tmp_path / "rule.toml"
    path.write_text("edited", encoding="utf-8")
    with pytest.raises(OutputError, match="has changed meanwhile"):
        rewrite(path, "old", "new")
    assert path.read_text(encoding="utf-8") == "edited"


def test_what_is_read_only_or_gone_is_not_written(tmp_path):
    path = tmp_path / "rule.toml"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o444)
    with pytest.raises(OutputError, match="read-only"):
        rewrite(path, "old", "new")
    with pytest.raises(OutputError, match="cannot write"):
        rewrite(tmp_path / "gone", "old", "new")
    assert names(tmp_path) == ["rule.toml"]
