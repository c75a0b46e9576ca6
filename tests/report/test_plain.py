import sys
import unicodedata

import pytest

from rulepack.report.plain import is_hidden, visible, width


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain [text] ~", "plain [text] ~"),
        ("Größe 端末 ñ é 🙂", "Größe 端末 ñ é 🙂"),
        ("e\u0301", "e\u0301"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\tb\r\nc\x00\x7f", r"a\tb\r\nc\x00\x7f"),
        ("\x85\x9b", r"\x85\x9b"),
        ("\u202eabc\u2066", "<U+202E>abc<U+2066>"),
        ("zero\u200bwidth\ufeff", "zero<U+200B>width<U+FEFF>"),
        ("soft\xadhyphen", "soft<U+00AD>hyphen"),
        ("\u2028\u2029", "<U+2028><U+2029>"),
        ("\ud800 \udc80", "<U+D800> <U+DC80>"),
        ("\U000e0041", "<U+E0041>"),
        ("\ufffe\U0010ffff", "<U+FFFE><U+10FFFF>"),
        ("\u3164\u115f", "<U+3164><U+115F>"),
        ("no\xa0break\u3000wide", "no\xa0break\u3000wide"),
    ],
)
def test_hidden_characters_become_visible_and_others_stay(text, shown):
    assert visible(text) == shown


def test_no_control_or_format_character_of_all_unicode_passes():
    passing = visible("".join(map(chr, (*range(0x20000), *range(0xE0000, 0xE1000), 0xF0000, sys.maxunicode))))
    categories = {unicodedata.category(char) for char in passing}
    assert not categories & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert {"Lu", "Lo", "Mn", "Zs", "So"} <= categories


def test_visible_text_stays_as_it_is():
    once = visible("\x1b\u202e\ud800")
    assert visible(once) == once
    assert not any(map(is_hidden, once))


@pytest.mark.parametrize(
    ("text", "columns"),
    [("abc", 3), ("端末", 4), ("ｱ", 1), ("\uff21", 2), ("e\u0301", 1), ("🙂", 2), ("\u1112\u1161\u11ab", 2), ("ñ…", 2)],
)
def test_width_counts_columns(text, columns):
    assert width(text) == columns
