"""Families of types, and which texts they can hold."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulepack.query import types


@pytest.mark.parametrize(
    ("es_type", "family"),
    [
        ("constant_keyword", "keyword"),
        ("wildcard", "keyword"),
        ("match_only_text", "text"),
        ("scaled_float", "number"),
        ("date_nanos", "date"),
        ("ip_range", "range"),
        ("geo_point", "geo"),
        ("object", "other"),
        ("alias", "other"),
        ("no such type", "other"),
    ],
)
def test_a_type_belongs_to_a_family(es_type, family):
    assert types.family(es_type) == family


@pytest.mark.parametrize(
    ("text", "number"),
    [("5", 5), ("-5", -5), ("+5", 5), ("5.0", 5), ("1.5", 1.5), (".5", 0.5), ("1e3", 1000), ("1e400", float("inf"))],
)
def test_a_number_is_read(text, number):
    assert types.to_number(text) == number


@pytest.mark.parametrize("text", ["", "-", "five", "0x10", "1_000", "1,5", "NaN", "1e", "٣", "5 6"])
def test_what_is_no_number_is_none(text):
    assert types.to_number(text) is None


def test_a_number_of_many_digits_is_out_of_range_and_no_error():
    assert not types.number_fits("long", types.to_number("9" * 10_000))


@pytest.mark.parametrize(
    ("es_type", "number", "fits"),
    [
        ("byte", 127, True),
        ("byte", 128, False),
        ("byte", -128, True),
        ("integer", 2**31, False),
        ("long", 2**63 - 1, True),
        ("long", 2**63, False),
        ("long", 1.5, False),
        ("unsigned_long", 2**64 - 1, True),
        ("unsigned_long", -1, False),
        ("float", 1.5, True),
        ("long", float("nan"), False),
    ],
)
def test_a_number_fits_its_type(es_type, number, fits):
    assert types.number_fits(es_type, number) is fits


@pytest.mark.parametrize("text", ["10.0.0.1", "255.255.255.255", "::1", "fe80::1", "::ffff:10.0.0.1", "2001:DB8::"])
def test_an_address_is_known(text):
    assert types.is_ip(text)


@pytest.mark.parametrize(
    "text",
    ["", "10.0.0", "10.0.0.0.1", "10.0.0.256", "10.0.0.01", "fe80::1%eth0", ":::", "10.0.0.0/8", "x::", "1.1.1.1\n"],
)
def test_what_is_no_address_is_refused(text):
    assert not types.is_ip(text)


@pytest.mark.parametrize(
    ("text", "is_cidr"),
    [
        ("10.0.0.0/8", True),
        ("10.1.2.3/8", True),
        ("::/0", True),
        ("fe80::/128", True),
        ("10.0.0.0/33", False),
        ("10.0.0.0/", False),
        ("10.0.0.0/255.0.0.0", False),
        ("10.0.0.0/٣", False),
        ("fe80::/129", False),
        ("10.0.0.0", False),
    ],
)
def test_a_network_is_an_address_with_a_prefix_length(text, is_cidr):
    assert types.is_cidr(text) is is_cidr


@given(st.ip_addresses())
def test_every_address_is_one(address):
    assert types.is_ip(str(address))


@given(st.text(alphabet="0123456789abcdf:./%", max_size=20))
def test_what_is_an_address_is_one_to_python_too(text):
    try:
        ipaddress.ip_address(text)
        expected = "%" not in text
    except ValueError:
        expected = False
    assert types.is_ip(text) is expected


@pytest.mark.parametrize(
    "text",
    [
        "now",
        "now-1d",
        "now-1d/d",
        "now+1h-30m",
        "now/d+1h",
        "2024",
        "2024-02",
        "2024-02-29",
        "2024-02-01T10:00",
        "2024-02-01T10:00:00.123Z",
        "2024-02-01T10:00:00+01:00",
        "2024-02-01||+1M/d",
        "1700000000000",
        "-1",
        "2024/02/01",
        "01 Feb 2024",
        "2024-02-01 10:00:00",
    ],
)
def test_a_date_is_known(text):
    assert types.is_date(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "nowadays",
        "now-1x",
        "now - 1d",
        "2024-13-01",
        "2023-02-29",
        "2024-01-32",
        "2024-02-01||oops",
        "2024-02-01T25:00",
    ],
)
def test_what_no_format_makes_a_date_is_refused(text):
    assert not types.is_date(text)


@pytest.mark.parametrize(
    ("es_type", "text", "reason"),
    [
        ("long", "1.5", "no whole number"),
        ("long", "-0.25", "no whole number"),
        ("long", "5", None),
        ("byte", "128", "beyond its range"),
        ("long", "1e30", "beyond its range"),
        ("long", "1e999", "beyond its range"),
        ("long", "9" * 5000, "beyond its range"),
        ("double", "1.5", None),
        ("long", "ten", "no number"),
        ("boolean", "yes", "neither true nor false"),
        ("ip", "10.0.0.0/8", None),
        ("ip", "ten", "neither an address nor a network"),
        ("date", "soon", "no date"),
        ("keyword", "anything", None),
    ],
)
def test_why_a_field_holds_no_such_text(es_type, text, reason):
    assert types.misfit(text, es_type) == reason
