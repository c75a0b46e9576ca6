"""Whether the files of a package say the same: manifest, indices, every rule and every object that Kibana would get."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from rulepack import schema
from rulepack.diagnostics import Code
from rulepack.fit import Standing
from rulepack.frozen import frozen
from rulepack.package.codes import RP714
from rulepack.package.files import Files, read_json
from rulepack.package.manifest import Manifest, PackagedRule
from rulepack.package.write import CHANGELOG, INDEX, MANIFEST, SUMS
from rulepack.rule import RULE_TYPES
from rulepack.stack import StackVersion

Payload = dict[str, Any]

# The largest rule file has four megabytes; escapes of JSON make more of them.
MOST_LINE = 32 * 1024**2
SIGNATURE = re.compile(rf"{SUMS}\.[A-Za-z0-9.]{{1,20}}")
# What is derived for each stack version, and the guide, in which older ones have the setup guide.
_BY_STACK = ("related_integrations", "required_fields", "note", "setup")
_LAYER = re.compile(r"navigator/[^/]+\.json")


@frozen
class Finding:
    """Something that contradicts something else: what, and in which file."""

    message: str
    file: str
    code: Code = RP714


def contradictions(manifest: Manifest, files: Files) -> Iterator[Finding]:
    """What of a package, whose files are those of its checksums, contradicts its manifest."""
    found = tuple(_names(manifest, files))
    yield from found
    if found:
        # The rest would say the same again, at other places.
        return
    for rule in manifest.rules:
        if rule.json:
            yield from _body(rule, _json(files, rule.json), rule.json)
    for stack in manifest.stack:
        yield from _stack(manifest, files, stack)


def _names(manifest: Manifest, files: Files) -> Iterator[Finding]:
    for rule_id, count in Counter(rule.rule_id for rule in manifest.rules).items():
        if count > 1:
            yield Finding(f"{_times(count)} rules have the rule_id {rule_id}", MANIFEST)
    named = Counter(rule.json for rule in manifest.rules if rule.json)
    for name, count in named.items():
        if count > 1:
            yield Finding(f"{_times(count)} rules have this file", name)
    for rule in manifest.rules:
        fitting = any(one.standing is not Standing.LEFT_OUT for one in rule.fits)
        if fitting != bool(rule.json) or bool(rule.fits) == rule.deprecated:
            yield Finding(f"it does not say which stack versions get {rule.rule_id}, or where its body is", MANIFEST)
    yield from _files(manifest, files, {MANIFEST, CHANGELOG, *named})


def _files(manifest: Manifest, files: Files, expected: set[str]) -> Iterator[Finding]:
    """The files that are missing, and those that nothing speaks of."""
    for stack in manifest.stack:
        index = f"{stack}/{INDEX}"
        expected |= {index, *(parts_of(files, stack) if index in files.sizes else ())}
    for name in sorted(expected - files.sizes.keys()):
        yield Finding("the package is said to have this file, and there is none", name)
    for name in sorted(files.sizes.keys() - expected):
        if name != SUMS and not _LAYER.fullmatch(name) and not SIGNATURE.fullmatch(name):
            yield Finding("the package has no use for this file", name)


def _times(count: int) -> str:
    return "two" if count == 2 else f"{count:,}"  # noqa: PLR2004 (a word for it)


def parts_of(files: Files, stack: StackVersion) -> tuple[str, ...]:
    """The files with the objects for a stack version, as its index names them.

    Raises ValueError where that is no index.
    """
    index = read_json(files.read(f"{stack}/{INDEX}", MOST_LINE))
    try:
        names = [part["file"] for part in index["parts"]]
    except (TypeError, KeyError):
        names = [None]
    if not names or not all(isinstance(name, str) and "/" not in name for name in names):
        raise ValueError(f"{stack}/{INDEX} does not name the files beside it")
    return tuple(f"{stack}/{name}" for name in names)


def objects(files: Files, path: str) -> Iterator[Payload]:
    """The objects of one file for Kibana's import; raises ValueError where a line is none."""
    if files.sizes[path] > MOST_LINE:
        raise ValueError(f"{path} has more bytes than Kibana would take")
    with files.open(path) as file:
        for number, line in enumerate(file, 1):
            try:
                body = read_json(line)
            except ValueError as error:
                raise ValueError(f"line {number} of {path} is no JSON: {error}") from None
            if not isinstance(body, dict):
                raise ValueError(f"line {number} of {path} is no object")  # noqa: TRY004 (of a file, not of a program)
            yield body


