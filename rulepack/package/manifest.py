"""Manifest: what is in a package, rule by rule; a value that is read from and written to manifest.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from rulepack.fields import MAX_INTEGER, short_number
from rulepack.fit import Fit, Standing
from rulepack.frozen import frozen
from rulepack.slug import slug
from rulepack.stack import StackVersion

# The form of packages. One from a rulepack that writes another form is refused, not guessed at.
FORMAT = 1
_MOST_SHOWN = 60


@frozen
class PackagedRule:
    """A rule of a package: what names it, its version (None: Kibana's own), and how it fits each stack version.

    `hash` is the digest of its content; `json` is the path of its body in the package, "" for a rule without one, since
    it is deprecated or fits no stack version.
    """

    rule_id: str
    name: str
    type: str
    file: str
    hash: str
    version: int | None = None
    maturity: str | None = None
    reason: str | None = None
    replacement: str | None = None
    fits: tuple[Fit, ...] = ()
    json: str = ""

    @property
    def deprecated(self) -> bool:
        """Whether the rule is kept for the record only."""
        return self.maturity == "deprecated"

    def fit(self, stack: StackVersion) -> Fit:
        """How it fits one of the package's stack versions."""
        return next(one for one in self.fits if one.stack == stack)


@frozen
class PackagedList:
    """An exception list of a package, and how many items it has."""

    list_id: str
    name: str
    namespace_type: str
    items: int


@frozen
class Manifest:
    """What is in a package, and what it was made of."""

    pack: str
    version: str
    stack: tuple[StackVersion, ...]
    rules: tuple[PackagedRule, ...] = ()
    lists: tuple[PackagedList, ...] = ()
    rulepack: str = ""
    reference: Mapping[str, str] | None = None
    commit: str | None = None
    modified: bool = False
    created: str | None = None

    @property
    def name(self) -> str:
        """The name of the package's folder."""
        return f"{slug(self.pack)}-{self.version}"


def render(manifest: Manifest) -> str:
    """manifest.json: a line for each rule, so that two manifests can be compared by eye."""
    head = {
        "format": FORMAT,
        "pack": manifest.pack,
        "version": manifest.version,
        "created": manifest.created,
        "commit": manifest.commit,
        "modified": manifest.modified,
        "rulepack": manifest.rulepack,
        "reference": dict(manifest.reference or {}),
        "stack": [str(stack) for stack in manifest.stack],
        "counts": {
            "rules": sum(1 for rule in manifest.rules if rule.json),
            "deprecated": sum(1 for rule in manifest.rules if rule.deprecated),
            "exception_lists": len(manifest.lists),
        },
    }
    lines = [f"  {json.dumps(name)}: {_compact(value)}," for name, value in head.items()]
    lists = ",\n".join(f"    {_compact(_list_row(one))}" for one in manifest.lists)
    rules = ",\n".join(f"    {_compact(_rule_row(rule))}" for rule in manifest.rules)
    lines += [f'  "exception_lists": [{_wrapped(lists)}],', f'  "rules": [{_wrapped(rules)}]']
    return "{\n" + "\n".join(lines) + "\n}\n"


def _wrapped(rows: str) -> str:
    return f"\n{rows}\n  " if rows else ""


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))


def _list_row(one: PackagedList) -> dict[str, Any]:
    return {"list_id": one.list_id, "name": one.name, "namespace_type": one.namespace_type, "items": one.items}


def _rule_row(rule: PackagedRule) -> dict[str, Any]:
    row = {
        "rule_id": rule.rule_id,
        "name": rule.name,
        "type": rule.type,
        "version": rule.version,
        "hash": rule.hash,
        "file": rule.file,
        "maturity": rule.maturity,
        "reason": rule.reason,
        "replacement": rule.replacement,
        "json": rule.json or None,
        "stacks": {str(one.stack): _fit_row(one) for one in rule.fits} or None,
    }
    return {name: value for name, value in row.items() if value is not None}


