"""The difference between two texts, for people."""

from rulepack.report.patch import render


def test_no_difference_is_no_text():
    assert render("a", "x\n", "x\n") == ""
    assert render("a", "x\r\n", "x\n") == ""


def test_it_is_a_unified_diff():
    before = "".join(f"{number}\n" for number in range(9))
    after = before.replace("4\n", "four\n")
    assert render("rules/a.toml", before, after) == (
        "--- a/rules/a.toml\n+++ b/rules/a.toml\n@@ -2,7 +2,7 @@\n 1\n 2\n 3\n-4\n+four\n 5\n 6\n 7\n"
    )


def test_a_missing_line_end_is_marked():
    assert render("a", "x", "y") == (
        "--- a/a\n+++ b/a\n@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+y\n\\ No newline at end of file\n"
    )
    assert "\\ No newline" not in render("a", "x\n", "y\n")


def test_colours_are_by_kind():
    shown = render("a", "x\n", "y\n", colour=True)
    assert shown.startswith("\x1b[1m--- a/a\x1b[0m\n\x1b[1m+++ b/a\x1b[0m\n\x1b[36m@@")
    assert "\x1b[31m-x\x1b[0m\n\x1b[32m+y\x1b[0m\n" in shown


def test_what_acts_on_a_terminal_is_shown():
    shown = render("a\x1bb", "one\n", "\x1b[2J\u202e\tend\u2028\n")
    assert "\x1b" not in shown
    assert "+\\x1b[2J<U+202E>\tend<U+2028>\n" in shown
