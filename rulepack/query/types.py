"""The types that Elasticsearch fields have, in families, and which texts a field of a type can hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Final, Literal

Family = Literal[
    "keyword", "text", "number", "boolean", "ip", "date", "version", "flattened", "nested", "geo", "range", "other"
]

# https://www.elastic.co/docs/reference/elasticsearch/mapping-reference/field-data-types
_FAMILIES: Final[dict[str, Family]] = {
    "keyword": "keyword",
    "constant_keyword": "keyword",
    "wildcard": "keyword",
    "text": "text",
    "match_only_text": "text",
    "pattern_text": "text",
    "annotated_text": "text",
    "search_as_you_type": "text",
    "long": "number",
    "integer": "number",
    "short": "number",
    "byte": "number",
    "unsigned_long": "number",
    "double": "number",
    "float": "number",
    "half_float": "number",
    "scaled_float": "number",
    "token_count": "number",
    "boolean": "boolean",
    "ip": "ip",
    "date": "date",
    "date_nanos": "date",
    "version": "version",
    "flattened": "flattened",
    "nested": "nested",
    "geo_point": "geo",
    "geo_shape": "geo",
    "point": "geo",
    "shape": "geo",
    "integer_range": "range",
    "long_range": "range",
    "float_range": "range",
    "double_range": "range",
    "date_range": "range",
    "ip_range": "range",
}
# https://www.elastic.co/docs/reference/elasticsearch/mapping-reference/number
_BITS: Final = {"long": 63, "integer": 31, "short": 15, "byte": 7, "token_count": 31}
# Beyond this, a float has no fractions, and does not tell neighbouring whole numbers apart.
_EXACT = 2**53
_NUMBER = re.compile(r"[+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?")
_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(?:\.(?!$)|$)){4}")
_IPV6_CHARACTERS = re.compile(r"[0-9A-Fa-f:.]++")
_LONGEST_IP = 45  # eight groups of which the last two are written as IPv4
_NOW = re.compile(r"now(?P<math>.*)", re.DOTALL)
_MATH = re.compile(r"(?:[+-][0-9]*+[yMwdhHms])*+(?:/[yMwdhHms](?:[+-][0-9]*+[yMwdhHms])*+)?")
_ISO = re.compile(
    r"[+-]?(?P<year>[0-9]{4,9})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2})"
    r"(?:T(?:(?P<hour>[0-9]{2})(?::(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,][0-9]{1,9})?)?)?"
    r"(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?)?)?)?"
)
_LOOKS_ISO = re.compile(r"[0-9]{4}-[0-9]{2}(?:-|$)")
_DAYS_OF_MONTHS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def family(es_type: str) -> Family:
    """The family of an Elasticsearch type such as `match_only_text`; `other` where there is none (object, alias)."""
    return _FAMILIES.get(es_type, "other")


def is_integer_type(es_type: str) -> bool:
    """Whether a field of this type holds whole numbers only."""
    return es_type in _BITS or es_type == "unsigned_long"


def to_number(text: str) -> int | float | None:
    """The number that a text stands for, as Elasticsearch reads one; None if it is none.

    A number with a point or an exponent that is whole is an int: `5.0` is 5.
    """
    if not _NUMBER.fullmatch(text):
        return None
    digits = text.lstrip("+-")
    if digits.isdigit():
        # Python refuses to read more than 4,300 digits; a float of them is infinite, and as far out of range.
        return int(text) if len(digits) <= 4_000 else float(text)  # noqa: PLR2004 (explained above)
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < _EXACT else number


def number_fits(es_type: str, number: float) -> bool:
    """Whether a field of a number type can hold a number: whole ones in their range, any in the types with a point."""
    if not is_integer_type(es_type):
        return True
    if number != number or number in (float("inf"), float("-inf")) or number != int(number):  # noqa: PLR0124 (not a number)
        return False
    if es_type == "unsigned_long":
        return 0 <= number < 2**64
    limit: int = 1 << _BITS[es_type]
    return -limit <= number < limit


def is_ip(text: str) -> bool:
    """Whether a text is an IPv4 or IPv6 address, without a prefix length and without a zone."""
    if _IPV4.fullmatch(text):
        return True
    if ":" not in text or len(text) > _LONGEST_IP or not _IPV6_CHARACTERS.fullmatch(text):
        return False
    from ipaddress import AddressValueError, IPv6Address  # noqa: PLC0415 (few queries name IPv6 addresses)

    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True


def is_cidr(text: str) -> bool:
    """Whether a text is an address with a prefix length, such as `10.0.0.0/8`; bits behind the prefix may be set."""
    address, slash, length = text.partition("/")
    if not slash or not (length.isascii() and length.isdigit()) or len(length) > len("128"):
        return False
    return int(length) <= (128 if ":" in address else 32) and is_ip(address)


def is_date(text: str) -> bool:
    """Whether a date field can be compared with a text: date math, ISO 8601, epoch, or the shape of some other format.

    A field may have formats of its own, so only what can be none is False: nothing with a digit in it, `now` with math
    that is none, ISO 8601 with a thirteenth month or a thirtieth of February.
    https://www.elastic.co/docs/reference/elasticsearch/rest-apis/common-options#date-math
    """
    now = _NOW.fullmatch(text)
    if now:
        return _MATH.fullmatch(now["math"]) is not None
    anchor, bars, math = text.partition("||")
    if bars and not _MATH.fullmatch(math):
        return False
    found = _ISO.fullmatch(anchor)
    if found and "-" in anchor:
        return _is_day(found)
    if _LOOKS_ISO.match(anchor) and not found:
        # `2024-01-05 10:00` is ISO but for its blank: the format `yyyy-MM-dd HH:mm` is a usual one.
        return 1 <= int(anchor[5:7]) <= len(_DAYS_OF_MONTHS)
    return any(character.isdigit() for character in anchor)


def _is_day(found: re.Match[str]) -> bool:
    month, day = int(found["month"] or 1), int(found["day"] or 1)
    if not 1 <= month <= len(_DAYS_OF_MONTHS) or not 1 <= day <= _DAYS_OF_MONTHS[month - 1]:
        return False
    year = int(found["year"])
    if date.min.year <= year <= date.max.year:
        try:
            date(year, month, day)
        except ValueError:
            return False
    hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    return hour <= 24 and minute < 60 and second < 60  # noqa: PLR2004 (hours and minutes)


def _is_number(text: str) -> bool:
    """Whether a text is a number as `to_number` reads them."""
    return to_number(text) is not None


def _is_network(text: str) -> bool:
    return is_ip(text) or is_cidr(text)


def _is_boolean(text: str) -> bool:
    # Elasticsearch takes an empty text for false.
    return text in {"true", "false", ""}


# What the values of a family must be, and what others are instead.
_FITS: Final[dict[str, tuple[Callable[[str], bool], str]]] = {
    "number": (_is_number, "no number"),
    "boolean": (_is_boolean, "neither true nor false"),
    "ip": (_is_network, "neither an address nor a network"),
    "date": (is_date, "no date"),
}
# The families of which a value has one form or some: not every text is one.
FORMED: Final = frozenset(_FITS)


def misfit(text: str, es_type: str) -> str | None:
    """Why no field of a type holds a text, as KQL and Lucene have values (`no number`); None if one may."""
    kind = family(es_type)
    fits, reason = _FITS.get(kind, (None, ""))
    if fits is None:
        return None
    if not fits(text):
        return reason
    number = to_number(text) if kind == "number" else None
    if number is None or number_fits(es_type, number):
        return None
    # A whole number is a float only where it is larger than that.
    return "no whole number" if isinstance(number, float) and abs(number) < _EXACT else "beyond its range"
