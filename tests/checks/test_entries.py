"""RP415-RP417: entries of lists that are there twice or have blanks around them, and references that are no links."""

import pytest
from support.samples import RULE, make_pack


def said(folder, text):
    found = [one for one in make_pack(folder, text).diagnostics if one.code.id in ("RP415", "RP416", "RP417")]
    return [(one.code.id, one.message, one.hint) for one in found]


@pytest.mark.parametrize("name", ["author", "false_positives", "references", "tags"])
def test_an_entry_that_is_there_twice(name, tmp_path):
    text = RULE + f'{name} = ["https://a.example", "https://b.example", "https://a.example"]\n'
    assert said(tmp_path, text) == [("RP415", f'"https://a.example" is in {name} already', "remove one of the two")]


def test_an_index_pattern_that_is_there_twice_or_has_a_blank(tmp_path):
    text = RULE.replace('index = ["acme-*"]', 'index = ["logs-a-*", "logs-a-*", " logs-b-*"]')
    assert [one[0] for one in said(tmp_path, text)] == ["RP415", "RP416"]


def test_tags_that_differ_in_case_only(tmp_path):
    (found,) = said(tmp_path, RULE + 'tags = ["OS: Linux", "os: linux"]\n')
    assert found[:2] == ("RP415", '"os: linux" is in tags already, as "OS: Linux"')


@pytest.mark.parametrize(
    "entries",
    [
        'references = ["https://a.example/B", "https://a.example/b"]',
        'tags = ["OS: Linux", "OS: macOS"]\nfalse_positives = ["OS: Linux"]',
        'references = ["HTTP://a.example", "http://localhost:8080/x?y=z#a", "https://a.example/wiki/B_(c)"]',
        "tags = []",
        # Several lines are for reading; Kibana gets one.
        "false_positives = [\n'''\nAn admin\ndoes it.\n''']",
    ],
)
def test_entries_that_are_right(entries, tmp_path):
    assert said(tmp_path, RULE + entries + "\n") == []


@pytest.mark.parametrize(
    ("entry", "message", "hint"),
    [
        ("a ", 'there is a blank before or after "a"', "remove the blank"),
        ("\\ta", 'there is a blank before or after "a"', "remove the blank"),
        ("", "an entry of tags is empty", "remove it"),
        ("  ", "an entry of tags is empty", "remove it"),
    ],
)
def test_blanks_around_an_entry(entry, message, hint, tmp_path):
    assert said(tmp_path, RULE + f'tags = ["b", "{entry}"]\n') == [("RP416", message, hint)]


LINK = "use an address such as https://example.org/page"


@pytest.mark.parametrize(
    ("entry", "hint"),
    [
        ("www.a.example/page", "write https://www.a.example/page"),
        ("docs.a.example/page", "write https://docs.a.example/page"),
        ("ftp://a.example", LINK),
        ("https://", LINK),
        ("https:///page", LINK),
        ("https://a.example/a page", LINK),
        ("[page](https://a.example)", LINK),
        ("Handbook", LINK),
        ("a.example", LINK),
    ],
)
def test_a_reference_that_is_no_link(entry, hint, tmp_path):
    message = f'the reference "{entry}" is not the address of a page'
    assert said(tmp_path, RULE + f'references = ["{entry}"]\n') == [("RP417", message, hint)]
