"""Colours for code: no character is lost or added, and the parts are what they are in their languages."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulepack.docs.highlight import _LANGUAGES, MOST, figure, highlight, numbered

SPANS = re.compile(r'<span class="(\w)">(.*?)</span>', re.DOTALL)
SIGNS = "abor AND where FROM|\"'`#/*-_.:=<>&;\\()[]{}~!$0123 \n\t"


def parts(text, language):
    return [(kind, unescape(found)) for kind, found in SPANS.findall(highlight(text, language))]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("kuery", 'process.name : "a or b" and not x : *', 'p process.name|s "a or b"|k and|k not|p x'),
        ("kuery", "a.b >= 5 or c : true", "p a.b|n 5|k or|p c|n true"),
        ("kuery", "order : 1", "p order|n 1"),
        ("lucene", 'a.b:"x" AND NOT c:/d.*/', 'p a.b|s "x"|k AND|k NOT|p c|s /d.*/'),
        ("eql", 'sequence by host.id\n [process where a : "b"] // c', 'k sequence|k by|p host.id|k where|s "b"|c // c'),
        ("eql", "length(x) > 3 /* a\nb */", "f length|n 3|c /* a\nb */"),
        (
            "esql",
            'FROM logs-* | WHERE a == "b" | STATS c = COUNT(*) BY d.e',
            'k FROM|k WHERE|s "b"|k STATS|f COUNT|k BY|p d.e',
        ),
        ("sql", "SELECT a FROM b WHERE c LIKE 'd''e' -- f", "k SELECT|k FROM|k WHERE|k LIKE|s 'd''e'|c -- f"),
        ("json", '{"a": "b", "c": [1, true]}', 'p "a"|s "b"|p "c"|n 1|n true'),
        ("toml", '[a.b]\nc = "d" # e\nf = [1, true]', 'k [a.b]|p c|s "d"|c # e|p f|n 1|n true'),
        ("toml", 'a = """\nb = "c"\n# d\n"""\ne = 1', 'p a|s """\nb = "c"\n# d\n"""|p e|n 1'),
        ("bash", "sudo ls -la $HOME # x", "k sudo|n -la|p $HOME|c # x"),
        ("yaml", "a: true\n- b: 'c' # d", "p a|n true|p - b|s 'c'|c # d"),
        ("text", "and or not 1", ""),
        ("", "SELECT 1", ""),
    ],
)
def test_the_parts_of_a_text_are_told(language, text, expected):
    assert "|".join(f"{kind} {found}" for kind, found in parts(text, language)) == expected


@pytest.mark.parametrize("language", sorted(_LANGUAGES))
@given(text=st.text(alphabet=SIGNS, max_size=80))
def test_a_text_keeps_all_its_characters(language, text):
    made = highlight(text, language)
    assert unescape(re.sub(r'<span class="[kfsncp]">|</span>', "", made)) == text
    assert not re.search(r"<(?!span class=\"[kfsncp]\">|/span>)", made)


@given(st.text(alphabet=SIGNS, max_size=120))
def test_a_file_with_numbers_keeps_all_its_characters_and_lines(text):
    made = numbered(text)
    inner = made.removeprefix('<pre class="numbered"><code class="language-toml">').removesuffix("</code></pre>")
    assert unescape(re.sub(r"<[^>]*>", "", inner)) == text.strip("\n") + "\n"
    lines = text.strip("\n").count("\n") + 1
    assert inner.count("<span>") == lines
    assert len(re.findall("<span", inner)) == inner.count("</span>")
    # Each line is an element of its own, and all that is in it ends in it.
    assert all(line.count("<span") == line.count("</span") for line in re.split(r"(?<=</span>)(?=<span>)", inner))


@pytest.mark.slow
@pytest.mark.parametrize("language", sorted(_LANGUAGES))
@pytest.mark.parametrize("sign", ['"', "'", "/*", "`", '"""', "[", "a.", "-", "a ", "$", "\\", "//", "#", "1"])
def test_no_text_takes_long(language, sign):
    text = sign * (MOST // len(sign))
    assert unescape(re.sub(r"<[^>]*>", "", highlight(text, language))) == text


def test_a_block_of_code_is_without_empty_lines_around_it():
    assert figure("\n\n a\n\n", "KQL") == '<pre><code class="language-kuery"> a\n</code></pre>'
    assert figure("<a", "x y") == "<pre><code>&lt;a\n</code></pre>"
