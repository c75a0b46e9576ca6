"""RP43x: gaps between runs, sequences and histories that do not fit what a run searches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.samples import RULE, make_pack

from rulepack.checks import schedule
from rulepack.fields import DATE_MATH

INGESTED = 'timestamp_override = "event.ingested"\n'


def with_times(*, more="", **times):
    return RULE + "".join(f'{name.rstrip("_")} = "{value}"\n' for name, value in times.items()) + more


def said(folder, text):
    found = [one for one in make_pack(folder, text).diagnostics if one.code.id.startswith("RP43")]
    return [(one.code.id, one.severity.label, one.message, one.hint) for one in found]


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("now", 0, 0),
        ("now-6m", 360, 360),
        ("now+5s", -5, -5),
        ("now-1d-2h+30s", 93570, 93570),
        ("now-2H", 7200, 7200),
        ("now-1w", 604800, 604800),
        ("now-1M", 28 * 86400, 31 * 86400),
        ("now+1y", -366 * 86400, -365 * 86400),
        ("now/d", 0, 86400),
        ("now-1h/h", 3600, 7200),
        ("now/M-1d", 86400, 32 * 86400),
    ],
)
def test_date_math_as_seconds_before_now(text, least, most):
    assert schedule.ago(text) == schedule.Time(least, most)


@pytest.mark.parametrize("text", ["2026-01-01", "2026-01-01T00:00:00Z||-1d", "2026-01-01||/d"])
def test_a_fixed_date_is_no_time_before_now(text):
    assert schedule.ago(text) is None


@given(st.from_regex(DATE_MATH, fullmatch=True))
def test_any_date_math_that_kibana_takes_is_read(text):
    time = schedule.ago(text)
    assert (time is None) == (not text.startswith("now"))
    assert time is None or time.least <= time.most


@pytest.mark.parametrize(
    ("length", "shown"), [(1, "1s"), (90, "90s"), (60, "1m"), (3660, "61m"), (7200, "2h"), (86400, "1d"), (0, "0d")]
)
def test_seconds_as_people_write_them(length, shown):
    assert schedule.duration(length) == shown


@pytest.mark.parametrize(
    ("times", "message", "hint", "place"),
    [
        (
            {"interval": "1h"},
            "each run searches the last 6m, but the interval is 1h",
            'set from = "now-61m"',
            '"1h"',
        ),
        (
            {"from": "now-4m"},
            "each run searches the last 4m, but the interval is 5m by default",
            'set from = "now-6m"',
            '"now-4m"',
        ),
        (
            {"from": "now-30s", "interval": "45s"},
            "each run searches the last 30s, but the interval is 45s",
            'set from = "now-105s"',
            '"now-30s"',
        ),
        (
            {"from": "now-70m", "to": "now-20m", "interval": "60m"},
            "each run searches the last 50m, but the interval is 1h",
            'set from = "now-81m"',
            '"now-70m"',
        ),
        (
            {"from": "now-5m", "to": "now-5m"},
            "this is not before the end of the search, so nothing is searched",
            'set from = "now-11m"',
            '"now-5m"',
        ),
        (
            # The time to come has no events yet.
            {"from": "now-4m", "to": "now+1h"},
            "each run searches the last 4m, but the interval is 5m by default",
            'set from = "now-6m"',
            '"now-4m"',
        ),
        (
            {"from": "now-1d/d", "interval": "3d"},
            "each run searches the last 2d, but the interval is 3d",
            'set from = "now-4321m"',
            '"now-1d/d"',
        ),
    ],
)
def test_a_gap_between_runs(times, message, hint, place, tmp_path):
    # However late events arrive, whatever kind of rule it is.
    for more in ("", INGESTED, 'building_block_type = "default"\n'):
        text = with_times(more=more, **times)
        assert said(tmp_path, text) == [("RP431", "warning", message, hint)]
    (found,) = (one for one in make_pack(tmp_path, text).diagnostics if one.code.id == "RP431")
    assert found.excerpt[found.span.column - 1 : found.span.end_column - 1] == place


@pytest.mark.parametrize(
    "times",
    [
        {},
        {"from": "now-9m"},
        {"interval": "6m", "from": "now-6m", "more": INGESTED},
        {"from": "now-65m", "interval": "1h"},
        {"from": "now-1d/d", "interval": "1d"},
        {"from": "now/d"},
        {"from": "now-1M", "interval": "30d"},
        {"from": "now-1y", "to": "now-1M", "interval": "100d"},
        {"from": "2026-01-01", "interval": "1d"},
        {"from": "now-20m", "to": "now-10m", "interval": "10m"},
    ],
)
def test_runs_that_reach_back_far_enough(times, tmp_path):
    assert said(tmp_path, with_times(**times)) == []


def test_a_look_back_that_leaves_no_time_for_events_to_arrive(tmp_path):
    assert said(tmp_path, with_times(**{"from": "now-10m", "interval": "10m"})) == [
        (
            "RP431",
            "info",
            "the look-back is as long as the interval (10m): events that arrive late are missed",
            'set from = "now-11m"',
        )
    ]


@pytest.mark.parametrize("times", [{"from": "yesterday", "interval": "1d"}, {"interval": "1 day"}, {"to": "today"}])
def test_a_time_that_was_refused_is_not_judged(times, tmp_path):
    assert said(tmp_path, with_times(**times)) == []


def test_a_deprecated_rule_does_not_run(tmp_path):
    text = with_times(interval="1h").replace('maturity = "production"', 'maturity = "deprecated"')
    assert said(tmp_path, text) == []


FLAT = 'new_terms_fields = ["user.name"]\nhistory_window_start = "{}"\n'
TABLE = (
    '[rule.new_terms]\nfield = "new_terms_fields"\nvalue = ["user.name"]\n'
    '[[rule.new_terms.history_window_start]]\nfield = "history_window_start"\nvalue = "{}"\n'
)


@pytest.mark.parametrize("shape", [FLAT, TABLE])
@pytest.mark.parametrize(
    ("window", "from_", "proposed"),
    [
        ("now-14d", "now-6m", None),
        ("now-5m", "now-6m", "now-14d"),
        ("now-6m", "now-6m", "now-14d"),
        ("now-360s", "now-6m", "now-14d"),
        ("now-7m", "now-6m", None),
        ("now/d", "now-6m", None),
        ("now-14d", "now-20d", "now-34d"),
        ("now-1M", "now-1M", "now-45d"),
        ("now-1M", "now-30d", None),
        ("now-1M", "now-31d", "now-45d"),
        ("2026-01-01", "now-6m", None),
    ],
)
def test_the_history_must_begin_before_the_search(shape, window, from_, proposed, tmp_path):
    text = RULE.replace('type = "query"', 'type = "new_terms"') + f'from = "{from_}"\n' + shape.format(window)
    message = f"the history begins at {window}, no earlier than the search at {from_}"
    expected = [("RP434", "error", message, f'go back further, for example "{proposed}"')] if proposed else []
    assert said(tmp_path, text) == expected


def test_the_search_begins_six_minutes_ago_by_default(tmp_path):
    text = RULE.replace('type = "query"', 'type = "new_terms"')
    assert [one[0] for one in said(tmp_path, text + FLAT.format("now-6m"))] == ["RP434"]
    assert said(tmp_path, text + FLAT.format("now-6m") + "from = 5\n") == []
    assert said(tmp_path, text) == []


@pytest.mark.parametrize("shape", [FLAT, TABLE])
def test_a_history_window_that_is_no_date_math_is_refused(shape, tmp_path):
    text = RULE.replace('type = "query"', 'type = "new_terms"') + shape.format("14d")
    (found,) = (one for one in make_pack(tmp_path, text).diagnostics if one.code.id == "RP101")
    assert (found.excerpt.partition(" = ")[2], found.hint) == ('"14d"', "use date math such as now-14d")


AGGREGATE = "FROM logs-a-* | STATS c = COUNT(*) BY host.id | WHERE c > 5"
EVENTS = 'FROM logs-a-* METADATA _id, _index | WHERE event.action == "x"'
NO_ID = 'FROM logs-a-* | WHERE event.action == "x"'


def esql(query, more="", **times):
    head = RULE.partition("index = ")[0] + RULE.partition("index = ")[2].partition("\n")[2].partition("query = ")[0]
    head = head.replace('language = "kuery"', 'language = "esql"').replace('type = "query"', 'type = "esql"')
    return head + "".join(f'{k} = "{v}"\n' for k, v in times.items()) + f"query = '''\n{query}\n'''\n" + more


@pytest.mark.parametrize(
    ("query", "runs", "hint"),
    [
        (AGGREGATE, 6, 'suppress alerts, or set interval = "59m"'),
        (f"{EVENTS} | STATS c = COUNT(*) BY host.id", 6, 'suppress alerts, or set interval = "59m"'),
        (NO_ID, 6, "add METADATA _id, _index, _version"),
    ],
)
def test_runs_that_make_the_same_alert_again(query, runs, hint, tmp_path):
    text = esql(query, **{"from": "now-60m", "interval": "10m"})
    message = f"{runs} runs search the same time, and each makes an alert of what it finds there"
    assert said(tmp_path, text) == [("RP432", "info", message, hint)]


SUPPRESSION = '[rule.alert_suppression]\ngroup_by = ["host.id"]\nduration = {value = 1, unit = "h"}\n'


@pytest.mark.parametrize(
    "text",
    [
        esql(EVENTS, **{"from": "now-60m", "interval": "10m"}),
        esql(f"{EVENTS} | INLINE STATS c = COUNT(*) BY host.id", **{"from": "now-60m", "interval": "10m"}),
        esql(AGGREGATE, SUPPRESSION, **{"from": "now-60m", "interval": "10m"}),
        # This is what late events are waited for with.
        esql(AGGREGATE),
        esql(AGGREGATE, **{"from": "now-9m"}),
        esql(AGGREGATE, **{"from": "2026-01-01"}),
        # It may leave out what an earlier run has seen.
        esql(f"{AGGREGATE} AND Esql.first > NOW() - 5 minutes", **{"from": "now-60m", "interval": "10m"}),
        # Kibana tells by the event.
        with_times(**{"from": "now-60m", "interval": "10m"}),
    ],
)
def test_runs_that_do_not_repeat_alerts(text, tmp_path):
    assert said(tmp_path, text) == []


def test_kibana_adds_the_id_from_9_4_on(tmp_path):
    text = esql(NO_ID, **{"from": "now-60m", "interval": "10m"})
    newer = text.replace("[metadata]\n", '[metadata]\nmin_stack_version = "9.4.0"\n')
    assert said(tmp_path, newer) == []


def sequence(span, **times):
    query = f'sequence by host.id{span}\n  [process where process.name == "a"]\n  [file where file.name == "b"]'
    text = RULE.replace('language = "kuery"\n', 'language = "eql"\n').replace('type = "query"', 'type = "eql"')
    return text.replace("event.category : process", query) + "".join(f'{k} = "{v}"\n' for k, v in times.items())


@pytest.mark.parametrize(
    ("span", "times", "shown", "hint"),
    [
        (" with maxspan=7m", {}, "6m", 'set from = "now-12m", or shorten the maxspan'),
        (" with maxspan=1h", {"from": "now-9m"}, "9m", 'set from = "now-65m", or shorten the maxspan'),
        (
            " with maxspan=10m",
            {"from": "now-15m", "to": "now-6m"},
            "9m",
            'set from = "now-15m", or shorten the maxspan',
        ),
    ],
)
def test_a_sequence_longer_than_what_a_run_searches(span, times, shown, hint, tmp_path):
    text = sequence(span, **times)
    message = f"maxspan is longer than the {shown} that one run searches"
    assert said(tmp_path, text) == [("RP433", "warning", message, hint)]
    (found,) = (one for one in make_pack(tmp_path, text).diagnostics if one.code.id == "RP433")
    assert found.excerpt[found.span.column - 1 : found.span.end_column - 1] in span


@pytest.mark.parametrize(
    ("span", "times"),
    [
        ("", {}),
        (" with maxspan=6m", {}),
        (" with maxspan=500ms", {}),
        (" with maxspan=1d", {"from": "now-1d/d"}),
        (" with maxspan=30d", {"from": "now-1M", "interval": "1d"}),
        (" with maxspan=1h", {"from": "2026-01-01"}),
    ],
)
def test_a_sequence_that_one_run_can_find(span, times, tmp_path):
    assert said(tmp_path, sequence(span, **times)) == []
