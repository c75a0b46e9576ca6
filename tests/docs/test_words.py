"""Values in words."""

import pytest

from rulepack.docs import words
from rulepack.rule.action import Action, ExceptionListReference, Frequency


def test_dates_are_as_everybody_reads_them():
    assert words.date("2026/11/21") == "2026-11-21"
    assert words.date("2026-11-21") == "2026-11-21"
    assert words.date("soon") == "soon"


@pytest.mark.parametrize(
    ("value", "length"), [("5m", 300), ("now-6m", 360), ("now-1h", 3600), ("2d", 172800), ("30s", 30)]
)
def test_a_duration_is_so_many_seconds(value, length):
    assert words.seconds(value) == length


@pytest.mark.parametrize("value", ["now-1h/h", "now", "", "5", "now-1w", "2026-01-01"])
def test_what_is_no_duration_is_none(value):
    assert words.seconds(value) is None


@pytest.mark.parametrize(("length", "shown"), [(240, "4m"), (3600, "1h"), (90, "90s"), (172800, "2d"), (5400, "90m")])
def test_seconds_are_shown_in_the_largest_unit_that_fits(length, shown):
    assert words.duration(length) == shown


def test_something_has_a_title_or_an_id():
    assert words.named("A *b*", "c") == "A \\*b\\* (`c`)"
    assert words.named("A", None) == "A"
    assert words.named(None, "c") == "`c`"


@pytest.mark.parametrize(
    ("summary", "throttle", "shown"),
    [
        (True, "1h", ", one message for all alerts of a run, at most every 1h"),
        (False, None, ", a message for each alert"),
    ],
)
def test_an_action_says_how_often(summary, throttle, shown):
    frequency = Frequency(summary=summary, notify_when="onActiveAlert", throttle=throttle)
    action = Action(id="c", action_type_id=".email", params={}, frequency=frequency)
    assert words.action(action) == f"Email through connector `c`{shown}"
    assert words.action(Action(id="c", action_type_id=".email", params={})) == "Email through connector `c`"


@pytest.mark.parametrize(
    ("kind", "params", "shown"),
    [
        (".endpoint", {"command": "isolate"}, "Elastic Defend: `isolate`"),
        (".endpoint", {"command": "isolate", "comment": "*now*"}, "Elastic Defend: `isolate` (\\*now\\*)"),
        (".osquery", {"query": "SELECT 1"}, "Osquery: `SELECT 1`"),
        (".osquery", {"saved_query_id": "q"}, "Osquery: `q`"),
        (".osquery", {"pack_id": "p"}, "Osquery: `p`"),
        (".osquery", {}, "Osquery"),
    ],
)
def test_a_response_action_says_what_is_done(kind, params, shown):
    assert words.response_action(kind, params) == shown


def test_a_connector_of_a_type_that_is_not_known_is_called_by_its_type():
    assert words.action(Action(id="c", action_type_id=".acme|x", params={})) == "`.acme|x` through connector `c`"


@pytest.mark.parametrize(
    ("start", "shown"), [("now-14d", "14 days"), ("now-1h", "1 hour"), ("now-1M", "1 month"), ("now-1d/d", None)]
)
def test_how_long_ago_a_window_starts(start, shown):
    assert words.length(start) == shown


def test_an_integration_is_a_link_if_a_package_can_have_that_name():
    shown = "[ti_abusech](https://www.elastic.co/docs/reference/integrations/ti_abusech)"
    assert words.integration("ti_abusech") == shown
    assert words.integration("../x](javascript:a)") == "`../x](javascript:a)`"


def test_an_exception_list_has_its_name_where_that_is_known():
    one = ExceptionListReference(id="i", list_id="known", type="rule_default", namespace_type="single")
    assert words.exception_list(one, {}) == "`known` (rule default)"
    assert words.exception_list(one, {"known": "Known *things*"}) == "Known \\*things\\* (`known`, rule default)"
