"""RP105, RP107, RP108: stack versions, fields that go together, and fields that exclude each other."""

import pytest
from support.samples import RULE, codes, make_pack, valid_text

from rulepack import Severity, StackVersion, schema
from rulepack.rule import RULE_TYPES

SUPPRESSION = '[rule.alert_suppression]\ngroup_by = ["host.id"]\n'
ACTION = '[[rule.actions]]\nid = "1"\naction_type_id = ".slack"\n[rule.actions.params]\nmessage = "m"\n'

# What puts each field that Kibana has not always had into the smallest rule of its type, which version brought it, and
# the last one before. A field of several types is here once for each type where it has a version of its own.
NEWER = {
    ("query", "setup"): ('setup = "s"\n', "8.3", "8.2"),
    ("query", "related_integrations"): (
        '[[rule.related_integrations]]\npackage = "system"\nversion = "^1.0.0"\n',
        "8.3",
        "8.2",
    ),
    ("query", "required_fields"): ('[[rule.required_fields]]\nname = "host.id"\ntype = "keyword"\n', "8.3", "8.2"),
    ("query", "investigation_fields"): ('[rule.investigation_fields]\nfield_names = ["host.id"]\n', "8.11", "8.10"),
    ("query", "actions.frequency"): (
        ACTION + '[rule.actions.frequency]\nsummary = true\nnotifyWhen = "onActiveAlert"\n',
        "8.8",
        "8.7",
    ),
    ("query", "actions.alerts_filter"): (ACTION + "[rule.actions.alerts_filter.query]\nkql = 'a : 1'\n", "8.9", "8.8"),
    ("query", "response_actions"): (
        '[[rule.response_actions]]\naction_type_id = ".endpoint"\nparams = { command = "isolate" }\n',
        "8.16",
        "8.15",
    ),
    ("eql", "event_category_override"): ('event_category_override = "event.kind"\n', "8.0", "7.17"),
    ("eql", "tiebreaker_field"): ('tiebreaker_field = "event.sequence"\n', "8.0", "7.17"),
    ("eql", "timestamp_field"): ('timestamp_field = "event.ingested"\n', "8.0", "7.17"),
    ("query", "alert_suppression"): (SUPPRESSION, "8.8", "8.7"),
    ("saved_query", "alert_suppression"): (SUPPRESSION, "8.8", "8.7"),
    ("threshold", "alert_suppression"): (
        '[rule.alert_suppression.duration]\nvalue = 5\nunit = "m"\n',
        "8.12",
        "8.11",
    ),
    ("threat_match", "alert_suppression"): (SUPPRESSION, "8.13", "8.12"),
    ("new_terms", "alert_suppression"): (SUPPRESSION, "8.14", "8.13"),
    ("eql", "alert_suppression"): (SUPPRESSION, "8.14", "8.13"),
    ("esql", "alert_suppression"): (SUPPRESSION, "8.15", "8.14"),
    ("machine_learning", "alert_suppression"): (SUPPRESSION, "8.15", "8.14"),
    ("threat_match", "threat_mapping.entries.negate"): (
        '[[rule.threat_mapping.entries]]\nfield = "b"\ntype = "mapping"\nvalue = "c"\nnegate = true\n',
        "9.2",
        "9.1",
    ),
}
CASES = [pytest.param(*key, *NEWER[key], id=" ".join(key)) for key in NEWER]


def newer_fields(cls, path=()):
    """Every field below a model that has not always been there: its path, version, and whether it only informs."""
    for key in schema.keys(cls).values():
        if key.since is not None:
            yield ".".join((*path, key.name)), key.since, key.informs
        inner = schema._model_inside(key.field)
        if inner is not None:
            yield from newer_fields(inner, (*path, key.name))


def with_fields(rule_type, fields, metadata=""):
    """The smallest rule of a type with more fields: at the end if they are tables, else below [rule]."""
    text = valid_text(rule_type).replace("[metadata]\n", f"[metadata]\n{metadata}")
    return text + "\n" + fields if fields.startswith("[") else text.replace("[rule]\n", f"[rule]\n{fields}")


def declared():
    """(type, path) to version: each type that has a version of its own, other fields with the first type only."""
    result = {}
    for rule_type, cls in RULE_TYPES.items():
        for path, since, _ in newer_fields(cls):
            if path == "alert_suppression" or not any(known == path for _, known in result):
                result[rule_type, path] = since
    return result


