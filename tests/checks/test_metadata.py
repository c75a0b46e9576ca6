"""RP41x: dates and life cycle, and the deprecated rules' leniency."""

import pytest
from support.samples import RULE, codes, make_pack

from rulepack import Severity

CREATED, UPDATED = 'creation_date = "2026/01/01"\n', 'updated_date = "2026/01/02"\n'
MATURITY = 'maturity = "production"\n'


def maturity_for(date):
    """The maturity of a rule that may have a date."""
    return 'maturity = "deprecated"\n' if date == "deprecation_date" else MATURITY


@pytest.mark.parametrize("date", ["2026/01/01", "2024/02/29", "1999/12/31"])
@pytest.mark.parametrize("name", ["creation_date", "deprecation_date"])
def test_a_date_is_written_with_slashes(name, date, tmp_path):
    text = RULE.replace(CREATED, f'{name} = "{date}"\n').replace(MATURITY, maturity_for(name))
    assert codes(make_pack(tmp_path, text)) == []


@pytest.mark.parametrize(
    "date",
    ["2026-01-01", "2026/1/1", "01/31/2026", "2026/02/30", "2026/13/01", "2025/02/29", "soon", "", " 2026/01/01"],
)
@pytest.mark.parametrize("name", ["creation_date", "updated_date", "deprecation_date"])
def test_a_date_in_another_form_or_that_is_none(name, date, tmp_path):
    text = RULE.replace(CREATED, "").replace(UPDATED, f'{name} = "{date}"\n').replace(MATURITY, maturity_for(name))
    (found,) = make_pack(tmp_path, text).diagnostics
    assert (found.code.id, found.message) == ("RP412", f'{name} cannot be "{" ".join(date.split())}"')


def test_a_date_without_quotes_is_no_text(tmp_path):
    (found,) = make_pack(tmp_path, RULE.replace('"2026/01/01"', "2026-01-01")).diagnostics
    assert (found.code.id, found.hint) == ("RP104", "put quotes around it")


@pytest.mark.parametrize(
    ("created", "updated", "expected"),
    [
        ("2026/01/02", "2026/01/01", ["RP411"]),
        ("2026/01/01", "2026/01/01", []),
        ("2026/01/01", "2026/10/01", []),
        ("no date", "2026/01/01", ["RP412"]),
        ("2026/01/02", "no date", ["RP412"]),
    ],
)
def test_a_rule_is_not_changed_before_it_is_written(created, updated, expected, tmp_path):
    text = RULE.replace(CREATED, f'creation_date = "{created}"\n').replace(UPDATED, f'updated_date = "{updated}"\n')
    assert codes(make_pack(tmp_path, text)) == expected


@pytest.mark.parametrize("dates", [CREATED, UPDATED, ""])
def test_dates_may_be_left_out(dates, tmp_path):
    assert codes(make_pack(tmp_path, RULE.replace(CREATED, "").replace(UPDATED, dates))) == []


@pytest.mark.parametrize(
    ("maturity", "expected"),
    [
        ("", ["RP413"]),
        ('maturity = "prod"\n', ["RP101"]),
        ("maturity = 3\n", ["RP104"]),
        ('maturity = "development"\n', []),
        ('maturity = "experimental"\n', []),
        ('maturity = "beta"\n', []),
        ('maturity = "deprecated"\n', []),
    ],
)
def test_a_rule_says_how_mature_it_is(maturity, expected, tmp_path):
    assert codes(make_pack(tmp_path, RULE.replace(MATURITY, maturity))) == expected


def test_a_rule_without_metadata_lacks_the_table_only(tmp_path):
    assert codes(make_pack(tmp_path, RULE[RULE.index("[rule]") :])) == ["RP102"]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('severity = "low"', 'severity = "hihg"'),
        ("risk_score = 21", "risk_score = 500"),
        ('severity = "low"', 'severity = "low"\ntimeline_id = "t"'),
        ('severity = "low"', 'severity = "low"\nnmae = "x"'),
    ],
)
def test_what_is_wrong_with_a_deprecated_rule_is_no_reason_to_stop(right, wrong, tmp_path):
    text = RULE.replace(right, wrong)
    assert [found.severity for found in make_pack(tmp_path, text).diagnostics] == [Severity.ERROR]
    deprecated = text.replace('"production"', '"deprecated"')
    assert [found.severity for found in make_pack(tmp_path, deprecated).diagnostics] == [Severity.WARNING]


def of(code, pack):
    return [(found.severity.label, found.message) for found in pack.diagnostics if found.code.id == code]


@pytest.mark.parametrize(("named", "bad"), [("default", False), ("true", True), ("", True), ("Default", True)])
def test_the_type_of_a_building_block_rule(named, bad, tmp_path):
    message = f'building_block_type is "default" or not there, never "{named}"'
    expected = [("warning", message)] if bad else []
    assert of("RP410", make_pack(tmp_path, RULE + f'building_block_type = "{named}"\n')) == expected


@pytest.mark.parametrize(
    ("maturity", "date", "message"),
    [
        ("deprecated", None, None),
        ("deprecated", '"2026/01/02"', None),
        ("deprecated", "5", None),
        ("production", '"2026/01/02"', "deprecation_date is there, but the maturity is production"),
        ("production", None, None),
    ],
)
def test_the_date_since_when_a_rule_is_deprecated(maturity, date, message, tmp_path):
    text = RULE.replace('maturity = "production"', f'maturity = "{maturity}"')
    if date is not None:
        text = text.replace("[metadata]\n", f"[metadata]\ndeprecation_date = {date}\n")
    assert of("RP414", make_pack(tmp_path, text)) == ([("warning", message)] if message else [])


def test_a_date_without_a_maturity_is_not_judged(tmp_path):
    text = RULE.replace('maturity = "production"', 'deprecation_date = "2026/01/02"')
    assert of("RP414", make_pack(tmp_path, text)) == []


@pytest.mark.parametrize(("number", "shown"), [(1, None), (1000, None), (1001, "1001"), (2**53 - 1, str(2**53 - 1))])
def test_more_alerts_than_kibana_makes(number, shown, tmp_path):
    message = f"max_signals is {shown}, but Kibana makes 1000 alerts in a run at most"
    expected = [("warning", message)] if shown else []
    assert of("RP418", make_pack(tmp_path, RULE + f"max_signals = {number}\n")) == expected


@pytest.mark.parametrize(
    ("description", "message"),
    [
        ('""', "the description is empty"),
        ('" "', "the description is empty"),
        ('"sample."', "the description only repeats the name"),
        ("'''\nSample\n'''", "the description only repeats the name"),
        ('"Samples."', None),
        ("5", None),
    ],
)
def test_a_description_that_says_nothing(description, message, tmp_path):
    text = RULE.replace('description = "A sample."', f"description = {description}")
    assert of("RP419", make_pack(tmp_path, text)) == ([("warning", message)] if message else [])


def test_a_rule_of_no_type_has_its_description_judged_too(tmp_path):
    text = RULE.replace('type = "query"', "").replace('description = "A sample."\n', "")
    assert of("RP419", make_pack(tmp_path, text)) == []
