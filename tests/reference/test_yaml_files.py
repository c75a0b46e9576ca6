"""YAML of packages, read with care."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulepack.reference.storage import UnreadableError
from rulepack.reference.yaml_files import MOST_BYTES, parse_yaml

LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefghij", "bcdefghijk", strict=True)
)


def test_yaml_is_read_as_plain_values():
    assert parse_yaml(b"\xef\xbb\xbfname: acme\nlist: [1, true, null]\n") == {"name": "acme", "list": [1, True, None]}
    assert parse_yaml(b"") is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a: [", "it is not YAML"),
        (b"\xff\xff", "it is not UTF-8"),
        (b"a: \x00", "it is not YAML"),
        (b"a: !!python/object/apply:os.system ['true']", "it is not YAML"),
        (b"a: 2026-99-99", "it is not YAML"),
        (b"? [a]\n: b", "it is not YAML"),
        (b"a: *nowhere", "it is not YAML"),
        (b"[" * 100_000, "it is not YAML: while increasing flow level"),
        (b"- " * 100_000, "it is nested or repeated too much"),
        (b"a: &a [x]\nb: [" + b"*a," * 2000 + b"]", "it is nested or repeated too much"),
        (b"a" * (MOST_BYTES + 1), "it is larger than 4 MB"),
        (b"a: " + b"9" * 10_000, "it is not YAML"),
    ],
)
def test_what_cannot_be_used_is_refused(content, reason):
    with pytest.raises(UnreadableError) as caught:
        parse_yaml(content)
    assert str(caught.value).startswith(reason)
    assert len(str(caught.value)) < 200


def test_a_billion_laughs_are_not_counted_out():
    start = time.process_time()
    parse_yaml(LAUGHS.encode())
    assert time.process_time() - start < 1


@given(st.text("a:-[]{}&*!|>\n \t'\"#%", max_size=60) | st.text(max_size=20))
def test_any_text_gives_a_value_or_a_reason(text):
    try:
        parse_yaml(text.encode("utf-8", "surrogatepass"))
    except UnreadableError:
        return