def test_the_table_has_every_field_that_came_later():
    assert {key: StackVersion.parse(since) for key, (_, since, _) in NEWER.items()} == declared()


@pytest.mark.parametrize(("rule_type", "path", "fields", "since", "before"), CASES)
def test_a_field_that_the_lowest_stack_lacks_is_named(rule_type, path, fields, since, before, tmp_path):
    pack = make_pack(tmp_path, with_fields(rule_type, fields), settings=f'stack = ["{before}", "9.9"]')
    (found,) = pack.diagnostics
    name = path.rpartition(".")[2]
    assert found.code.id == "RP105"
    assert found.message == f"{name} needs stack {since}, but the rule is for {before} too"
    assert found.hint.startswith(f'set min_stack_version = "{since}.0" in [metadata]')
    assert name in pack.sources[found.span.file].line_text(found.span.line)


@pytest.mark.parametrize(("rule_type", "path", "fields", "since", "before"), CASES)
def test_a_field_that_the_lowest_stack_has_is_right(rule_type, path, fields, since, before, tmp_path):  # noqa: ARG001
    assert codes(make_pack(tmp_path, with_fields(rule_type, fields), settings=f'stack = ["{since}"]')) == []


@pytest.mark.parametrize(("rule_type", "path", "fields", "since", "before"), CASES)
def test_a_rule_that_is_only_for_newer_stacks_may_have_the_field(rule_type, path, fields, since, before, tmp_path):  # noqa: ARG001
    text = with_fields(rule_type, fields, f'min_stack_version = "{since}.0"\n')
    assert codes(make_pack(tmp_path, text, settings=f'stack = ["{before}"]')) == []


def test_what_only_informs_is_a_warning(tmp_path):
    pack = make_pack(tmp_path, RULE + 'setup = "s"\n', settings='stack = ["8.2"]')
    assert [(found.code.id, found.severity) for found in pack.diagnostics] == [("RP105", Severity.WARNING)]
    pack = make_pack(tmp_path, RULE + SUPPRESSION, settings='stack = ["8.2"]')
    assert [(found.code.id, found.severity) for found in pack.diagnostics] == [("RP105", Severity.ERROR)]


def test_a_minimum_below_the_packs_stacks_changes_nothing(tmp_path):
    text = with_fields("query", SUPPRESSION, 'min_stack_version = "7.0"\n')
    assert codes(make_pack(tmp_path, text, settings='stack = ["8.8"]')) == []
    pack = make_pack(tmp_path, text, settings='stack = ["8.7"]')
    assert [found.message for found in pack.diagnostics] == [
        "alert_suppression needs stack 8.8, but the rule is for 8.7 too"
    ]


def test_a_deprecated_rule_goes_to_no_stack(tmp_path):
    text = with_fields("query", SUPPRESSION).replace('"production"', '"deprecated"')
    assert codes(make_pack(tmp_path, text, settings='stack = ["8.7"]')) == []


@pytest.mark.parametrize(
    ("fields", "stack", "expected"),
    [
        ('["a", "b", "c"]', "9.1", []),
        ('["a", "b", "c", "d"]', "9.1", ["RP105"]),
        ('["a", "b", "c", "d", "e"]', "9.2", []),
        ('["a", "b", "c", "d", "e", "f"]', "9.2", ["RP101"]),
        ('"user.name"', "8.0", []),
        ("[]", "8.0", []),
    ],
)
def test_more_than_three_threshold_fields_need_a_newer_stack(fields, stack, expected, tmp_path):
    text = valid_text("threshold").replace('["host.id"]', fields)
    assert codes(make_pack(tmp_path, text, settings=f'stack = ["{stack}"]')) == expected


@pytest.mark.parametrize(
    ("rule_type", "fields", "message"),
    [
        ("query", 'timeline_id = "t"\n', "timeline_id is there without timeline_title"),
        ("eql", 'timeline_title = "t"\n', "timeline_title is there without timeline_id"),
        ("threat_match", "concurrent_searches = 2\n", "concurrent_searches is there without items_per_search"),
        ("threat_match", "items_per_search = 9\n", "items_per_search is there without concurrent_searches"),
    ],
)
def test_a_field_without_its_partner(rule_type, fields, message, tmp_path):
    (found,) = make_pack(tmp_path, with_fields(rule_type, fields)).diagnostics
    assert (found.code.id, found.message, found.hint) == ("RP107", message, f"add {message.split()[-1]}")


