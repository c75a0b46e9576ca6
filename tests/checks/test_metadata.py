"""RP41x: dates and life cycle, and the deprecated rules' leniency."""

import pytest
from support.samples import RULE, codes, make_pack

from rulepack import Severity

CREATED, UPDATED = 'creation_date = "2026/01/01"\n', 'updated_date = "2026/01/02"\n'
MATURITY = 'maturity = "production"\n'


@pytest.mark.parametrize("date", ["2026/01/01", "2024/02/29", "1999/12/31"])
@pytest.mark.parametrize("name", ["creation_date", "deprecation_date"])
def test_a_date_is_written_with_slashes(name, date, tmp_path):
    text = RULE.replace(CREATED, f'{name} = "{date}"\n')
    assert codes(make_pack(tmp_path, text)) == []


@pytest.mark.parametrize(
    "date",
    ["2026-01-01", "2026/1/1", "01/31/2026", "2026/02/30", "2026/13/01", "2025/02/29", "soon", "", " 2026/01/01"],
)
@pytest.mark.parametrize("name", ["creation_date", "updated_date", "deprecation_date"])
def test_a_date_in_another_form_or_that_is_none(name, date, tmp_path):
    text = RULE.replace(CREATED, "").replace(UPDATED, f'{name} = "{date}"\n')
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
