"""What git knows: commits, files as they were, what is not committed. Only ever reads, but for one settings file."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from rulepack.errors import GitError
from rulepack.frozen import frozen

_TIMEOUT = 120
_OF_HOOKS = frozenset(("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"))
# How a tree lists a regular file; links and submodules are no rules.
_REGULAR = ("100644", "100755")
_FETCH = "fetch the whole history: `git fetch --unshallow`, or `fetch-depth: 0` in a workflow"


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
        names = [self._name(folder) for folder in folders]
        # Behind the end of options, ls-tree would take "--" for a path.
        listed = self._run("ls-tree", "-r", "-z", "--full-tree", "--end-of-options", commit, *names).stdout
        rows = [line.partition(b"\t") for line in listed.split(b"\0") if line]
        wanted = [(path, head.split()[2]) for head, _, path in rows if head.split()[0].decode() in _REGULAR]
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


def _git(
    folder: Path, *arguments: str, check: bool = True, stdin: bytes | None = None
) -> subprocess.CompletedProcess[bytes]:
    # A hook has these set, for the repository that it runs in, and git would look there.
    kept = {name: value for name, value in os.environ.items() if name not in _OF_HOOKS}
    environment = {**kept, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    command = ["git", "-c", "core.quotepath=off", "-c", "core.fsmonitor=false", *arguments]
    try:
        done = subprocess.run(  # noqa: S603 (a list, no shell; what comes from outside stands behind --end-of-options)
            command, cwd=folder, env=environment, input=stdin or b"", capture_output=True, timeout=_TIMEOUT, check=False
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
