"""`rulepack reference`: what rulepack knows of ATT&CK and ECS."""

from __future__ import annotations

from pathlib import Path

import click

from rulepack.cli.options import project_option, say


@click.group()
def reference() -> None:
    """Show or update what rulepack knows of ATT&CK and ECS."""


@reference.command()
@project_option
def show(project_folder: Path | None) -> None:
    """Say which versions of ATT&CK and ECS the checks use."""
    from rulepack.project import find_project  # noqa: PLC0415 (not needed for --help)
    from rulepack.reference import Reference  # noqa: PLC0415 (the same)

    project = find_project(project_folder or Path.cwd())
    known = Reference(project.reference)
    say(f"MITRE ATT&CK {', '.join(known.attack.versions)}\nECS {known.ecs.version}")
    if project.reference.is_dir():
        say(f"with what is in {project.display(project.reference)}/")


@reference.command()
@click.option("--attack", metavar="FILE|URL", help="A STIX bundle of MITRE ATT&CK (enterprise-attack.json).")
@click.option("--ecs", metavar="FILE|URL", help="An ecs_flat.json or ecs_flat.ts of the Elastic Common Schema.")
@project_option
def update(attack: str | None, ecs: str | None, project_folder: Path | None) -> None:
    """Read newer data into the project's own folder, .rulepack/reference/, for this project's checks and pages.

    Commit that folder, so that everyone's run says the same.
    """
    from rulepack.project import find_project  # noqa: PLC0415 (not needed for --help)
    from rulepack.reference.update import update_attack, update_ecs  # noqa: PLC0415 (the same)

    if attack is None and ecs is None:
        raise click.UsageError("say what to read: --attack FILE|URL, --ecs FILE|URL, or both")
    folder = find_project(project_folder or Path.cwd()).reference
    if attack is not None:
        say(str(update_attack(attack, folder)))
    if ecs is not None:
        say(str(update_ecs(ecs, folder)))
