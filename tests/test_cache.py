"""The cache: what is in it comes back, and whatever is wrong with it only costs time."""

import sqlite3
import stat
from pathlib import Path

import pytest

from rulepack.cache import Cache, cache_folder, digest_of

PROJECT = Path("/somewhere/pack")


def opened(folder, fingerprint="one"):
    return Cache(folder, PROJECT, fingerprint)


def kept(folder, fingerprint="one", **answers):
    cache = opened(folder, fingerprint)
    for file, answer in answers.items():
        cache.put(file, digest_of(file.encode()), answer)
    cache.save()
    return cache


def test_what_is_put_comes_back_for_the_same_content_only(tmp_path):
    kept(tmp_path, a="said")
    cache = opened(tmp_path)
    assert cache.get("a", digest_of(b"a")) == "said"
    assert cache.get("a", digest_of(b"b")) is None
    assert cache.get("b", digest_of(b"a")) is None


def test_an_answer_that_has_changed_on_the_disk_is_not_given(tmp_path):
    cache = kept(tmp_path, a='["process.name"]', b="said")
    with sqlite3.connect(cache.path) as database:
        database.execute("UPDATE said SET answer = '[1]' WHERE file = 'a'")
    database.close()
    assert opened(tmp_path).get("a", digest_of(b"a")) is None
    assert opened(tmp_path).get("b", digest_of(b"b")) == "said"


def test_another_fingerprint_forgets_everything(tmp_path):
    kept(tmp_path, a="said")
    assert opened(tmp_path, "two").get("a", digest_of(b"a")) is None
    kept(tmp_path, "two", b="said")
    assert opened(tmp_path).get("a", digest_of(b"a")) is None


def test_files_that_are_gone_are_forgotten_only_when_all_were_looked_at(tmp_path):
    kept(tmp_path, a="said", b="said")
    opened(tmp_path).save()
    assert opened(tmp_path).get("b", digest_of(b"b")) == "said"
    opened(tmp_path).save({"a"})
    assert opened(tmp_path).get("a", digest_of(b"a")) == "said"
    assert opened(tmp_path).get("b", digest_of(b"b")) is None


def test_projects_of_the_same_name_do_not_share(tmp_path):
    kept(tmp_path, a="said")
    assert Cache(tmp_path, Path("/elsewhere/pack"), "one").get("a", digest_of(b"a")) is None


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\x00" + b"\xff" * 2000], ids=repr)
def test_a_broken_cache_is_empty_and_is_made_anew(tmp_path, content):
    path = kept(tmp_path, a="said").path
    path.write_bytes(content)
    assert opened(tmp_path).get("a", digest_of(b"a")) is None
    kept(tmp_path, b="said")
    assert opened(tmp_path).get("b", digest_of(b"b")) == "said"


def test_foreign_tables_and_values_of_other_types_are_not_believed(tmp_path):
    path = kept(tmp_path, a="said").path
    with sqlite3.connect(path) as database:
        database.execute("INSERT OR REPLACE INTO said VALUES ('a', 'text', x'00')")
    database.close()
    assert opened(tmp_path).get("a", digest_of(b"a")) is None
    path.unlink()
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE said (other TEXT)")
    database.close()
    assert opened(tmp_path).get("a", digest_of(b"a")) is None
    kept(tmp_path, a="said")  # cannot be kept, and nothing is raised


def test_a_folder_that_cannot_be_written_to_is_no_trouble(tmp_path):
    (tmp_path / "file").write_text("")
    assert kept(tmp_path / "file" / "below", a="said").get("a", digest_of(b"a")) is None
    (tmp_path / "link").symlink_to(tmp_path / "nowhere" / "at all")
    kept(tmp_path / "link", a="said")


def test_a_cache_is_for_its_owner_only(tmp_path):
    path = kept(tmp_path / "new", a="said").path
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_cache_that_another_process_writes_to_is_still_read(tmp_path):
    path = kept(tmp_path, a="said").path
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    try:
        assert opened(tmp_path).get("a", digest_of(b"a")) == "said"
    finally:
        writer.close()


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"RULEPACK_CACHE_DIR": "/c", "XDG_CACHE_HOME": "/x"}, "/c"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/rulepack"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/h"}, None),
        ({"LOCALAPPDATA": "/local"}, "/local/rulepack"),
    ],
)
def test_where_caches_are(environment, folder):
    expected = Path(folder) if folder else Path.home() / ".cache" / "rulepack"
    assert cache_folder(environment) == expected
