"""Slips of the finger in field names of real queries: found, at the place, with the right name first."""

import random
from collections import Counter

import pytest
from support.samples import SHARED, needs_shared

from rulepack import loader
from rulepack.checks.base import Context
from rulepack.checks.query_fields import unknown_field_in_query
from rulepack.checks.query_text import lost_column
from rulepack.project import find_project
from rulepack.reference import Known, Reference
from rulepack.reference.update_fields import update_beats, update_integrations
from rulepack.source import parse_source

FIELDS = SHARED / "fields"
COUNT = 2000
SEED = 20261126


def slip(name, dice):
    """A name with one letter swapped with the next, dropped or doubled; not the first of a part, and no dot."""
    places = [at for at in range(1, len(name)) if name[at].isalpha() and name[at - 1].isalpha()]
    at = dice.choice(places)
    kind = dice.choice(("swap", "drop", "double"))
    if kind == "drop":
        return name[:at] + name[at + 1 :]
    if kind == "double":
        return name[:at] + name[at] + name[at:]
    return name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :]


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    """The public rules, each with its file, and a context that knows the schemas of 2024-07, Beats and ECS."""
    folder = tmp_path_factory.mktemp("reference")
    ecs = Reference().ecs
    sources = [FIELDS / "integration-schemas-2024-07.json.gz", FIELDS / "integration-manifests.json.gz"]
    update_integrations([str(source) for source in sources], folder, ecs)
    update_beats(str(FIELDS / "beats-9.4.4.json.gz"), folder)
    project = find_project(SHARED / "corpus")
    pack = loader.load(project, (SHARED / "corpus",))
    known = Reference(folder, (FIELDS / "non-ecs-schema.json",), FIELDS)
    return pack, known


def uses(pack, context):
    """Every plain use of a field that the data hold: the rule and the use."""
    for rule in pack.active:
        one = context.query(rule)
        if one is None or not context.judges_fields(rule):
            continue
        schema = context.schema(rule, one.index)
        for use in one.query.fields:
            found = schema.find(use.name)
            plain = one.query.text[use.start : use.end] == use.name
            if plain and not use.pattern and isinstance(found, Known) and found.listed:
                yield rule, one, use, schema


@needs_shared
@pytest.mark.slow
def test_slips_in_queries_are_found_at_their_place_with_the_right_name_first(public):
    pack, known = public
    context = Context.of(pack, known)
    everything = list(uses(pack, context))
    dice = random.Random(SEED)
    kinds = Counter()
    missed, wrong = [], []
    while kinds["planted"] < COUNT:
        rule, one, use, schema = dice.choice(everything)
        name = slip(use.name, dice)
        if name == use.name or isinstance(schema.find(name), Known):
            continue
        kinds["planted"] += 1
        source = pack.sources[rule.file]
        place = source.inside(one.path, use.start, use.end - use.start)
        lines = source.text.split("\n")
        line = lines[place.line - 1]
        assert line[place.column - 1 : place.end_column - 1] == use.name
        lines[place.line - 1] = line[: place.column - 1] + name + line[place.end_column - 1 :]
        planted = parse_source(rule.file, "\n".join(lines))
        changed, _ = loader.read_rule(planted)
        fresh = Context(pack.project, known, lambda _, one=planted: one)
        # Behind KEEP or STATS, a name that is not there is a column that is not there.
        found = [*unknown_field_in_query.on_rule(changed, fresh), *lost_column.on_rule(changed, fresh)]
        here = [each for each in found if (each.span.line, each.span.column) == (place.line, place.column)]
        if not here:
            missed.append((rule.file, use.name, name, [(each.code.id, str(each.span)) for each in found]))
            continue
        kinds["found"] += 1
        kinds[here[0].severity.label] += 1
        assert here[0].span.end_column - here[0].span.column == len(name)
        kinds[here[0].code.id] += 1
        if (here[0].hint or "").startswith(f"did you mean {use.name}"):
            kinds["right first"] += 1
        else:
            wrong.append((use.name, name, here[0].hint))
    print(f"\n{dict(kinds)}; not found: {missed[:20]}; another first: {wrong[:20]}")
    assert kinds["found"] >= 0.99 * COUNT
    assert kinds["right first"] >= 0.95 * COUNT