def _fit_row(one: Fit) -> Any:
    if one.standing is Standing.FULL:
        return str(one.standing)
    row: dict[str, Any] = {"standing": str(one.standing), "reasons": list(one.reasons)}
    if one.dropped:
        row["dropped"] = list(one.dropped)
    return {**row, "noted": True} if one.noted else row


class ForeignError(ValueError):
    """A text that is no manifest, or one of another form."""


def parse_manifest(data: Any) -> Manifest:
    """The manifest of JSON data; raises ForeignError, which says what is wrong, for any that is none."""
    if not isinstance(data, dict) or type(data.get("format")) is not int:
        raise ForeignError("it does not say which form it has")
    if data["format"] != FORMAT:
        raise ForeignError(f"it has form {short_number(data['format'])}, and this rulepack knows {FORMAT}")
    try:
        return _manifest(data)
    except KeyError as error:
        raise ForeignError(f"it lacks {error}") from None
    except (TypeError, ValueError, OverflowError, AttributeError) as error:
        raise ForeignError(f"it has something otherwise than rulepack writes it: {error}") from None


def _manifest(data: Mapping[str, Any]) -> Manifest:
    stack = tuple(StackVersion.parse(_text(one)) for one in _list(data["stack"]))
    if not stack or [str(one) for one in sorted(set(stack))] != data["stack"]:
        raise ValueError("its stack versions are none, or not in order")
    return Manifest(
        pack=_text(data["pack"]),
        version=_text(data["version"]),
        stack=stack,
        rules=tuple(_rule(row, stack) for row in _list(data["rules"])),
        lists=tuple(
            PackagedList(_text(row["list_id"]), _text(row["name"]), _text(row["namespace_type"]), _count(row["items"]))
            for row in _list(data["exception_lists"])
        ),
        rulepack=_text(data["rulepack"]),
        reference={_text(name): _text(value) for name, value in data["reference"].items()},
        commit=_text(data["commit"]) if data["commit"] is not None else None,
        modified=data["modified"] is True,
        created=_moment(data["created"]) if data["created"] is not None else None,
    )


def _rule(row: Mapping[str, Any], stack: tuple[StackVersion, ...]) -> PackagedRule:
    version = row.get("version")
    if version is not None and (type(version) is not int or not 1 <= version <= MAX_INTEGER):
        raise ValueError("a version is no number that Kibana can have")
    optional = {
        name: _text(row[name]) if name in row else None for name in ("maturity", "reason", "replacement", "json")
    }
    return PackagedRule(
        rule_id=_text(row["rule_id"]),
        name=_text(row["name"]),
        type=_text(row["type"]),
        file=_text(row["file"]),
        hash=_text(row["hash"]),
        version=version,
        maturity=optional["maturity"],
        reason=optional["reason"],
        replacement=optional["replacement"],
        json=optional["json"] or "",
        fits=tuple(_fit(one, row["stacks"][str(one)]) for one in stack) if "stacks" in row else (),
    )


def _fit(stack: StackVersion, row: Any) -> Fit:
    if row == Standing.FULL:
        return Fit(stack)
    standing = Standing(_text(row["standing"]))
    reasons = tuple(map(_text, _list(row["reasons"])))
    if not reasons or standing is Standing.FULL:
        raise ValueError("it does not say why a stack version does not get a rule whole")
    return Fit(stack, standing, tuple(map(_text, _list(row.get("dropped", [])))), reasons, row.get("noted") is True)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{_shown(value)} is no text")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{_shown(value)} is no list")
    return value


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{_shown(value)} is no count")
    return value


def _moment(value: Any) -> str:
    """A moment as rulepack writes it: in UTC, to the second."""
    text = _text(value)
    if datetime.fromisoformat(text).utcoffset() != timedelta(0):
        raise ValueError(f"{_shown(text)} is no moment in UTC")
    return text


def _shown(value: Any) -> str:
    text = repr(value) if not isinstance(value, int) else short_number(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"
