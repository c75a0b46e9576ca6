"""What git knows: commits, files as they were, what is not committed. Only ever reads, but for one settings file."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from rulepack.errors import GitError
from rulepack.frozen import frozen

_TIMEOUT = 120
_OF_HOOKS = frozenset(("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"))
# How a tree lists a regular file; links and submodules are no rules.
_REGULAR = ("100644", "100755")
_FETCH = "fetch the whole history: `git fetch --unshallow`, or `fetch-depth: 0` in a workflow"


# What begins a commit, and stands between its parts, in the log as we ask for it.
_COMMIT, _BETWEEN = b"\x02", b"\x1f"
_CHUNK = 1 << 16


@frozen
class FileChange:
    """A file that a commit made, changed, renamed or removed: its path, and the ids of its content.

    `old_path` is its path before; `old` is empty for a file that is new, `new` for one that is gone.
    """

    path: str
    old_path: str
    old: str
    new: str


@frozen
class Commit:
    """A commit: its id, when it was made (seconds since 1970), the first line of its message, and what it changed."""

    id: str
    time: int
    subject: str
    changes: tuple[FileChange, ...] = ()


@frozen
class Repository:
    """A work tree: its top folder."""

    root: Path

    def commit(self, revision: str = "HEAD") -> str:
        """The full id of a commit; raises GitError for what names none."""
        done = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", check=False)
        if done.returncode == 0:
            return done.stdout.decode().strip()
        if self.shallow:
            raise GitError(f"git knows no commit {revision!r} in this shallow clone", _FETCH)
        raise GitError(f"git knows no commit {revision!r}", "name a commit, a branch or a tag; `git branch -a` lists")

    @property
    def shallow(self) -> bool:
        """Whether the clone lacks a part of the history."""
        return self._run("rev-parse", "--is-shallow-repository").stdout.strip() == b"true"

    def time(self, commit: str) -> int:
        """When a commit was made: seconds since 1970."""
        return int(
            self._run("show", "-s", "--no-show-signature", "--format=%ct", "--end-of-options", commit).stdout.strip()
        )

    def changed(self, *paths: Path) -> tuple[str, ...]:
        """The files below some paths that are not as HEAD has them, relative to the work tree; sorted.

        Also those that git is told to ignore: the commit does not have them.
        """
        names = [self._name(path) for path in paths]
        how = ("--porcelain=v1", "-z", "--untracked-files=all", "--ignored=traditional", "--no-renames")
        out = self._run("status", *how, "--", *names).stdout
        return tuple(sorted(os.fsdecode(line[3:]) for line in out.split(b"\0") if line))

    def files(self, commit: str, *folders: Path) -> Iterator[tuple[str, bytes]]:
        """The regular files below some folders as a commit has them: path relative to the work tree, and content.

        With no folder, all files. Folders that the commit does not have give nothing.
        """
        wanted = list(self._tree(commit, folders))
        if not wanted:
            return
        ids = b"\n".join(blob for _, blob in wanted) + b"\n"
        contents = self._run("cat-file", "--batch", stdin=ids).stdout
        place = 0
        for path, blob in wanted:
            end = contents.index(b"\n", place)
            head = contents[place:end].split()
            if len(head) != 3:  # noqa: PLR2004 (id, type and size; a missing object says so in two)
                raise GitError(f"git lacks the object {blob.decode()}", _FETCH)
            size = int(head[2])
            yield os.fsdecode(path), contents[end + 1 : end + 1 + size]
            place = end + 1 + size + 1

    def tree(self, commit: str, *folders: Path) -> dict[str, str]:
        """The same files, each with the id of its content."""
        return {os.fsdecode(path): blob.decode() for path, blob in self._tree(commit, folders)}

    def _tree(self, commit: str, folders: tuple[Path, ...]) -> Iterator[tuple[bytes, bytes]]:
        names = [self._name(folder) for folder in folders]
        # Behind the end of options, ls-tree would take "--" for a path.
        listed = self._run("ls-tree", "-r", "-z", "--full-tree", "--end-of-options", commit, *names).stdout
        for line in listed.split(b"\0") if listed else ():
            head, _, path = line.partition(b"\t")
            if head[:6].decode() in _REGULAR:
                yield path, head.split()[2]

    def log(self, commit: str, *folders: Path) -> Iterator[Commit]:
        """The commits that lead to one and changed files below some folders, the newest first, renames told.

        What a branch brought is its merge's change: so each file has one state after the other.
        """
        how = (
            "--first-parent",
            "-m",
            "--raw",
            "--no-abbrev",
            "-z",
            "-M",
            "-l5000",
            "--no-show-signature",
            "--no-color",
        )
        form = "--format=%x02%H%x1f%ct%x1f%s"
        names = [self._name(folder) for folder in folders]
        arguments = ("log", *how, "--no-ext-diff", "--no-notes", form, "--end-of-options", commit, "--", *names)
        with _piped(self.root, *arguments) as (process, _, out):
            yield from _commits(_records(out))
            if process.wait() != 0:
                raise GitError(f"git log of {commit[:12]} ended with {process.returncode}", _FETCH)

    @contextmanager
    def contents(self) -> Iterator[Callable[[str], bytes]]:
        """What gives the content of a file by its id, one after the other, from one process."""
        with _piped(self.root, "cat-file", "--batch") as (_, to_git, out):

            def read(blob: str) -> bytes:
                to_git.write(f"{blob}\n".encode())
                to_git.flush()
                head = out.readline().split()
                if len(head) != 3:  # noqa: PLR2004 (id, type and size; a missing object says so in two)
                    raise GitError(f"git lacks the object {blob}", _FETCH)
                content = out.read(int(head[2]) + 1)
                return content[:-1]

            yield read

    def merge_base(self, one: str, other: str) -> str:
        """The last commit that two commits have in common; raises GitError if there is none, or it was not fetched."""
        done = self._run("merge-base", one, other, check=False)
        if done.returncode == 0:
            return done.stdout.decode().strip()
        hint = _FETCH if self.shallow else "name a revision that shares its history"
        raise GitError(f"{one[:12]} and {other[:12]} have no commit in common here", hint)

    def _name(self, path: Path) -> str:
        """A path relative to the work tree, as git has it, with nothing in it that would stand for other paths."""
        relative = Path(os.path.relpath(path, self.root))
        return f":(top,literal){PurePosixPath(relative.as_posix())}" if relative != Path() else ":(top)"

    def _run(
        self, *arguments: str, check: bool = True, stdin: bytes | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        return _git(self.root, *arguments, check=check, stdin=stdin)


def find_repository(folder: Path) -> Repository:
    """The work tree that a folder is in; raises GitError where there is none, or no git."""
    done = _git(folder, "rev-parse", "--show-toplevel", check=False)
    if done.returncode == 0:
        return Repository(Path(os.fsdecode(done.stdout.rstrip(b"\n"))))
    said = done.stderr.decode("utf-8", "replace").strip()
    if "must be run in a work tree" in said:
        raise GitError(f"{folder} is in a bare repository, which has no files", "use a clone of it")
    if "dubious ownership" in said:
        raise GitError(
            f"git refuses {folder}, which belongs to somebody else",
            "run `git config --global --add safe.directory` for it",
        )
    raise GitError(f"{folder} is in no git repository", "run `git init` there, or name what needs no git")


def _records(out: IO[bytes]) -> Iterator[bytes]:
    """What stands between NULs."""
    left = b""
    while chunk := out.read(_CHUNK):
        *whole, left = (left + chunk).split(b"\0")
        yield from whole
    if left:
        yield left


def _commits(records: Iterator[bytes]) -> Iterator[Commit]:
    head: list[bytes] | None = None
    changes: list[FileChange] = []
    for record in records:
        found = record.lstrip(b"\n")
        if found.startswith(_COMMIT):
            if head is not None:
                yield _commit(head, changes)
            head, changes = found[1:].split(_BETWEEN, 2), []
        elif found.startswith(b":"):
            old_mode, mode, old, new, status = found[1:].decode().split()
            old_path = os.fsdecode(next(records))
            path = os.fsdecode(next(records)) if status[0] in "RC" else old_path
            # Links and submodules are no rules: to us, they are not there.
            known = [one if kind in _REGULAR else "" for one, kind in ((old, old_mode), (new, mode))]
            changes.append(FileChange(path, old_path, *known))
    if head is not None:
        yield _commit(head, changes)


def _commit(head: list[bytes], changes: list[FileChange]) -> Commit:
    commit, time, subject = head
    return Commit(commit.decode(), int(time), subject.decode("utf-8", "replace").strip(), tuple(changes))


@contextmanager
def _piped(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes], IO[bytes]]]:
    """A git that runs as long as it is needed, what it reads, and what it writes."""
    process = subprocess.Popen(  # noqa: S603 (as below)
        _command(arguments),
        cwd=folder,
        env=_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process, process.stdin, process.stdout
    except BrokenPipeError as error:
        raise GitError(f"git {arguments[0]} ended early", "check that `git status` works there") from error
    finally:
        process.stdin.close()
        process.stdout.close()
        if process.poll() is None:
            process.terminate()
        process.wait()


def _command(arguments: tuple[str, ...]) -> list[str]:
    return ["git", "-c", "core.quotepath=off", "-c", "core.fsmonitor=false", *arguments]


def _environment() -> dict[str, str]:
    # A hook has these set, for the repository that it runs in, and git would look there.
    kept = {name: value for name, value in os.environ.items() if name not in _OF_HOOKS}
    return {**kept, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}


def _git(
    folder: Path, *arguments: str, check: bool = True, stdin: bytes | None = None
) -> subprocess.CompletedProcess[bytes]:
    try:
        done = subprocess.run(  # noqa: S603 (a list, no shell; what comes from outside stands behind --end-of-options)
            _command(arguments),
            cwd=folder,
            env=_environment(),
            input=stdin or b"",
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except FileNotFoundError as error:
        if not folder.is_dir():
            raise GitError(f"there is no folder {folder}", "check the path") from error
        raise GitError("git is not installed, or not on the PATH", "install git, or name what needs no git") from error
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:  # ValueError: a NUL in an argument
        raise GitError(f"git does not run: {error}", "check that `git status` works there") from error
    if check and done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"it ended with {done.returncode}"]
        raise GitError(f"git {arguments[0]}: {said[0].removeprefix('fatal: ')}", "check that `git status` works there")
    return done
