"""The lookup on real schemas beside the project: nothing that a public rule uses is called wrong, slips are found."""

import random
import time
from dataclasses import dataclass

import pytest

from rulepack import loader, query
from rulepack.project import Project
from rulepack.reference import FieldSchema, Known, Reference, Unknown
from rulepack.reference.update_fields import update_beats, update_integrations
from rulepack.stack import StackVersion

STACKS = tuple(map(StackVersion.parse, ("8.19", "9.3", "9.5")))


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    from support.samples import SHARED

    fields = SHARED / "fields"
    if not fields.is_dir():
        pytest.skip("../shared (public rules and schemas) is not here")
    folder = tmp_path_factory.mktemp("reference")
    files = [fields / "integration-manifests.json.gz", fields / "integration-schemas-2024-07.json.gz"]
    update_integrations([str(file) for file in files], folder, Reference().ecs)
    update_beats(str(fields / "beats-9.4.4.json.gz"), folder)
    return Reference(folder, (fields / "non-ecs-schema.json",), fields)


def uses(shared):
    """Of every public rule with a query: its indices, packages, day of change, and the names that its query uses."""
    project = Project(shared, "public", (shared / "corpus",), shared / "templates", shared / "docs-out")
    for rule in loader.load(project).rules:
        language, text = getattr(rule, "language", None), getattr(rule, "query", None)
        if not language or not text:
            continue
        found = query.parse(language, text)
        index = tuple(getattr(rule, "index", None) or ()) or tuple(name for name, _, _ in found.indices)
        yield index, rule.metadata.integrations, rule.metadata.updated_date or "", [use.name for use in found.fields]


@pytest.mark.slow
def test_no_field_of_a_public_rule_is_called_wrong(reference, shared):
    count = known = 0
    for index, integrations, updated, names in uses(shared):
        schema = reference.schema(index, integrations, STACKS, str(updated))
        for name in names:
            found = schema.find(name)
            count += 1
            known += isinstance(found, Known)
            assert not (isinstance(found, Unknown) and found.complete), (name, found.searched)
    assert count > 8000
    assert known > 0.98 * count


@dataclass
class Pool:
    """A schema, its names, and whether a name holds any other."""

    schema: FieldSchema
    names: list
    taken: set


def pools(reference):
    integrations = reference.integrations
    patterns = [f"logs-{name}.*" for name in integrations.names]
    patterns += [f"{beat}-*" for beat in integrations.beats.versions["9.4.4"]]
    patterns += [index.pattern for index in reference.own.indices]
    for pattern in patterns:
        schema = reference.schema((pattern,), (), STACKS)
        names = {name for layer in schema.layers for name in layer.fields if "*" not in name}
        parents = {name[:at] for name in names for at, letter in enumerate(name) if letter == "."}
        own = sorted(names - set(reference.ecs.fields))
        if own and not schema.blind:
            yield Pool(schema, sorted(names), names | parents)
            yield Pool(schema, own, names | parents)


def slipped(name, chance):
    """A name with one letter swapped with the next, lost or doubled; None where that cannot be done."""
    at = chance.choice([place for place, letter in enumerate(name) if letter.isalpha()])
    kind = chance.choice(("swapped", "lost", "doubled"))
    if kind == "doubled":
        return name[:at] + name[at] + name[at:]
    if kind == "lost":
        written = name[:at] + name[at + 1 :]
        return written if all(written.split(".")) else None
    after = name[at + 1 : at + 2]
    return name[:at] + after + name[at] + name[at + 2 :] if after.isalpha() and after != name[at] else None


@pytest.mark.slow
def test_slips_of_the_finger_are_found_and_what_was_meant_comes_first(reference):
    chance = random.Random(1999)
    held = list(pools(reference))
    planted = found = first = 0
    start = time.process_time()
    while planted < 2000:
        pool = chance.choice(held)
        name = chance.choice(pool.names)
        written = slipped(name, chance)
        if written is None or written in pool.taken:
            continue
        planted += 1
        answer = pool.schema.find(written)
        if not isinstance(answer, Known):
            found += 1
            first += answer.close[:1] == (name,)
    spent = time.process_time() - start
    print(f"\n{planted} planted, {found} found, {first} with the right suggestion first, {spent:.2f} s")
    assert found >= 0.99 * planted
    assert first >= 0.95 * planted


@pytest.mark.slow
def test_a_package_is_loaded_in_about_a_millisecond_at_most(reference):
    spent = {}
    for _ in range(9):
        integrations = Reference(reference.folder).integrations
        for name in integrations.names:
            start = time.perf_counter()
            integrations.package(name)
            spent[name] = min(spent.get(name, 1.0), time.perf_counter() - start)
    worst = max(spent, key=spent.get)
    print(f"\n{len(spent)} packages, the slowest is {worst} with {spent[worst] * 1000:.2f} ms")
    # Less than a millisecond on an idle machine; a busy one is no fault.
    assert spent[worst] < 0.003
