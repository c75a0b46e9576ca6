"""CHECKS as a whole: its order, what a check is given, and the severities of the settings."""

import pytest
from support.samples import RULE, codes, make_pack

import rulepack
from rulepack import Severity, checks
from rulepack.checks import CHECKS
from rulepack.checks.base import Context, check
from rulepack.pack import Pack
from rulepack.reference import Reference

# One rule with a warning of metadata, one of guides, one of data, and an error of shape.
MANY = (
    RULE.replace('maturity = "production"\n', "").replace('index = ["acme-*"]\n', "")
    + 'note = "$osquery_0"\ntimeline_id = "t"\n'
)
ALL = {"RP107": "error", "RP413": "warning", "RP422": "warning", "RP442": "warning"}


def severities(pack):
    return {found.code.id: found.severity.label for found in pack.diagnostics}


def test_checks_are_sorted_by_code():
    # RP44x is one theme in two places: they are in the order of their codes as well.
    assert sorted(CHECKS, key=lambda one: one.code.id) == list(CHECKS)


@pytest.mark.parametrize("one", CHECKS, ids=[one.code.id for one in CHECKS])
def test_a_check_looks_at_a_rule_or_at_the_pack(one):
    assert (one.of_rule is None) != (one.of_pack is None)


def test_a_check_may_speak_of_a_rule_that_no_file_has(tmp_path):
    """A pack may be put together by a program, without sources."""

    @check("RP999", "test-check", Severity.INFO)
    def found_everywhere(rule, context):
        """A sentence.

        Why: because.
        """
        yield context.at(rule, ("rule", "name"), f"{rule.name} is seen")

    loaded = make_pack(tmp_path, RULE)
    pack = Pack(loaded.project, loaded.rules, files=loaded.files)
    (found,) = found_everywhere.on_rule(pack.rules[0], Context.of(pack, Reference()))
    assert (found.code.summary, found.code.help) == ("A sentence", "Why: because.")
    assert (str(found.span), found.severity, found.excerpt) == ("rules/rule_0.toml:1:1", Severity.INFO, None)
    assert checks.run(pack) == ()


def test_a_check_sees_settings_and_reference_data(tmp_path):
    pack = make_pack(tmp_path, RULE, settings='name = "Mine"')
    context = Context.of(pack, Reference())
    assert context.project.name == "Mine"
    assert context.attack.is_known("T1059")
    assert context.ecs.version


def test_a_check_finds_characters_of_a_text(tmp_path):
    pack = make_pack(tmp_path, RULE)
    found = Context.of(pack, Reference()).inside(pack.rules[0], ("rule", "query"), 15, 1, "the colon", "look")
    assert (found.span.end_column - found.span.column, found.hint) == (1, "look")


def test_checking_again_says_the_same(tmp_path):
    pack = make_pack(tmp_path, MANY)
    assert rulepack.check(pack) == pack.diagnostics
    assert [found.sort_key for found in pack.diagnostics] == sorted(found.sort_key for found in pack.diagnostics)


