"""How a rule fits a stack version, and which target of a pack a server gets."""

import pytest
from support.samples import RULE, VALID, make_pack, searching, valid_text

from rulepack import emit
from rulepack.fit import Standing, target_for
from rulepack.lock.store import Lock
from rulepack.package.make import Maker
from rulepack.reference import Reference
from rulepack.rule import RULE_TYPES
from rulepack.stack import StackVersion

FULL, REDUCED, LEFT_OUT = Standing
FIELDS = RULE.replace('type = "query"', 'type = "query"\ninvestigation_fields = { field_names = ["user.name"] }')
SUPPRESSING = RULE.replace("[rule]", '[rule]\nalert_suppression = { group_by = ["host.id"] }')
MANY_FIELDS = valid_text("threshold").replace('field = ["host.id"]', 'field = ["a", "b", "c", "d"]')


def version(text):
    return StackVersion.parse(text)


def made(folder, text, *stack, more=""):
    """A rule as a package for some stack versions has it."""
    shown = ", ".join(f'"{one}"' for one in stack)
    pack = make_pack(folder, text, settings=f"stack = [{shown}]\n{more}")
    (rule,) = (*pack.rules, *pack.partial)
    return Maker(pack.project, Lock(), Reference.of(pack.project)).make(rule)


def fits(folder, text, *stack):
    return {str(one.stack): one for one in made(folder, text, *stack).packaged.fits}


def least(text, wanted, comment=""):
    more = f'min_stack_comments = "{comment}"\n' if comment else ""
    return text.replace("[metadata]\n", f'[metadata]\n{more}min_stack_version = "{wanted}"\n')


def test_a_rule_that_names_nothing_new_fits_whole(tmp_path):
    found = fits(tmp_path, RULE, "8.0", "9.5", "serverless")
    assert {one.standing for one in found.values()} == {FULL}
    assert all(not one.reasons and not one.dropped and not one.noted for one in found.values())


def test_a_field_that_only_informs_is_dropped_where_it_is_not_known(tmp_path):
    one = made(tmp_path, FIELDS, "8.10", "8.11")
    old, new = one.packaged.fits
    assert (old.standing, old.dropped) == (REDUCED, ("investigation_fields",))
    assert old.reasons == ("investigation_fields needs stack 8.11",)
    assert new.standing is FULL
    assert "investigation_fields" not in one.body(old.stack)
    assert one.body(new.stack)["investigation_fields"] == {"field_names": ["user.name"]}
    assert one.newest == one.body(new.stack)


def test_a_field_that_decides_something_leaves_the_rule_out(tmp_path):
    found = fits(tmp_path, SUPPRESSING, "8.7", "8.8", "serverless")
    assert [one.standing for one in found.values()] == [LEFT_OUT, FULL, FULL]
    assert found["8.7"].reasons == ("alert_suppression needs stack 8.8",)
    assert found["8.7"].dropped == ()
    assert not found["8.7"].noted


def test_what_decides_weighs_more_than_what_informs(tmp_path):
    both = SUPPRESSING.replace(
        'type = "query"', 'type = "query"\ninvestigation_fields = { field_names = ["user.name"] }'
    )
    found = fits(tmp_path, both, "8.7")
    assert found["8.7"].standing is LEFT_OUT
    assert found["8.7"].reasons == ("alert_suppression needs stack 8.8",)


def test_more_threshold_fields_than_there_were(tmp_path):
    found = fits(tmp_path, MANY_FIELDS, "9.1", "9.2")
    assert [one.standing for one in found.values()] == [LEFT_OUT, FULL]
    assert found["9.1"].reasons == ("more than 3 threshold fields need stack 9.2",)


