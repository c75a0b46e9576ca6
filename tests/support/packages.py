"""Packages of sample rules: made, forged with checksums that are right, and read back."""

import hashlib
import json
import shutil
import zipfile

from rulepack import packaging
from rulepack.package.archive import archive_folder
from rulepack.package.read import verify
from rulepack.project import find_project
from rulepack.report.comparison_markdown import changelog
from support.samples import EXCEPTIONS, RULE, make_pack

SETTINGS = 'name = "acme"\nstack = ["9.3"]\n'
TINY = "acme-1.0"


def package(root, *, out="dist", environment=None, **order):
    """Package a project that is there; version 1.0 unless told otherwise."""
    wanted = packaging.Order(changelog, **{"version": "1.0", **order})
    return packaging.make_package(find_project(root), root / out, wanted, environment or {})


def make(root, *texts, settings=SETTINGS, files=None, **order):
    """A project with rules, and the package of it."""
    root.mkdir(exist_ok=True)
    make_pack(root, *(texts or () if files else texts or (RULE,)), settings=settings, **(files or {}))
    return package(root, **order)


def whole(root):
    """A package with everything in it: two stack versions, an exception list, a deprecated rule, one left out."""
    gone = RULE.replace('"production"', '"deprecated"\ndeprecated_reason = "noisy"').replace("0001", "0002")
    late = RULE.replace("0000001", "0000003").replace('"Sample"', '"Late"')
    late = late.replace('maturity = "prod', 'min_stack_version = "9.5"\nmaturity = "prod')
    return make(
        root,
        settings='name = "acme"\nstack = ["9.3", "9.5"]\n',
        files={"a": RULE, "b": gone.replace('"Sample"', '"Gone"'), "c": late, "lists": EXCEPTIONS},
    )


def seal(folder):
    """Make the checksums of a folder those of what is in it, as whoever forges a package would."""
    rows = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith("SHA256SUMS"):
            rows[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    text = "".join(f"{digest}  {name}\n" for name, digest in sorted(rows.items()))
    (folder / "SHA256SUMS").write_text(text, encoding="utf-8")


def forge(folder, name, change):
    """Change a JSON file by a function of its data, or set its bytes, and seal the package again."""
    path = folder / name
    if callable(change):
        data = json.loads(path.read_text(encoding="utf-8"))
        change(data)
        path.write_text(f"{json.dumps(data)}\n", encoding="utf-8")
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(change)
    seal(folder)


def copy(made, target):
    """A copy of a package's folder, to do something to."""
    shutil.copytree(made.folder, target / made.folder.name)
    return target / made.folder.name


def zipped(folder, at=(1980, 1, 1, 0, 0, 0)):
    """The archive of a folder, as rulepack writes it."""
    target = folder.with_name(f"{folder.name}.zip")
    archive_folder(folder, target, folder.name, at)
    return target


def members(path):
    """The files of an archive: names and contents."""
    with zipfile.ZipFile(path) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def write_zip(target, files, **more):
    """An archive of files by name, as anybody could write it."""
    with zipfile.ZipFile(target, "w", **more) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name) if isinstance(name, str) else name, content)
    return target


def said(path):
    """What verifying says: code, file within the package, message."""
    found = verify(path)
    assert (found.package is None) == bool(found.diagnostics)
    start = str(path)
    return [(one.code.id, one.span.file.removeprefix(start).lstrip("/"), one.message) for one in found.diagnostics]


def contents(folder):
    """Every file of a folder: names and contents."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }
