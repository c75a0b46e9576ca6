"""Colours for code: the text of a query or a command in HTML, its words, strings and comments in few classes.

`k` is a word of the language, `f` a function or what is called, `s` a string, `n` a number or constant, `c` a comment,
`p` a field or key. A text keeps all its characters, whatever it is: what a language does not know stays as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache

from markupsafe import Markup

# The text is escaped first, so that all that is between tags is so, whatever these match. Quantifiers are possessive:
# no text takes more than linear time.
_ENTITY = r"(?P<entity>&(?:amp|lt|gt);)"
_STRING = r'"(?:[^"\\\n]++|\\.)*+"?'
_SINGLE = r"'(?:[^'\\\n]++|\\.)*+'?"
_DIGITS = r"(?<![\w.])-?[0-9]++(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?(?:ms|[smhdwMy])?(?![\w.])"
_NUMBER = rf"(?P<n>{_DIGITS})"
_VALUE = rf"(?P<n>\b(?:true|false|null)\b|{_DIGITS})"
_FIELD = r"(?P<p>(?<![\w.@])@?[A-Za-z_][\w-]*+(?:\.[\w*@-]++)++|@timestamp)"
_BLOCK_COMMENT = r"/\*(?s:.*?)(?:\*/|\Z)"


def _any(words: str) -> str:
    return f"(?:{'|'.join(words.split())})"


_EQL_WORDS = _any(
    "and or not in like regex where by sequence sample with maxspan until any join of true false null in~ like~ regex~"
)
_ESQL_COMMANDS = _any(
    "from row show ts where eval stats inlinestats keep drop rename sort limit dissect grok enrich mv_expand lookup "
    "join change_point completion rerank fork fuse sample inline metrics promql"
)
_ESQL_WORDS = _any(
    "and or not in like rlike is null true false as by on with asc desc nulls first last metadata left right inner"
)
_SQL_WORDS = _any(
    "select from where and or not in like is null as on join left right inner outer cross union all distinct group "
    "order by having limit offset case when then else end between exists with using glob regexp asc desc insert into "
    "values update set delete create table view cast"
)
_SHELL_WORDS = _any(
    "if then else elif fi for while until do done case esac in function select return exit export local sudo"
)

_LANGUAGES = {
    "kuery": rf"(?P<s>{_STRING})|(?P<k>(?<![\w.])(?i:and|or|not)(?![\w.:]))"
    rf"|(?P<p>(?<![^\s(){{}}])[A-Za-z_@][\w.*@-]*+(?=\s*+(?::|&lt;|&gt;)))|{_VALUE}",
    "lucene": rf"(?P<s>{_STRING}|(?<![\w/])/(?:[^/\\\n]++|\\.)++/)|(?P<k>\b(?:AND|OR|NOT|TO)\b)"
    rf"|(?P<p>(?<![^\s(){{}}+!-])[A-Za-z_@][\w.*@-]*+(?=\s*+:))|{_NUMBER}",
    "eql": rf'(?P<c>//[^\n]*+|{_BLOCK_COMMENT})|(?P<s>"""[^\n]*?(?:"""|$)|{_STRING}|`[^`\n]*+`?)'
    rf"|(?P<f>\b[A-Za-z_]\w*+~?(?=\())|{_FIELD}|(?P<k>(?<![\w.]){_EQL_WORDS}(?![\w.]))|{_NUMBER}",
    "esql": rf'(?P<c>//[^\n]*+|{_BLOCK_COMMENT})|(?P<s>"""(?s:.*?)(?:"""|\Z)|{_STRING})'
    rf"|(?P<k>(?<![\w.])(?i:(?:(?:^|(?<=\|)|(?<=\| )){_ESQL_COMMANDS}|{_ESQL_WORDS}))(?![\w.(]))"
    rf"|(?P<f>\b[A-Za-z_]\w*+(?=\())|{_FIELD}|{_NUMBER}",
    "sql": rf"(?P<c>--[^\n]*+|{_BLOCK_COMMENT})|(?P<s>'(?:[^']++|'')*+'?|{_STRING})"
    rf"|(?P<k>(?<![\w.])(?i:{_SQL_WORDS})(?![\w.]))|(?P<f>\b[A-Za-z_]\w*+(?=\())|{_NUMBER}",
    "json": rf"(?P<p>{_STRING}(?=\s*+:))|(?P<s>{_STRING})|{_VALUE}",
    "toml": rf"(?P<c>\#[^\n]*+)|(?P<k>^[ \t]*+\[\[?[^\n=]*?\]\]?(?=[ \t]*+(?:\#|$)))"
    rf'|(?P<s>"""(?s:.*?)(?:"""|\Z)|\'\'\'(?s:.*?)(?:\'\'\'|\Z)|{_STRING}|\'[^\'\n]*+\'?)'
    rf"|(?P<p>(?<![\w.-])[A-Za-z0-9_-]++(?:\.[A-Za-z0-9_-]++)*+(?=[ \t]*+=))|{_VALUE}",
    "shell": rf"(?P<c>(?:(?<=\s)|^)\#[^\n]*+)|(?P<s>{_STRING}|{_SINGLE})|(?P<p>\$\{{?[\w@#?*!-]++\}}?)"
    rf"|(?P<k>(?<![\w./-]){_SHELL_WORDS}(?![\w./-]))|(?P<n>(?<![\w-])--?[A-Za-z][\w-]*+)",
    "yaml": rf"(?P<c>(?:(?<=\s)|^)\#[^\n]*+)|(?P<p>^[ \t]*+(?:-[ \t]++)?[\w.@-]++(?=:(?:\s|$)))"
    rf"|(?P<s>{_STRING}|{_SINGLE})|{_VALUE}",
}
# What else the languages are called at the beginning of a fenced block.
_NAMES = {
    "kql": "kuery",
    "es|ql": "esql",
    "osquery": "sql",
    "bash": "shell",
    "sh": "shell",
    "console": "shell",
    "zsh": "shell",
    "yml": "yaml",
    "ndjson": "json",
}
# A longer text is shown without colours.
MOST = 200_000


def highlight(text: str, language: str) -> Markup:
    """A text as HTML with its parts in spans, if it is in a language that is known here."""
    escaped = str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    name = language.lower()
    pattern = _pattern(_NAMES.get(name, name))
    if pattern is None or len(text) > MOST:
        return Markup(escaped)  # noqa: S704 (escaped above)
    return Markup(pattern.sub(_span, escaped))  # noqa: S704 (the same)


def figure(text: str, language: str) -> Markup:
    """A text as a block of code, without empty lines around it."""
    text = text.strip("\n")
    name = language.lower()
    name = _NAMES.get(name, name)
    kind = f' class="language-{name}"' if name in _LANGUAGES else ""
    return Markup(f"<pre><code{kind}>{highlight(text, name)}\n</code></pre>")  # noqa: S704 (escaped there)


def numbered(text: str) -> Markup:
    """A TOML text as a block of code in which each line is an element, so that a style sheet can number them."""
    lines = _divided(highlight(text.strip("\n"), "toml"))
    return Markup(f'<pre class="numbered"><code class="language-toml"><span>{lines}\n</span></code></pre>')  # noqa: S704


_SPANS = re.compile(r'<span class="(\w)">([^<]*\n[^<]*)</span>')


def _divided(html: str) -> str:
    """Spans of several lines as one for each line, and each line but the first and last with an element around it."""

    def each_line(match: re.Match[str]) -> str:
        return f'<span class="{match[1]}">' + match[2].replace("\n", f'</span>\n<span class="{match[1]}">') + "</span>"

    return _SPANS.sub(each_line, html).replace("\n", "\n</span><span>")


def _span(match: re.Match[str]) -> str:
    kind = match.lastgroup
    return match[0] if kind == "entity" else f'<span class="{kind}">{match[0]}</span>'


@lru_cache(maxsize=32)
def _pattern(language: str) -> re.Pattern[str] | None:
    found = _LANGUAGES.get(language)
    return re.compile(f"{found}|{_ENTITY}", re.MULTILINE) if found is not None else None
