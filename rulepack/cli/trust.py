"""Which hosts may get credentials: said outside the pack, since a pull request can change what the pack says."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import click

from rulepack.errors import TargetError
from rulepack.files import write_text
from rulepack.report.plain import visible

VARIABLE = "RULEPACK_TRUSTED_HOSTS"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_DEFAULT_PORTS = {"https": 443, "http": 80}


class UntrustedError(TargetError):
    """Credentials were about to go to a host that only the pack names."""


def user_file() -> Path:
    """The user's own list of trusted hosts, one on a line."""
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")  # noqa: PTH111, PTH118
    return Path(base) / "rulepack" / "trusted-hosts"


def require_trust(url: str, named_in: str) -> None:
    """Return if an address that the pack names may get credentials; ask on a terminal, else raise UntrustedError.

    `named_in` says where the address comes from. A host is trusted by RULEPACK_TRUSTED_HOSTS or the user's own list:
    `kibana.example.org` stands for any port over https; `kibana.example.org:5601` for that port; an address with
    `http://` allows http, which is otherwise refused except on this machine.
    """
    parts = urlsplit(url)
    if any(_matches(entry, parts) for entry in _trusted()):
        return
    # The pack's words: letters that only look like those of a known host are spelled out.
    netloc = visible(parts.netloc).encode("ascii", "backslashreplace").decode()
    shown, named_in = f"{parts.scheme}://{netloc}", visible(named_in)
    if has_terminal():
        click.echo(f"{named_in} names {shown}, which you have not used from here before.", err=True)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            click.echo("It is not https: everybody on the way there can read them.", err=True)
        if click.confirm("Send your credentials there?", default=False, err=True):
            _remember(f"{parts.scheme}://{parts.netloc}")
            return
    entry = netloc if parts.scheme == "https" else shown
    raise UntrustedError(
        f"{named_in} names {shown}, and credentials only go to hosts that are named outside the pack",
        f"if it is yours, set {VARIABLE}={entry}, or give the address with --url",
    )


def has_terminal() -> bool:
    """Whether there is somebody to ask."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def _trusted() -> list[str]:
    """Every trusted entry, from the environment and from the user's own file."""
    entries = os.environ.get(VARIABLE, "").replace(",", " ").split()
    try:
        lines = user_file().read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        lines = []
    return entries + [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _matches(entry: str, parts: SplitResult) -> bool:
    """Whether an entry names the host of an address, with a scheme that does not give the credentials away."""
    try:
        named = urlsplit(entry if "://" in entry else f"//{entry}")
        port, named_port = parts.port, named.port
    except ValueError:
        return False
    if not named.hostname or named.hostname != parts.hostname:
        return False
    if named.scheme and named.scheme != parts.scheme:
        return False
    if parts.scheme != "https" and not named.scheme and parts.hostname not in LOOPBACK:
        return False
    default = _DEFAULT_PORTS.get(parts.scheme)
    if named.scheme:
        return (named_port or default) == (port or default)
    return named_port is None or named_port == (port or default)


def _remember(entry: str) -> None:
    path = user_file()
    try:
        old = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        old = "# Hosts that rulepack may send credentials to, one on a line.\n"
    write_text(path, f"{old.rstrip()}\n{entry}\n")
