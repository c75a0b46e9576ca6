"""Packages of a project: made, signed, and compared with others, with revisions and with what servers have."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from rulepack import __version__
from rulepack.epoch import named_moment
from rulepack.errors import GitError, OutputError, PackageError, ProjectError, RulepackError
from rulepack.exception_list import item_to_api
from rulepack.exception_list import to_api as list_to_api
from rulepack.frozen import frozen
from rulepack.git import find_repository
from rulepack.lock.check import check_lock, check_rule
from rulepack.lock.update import Locked
from rulepack.package.archive import archive_folder, moment
from rulepack.package.checkout import Checkout, content_paths
from rulepack.package.compare import Comparison, Side, compare, lists_of
from rulepack.package.make import Made as RuleMade
from rulepack.package.make import Payload
from rulepack.package.manifest import Manifest, PackagedList, PackagedRule, render
from rulepack.package.navigator import Mapped, layers
from rulepack.package.read import PackageFile, verify
from rulepack.package.write import CHANGELOG, MANIFEST, SUMS, Folder, Limits, put, replacing, write_rules
from rulepack.project import Project
from rulepack.stack import StackVersion

_TIMEOUT = 600
_DIGITS = 8
_LOOK = "`rulepack validate` says what is wrong with it"
_MOST_SIGNED = 1024**2
_PACK_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._+-]{0,63}")


class StaleLockError(RulepackError):
    """The lock is not as it must be, and a package would have wrong versions; `rulepack lock --check` says where."""

    def __init__(self) -> None:
        super().__init__("the lock is not up to date", "run `rulepack lock`, and commit rulepack.lock/")


class SignatureError(PackageError):
    """A package is not signed, or its signature is not accepted: it must not be used."""

    exit_code = 1


class ToolFailedError(OutputError):
    """A signer or verifier ran, and said no."""


@frozen
class Made:
    """A package that was made: its folder, its archive, and what is in it.

    `replaced` says that a package of that name was there before, with other content; `comparison` is what its changelog
    shows, if it begins with something.
    """

    folder: Path
    archive: Path
    manifest: Manifest
    bytes: int
    sums: str
    signatures: tuple[str, ...] = ()
    replaced: bool = False
    comparison: Comparison | None = None


@frozen(slots=False)
class Order:
    """What a package is to be: its version, the side that its changelog begins with, who signs it, how large parts are.

    `changelog` writes CHANGELOG.md of a manifest and of what changed (None without a side to begin with). `force` lets
    a signed package of the same name go that has other content.
    """

    changelog: Callable[[Manifest, Comparison | None], str]
    version: str | None = None
    since: Side | None = None
    signer: str | None = None
    maturity: tuple[str, ...] | None = None
    limits: Limits | None = None
    force: bool = False


def make_package(project: Project, out: Path, order: Order, environment: Mapping[str, str]) -> Made:
    """Write the package of a project to a folder below `out`, and its archive beside it; complete or not at all.

    Raises OutputError where that cannot be written, ProjectError where there is nothing to package, and StaleLockError
    where the lock is not up to date. The rules are taken as they are: whether they are right is for `validate` to say.
    """
    if order.signer is not None and not order.signer.strip():
        raise OutputError("the signer is empty", "name a command, or leave --sign out")
    if order.version is not None and _PACK_VERSION.fullmatch(order.version) is None:
        raise ProjectError(f"a package cannot have the version {order.version!r}", "use letters, digits, dots, - and _")
    _created(None, environment)
    checkout = Checkout(project)
    with replacing(out) as temporary:
        root = temporary / "package"
        root.mkdir()
        folder = Folder(root)
        contents = _Contents(checkout, order.maturity or project.maturity)
        rules = _write(contents, folder, order.limits)
        version = order.version or project.version or f"0-{folder.digest[:_DIGITS]}"
        manifest = _manifest(checkout, rules, tuple(contents.lists), version, environment)
        comparison = compare(order.since, _written_side(checkout, manifest)) if order.since is not None else None
        folder.write(CHANGELOG, order.changelog(manifest, comparison).encode("utf-8", "backslashreplace"))
        folder.write(MANIFEST, render(manifest).encode("utf-8", "backslashreplace"))
        folder.finish()
        place = out / manifest.name
        before = _Before.at(place)
        same = before is not None and before.sums == (root / SUMS).read_bytes()
        if before is not None and before.signatures:
            if not same and not order.force:
                message = f"{place} is there already, signed and with other content"
                raise OutputError(message, "give the package another --version; --force replaces the one that is there")
            if same and order.signer is None:
                # Its signature is as good for what was made now.
                before.copy_signatures(place, root)
        signatures = _sign(root, order.signer) if order.signer else before.signatures if before and same else ()
        archive = temporary / "package.zip"
        archive_folder(root, archive, manifest.name, moment(manifest.created))
        size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
        sums = hashlib.sha256((root / SUMS).read_bytes()).hexdigest()
        put((archive, out / f"{manifest.name}.zip"), (root, place))
    replaced = before is not None and not same
    return Made(place, out / f"{manifest.name}.zip", manifest, size, sums, signatures, replaced, comparison)


@frozen
class _Before:
    """The package that stands where a new one is to go: its checksums, and the files of its signatures."""

    sums: bytes
    signatures: tuple[str, ...]

    def copy_signatures(self, place: Path, into: Path) -> None:
        """Take its signatures over."""
        if not self.signatures:
            return
        damaged = OutputError(f"{place} is signed, but damaged", "remove it, or give the package another --version")
        found = verify(place if place.is_dir() else place.with_name(f"{place.name}.zip")).package
        if found is None:
            raise damaged
        for name in self.signatures:
            try:
                (into / name).write_bytes(found.files.read(name, _MOST_SIGNED))
            except ValueError:
                raise damaged from None

    @classmethod
    def at(cls, place: Path) -> _Before | None:
        """What stands there, as a folder or else as a .zip; None if that is no package."""
        try:
            signatures = tuple(sorted(path.name for path in place.glob(f"{SUMS}.*") if path.is_file()))
            return cls((place / SUMS).read_bytes(), signatures)
        except OSError:
            archive = place.with_name(f"{place.name}.zip")
            found = verify(archive).package if archive.is_file() else None
            return cls(found.rendered_sums, found.signatures) if found is not None else None


class _Contents:
    """The rules and exception lists of a project on their way into a package, and what is to be known of them after."""

    def __init__(self, checkout: Checkout, maturity: tuple[str, ...]) -> None:
        self.checkout = checkout
        self.maturity = maturity
        self.mapped: list[Mapped] = []
        self.lists: list[PackagedList] = []
        # Where each rule is, by rule_id.
        self.there: dict[str, str] = {}

    def objects(self) -> Iterator[tuple[str, Payload]]:
        """The exception lists and their items, each with how an index counts it."""
        for one in self.checkout.exception_lists():
            items = one.items or ()
            if any((one.list_id, one.namespace_type) == (other.list_id, other.namespace_type) for other in self.lists):
                raise ProjectError(f"the exception list {one.list_id} is there twice", "give one another list_id")
            self.lists.append(PackagedList(one.list_id, one.container.name, one.namespace_type, len(items)))
            yield "exception_lists", list_to_api(one)
            yield from (("exception_items", item_to_api(item, one)) for item in items)

    def rules(self) -> Iterator[tuple[PackagedRule, Callable[[StackVersion], Payload]]]:
        """The rules of the maturities that are wanted, and the deprecated ones.

        Raises StaleLockError, and ProjectError for a file that cannot be read and for a rule that is there twice: the
        settings can have it that `validate` does not mind.
        """
        for file, rule in self.checkout.files():
            if rule is None:
                raise ProjectError(f"{file} cannot be read, and a package without its rule would not be whole", _LOOK)
            other = self.there.setdefault(rule.rule_id, file)
            if other != file:
                raise ProjectError(f"{other} and {file} have the same rule_id", "give the copy one of its own")
            if rule.deprecated or rule.metadata.maturity in self.maturity:
                made = self.checkout.maker.make(rule)
                self._refuse_stale(made)
                if made.packaged.json:
                    self.mapped.append(Mapped.of(rule))
                yield made.packaged, made.body

    def _refuse_stale(self, made: RuleMade) -> None:
        lock = self.checkout.lock
        locked = Locked.of(made.rule, made.content)
        if lock.present and check_rule(lock, locked, self.checkout.project.versions) is not None:
            raise StaleLockError


def _write(contents: _Contents, folder: Folder, limits: Limits | None) -> tuple[PackagedRule, ...]:
    checkout = contents.checkout
    if checkout.lock.diagnostics:
        raise StaleLockError
    rules = tuple(write_rules(folder, checkout.project.stack, contents.objects(), contents.rules(), limits))
    if any(check_lock(checkout.lock, contents.there)):
        raise StaleLockError
    if not any(rule.json for rule in rules) and any(rule.fits for rule in rules):
        raise ProjectError("every rule is left out of every stack version", "`rulepack stacks` says why")
    if not any(rule.json for rule in rules):
        raise ProjectError(
            f"there is no rule to package: none has a maturity of {', '.join(contents.maturity)}",
            "`maturity` in the settings, or --maturity, says which rules are packaged",
        )
    for layer in layers(checkout.project.name, contents.mapped, checkout.reference.attack):
        folder.write(f"navigator/{layer.file}", layer.text().encode("utf-8", "backslashreplace"))
    return rules


def _manifest(
    checkout: Checkout,
    rules: tuple[PackagedRule, ...],
    lists: tuple[PackagedList, ...],
    version: str,
    environment: Mapping[str, str],
) -> Manifest:
    project, reference = checkout.project, checkout.reference
    commit, modified, time = _commit(project)
    return Manifest(
        project.name,
        version,
        project.stack,
        rules,
        lists,
        rulepack=__version__,
        reference={
            "attack": ", ".join(reference.attack.versions),
            "ecs": reference.ecs.version,
            "fingerprint": reference.fingerprint,
        },
        commit=commit,
        modified=modified,
        created=_created(time, environment),
    )


def _commit(project: Project) -> tuple[str | None, bool, int | None]:
    """The commit that a project is at, whether anything that goes into a package differs from it, and its time."""
    try:
        repository = find_repository(project.root)
        commit = repository.commit()
        paths = content_paths(project)
        changed = [repository.root / file for file in repository.changed(*paths)]
        # With `rules = "."`, what was packaged before is below the rules, too.
        content = [path for path in changed if path.suffix.lower() == ".toml" or _is_in(path, paths, project.rules)]
        return commit, bool(content), repository.time(commit)
    except GitError:
        # A pack need not be in git; then its package names no commit.
        return None, False, None


def _is_in(path: Path, folders: tuple[Path, ...], besides: tuple[Path, ...]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders if folder not in besides)


def _created(time: int | None, environment: Mapping[str, str]) -> str | None:
    """When a package says that it was made: SOURCE_DATE_EPOCH, or the time of its commit; never the time of day."""
    at = named_moment(environment)
    if at is None and time is not None:
        # git takes years that no calendar has.
        with suppress(ValueError, OverflowError, OSError):
            at = datetime.fromtimestamp(time, UTC)
    return at.isoformat() if at is not None else None


def _written_side(checkout: Checkout, manifest: Manifest) -> Side:
    rules = {rule.rule_id: rule for rule in manifest.rules}
    return Side(manifest.name, rules, checkout.body, manifest.stack, lists=lists_of(checkout.list_objects()))


def _sign(root: Path, command: str) -> tuple[str, ...]:
    """Have a command sign the checksums: it is given the file's name, and writes SHA256SUMS.something beside it.

    If it writes no file, what it writes to its standard output becomes SHA256SUMS.sig. Raises OutputError if it fails,
    signs nothing, or leaves anything else behind.
    """
    hint = f"it must write {SUMS}.sig, {SUMS}.asc or the like, or its signature to stdout"
    done = run_tool(command, [SUMS], root, "the signer")
    if not any(root.glob(f"{SUMS}.*")) and done.stdout.strip():
        (root / f"{SUMS}.sig").write_bytes(done.stdout)
    found = verify(root)
    if found.package is None:
        first = found.diagnostics[0]
        name = first.span.file.removeprefix(str(root)).lstrip("/")
        raise OutputError(f"the signer spoiled the package: {name and f'{name}: '}{first.message}", hint)
    signatures = found.package.signatures
    sizes = [(root / name).stat().st_size for name in signatures]
    if not all(sizes) or not sizes:
        raise OutputError("the signer wrote nothing", hint)
    if max(sizes) > _MOST_SIGNED:
        raise OutputError(f"the signer wrote {max(sizes):,} bytes, which is no signature", hint)
    return signatures


def check_signatures(package: PackageFile, command: str) -> None:
    """Have a command check each signature of a package: it is given the signature's file and that of the checksums.

    Raises SignatureError where there is no signature, or the command does not accept one, and OutputError where it
    cannot be run.
    """
    name = package.manifest.name
    if not package.signatures:
        raise SignatureError(f"{name} is not signed", "do not use it; ask for a signed one where it was published")
    with tempfile.TemporaryDirectory(prefix="rulepack-") as temporary:
        folder = Path(temporary)
        # The checksums that were verified, not what stands in the file by now.
        (folder / SUMS).write_bytes(package.rendered_sums)
        for file in package.signatures:
            try:
                (folder / file).write_bytes(package.files.read(file, _MOST_SIGNED))
            except ValueError as error:
                raise SignatureError(f"the signature {file} of {name} is none: {error}", "do not use it") from None
        for signature in package.signatures:
            try:
                run_tool(command, [signature, SUMS], folder, "the verifier")
            except ToolFailedError as error:
                raise SignatureError(
                    f"the signature {signature} of {name} is not accepted: {error.message}",
                    "do not use the package, unless the verifier says that it only lacks the publisher's key",
                ) from None


def run_tool(command: str, arguments: list[str], folder: Path, what: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command that somebody named outside of the pack; raises OutputError where it fails."""
    try:
        words = shlex.split(command)
        if "/" in (words or [""])[0]:
            # It runs in another folder than where it was named.
            words[0] = os.path.abspath(words[0])  # noqa: PTH100 (keeps links)
        done = subprocess.run(  # noqa: S603 (the user's own command, from the command line or the environment)
            [*words, *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except (ValueError, OSError, subprocess.TimeoutExpired) as error:
        reason = getattr(error, "strerror", None) or str(error)
        # Not the whole command: a password may be in it.
        program = command.split(maxsplit=1)[0] if command.strip() else command
        raise OutputError(f"{what} cannot be run: {program!r}: {reason}", "check the command") from None
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        detail = f": {said[-1]}" if said else ""
        raise ToolFailedError(
            f"{what} ended with {done.returncode}{detail}",
            "it runs in a folder of its own: files that it needs are named in full",
        )
    return done
