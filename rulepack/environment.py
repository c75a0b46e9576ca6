"""Environment: a Kibana that the pack's settings name, [environments.NAME]; never with a secret in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from rulepack.fields import Choice, Many, Text, Whole
from rulepack.frozen import frozen
from rulepack.schema import Path, key, keys, model, parse

ENABLE_NEW = ("never", "file", "always")
MATURITIES = ("development", "experimental", "beta", "production")
MAX_CONCURRENCY = 32
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
# What is in the names that people use when they mean to put a secret into the file.
_SECRET = re.compile(r"key|token|user|login|pass|pwd|secret|auth|bearer|credential|header", re.IGNORECASE)
# From here on, letters of both cases with digits look like a secret and not like a name.
_LONG = 16
_VARIABLE_HINT = "give the name of an environment variable, such as KIBANA_API_KEY"


@model
class _Environment:
    """The table [environments.NAME]."""

    url: str = key(Text(empty=False, required=True, hint="such as https://kibana.example.org"), "Kibana's address.")
    space: str | None = key(Text(pattern=re.compile(r"[a-z0-9_-]+"), hint="the space's id, not its name"), "The space.")
    api_key_env: str | None = key(Text(), "The variable with the API key.")
    username_env: str | None = key(Text(), "The variable with the user's name.")
    password_env: str | None = key(Text(), "The variable with the password.")
    concurrency: int | None = key(Whole(least=1, most=MAX_CONCURRENCY), "How many requests at a time; 8 by default.")
    maturity: tuple[str, ...] | None = key(Many(Choice(*MATURITIES), least=1), "Which rules are deployed.")
    enable_new: str | None = key(Choice(*ENABLE_NEW), "Which new rules are enabled; `file` by default.")


@frozen
class Environment:
    """A Kibana and its space, and the names of the variables that hold the credentials."""

    name: str
    url: str
    space: str = "default"
    api_key_env: str | None = None
    username_env: str | None = None
    password_env: str | None = None
    concurrency: int = 8
    maturity: tuple[str, ...] | None = None
    enable_new: str = "file"


def parse_environment(name: str, table: Any) -> Environment | list[tuple[Path, str, str | None]]:
    """An environment, or what is wrong with its table: path, message and hint of each problem."""
    if not isinstance(table, Mapping):
        return [((), f"environments.{name} must be a table", "write [environments.NAME]")]
    problems = list(_problems(table))
    found, shape = parse(_Environment, {one: value for one, value in table.items() if not _is_secret(one)})
    problems += [(path, problem.message, problem.hint) for path, problem in shape]
    if problems or found is None:
        return problems
    return Environment(
        name,
        found.url.rstrip("/"),
        found.space or "default",
        found.api_key_env,
        found.username_env,
        found.password_env,
        found.concurrency or 8,
        found.maturity,
        found.enable_new or "file",
    )


def _problems(table: Mapping[str, Any]) -> Iterator[tuple[Path, str, str | None]]:
    for name in table:
        if _is_secret(name):
            hint = "name an environment variable in api_key_env, or in username_env and password_env"
            yield (name,), f"credentials do not belong into a file, so {name} is refused", hint
    for name in ("api_key_env", "username_env", "password_env"):
        value = table.get(name)
        if isinstance(value, str) and (_VARIABLE.fullmatch(value) is None or _looks_secret(value)):
            # The value is not repeated: it may well be the secret itself.
            yield (name,), f"{name} is not the name of an environment variable", _VARIABLE_HINT
    if isinstance(table.get("url"), str):
        wrong = wrong_address(table["url"])
        if wrong:
            yield ("url",), f"url {wrong}", "use an address such as https://kibana.example.org:5601"
    if ("username_env" in table) != ("password_env" in table):
        yield (), "username_env and password_env belong together", "name both, or api_key_env"
    elif {"api_key_env", "username_env"} <= table.keys():
        yield ("api_key_env",), "there is a user and an API key, of which only one can count", "take one of them out"


def _is_secret(name: str) -> bool:
    """Whether a key of the table is meant for a secret itself and not for the name of its variable."""
    return name not in keys(_Environment) and not name.endswith("_env") and _SECRET.search(name) is not None


def _looks_secret(value: str) -> bool:
    """Whether what could be the name of a variable is more likely the secret that belongs into one."""
    mixed = value != value.lower() and value != value.upper()
    return mixed and len(value) >= _LONG and any(letter.isdigit() for letter in value)


def wrong_address(url: str) -> str | None:
    """What is wrong with an address of Kibana; None if nothing is."""
    try:
        parts = urlsplit(url)
        port_ok = parts.port is None or parts.port > 0
    except ValueError:
        return "is not a web address"
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_ok:
        return "is not a web address"
    if parts.username is not None or parts.password is not None:
        return "holds credentials"
    if parts.query or parts.fragment:
        return "has a query or a fragment"
    return None