@pytest.mark.parametrize(
    ("settings", "changed"),
    [
        ("", {}),
        ('RP413 = "error"', {"RP413": "error"}),
        ('RP413 = "info"', {"RP413": "info"}),
        ('RP413 = "off"', {"RP413": None}),
        ('RP42x = "off"', {"RP422": None}),
        ('RP4xx = "info"', {"RP413": "info", "RP422": "info", "RP442": "info"}),
        ('RP1xx = "warning"', {"RP107": "warning"}),
        ('RPxxx = "info"', dict.fromkeys(ALL, "info")),
        # The more exact one wins, whatever the order.
        ('RP4xx = "off", RP44x = "error", RP442 = "warning"', {"RP413": None, "RP422": None}),
        ('RP442 = "warning", RP44x = "error", RP4xx = "off"', {"RP413": None, "RP422": None}),
        ('RPxxx = "error", RP4xx = "off"', {"RP413": None, "RP422": None, "RP442": None}),
        # Globs.
        ('"rules/*.toml" = {RP413 = "error"}', {"RP413": "error"}),
        ('"rules" = {RP413 = "error"}', {"RP413": "error"}),
        ('"**" = {RP413 = "error"}', {"RP413": "error"}),
        ('"**/rule_0.toml" = {RP413 = "error"}', {"RP413": "error"}),
        ('"rules/**/rule_0.toml" = {RP413 = "error"}', {"RP413": "error"}),
        ('"rules/rule_?.toml" = {RP413 = "error"}', {"RP413": "error"}),
        ('"rules/*/rule_0.toml" = {RP413 = "error"}', {}),
        ('"rule_0.toml" = {RP413 = "error"}', {}),
        ('"rules/rule_00.toml" = {RP413 = "error"}', {}),
        ('"rule" = {RP413 = "error"}', {}),
        # A path wins over none, even with a range against a code.
        ('RP413 = "off", "rules/**" = {RP4xx = "error"}', {"RP413": "error", "RP422": "error", "RP442": "error"}),
        ('RP4xx = "error", "rules/**" = {RP413 = "off"}', {"RP413": None, "RP422": "error", "RP442": "error"}),
        # Of two that are equally exact, the later one.
        ('"rules/**" = {RP413 = "info"}, "rules/rule_0.toml" = {RP413 = "error"}', {"RP413": "error"}),
    ],
)
def test_settings_decide_on_severities(settings, changed, tmp_path):
    expected = {code: level for code, level in {**ALL, **changed}.items() if level is not None}
    assert severities(make_pack(tmp_path, MANY, settings=f"checks = {{{settings}}}")) == expected


def test_a_path_with_characters_that_mean_something_elsewhere(tmp_path):
    (tmp_path / "rules" / "a+b [x]").mkdir(parents=True)
    (tmp_path / "rules" / "a+b [x]" / "rule.toml").write_text(MANY, encoding="utf-8")
    pack = make_pack(tmp_path, settings='[checks."rules/a+b [x]/*"]\nRPxxx = "info"')
    assert set(severities(pack).values()) == {"info"}


def test_one_path_may_have_another_severity_than_the_next(tmp_path):
    settings = '[checks]\nRP413 = "error"\n[checks."rules/old"]\nRP413 = "off"\n'
    (tmp_path / "rules" / "old").mkdir(parents=True)
    text = RULE.replace('maturity = "production"\n', "")
    (tmp_path / "rules" / "old" / "a.toml").write_text(text, encoding="utf-8")
    other = text.replace("0001", "0002").replace("Sample", "Other").replace(": process", ": file")
    pack = make_pack(tmp_path, other, settings=settings)
    assert [(found.span.file, found.severity) for found in pack.diagnostics] == [("rules/rule_0.toml", Severity.ERROR)]


def test_what_is_an_error_by_the_settings_fails_the_pack(tmp_path):
    text = RULE.replace('maturity = "production"\n', "")
    assert not make_pack(tmp_path, text).failed
    assert make_pack(tmp_path, text, settings='checks.RP413 = "error"').failed
    assert not make_pack(tmp_path, RULE + 'timeline_id = "t"\n', settings='checks.RP107 = "warning"').failed


@pytest.mark.parametrize("selector", ["RP001", "RP002", "RP00x", "RP0xx"])
def test_what_keeps_a_file_from_being_read_cannot_be_turned_off(selector, tmp_path):
    with pytest.raises(rulepack.RulepackError, match=f'checks: {selector} cannot be "off"') as error:
        make_pack(tmp_path, "a = = 1", settings=f'checks.{selector} = "off"')
    assert error.value.hint == 'use "error", "warning" or "info"'


def test_turning_everything_off_leaves_what_keeps_a_file_from_being_read(tmp_path):
    assert codes(make_pack(tmp_path, MANY, "a = = 1", settings='checks.RPxxx = "off"')) == ["RP002"]


def test_what_keeps_a_file_from_being_read_can_be_a_warning(tmp_path):
    pack = make_pack(tmp_path, RULE, "a = = 1", settings='checks.RP002 = "warning"')
    assert severities(pack) == {"RP002": "warning"}
