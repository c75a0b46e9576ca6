"""Pages to docs-out: what changed is written, what is gone is deleted, and nothing that is not ours is touched."""

import os
import resource
import stat

import pytest
from support.samples import RULE

import rulepack
from docs.packs import named, pack_of
from rulepack.docs.page import Page
from rulepack.docs.write import MARKS, write_pages
from rulepack.errors import OutputError

MARK = MARKS[".md"]
PAGES = (Page("index.md", "# Index\n"), Page("rules/a.md", "# A\n"), Page("rules/deprecated/b.md", "# B\n"))


def tree(folder):
    """Every file and folder, with the bytes of files."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def pages(*others):
    return (*PAGES, *others)


@pytest.fixture
def out(tmp_path):
    """A folder with the pages written."""
    folder = tmp_path / "docs-out"
    write_pages(PAGES, folder)
    return folder


# --- writing


def test_pages_are_written_with_the_mark_as_their_last_line(tmp_path):
    written = write_pages(PAGES, tmp_path / "new" / "docs-out")
    assert written.added == ("index.md", "rules/a.md", "rules/deprecated/b.md")
    assert (tmp_path / "new/docs-out/rules/a.md").read_bytes() == f"# A\n\n{MARK}\n".encode()
    assert not (tmp_path / "new/docs-out/rules/a.md").stat().st_mode & stat.S_IXUSR


@pytest.mark.parametrize("suffix", MARKS)
def test_each_kind_of_page_has_its_mark(tmp_path, suffix):
    write_pages((Page(f"a{suffix}", "x"),), tmp_path)
    assert (tmp_path / f"a{suffix}").read_text(encoding="utf-8") == f"x\n\n{MARKS[suffix]}\n"
    assert write_pages((), tmp_path).removed == (f"a{suffix}",)


def test_pages_that_did_not_change_are_not_touched(out):
    for path in out.rglob("*.md"):
        os.utime(path, ns=(1, 1))
    written = write_pages((PAGES[0], Page("rules/a.md", "# New\n"), PAGES[2]), out)
    assert (written.changed, written.unchanged) == (("rules/a.md",), ("index.md", "rules/deprecated/b.md"))
    assert {path.name for path in out.rglob("*.md") if path.stat().st_mtime_ns == 1} == {"index.md", "b.md"}


def test_line_ends_of_another_system_make_no_page_stale(out):
    path = out / "rules/a.md"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert not write_pages(PAGES, out).stale
    assert b"\r\n" in path.read_bytes()


def test_pages_of_removed_rules_are_deleted_with_the_folders_they_leave_empty(out):
    written = write_pages(PAGES[:2], out)
    assert written.removed == ("rules/deprecated/b.md",)
    assert set(tree(out)) == {"index.md", "rules", "rules/a.md"}


def test_nothing_is_left_of_no_pages_but_the_folder(out):
    write_pages((), out)
    assert tree(out) == {}


def test_a_folder_that_holds_something_else_stays(out):
    (out / "rules/deprecated/notes.txt").write_text("mine", encoding="utf-8")
    write_pages(PAGES[:2], out)
    assert "rules/deprecated/notes.txt" in tree(out)


def test_text_of_any_kind_is_written(tmp_path):
    write_pages((Page("a.md", "端末 \ud800 \u2028"),), tmp_path)
    assert (tmp_path / "a.md").read_bytes().startswith("端末 \\ud800".encode())
    assert not write_pages((Page("a.md", "端末 \ud800 \u2028"),), tmp_path).stale


def test_a_page_that_ends_with_the_mark_is_a_page_like_any_other(tmp_path):
    page = Page("a.md", f"Text\n\n{MARK}\n{MARK}\n")
    write_pages((page,), tmp_path)
    assert not write_pages((page,), tmp_path).stale
    assert write_pages((), tmp_path).removed == ("a.md",)


# --- only comparing


def test_a_dry_run_lists_and_writes_nothing(out):
    (out / "rules/a.md").write_text(f"# Old\n\n{MARK}\n", encoding="utf-8")
    before = tree(out)
    written = write_pages((Page("c.md", ""), *PAGES[:2]), out, dry_run=True)
    assert (written.added, written.changed, written.removed) == (("c.md",), ("rules/a.md",), ("rules/deprecated/b.md",))
    assert written.stale
    assert tree(out) == before
    assert not write_pages(PAGES[1:2], out / "no", dry_run=True).unchanged
    assert not (out / "no").exists()


def test_a_build_twice_changes_nothing(tmp_path):
    pack = pack_of(tmp_path, [RULE, named("Other", 2)])
    added = rulepack.build(pack).added
    assert {"index.md", "rules/sample.md", "rules/other.md"} < set(added)
    again = rulepack.build(pack, dry_run=True)
    assert not again.stale
    assert again.unchanged == added


def test_a_build_after_a_rule_was_renamed_drops_the_old_page(tmp_path):
    rulepack.build(pack_of(tmp_path, [RULE]))
    written = rulepack.build(pack_of(tmp_path, [named("New")]))
    assert [path for path in written.added if path.endswith(".md")] == ["rules/new.md"]
    assert [path for path in written.removed if path.endswith(".md")] == ["rules/sample.md"]
    assert {"index.md", "all/index.md", "severities/low.md"} < set(written.changed)


def test_a_build_with_an_error_writes_nothing(tmp_path):
    pack = pack_of(tmp_path, [RULE], {"markdown/once/a.md.j2": "{{ no }}"})
    assert [one.code.id for one in rulepack.build(pack).diagnostics] == ["RP602"]
    assert not (tmp_path / "docs-out").exists()


# --- what is not ours


@pytest.mark.parametrize(
    "text",
    [
        "# Mine\n",
        "",
        f"{MARK}\n\n# Mine, below the mark\n",
        f"See the line `{MARK}`\n",
        f"{MARK} and more",
        f"more {MARK}",
        MARK.replace("-->", "->"),
    ],
)
def test_a_file_that_rulepack_did_not_write_is_never_touched(out, text):
    for path in ("mine.md", "rules/mine.md", "rules/deprecated/mine.md"):
        (out / path).write_text(text, encoding="utf-8")
    before = tree(out)
    assert not write_pages(PAGES, out).stale
    write_pages((), out)
    assert {path: data for path, data in before.items() if path.endswith("mine.md")}.items() <= tree(out).items()


def test_a_mark_of_another_kind_of_page_is_none(out):
    (out / "a.css").write_text(f"x\n{MARK}\n", encoding="utf-8")
    (out / "a.txt").write_text(f"x\n{MARK}\n", encoding="utf-8")
    assert write_pages(PAGES, out).removed == ()


def test_a_foreign_file_in_the_way_of_a_page_stops_everything(out):
    (out / "rules/c.md").write_text("# Mine\n", encoding="utf-8")
    before = tree(out)
    with pytest.raises(OutputError, match=r"c\.md was not written by rulepack"):
        write_pages((Page("aa.md", ""), Page("rules/c.md", "")), out)
    assert tree(out) == before


def test_a_folder_in_the_way_of_a_page_stops_everything(out):
    (out / "rules/c.md").mkdir()
    before = tree(out)
    with pytest.raises(OutputError, match="is in the way of a page"):
        write_pages((Page("aa.md", ""), Page("rules/c.md", "")), out)
    assert tree(out) == before


@pytest.mark.parametrize("where", ["docs-out", "docs-out/rules"])
def test_a_file_in_the_way_of_a_folder_stops_everything(tmp_path, where):
    place = tmp_path / where
    place.parent.mkdir(exist_ok=True)
    place.write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="is in the way of a page"):
        write_pages(PAGES, tmp_path / "docs-out")
    assert place.read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "docs-out/index.md").exists()


@pytest.mark.parametrize("where", ["docs-out", "docs-out/rules", "docs-out/rules/a.md"])
def test_pages_are_never_written_through_a_link(tmp_path, where):
    outside = tmp_path / "outside"
    write_pages(PAGES, outside)
    target = {1: outside, 2: outside / "rules", 3: outside / "rules" / "a.md"}[len(where.split("/"))]
    link = tmp_path / where
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(target)
    before = tree(outside)
    with pytest.raises(OutputError, match="is a link"):
        write_pages((Page("rules/a.md", "# Changed\n"),), tmp_path / "docs-out")
    assert tree(outside) == before


def test_pages_behind_a_link_are_never_deleted(out, tmp_path):
    outside = tmp_path / "outside"
    write_pages(PAGES, outside)
    (out / "linked").symlink_to(outside)
    (out / "linked.md").symlink_to(outside / "index.md")
    before = tree(outside)
    assert write_pages(PAGES, out).removed == ()
    assert tree(outside) == before


@pytest.mark.parametrize("path", ["../a.md", "/a.md", "rules/../../a.md", "a.txt", "a"])
def test_a_page_cannot_be_anything_or_anywhere(tmp_path, path):
    with pytest.raises(OutputError, match="cannot write"):
        write_pages((Page(path, ""),), tmp_path / "docs-out")
    assert tree(tmp_path) == {}


def test_another_spelling_of_a_page_is_the_page_itself(out):
    """As on a file system that keeps a name's case or accents but does not tell them apart."""
    (out / "RULES").mkdir()
    os.link(out / "rules/a.md", out / "RULES/A.md")
    assert write_pages(PAGES, out).removed == ()
    (out / "rules/a.md").unlink()
    (out / "rules/a.md").write_text(f"# A\n\n{MARK}\n", encoding="utf-8")
    assert write_pages(PAGES, out).removed == ("RULES/A.md",)


# --- when writing fails


def test_a_page_is_never_half_written(out):
    before = tree(out)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OutputError, match="cannot write"):
            write_pages((Page("index.md", "# Changed\n"), *PAGES[1:], Page("z.md", "long " * 1000)), out)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert tree(out) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
def test_a_folder_without_rights_is_said(out):
    (out / "rules").chmod(0)
    with pytest.raises(OutputError, match="cannot"):
        write_pages(PAGES, out)


def test_a_page_that_cannot_be_read_is_said(out, monkeypatch):
    def fail(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.read_bytes", fail)
    with pytest.raises(OutputError, match=r"cannot read .*Permission denied"):
        write_pages(PAGES, out)


def test_a_page_that_cannot_be_deleted_is_said(out, monkeypatch):
    def fail(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.unlink", fail)
    with pytest.raises(OutputError, match=r"cannot delete .*Permission denied"):
        write_pages(PAGES[:2], out)
