"""Options that lead to a Kibana, and the client made of them: the one place where secrets are read."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rulepack.cli.options import say
from rulepack.frozen import frozen

if TYPE_CHECKING:
    from rulepack.environment import Environment
    from rulepack.kibana import Client, Credentials
    from rulepack.project import Project

F = TypeVar("F", bound=Callable[..., Any])

API_KEY = "RULEPACK_API_KEY"
USERNAME = "RULEPACK_USERNAME"
PASSWORD = "RULEPACK_PASSWORD"  # noqa: S105 (the name of a variable)
_OPTIONS = (
    click.option("--env", "environment", metavar="NAME", envvar="RULEPACK_ENV", help="An environment of the settings."),
    click.option(
        "--url", metavar="URL", envvar="RULEPACK_URL", help="Kibana's address; goes before the environment's."
    ),
    click.option("--space", metavar="ID", help="The space; goes before the environment's.  [default: default]"),
    click.option(
        "--ca-file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        envvar="RULEPACK_CA_FILE",
        help="Certificates to trust, PEM.",
    ),
    click.option("--proxy", metavar="URL", envvar="RULEPACK_PROXY", help="A proxy on the way to Kibana."),
    click.option(
        "--insecure", is_flag=True, envvar="RULEPACK_INSECURE", help="Do not check TLS certificates. Anyone can listen."
    ),
    click.option(
        "--deadline",
        type=click.FloatRange(min=1),
        default=600.0,
        show_default=True,
        metavar="SECONDS",
        help="The longest that one call may take, with all its retries.",
    ),
)


@frozen
class Connection:
    """What the command line says about the way to Kibana; the pack has no say in it but for address and space."""

    environment: str | None
    url: str | None
    space: str | None
    ca_file: Path | None
    proxy: str | None
    insecure: bool
    deadline: float


def connection_options(function: F) -> F:
    """`--env`, `--url`, `--space`, `--ca-file`, `--proxy`, `--insecure` and `--deadline`, as one Connection."""

    def gathered(**options: Any) -> Any:
        names = ("environment", "url", "space", "ca_file", "proxy", "insecure", "deadline")
        connection = Connection(**{name: options.pop(name) for name in names})
        return function(connection=connection, **options)

    gathered.__name__, gathered.__doc__ = function.__name__, function.__doc__
    gathered.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
    decorated: Any = gathered
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    result: F = decorated
    return result


def choose(connection: Connection, project: Project) -> Environment:
    """The environment that is meant, with what the command line says laid over it."""
    from dataclasses import replace  # noqa: PLC0415 (not needed for --help)

    from rulepack.environment import Environment, wrong_address  # noqa: PLC0415 (the same)
    from rulepack.errors import ProjectError  # noqa: PLC0415 (the same)

    known = project.environments
    if connection.url is not None and (wrong := wrong_address(connection.url)):
        raise click.UsageError(f"--url {wrong}; use an address such as https://kibana.example.org:5601")
    if connection.environment is None:
        if connection.url is None:
            names = f"one of {', '.join(sorted(known))}" if known else "of [environments.NAME] in the settings"
            raise click.UsageError(f"say where: --url URL, or --env NAME ({names})")
        found = Environment("", connection.url.rstrip("/"))
    elif connection.environment not in known:
        from rulepack.likeness import closest  # noqa: PLC0415 (only on errors)

        near = closest(connection.environment, known)
        hint = f"did you mean {near}?" if near else f"there is {', '.join(sorted(known)) or 'none'}"
        raise ProjectError(f"there is no environment {connection.environment!r} in the settings", hint)
    else:
        found = known[connection.environment]
    if connection.url is not None:
        found = replace(found, url=connection.url.rstrip("/"))
    return replace(found, space=connection.space) if connection.space is not None else found


def connect(connection: Connection, environment: Environment) -> Client:
    """A client for an environment, with the credentials of the process's environment variables.

    An address that only the pack names gets them once somebody has said outside the pack that it is trusted.
    """
    from rulepack.cli.trust import require_trust  # noqa: PLC0415 (not needed for --help)
    from rulepack.kibana import Client, Transport  # noqa: PLC0415 (the same)
    from rulepack.report.plain import visible  # noqa: PLC0415 (the same)

    credentials = read_credentials(environment, os.environ)
    if connection.url is None and credentials is not None:
        require_trust(environment.url, f"the pack's environment {environment.name}")
    transport = Transport(
        ca_file=connection.ca_file,
        proxy=connection.proxy,
        verify=not connection.insecure,
        deadline=connection.deadline,
        threads=environment.concurrency,
    )
    if connection.insecure:
        say("warning: TLS certificates are not checked; whoever is on the way can read and change everything", err=True)
    client = Client(environment.url, credentials, space=environment.space, transport=transport)
    if credentials is None:
        say(f"warning: no credentials: none of {API_KEY} and {USERNAME} is set", err=True)
    if credentials is not None and client.exposes_credentials:
        say(f"warning: {visible(client.url)} is not https; the credentials go over the network unencrypted", err=True)
    return client


def read_credentials(environment: Environment, variables: Mapping[str, str]) -> Credentials | None:
    """The credentials that the variables hold; None when there are none. A variable that is named must be there."""
    from rulepack.errors import ProjectError  # noqa: PLC0415 (not needed for --help)
    from rulepack.kibana import Credentials  # noqa: PLC0415 (the same)

    for name in (environment.api_key_env, environment.username_env, environment.password_env):
        if name is not None and not variables.get(name):
            raise ProjectError(f"the variable {name}, which the settings name, is not set", f"export {name}=...")
    key = variables.get(environment.api_key_env or API_KEY, "").strip()
    user, password = (
        variables.get(one or other, "")
        for one, other in ((environment.username_env, USERNAME), (environment.password_env, PASSWORD))
    )
    if environment.username_env is None and key:
        return Credentials.api_key(key)
    if user and not password:
        raise ProjectError(f"{USERNAME} is set, and {PASSWORD} is not", f"export {PASSWORD}=..., or {API_KEY}=...")
    return Credentials.basic(user, password) if user else None