@pytest.mark.parametrize(
    ("rule_type", "fields"),
    [
        ("query", 'timeline_id = "t"\ntimeline_title = "T"\n'),
        ("threat_match", "concurrent_searches = 2\nitems_per_search = 9\n"),
    ],
)
def test_partners_together_are_right(rule_type, fields, tmp_path):
    assert codes(make_pack(tmp_path, with_fields(rule_type, fields))) == []


@pytest.mark.parametrize(
    "fields", ['timeline_id = ""\ntimeline_title = "T"\n', 'timeline_id = 5\ntimeline_title = "T"\n']
)
def test_a_partner_whose_value_is_wrong_is_not_missing_besides(fields, tmp_path):
    assert "RP107" not in codes(make_pack(tmp_path, with_fields("query", fields)))


def flat_terms(fields):
    return valid_text("new_terms").partition("[rule.new_terms]")[0] + fields


@pytest.mark.parametrize(
    ("fields", "messages"),
    [
        ('new_terms_fields = ["a"]\n', ["missing required field history_window_start"]),
        ('history_window_start = "now-7d"\n', ["missing required field new_terms_fields"]),
        ("", ["missing required field history_window_start", "missing required field new_terms_fields"]),
        (
            'new_terms_fields = "a"\nhistory_window_start = "now-7d"\n',
            ["new_terms_fields is a string, but must be an array"],
        ),
    ],
)
def test_new_terms_need_their_fields_and_their_window(fields, messages, tmp_path):
    pack = make_pack(tmp_path, flat_terms(fields))
    assert [found.message for found in pack.diagnostics] == messages


def test_new_terms_have_one_shape_only(tmp_path):
    text = valid_text("new_terms").replace(
        "[rule.new_terms]", 'new_terms_fields = ["a"]\nhistory_window_start = "now-7d"\n[rule.new_terms]'
    )
    pack = make_pack(tmp_path, text)
    assert [(found.code.id, found.message) for found in pack.diagnostics] == [
        ("RP108", "new_terms_fields is there besides the table [rule.new_terms]"),
        ("RP108", "history_window_start is there besides the table [rule.new_terms]"),
    ]


def exception_list(kind):
    return f'[[rule.exceptions_list]]\nid = "1"\nlist_id = "l"\ntype = "{kind}"\nnamespace_type = "single"\n'


@pytest.mark.parametrize(
    ("kinds", "entries"),
    [
        (("rule_default", "detection", "detection"), []),
        (("rule_default", "detection", "rule_default"), [3]),
        (("rule_default", "rule_default", "rule_default"), [2, 3]),
    ],
)
def test_a_rule_has_one_default_exception_list(kinds, entries, tmp_path):
    pack = make_pack(tmp_path, RULE + "".join(map(exception_list, kinds)))
    assert codes(pack) == ["RP108"] * len(entries)
    # Each entry has five lines, and its type is on the fourth.
    start = RULE.count("\n") - 1
    assert [found.span.line for found in pack.diagnostics] == [start + 5 * entry for entry in entries]


@pytest.mark.parametrize(
    ("field", "cardinality", "expected"),
    [
        ('["host.id"]', "host.id", ["RP108"]),
        ('"host.id"', "host.id", ["RP108"]),
        ('["host.id"]', "user.name", []),
        ("[]", "host.id", []),
    ],
)
def test_counting_what_is_grouped_by(field, cardinality, expected, tmp_path):
    text = valid_text("threshold").replace('["host.id"]', field)
    text += f'[[rule.threshold.cardinality]]\nfield = "{cardinality}"\nvalue = 3\n'
    assert codes(make_pack(tmp_path, text)) == expected


@pytest.mark.parametrize(
    ("negations", "expected"),
    [(("true",), ["RP108"]), (("true", "true"), ["RP108"]), (("false", "true"), []), (("false",), [])],
)
def test_a_mapping_must_match_something(negations, expected, tmp_path):
    entries = "".join(
        f'[[rule.threat_mapping.entries]]\nfield = "a{number}"\ntype = "mapping"\nvalue = "b"\nnegate = {negated}\n'
        for number, negated in enumerate(negations)
    )
    text = valid_text("threat_match").partition("[[rule.threat_mapping.entries]]")[0] + entries
    assert codes(make_pack(tmp_path, text, settings='stack = ["9.2"]')) == expected
