"""Markdown to HTML that is safe to show, whatever the Markdown holds: no tag of its own, no link that runs anything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from html import unescape
from typing import Any, NamedTuple
from urllib.parse import quote

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

from rulepack.docs.highlight import figure

# What a link may lead to: the web, a mail address, or a page nearby. A way that begins with `/` leads out of the site,
# or with a second one to another server.
_EXTERNAL = re.compile(r"https?://|mailto:", re.IGNORECASE)
_NEARBY = re.compile(r"(?![/\\])[^:?#\\]*(?:[?#][^\\]*)?")
_PAGE = re.compile(r"([^?#]*)\.md((?:[?#].*)?)", re.DOTALL)
_NOT_IN_ANCHORS = re.compile(r"[^\w\- ]")
# Without any of these a text is what it says.
_MARKUP = re.compile(r"[\\`*_\[\]<>&!\n\x00-\x08\x0b-\x1f\x7f-\x9f]")
# No HTML may hold these.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
# Plain text and code spans, which is what most cells hold. A blank next to a backtick would need a closer look.
_SIMPLE = re.compile(r"[^\\`*_\[\]<>&!\n\x00]*+(?:`(?! )[^`\n\x00]++(?<! )`(?!`)[^\\`*_\[\]<>&!\n\x00]*+)++")
_CODE = re.compile("`([^`]+)`")
_HEADING = re.compile(r'<h([2-6]) id="([^"]*)">(.*?)<a class="permalink"[^>]*>#</a></h\1>')
_TAG = re.compile("<[^>]*>")


# The lines with which our Markdown pages fold something away.
_FOLD = re.compile(r"^(</?details>)\n(?:<summary>(.*)</summary>\n)?", re.MULTILINE)


class Heading(NamedTuple):
    """A heading of a text: its level, its anchor, and its words."""

    level: int
    id: str
    text: str


class Rendered(NamedTuple):
    """A text as HTML, and its headings."""

    html: Markup
    headings: tuple[Heading, ...]


def inline(text: str) -> Markup:
    """The inside of a paragraph or a table's cell as HTML."""
    text = str(text)
    if _MARKUP.search(text) is None:
        return Markup(text)  # noqa: S704 (there is nothing in it to escape)
    return _inline(_FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text))


def block(text: str) -> Markup:
    """A whole text as HTML."""
    text = _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", str(text))
    parser = _markdown(text)
    tokens = parser.parse(text)
    if "![" in text:
        _unlink_images(tokens)
    if "|" in text:
        tokens = _with_row_headers(tokens)
    html = parser.renderer.render(tokens, parser.options, {"anchors": _Anchors()})
    return Markup(html)  # noqa: S704 (the renderer escapes)


def page(text: str) -> Markup:
    """A whole Markdown page of ours as HTML, with what it folds away: texts of rules cannot have such lines."""
    parts = _FOLD.split(text)
    shown = [parts[0] and block(parts[0])]
    for opened, label, content in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        summary = f"\n<summary>{escape(label)}</summary>" if opened == "<details>" else ""
        shown.append(Markup(f"{opened}{summary}\n"))  # noqa: S704 (tags of our own)
        shown.append(block(content))
    return Markup("").join(shown)


def anchored(html: str) -> Rendered:
    """The content of a page that was made here, and its headings: each anchor made unique, and no level skipped."""
    anchors = _Anchors()
    headings: list[Heading] = []

    def one(match: re.Match[str]) -> str:
        level, before = int(match[1]), unescape(match[2])
        shown = min(level, (headings[-1].level if headings else 1) + 1)
        found = Heading(shown, anchors.unique(before), unescape(_TAG.sub("", match[3])))
        headings.append(found)
        if (shown, found.id) == (level, before):
            return match[0]
        return f'<h{shown} id="{escape(found.id)}">{match[3]}{permalink(found)}</h{shown}>'

    text = _HEADING.sub(one, str(html))
    return Rendered(Markup(text), tuple(headings))  # noqa: S704 (it was HTML before)


