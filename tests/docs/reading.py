"""Pages as their reader sees them: Markdown read by a parser that is not ours."""

import re
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token


def reader(*, html=True):
    """A parser for CommonMark with GitHub's tables, which shows addresses as they are written."""
    parser = MarkdownIt("commonmark", {"html": html}).enable(["table", "strikethrough"])
    parser.normalizeLinkText = str
    return parser


READER = reader()


@dataclass(frozen=True)
class Part:
    """A heading, list item, paragraph, quoted paragraph, table cell or code block, and the section that it is in."""

    kind: str
    text: str
    section: str
    level: int = 0
    links: tuple = ()


def words(inline: Token) -> str:
    """The text of a paragraph as it is read, on one line; code spans without their marks."""
    return " ".join("".join(map(_shown, inline.children)).split())


def _shown(token: Token) -> str:
    if token.type in {"softbreak", "hardbreak"}:
        return " "
    assert token.type != "html_inline", token.content
    return token.content


def links(inline: Token) -> tuple:
    """The targets of a paragraph's links."""
    return tuple(token.attrs["href"] for token in inline.children if token.type == "link_open")


def parts(page: str, parser=READER) -> list[Part]:
    """What a page holds, in order. A list item is its first paragraph; further ones are plain text."""
    found, around, section, kind = [], [], "", "text"
    for token in parser.parse(page):
        if token.type == "inline":
            found.append(Part(kind, words(token), section, _level(around), links(token)))
            if kind == "heading" and found[-1].level == 2:
                section = found[-1].text
        elif token.type in {"fence", "code_block"}:
            found.append(Part("code", token.content.rstrip("\n"), section))
        elif token.type == "html_block":
            found.append(Part("html", token.content, section))
        elif token.nesting == 1:
            kind = _kind(token, around)
            around.append(token)
        elif token.nesting == -1:
            around.pop()
    return found


def threat(page: str):
    """What is mapped to frameworks: kind, name, id and address of each item of the lists below their headings.

    What is in a list within an item is of the next kind.
    """
    kinds = ("Tactic", "Technique", "Sub-technique")
    depth, section = 0, ""
    tokens = READER.parse(page)
    for number, token in enumerate(tokens):
        depth += {"bullet_list_open": 1, "bullet_list_close": -1}.get(token.type, 0)
        if token.type == "heading_open" and token.tag == "h2":
            section = words(tokens[number + 1])
        elif token.type == "inline" and section.startswith("MITRE") and depth:
            match = re.fullmatch(r"(.*) \((\S+)\)(?:: no technique mapped)?", words(token))
            yield (kinds[depth - 1], match[1], match[2], *(links(token) or ("",)))


def _kind(token: Token, around: list) -> str:
    if token.type == "paragraph_open":
        above = [one.type for one in around]
        if above[-1:] == ["list_item_open"] and not around[-1].meta.get("seen"):
            around[-1].meta["seen"] = True
            return "item"
        return "quote" if "blockquote_open" in above else "text"
    return {"heading_open": "heading", "th_open": "cell", "td_open": "cell"}.get(token.type, "")


def _level(around: list) -> int:
    return int(around[-1].tag[1:]) if around[-1].type == "heading_open" else 0


def structure(markdown: str, parser=READER) -> list[tuple]:
    """What is in what: every block opened and closed, the words of paragraphs, code, links and pictures."""
    found = []
    for token in parser.parse(markdown):
        if token.type == "inline":
            found.append(("words", " ".join("".join(map(_marked, token.children)).split())))
        elif token.type in {"fence", "code_block"}:
            found.append(("code", token.content.rstrip()))
        else:
            found.append((token.type, token.tag))
    return found


def _marked(token: Token) -> str:
    """A piece of a paragraph, with what it is where that is not plain."""
    if token.type in {"softbreak", "hardbreak"}:
        return " "
    if token.type == "code_inline":
        return f"\x03{' '.join(token.content.split())}\x03"
    if token.type in {"link_open", "image", "html_inline"}:
        return f"\x03{token.type} {token.attrs} {token.content}\x03"
    return token.content


def rows(page: str) -> dict[str, str]:
    """The tables of label and value on a rule's page: the Markdown of each value by its label."""
    found = re.findall(r"^\| \*\*(.+?)\*\* \| (.*) \|$", page, re.MULTILINE)
    return dict(reversed(found))


def codes(markdown: str) -> list[str]:
    """The code spans of a value."""
    return [token.content for token in READER.parseInline(markdown)[0].children if token.type == "code_inline"]


def plain(markdown: str) -> str:
    """A value as it is read."""
    return words(READER.parseInline(markdown)[0])