def _json(files: Files, name: str) -> Payload:
    try:
        body = read_json(files.read(name, MOST_LINE))
    except ValueError as error:
        raise ValueError(f"{name} is no JSON: {error}") from None
    return body if isinstance(body, dict) else {}


def _body(rule: PackagedRule, body: Payload, file: str) -> Iterator[Finding]:
    """What is wrong with a rule's body: it is another one, or nothing that rulepack would send to Kibana."""
    named = ("rule_id", "version", "type", "name")
    if [body.get(name) for name in named] != [getattr(rule, name) for name in named]:
        yield Finding(f"{rule.rule_id} is another rule, version or type than the manifest says", file)
    elif rule.type not in RULE_TYPES:
        yield Finding(f"{rule.rule_id} has the type {rule.type}, which is none", file)
    else:
        _, problems = schema.parse(RULE_TYPES[rule.type], body)
        for path, problem in problems[:1]:
            yield Finding(f"{rule.rule_id} has {'.'.join(map(str, path))} otherwise: {problem.message}", file)


def _stack(manifest: Manifest, files: Files, stack: StackVersion) -> Iterator[Finding]:
    wanted = {
        rule.rule_id: rule for rule in manifest.rules if rule.fits and rule.fit(stack).standing is not Standing.LEFT_OUT
    }
    lists: set[tuple[str, str]] = set()
    items: Counter[tuple[str, str]] = Counter()
    seen: set[str] = set()
    for path in parts_of(files, stack):
        for body in objects(files, path):
            if "rule_id" in body:
                yield from _rule(files, body, wanted, seen, (stack, path))
                continue
            # Kibana's own default, which files need not name.
            key: tuple[Any, Any] = (body.get("list_id"), body.get("namespace_type", "single"))
            if not all(isinstance(one, str) for one in (*key, body.get("item_id", ""))):
                yield Finding("an object is neither a rule nor an exception list nor an item of one", path)
                continue
            if "item_id" in body:
                items[key] += 1
            else:
                lists.add(key)
    index = f"{stack}/{INDEX}"
    for rule_id in sorted(wanted.keys() - seen):
        yield Finding(f"the rule {rule_id} is missing for {stack}", index)
    yield from _lists(manifest, lists, items, index)


def _rule(
    files: Files, body: Payload, wanted: Mapping[str, PackagedRule], seen: set[str], place: tuple[StackVersion, str]
) -> Iterator[Finding]:
    stack, path = place
    rule_id = str(body["rule_id"])
    if rule_id in seen:
        yield Finding(f"the rule {rule_id} is there twice", path)
    elif rule_id not in wanted:
        yield Finding(f"the manifest does not have the rule {rule_id} for {stack}", path)
    else:
        rule = wanted[rule_id]
        shown = _json(files, rule.json)
        if body != shown:
            yield from _body(rule, body, path)
            if _kept(rule, stack, body) != _kept(rule, stack, shown):
                yield Finding(f"{rule_id} is otherwise in {rule.json}, which is what people look at", path)
    seen.add(rule_id)


def _kept(rule: PackagedRule, stack: StackVersion, body: Payload) -> Payload:
    """What of a body is the same for each stack version that the rule fits; of the newest of them, all."""
    fits = [one for one in rule.fits if one.standing is not Standing.LEFT_OUT]
    if fits[-1].stack == stack:
        return body
    return {name: value for name, value in body.items() if name not in (*_BY_STACK, *rule.fit(stack).dropped)}


def _lists(
    manifest: Manifest, lists: set[tuple[str, str]], items: Counter[tuple[str, str]], index: str
) -> Iterator[Finding]:
    """Exception lists decide what a rule does not alert on: there are those that the manifest names, and no others."""
    named = {(one.list_id, one.namespace_type): one.items for one in manifest.lists}
    for list_id, _ in sorted(named.keys() - lists):
        yield Finding(f"the exception list {list_id} is missing", index)
    for list_id, _ in sorted((lists | items.keys()) - named.keys()):
        yield Finding(f"the manifest does not have the exception list {list_id}", index)
    for key in sorted(named.keys() & lists):
        if items[key] != named[key]:
            yield Finding(f"the exception list {key[0]} has {items[key]:,} items; manifest: {named[key]:,}", index)
