"""The .zip of a package: nothing of the machine that it was made on is in it."""

import io
import os
import zipfile

import pytest
from support.packages import make, members

from rulepack.package.archive import archive_folder, moment, write_archive


@pytest.mark.parametrize(
    ("created", "at"),
    [
        (None, (1980, 1, 1, 0, 0, 0)),
        ("2026-01-31T10:20:31+00:00", (2026, 1, 31, 10, 20, 30)),
        ("1969-12-31T23:59:59+00:00", (1980, 1, 1, 0, 0, 0)),
        ("2107-12-31T23:59:59+00:00", (2107, 12, 31, 23, 59, 58)),
        ("2108-01-01T00:00:00+00:00", (1980, 1, 1, 0, 0, 0)),
    ],
)
def test_files_are_as_old_as_the_manifest_says_where_an_archive_can_say_that(created, at):
    assert moment(created) == at


def test_the_same_files_give_the_same_bytes_whatever_their_rights_age_and_order(tmp_path):
    archives = []
    for number, names in enumerate((["b", "a/c", "a/b"], ["a/b", "b", "a/c"])):
        folder = tmp_path / str(number)
        for name in names:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)
            path.chmod(0o600 if number else 0o755)
            os.utime(path, (number, number))
        archive_folder(folder, tmp_path / f"{number}.zip", "top", moment(None))
        archives.append((tmp_path / f"{number}.zip").read_bytes())
    assert archives[0] == archives[1]
    assert list(members(tmp_path / "0.zip")) == ["top/a/b", "top/a/c", "top/b"]


def test_an_archive_is_one_that_every_tool_unpacks(tmp_path):
    made = make(tmp_path / "p")
    with zipfile.ZipFile(made.archive) as archive:
        assert archive.testzip() is None
        infos = archive.infolist()
    assert {info.compress_type for info in infos} == {zipfile.ZIP_STORED}
    assert {info.external_attr >> 16 for info in infos} == {0o100644}
    assert {info.create_system for info in infos} == {3}
    assert {info.extra for info in infos} == {b""}
    assert {info.filename.partition("/")[0] for info in infos} == {made.folder.name}


def test_no_file_is_an_empty_archive():
    out = io.BytesIO()
    write_archive(out, [], moment(None))
    assert out.getvalue() == b"PK\5\6" + bytes(18)
