"""`rulepack reference`: what rulepack knows of ATT&CK, ECS, integrations and Beats."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rulepack.cli.options import project_option, say

if TYPE_CHECKING:
    from rulepack.project import Project
    from rulepack.reference import Reference


@click.group()
def reference() -> None:
    """Show or update what rulepack knows of ATT&CK, ECS, integrations and Beats."""


@reference.command()
@project_option
def show(project_folder: Path | None) -> None:
    """Say which versions of ATT&CK, ECS, integration packages and Beats the checks use."""
    from rulepack.project import find_project  # noqa: PLC0415 (not needed for --help)
    from rulepack.reference import Reference  # noqa: PLC0415 (the same)

    project = find_project(project_folder or Path.cwd())
    known = Reference.of(project)
    say(f"MITRE ATT&CK {', '.join(known.attack.versions)}\nECS {known.ecs.version}")
    for line in _lines(project, known):
        say(line)
    if project.reference.is_dir():
        say(f"with what is in {project.display(project.reference)}/")


@reference.command()
@click.option("--attack", metavar="FILE|URL", help="A STIX bundle of MITRE ATT&CK (enterprise-attack.json).")
@click.option("--ecs", metavar="FILE|URL", help="An ecs_flat.json or ecs_flat.ts of the Elastic Common Schema.")
@click.option(
    "--integrations",
    metavar="URL|FOLDER|FILE",
    multiple=True,
    help="A package registry, a folder of packages, or a file of them. Can be given several times.",
)
@click.option("--beats", metavar="FILE|URL", help="The fields of Beats, as detection-rules has them (9.4.4.json.gz).")
@project_option
def update(
    attack: str | None, ecs: str | None, integrations: tuple[str, ...], beats: str | None, project_folder: Path | None
) -> None:
    """Read newer data into the project's own folder, .rulepack/reference/, for this project's checks and pages.

    Of a package registry, the packages are read that the project's rules use, in the versions that run on its stack
    versions. Commit that folder, so that everyone's run says the same.
    """
    from rulepack.project import find_project  # noqa: PLC0415 (not needed for --help)
    from rulepack.reference import Reference  # noqa: PLC0415 (the same)
    from rulepack.reference.update import update_attack, update_ecs  # noqa: PLC0415 (the same)
    from rulepack.reference.update_fields import is_registry, update_beats, update_integrations  # noqa: PLC0415 (the same)

    if attack is None and ecs is None and not integrations and beats is None:
        raise click.UsageError(
            "say what to read: --attack FILE|URL, --ecs FILE|URL, --integrations URL|FOLDER|FILE, --beats FILE|URL, "
            "or several"
        )
    project = find_project(project_folder or Path.cwd())
    folder = project.reference
    if attack is not None:
        say(str(update_attack(attack, folder)))
    if ecs is not None:
        say(str(update_ecs(ecs, folder)))
    if integrations:
        packages = _packages_of(project) if any(map(is_registry, integrations)) else ()
        known = Reference.of(project).ecs
        say(str(update_integrations(integrations, folder, known, packages=packages, stacks=project.stack)))
    if beats is not None:
        say(str(update_beats(beats, folder)))


def _packages_of(project: Project) -> frozenset[str]:
    """The packages that the project's rules name in their metadata, and by their index patterns."""
    from rulepack.loader import load  # noqa: PLC0415 (not needed for --help)
    from rulepack.query import parse  # noqa: PLC0415 (the same)
    from rulepack.reference.catalog import package_of  # noqa: PLC0415 (the same)
    from rulepack.rule.esql import EsqlRule  # noqa: PLC0415 (the same)

    named: set[str | None] = set()
    for rule in load(project).rules:
        named.update(rule.metadata.integrations)
        named.update(package_of(pattern) for pattern in getattr(rule, "index", None) or ())
        if isinstance(rule, EsqlRule):
            # It names its indices itself.
            named.update(package_of(pattern) for pattern, _, _ in parse("esql", rule.query).indices)
    return frozenset(name for name in named if name)


def _lines(project: Project, known: Reference) -> Iterator[str]:
    """What the project has read in, and its own field files."""
    for name in known.integrations.names:
        package = known.integrations.package(name)
        dated = f", as of {package.dated}" if package.dated else ""
        yield f"package {name} {', '.join(package.versions)}: {package.count} fields{dated}"
    if not known.integrations.names:
        yield "no packages: `rulepack reference update --integrations URL|FOLDER|FILE` reads the fields of integrations"
    if manifests := known.integrations.manifests.packages:
        yield f"manifests of {len(manifests)} packages"
    if beats := known.integrations.beats:
        names = sorted({beat for each in beats.versions.values() for beat in each})
        yield f"Beats {', '.join(beats.versions)}: {', '.join(names)}"
    for path in known.own.files:
        label = project.display(path)
        patterns = [each.pattern for each in known.own.indices if each.label == label]
        yield f"{label}: fields of {', '.join(patterns) or 'no index'}"
