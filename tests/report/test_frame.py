import pytest

from rulepack.diagnostics import Span
from rulepack.report import plain
from rulepack.report.frame import CUT, TAB, draw
from rulepack.report.plain import width


def span_of(line, part):
    start = line.index(part) + 1
    return Span("x.toml", 1, start, 1, start + len(part))


def marked(frame):
    """What stands above the carets, found by columns as an eye would."""
    under, column = "", 0
    for char in frame.line:
        # A combining mark stands on the character before it.
        at = column if width(char) else column - 1
        if frame.left <= at < frame.left + frame.carets:
            under += char
        column += width(char)
    return under


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("process.name == 1", "name"),
        ("\t\tid = 1", "id"),
        ("a\tb\tid = 1", "id"),
        ("abcd\tid", "id"),
        ("端末 == id", "id"),
        ("ＡＢ端末 == ｱid", "端末"),
        ("e\u0301e\u0301 id", "id"),
        ("\u1112\u1161\u11ab id", "id"),
        ("🙂 id", "id"),
        ("id", "id"),
    ],
)
def test_carets_stand_under_the_span(line, part):
    frame = draw(line, span_of(line, part), 80)
    assert marked(frame) == part
    assert frame.carets == width(part)


def test_a_tab_fills_up_to_the_next_stop():
    assert draw("ab\tc", Span("x", 1, 4, 1, 5), 80).line == f"ab{' ' * (TAB - 2)}c"


def test_a_span_over_a_tab_is_as_wide_as_the_tab():
    assert draw("\tx", Span("x", 1, 1, 1, 2), 80) == ("    x", 0, TAB)


def test_hidden_characters_are_visible_and_marked_in_full():
    frame = draw("a\u202eb\x1bc", Span("x", 1, 2, 1, 3), 80)
    assert frame.line == r"a<U+202E>b\x1bc"
    assert marked(frame) == "<U+202E>"
    assert marked(draw("a\u202eb\x1bc", Span("x", 1, 5, 1, 6), 80)) == "c"


def test_a_combining_mark_is_marked_on_its_letter():
    assert draw("ae\u0301", Span("x", 1, 3, 1, 4), 80)[1:] == (1, 1)


@pytest.mark.parametrize(
    ("span", "left", "carets"),
    [
        (Span("x", 1, 2, 1, 2), 1, 1),
        (Span("x", 1, 5, 1, 5), 4, 1),
        (Span("x", 1, 99, 1, 120), 4, 1),
        (Span("x", 1, 0, 1, 0), 0, 1),
        (Span("x", 1, 3, 1, 1), 2, 1),
    ],
)
def test_an_empty_or_impossible_span_gets_one_caret(span, left, carets):
    assert draw("abcd", span, 80)[1:] == (left, carets)


def test_a_span_over_several_lines_is_marked_to_the_end_of_the_first():
    assert marked(draw("sequence by host.id\r\n", Span("x", 1, 10, 3, 2), 80)) == "by host.id"


def test_an_empty_line_has_one_caret():
    assert draw("", Span("x", 1, 1, 1, 1), 80) == ("", 0, 1)


@pytest.mark.parametrize("room", [24, 25, 30, 40, 79])
@pytest.mark.parametrize("at", [0, 1, 5, 20, 60, 100, 150, 190, 196])
def test_a_long_line_is_cut_around_the_span(room, at):
    line = "".join(chr(0x100 + index) for index in range(200))
    part = line[at : at + 4]
    frame = draw(line, span_of(line, part), room)
    assert marked(frame) == part
    assert room - 1 <= width(frame.line) <= room
    assert frame.line.startswith(CUT) == (line[0] not in frame.line)
    assert frame.line.endswith(CUT) == (line[-1] not in frame.line)
    assert frame.line.strip(CUT) in line


def test_a_span_in_the_middle_shows_both_sides():
    line = "a" * 100 + "here" + "b" * 100
    assert draw(line, span_of(line, "here"), 30).line == "…aaaaaaaaaaaaherebbbbbbbbbbbb…"


def test_a_line_that_just_fits_is_not_cut():
    assert draw("a" * 40, Span("x", 1, 1, 1, 2), 40).line == "a" * 40
    assert draw("a" * 41, Span("x", 1, 1, 1, 2), 40).line == "a" * 38 + CUT
    # The caret behind the last character needs a column, too.
    assert draw("a" * 40, Span("x", 1, 41, 1, 41), 40) == (CUT + "a" * 37, 38, 1)


def test_a_span_wider_than_the_room_is_shown_from_its_start():
    frame = draw("x = " + "a" * 200, Span("x", 1, 5, 1, 205), 30)
    assert frame == (CUT + "a" * 28 + CUT, 1, 28)


def test_wide_characters_are_never_cut_in_half():
    for room in range(24, 40):
        line = "端" * 50 + "id" + "末" * 50
        frame = draw(line, span_of(line, "id"), room)
        assert marked(frame) == "id"
        assert width(frame.line) <= room


def test_a_mark_is_never_drawn_on_the_sign_for_a_cut():
    for at in range(100):
        frame = draw("e\u0301" * 100, Span("x", 1, 2 * at + 1, 1, 2 * at + 3), 30)
        assert marked(frame).startswith("e")
        assert frame.line.lstrip(CUT).startswith("e")


def test_a_megabyte_is_drawn_without_reading_it_all(monkeypatch):
    read = []
    monkeypatch.setattr(plain, "visible", lambda char: read.append(char) or char)
    frame = draw("\u0301a" * 500_000, Span("x", 1, 600_000, 1, 600_002), 80)
    assert width(frame.line) <= 80
    assert len(read) <= 160
