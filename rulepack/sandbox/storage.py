"""The state file: everything that the sandbox holds as JSON, whole after every answered write."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from rulepack.errors import RulepackError
from rulepack.files import write_text
from rulepack.rule import RULE_TYPES
from rulepack.sandbox.answers import Payload, write_json
from rulepack.sandbox.state import KINDS, State

FORM = 1


class SandboxError(RulepackError):
    """The sandbox cannot work: its port is taken, or its state file is not one."""


class Saver:
    """Keeps the state file up with the state.

    `commit` returns when all that was changed before the call is in the file. Requests that end while a write is under
    way share the next one, so that eight clients do not write the file eight times.
    """

    def __init__(self, path: Path, state: State) -> None:
        self.path = path
        self.state = state
        self._turn = threading.Condition()
        self._writing = False
        self._saved = state.changes

    def commit(self) -> None:
        """Wait until every change so far is in the file, writing it if nobody else does."""
        wanted = self.state.changes
        while True:
            with self._turn:
                while self._writing and self._saved < wanted:
                    self._turn.wait()
                if self._saved >= wanted:
                    return
                self._writing = True
            written = self._saved
            try:
                with self.state.lock:
                    text, changes = dump(self.state), self.state.changes
                write_text(self.path, text)
                written = changes
            finally:
                with self._turn:
                    self._writing = False
                    self._saved = written
                    self._turn.notify_all()


def dump(state: State) -> str:
    """The state as JSON, a line for each thing, so that two files can be compared."""
    parts = [
        f'"form": {FORM}',
        f'"spaces": {_rows(map(write_json, state.spaces.values()))}',
        f'"prebuilt": {_rows(map(write_json, state.assets.values()))}',
    ]
    for kind in KINDS:
        spaces = [
            f"{write_json(space)}: {_rows(document.text for document in shelf.documents.values())}"
            for one, space, shelf in state.shelves()
            if one == kind and len(shelf)
        ]
        parts.append(f'"{kind}": {{{", ".join(spaces)}}}')
    return "{" + ",\n".join(parts) + "}\n"


def _rows(texts: Any) -> str:
    rows = ",\n".join(texts)
    return f"[\n{rows}\n]" if rows else "[]"


def load(path: Path, state: State) -> None:
    """Fill a state from its file, if there is one; raises SandboxError for a file that is none of ours."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise damaged(path, getattr(error, "strerror", None) or "it is not UTF-8") from error
    try:
        _fill(json.loads(text), state)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise damaged(path, "it is not what `rulepack sandbox` writes") from error


def damaged(path: Path, reason: str) -> SandboxError:
    """What to say of a state file that is none."""
    return SandboxError(
        f"cannot read the state file {path}: {reason}", "move it away to start empty, or name another with --state"
    )


def _fill(data: Payload, state: State) -> None:
    if data["form"] != FORM:
        raise ValueError("another form")
    for space in data["spaces"]:
        state.spaces[str(space["id"])] = {**space, "name": str(space["name"])}
    for asset in data["prebuilt"]:
        state.assets[str(asset["rule_id"]), int(asset["version"])] = dict(asset)
    for kind, names in KINDS.items():
        for space, rows in data[kind].items():
            for row in rows:
                if not all(isinstance(row[name], str) for name in ("id", *names)):
                    raise TypeError("a key that is no string")
                if kind == "rules" and row["type"] not in RULE_TYPES:
                    raise ValueError("a rule of no type")
                state.put(kind, space, dict(row))