def address(target: str) -> str:
    """A link's address as the site has it: pages nearby end in `.html`; empty for what may not be linked."""
    target = target.strip()
    if _EXTERNAL.match(target):
        return target
    if _NEARBY.fullmatch(target) is None:
        return ""
    match = _PAGE.fullmatch(target)
    return f"{match[1]}.html{match[2]}" if match else target


def anchor(heading: str) -> str:
    """The anchor that GitHub gives a heading; `section` for one without a letter."""
    return _NOT_IN_ANCHORS.sub("", heading.strip().lower()).replace(" ", "-") or "section"


def escape(text: str) -> str:
    """A text between tags."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


class _Anchors:
    """The anchors of a page so far."""

    def __init__(self) -> None:
        self.taken: set[str] = set()
        self.last: Heading | None = None

    def unique(self, wanted: str) -> str:
        """The anchor, with a number if another heading has it."""
        found = wanted
        number = 0
        while found in self.taken:
            number += 1
            found = f"{wanted}-{number}"
        self.taken.add(found)
        return found


class _Renderer(RendererHTML):
    """Writes tokens as HTML. `env` has the text's anchors."""

    # The names of these are markdown-it's, which finds them by the kinds of tokens.
    def heading_open(self, tokens: Sequence[Token], idx: int, _options: Any, env: Any) -> str:
        words = _words(tokens[idx + 1])
        anchors: _Anchors = env["anchors"]
        anchors.last = found = Heading(int(tokens[idx].tag[1]), anchors.unique(anchor(words)), words)
        return f'<{tokens[idx].tag} id="{escape(found.id)}">'

    def heading_close(self, tokens: Sequence[Token], idx: int, _options: Any, env: Any) -> str:
        return f"{permalink(env['anchors'].last)}</{tokens[idx].tag}>\n"

    def link_open(self, tokens: Sequence[Token], idx: int, _options: Any, _env: Any) -> str:
        return link_tag(str(tokens[idx].attrs["href"]), str(tokens[idx].attrs.get("title", "")))

    def image(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        token = tokens[idx]
        words = escape(self.renderInlineAsText(token.children or [], options, env).strip() or "image")
        # A link within a link is none.
        if token.meta.get("linked") or not (target := address(str(token.attrs.get("src", "")))):
            return words
        return f"{link_tag(target)}{words}</a>"

    def fence(self, tokens: Sequence[Token], idx: int, _options: Any, _env: Any) -> str:
        info = tokens[idx].info.split(maxsplit=1)
        return figure(tokens[idx].content, info[0] if info else "") + "\n"

    def code_block(self, tokens: Sequence[Token], idx: int, _options: Any, _env: Any) -> str:
        return figure(tokens[idx].content, "") + "\n"

    def table_open(self, _tokens: Sequence[Token], _idx: int, _options: Any, _env: Any) -> str:
        return '<div class="table"><table>\n'

    def table_close(self, _tokens: Sequence[Token], _idx: int, _options: Any, _env: Any) -> str:
        return "</table></div>\n"

    def td_open(self, tokens: Sequence[Token], idx: int, _options: Any, _env: Any) -> str:
        return _cell(tokens[idx])

    def th_open(self, tokens: Sequence[Token], idx: int, _options: Any, _env: Any) -> str:
        return _cell(tokens[idx])


def permalink(heading: Heading) -> str:
    """The link to a heading that stands at its end."""
    return f'<a class="permalink" href="#{quote(heading.id)}" aria-label="Link to {escape(heading.text)}">#</a>'


def mono(text: str) -> Markup:
    """A text as code within a line."""
    return Markup(f"<code>{escape(text)}</code>")  # noqa: S704 (escaped in the same line)


def heading(text: str, level: int = 2) -> Markup:
    """A heading of a template's own, plain text, with its anchor; `anchored` makes that unique."""
    made = Heading(level, anchor(text), text)
    tag = f'<h{level} id="{escape(made.id)}">{escape(text)}{permalink(made)}</h{level}>'
    return Markup(tag)  # noqa: S704 (escaped above)


@lru_cache(maxsize=16384)
def way(path: str) -> str:
    """The address of a page of docs-out within the site, from the site's root: its path may end in `.md` or not."""
    return quote(path.removesuffix(".md") + ".html")


def link_tag(target: str, title: str = "") -> str:
    """The tag that begins a link to an address that `address` gave, or to one of which it gives something."""
    more = f' title="{escape(title)}"' if title else ""
    if _EXTERNAL.match(target):
        more += ' rel="noopener noreferrer"'
    return f'<a href="{escape(address(target))}"{more}>'


def _cell(token: Token) -> str:
    """A cell's tag; its alignment as a class, since the page allows no style of its own."""
    side = {"text-align:right": ' class="right"', "text-align:center": ' class="center"'}
    scope = token.meta.get("scope")
    more = f' scope="{scope}"' if scope else ""
    return f"<{token.tag}{more}{side.get(str(token.attrs.get('style', '')), '')}>"


def _words(token: Token) -> str:
    """The words of a heading, without markup."""
    return "".join(one.content for one in token.children or () if one.type in {"text", "code_inline"}).strip()


# Kinds of blocks that a text has only if it has such a thing; without it, no line need be looked at for them.
_BLOCKS = {
    "table": re.compile(r"\|"),
    "code": re.compile(r" {4}|\t"),
    "fence": re.compile("```|~~~"),
    "blockquote": re.compile(">"),
    "hr": re.compile(r"-[ \t]*-[ \t]*-|\*[ \t]*\*[ \t]*\*|_[ \t]*_[ \t]*_"),
    "reference": re.compile(r"\]:"),
    "lheading": re.compile(r"[=-][ \t]*$", re.MULTILINE),
}


def _markdown(text: str) -> _Parser:
    """The parser for a text."""
    return _parser(tuple(name for name, sign in _BLOCKS.items() if sign.search(text) is None))


class _Parser(MarkdownIt):
    """Reads Markdown, and takes for links what `address` lets be one."""

    def validateLink(self, url: str) -> bool:  # noqa: N802 (markdown-it's name)
        return bool(address(url))


@lru_cache(maxsize=128)
def _parser(without: tuple[str, ...]) -> _Parser:
    """A parser; making one takes some milliseconds."""
    made = _Parser("commonmark", {"html": False}, renderer_cls=_Renderer)
    made.enable("table")
    made.disable(["html_block", "html_inline", *without])
    return made


@lru_cache(maxsize=65536)
def _inline(text: str) -> Markup:
    if _SIMPLE.fullmatch(text):
        return Markup(_CODE.sub(r"<code>\1</code>", escape(text)))  # noqa: S704 (escaped in the same line)
    parser = _parser(())
    tokens = parser.parseInline(text)
    _unlink_images(tokens)
    return Markup(parser.renderer.render(tokens, parser.options, {}))  # noqa: S704 (the renderer escapes)


def _unlink_images(tokens: Iterable[Token]) -> None:
    """Note which images are within a link."""
    for token in tokens:
        depth = 0
        for child in token.children or ():
            depth += child.nesting if child.type in {"link_open", "link_close"} else 0
            if child.type == "image":
                child.meta["linked"] = depth > 0


def _with_row_headers(tokens: list[Token]) -> list[Token]:
    """Tables whose header is empty without it, and with the first cell of each row as the row's header."""
    kept: list[Token] = []
    bare = False
    first = False
    skipped = False
    for number, token in enumerate(tokens):
        if token.type == "table_open":
            bare = _is_bare(tokens, number)
        elif token.type == "thead_open":
            skipped = bare
        elif token.type == "thead_close" and skipped:
            skipped = False
            continue
        elif token.type == "tr_open":
            first = True
        elif token.type == "th_open":
            token.meta["scope"] = "col"
        elif token.type in {"td_open", "td_close"} and bare and first:
            token.tag = "th"
            token.meta["scope"] = "row"
            first = token.type == "td_open"
        if not skipped:
            kept.append(token)
    return kept


def _is_bare(tokens: list[Token], start: int) -> bool:
    """Whether nothing stands in the header of the table that begins there."""
    for token in tokens[start:]:
        if token.type == "thead_close":
            return True
        if token.type == "inline" and token.content:
            return False
    return False