def test_a_query_that_needs_more(tmp_path):
    found = fits(
        tmp_path, searching("FROM a METADATA _id | SAMPLE 0.5 | LIMIT 3", "esql"), "8.18", "8.19", "9.0", "9.1"
    )
    assert [one.standing for one in found.values()] == [LEFT_OUT, FULL, LEFT_OUT, FULL]
    assert found["8.18"].reasons == ("SAMPLE needs stack 8.19",)


def test_a_version_that_lacks_what_an_older_one_has_is_named_so(tmp_path):
    found = fits(tmp_path, searching("FROM a METADATA _id | SAMPLE 0.5 | LIMIT 3", "esql"), "9.0", "9.1")
    assert found["9.0"].reasons == ("SAMPLE is not in 9.0, though in 8.19",)


@pytest.mark.parametrize(
    ("wanted", "stack", "standing"),
    [
        ("9.0", "8.19", LEFT_OUT),
        ("9.0.0", "9.0", FULL),
        ("9.0.2", "9.0", LEFT_OUT),
        ("9.0.2", "9.0.2", FULL),
        ("9.0.2", "9.1", FULL),
        ("9.9", "serverless", FULL),
    ],
)
def test_the_minimum_of_a_rule_counts_to_the_patch(tmp_path, wanted, stack, standing):
    (found,) = fits(tmp_path, least(RULE, wanted), stack).values()
    assert found.standing is standing
    assert found.noted is (standing is LEFT_OUT)


def test_what_the_minimum_says_is_a_note_with_its_comment(tmp_path):
    found = fits(tmp_path, least(SUPPRESSING, "8.8", "Suppression came then."), "8.7")["8.7"]
    assert found.noted
    assert found.reasons == ("min_stack_version is 8.8: Suppression came then.",)


def test_a_minimum_that_is_too_low_does_not_excuse(tmp_path):
    found = fits(tmp_path, least(SUPPRESSING, "8.6"), "8.7")["8.7"]
    assert (found.standing, found.noted) == (LEFT_OUT, False)


def test_a_deprecated_rule_is_for_nobody(tmp_path):
    one = made(tmp_path, RULE.replace('"production"', '"deprecated"'), "9.3")
    assert one.packaged.fits == ()
    assert one.packaged.json == ""
    assert one.newest == {}


def test_a_rule_that_fits_nowhere_has_no_body(tmp_path):
    one = made(tmp_path, SUPPRESSING, "8.6", "8.7")
    assert one.packaged.json == ""
    assert one.newest == {}


@pytest.mark.parametrize("kind", RULE_TYPES)
def test_a_body_that_is_whole_is_what_the_stack_version_would_be_given_alone(tmp_path, kind):
    stacks = ("8.17", "9.3", "serverless")
    one = made(tmp_path, (VALID / f"{kind}.toml").read_text(), *stacks)
    for fit in one.packaged.fits:
        if fit.standing is FULL:
            assert one.body(fit.stack) == emit.to_api(one.rule, fit.stack)


@pytest.mark.parametrize(
    ("server", "targets", "wanted"),
    [
        ("9.3", ["8.19", "9.3", "9.5"], "9.3"),
        ("9.3.7", ["8.19", "9.3", "9.5"], "9.3"),
        ("9.4", ["8.19", "9.3", "9.5"], "9.3"),
        ("9.9", ["8.19", "9.3", "9.5"], "9.5"),
        ("10.0", ["8.19", "9.3", "serverless"], "9.3"),
        ("8.18", ["8.19", "9.3"], None),
        ("8.18", ["serverless"], None),
        ("9.3.1", ["9.3.2"], None),
        ("9.3.2", ["9.3.2", "9.3.3"], "9.3.2"),
        (None, ["8.19", "9.3"], "9.3"),
        (None, ["8.19", "serverless"], "serverless"),
        ("9.3", [], None),
    ],
)
def test_a_server_gets_the_highest_target_that_is_not_above_it(server, targets, wanted):
    found = target_for(version(server) if server else None, tuple(map(version, targets)))
    assert found == (version(wanted) if wanted else None)
