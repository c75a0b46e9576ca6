"""What must hold for any rule file, however broken: everything runs, and says something that can be shown."""

from __future__ import annotations

import json
import re
import time
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from markdown_it import MarkdownIt

from rulepack import __version__, checks, docs, loader
from rulepack.codes import BY_ID, CODES
from rulepack.diagnostics import Diagnostic, Severity, Span
from rulepack.pack import Pack
from rulepack.project import Project
from rulepack.reference import Reference
from rulepack.report import FORMATS, Result
from rulepack.report.plain import is_hidden

FILE = "rules/mutant.toml"
SLOW = 3.0
# Long enough for two names and a sentence; what is longer was not cut where it should have been.
LONGEST = 400
_COMMAND = re.compile(r"^\s*::(?!error |warning |notice |group::|endgroup::)|^\s*::(?:set-|add-)", re.MULTILINE)
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")
# Let every link be one, to see where it leads.
MARKDOWN.validateLink = lambda _: True  # type: ignore[method-assign]
_OURS = re.compile(r"</?details>|(?:<details>\n)?<summary>[^<]*</summary>|<!-- [^>]* -->")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_HOLE = re.compile(r"(?<![\w.])None(?!\w)|Undefined|<built-in|object at 0x|MappingProxy|mappingproxy")


class Judge:
    """Runs one file through everything, in a project of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.path = root / FILE
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.project = Project(
            root=root, name="fuzz", rules=(root / "rules",), templates=root / "templates", docs=root / "docs-out"
        )
        self.reference = Reference()

    def complaints(self, content: bytes) -> list[str]:
        """Everything that is wrong with rulepack, shown by one file; an exception's last lines with it."""
        self.path.write_bytes(content)
        start = time.perf_counter()
        try:
            found = list(self._complaints())
        except Exception:  # noqa: BLE001 (that is what is looked for)
            found = [f"exception\n{traceback.format_exc(limit=-8)}"]
        seconds = time.perf_counter() - start
        return [*found, f"slow: {seconds:.1f} s"] if seconds > SLOW else found

    def _complaints(self) -> Iterator[str]:
        pack = loader.load(self.project)
        pack = replace(pack, diagnostics=checks.run(pack, self.reference))
        source = pack.sources.get(FILE)
        text = source.text if source else self.path.read_bytes().decode(errors="replace")
        for found in pack.diagnostics:
            yield from _about_diagnostic(found, text)
        if source is not None:
            lost = [path for path in _paths(source.data, ()) if path not in source.entries]
            if lost:
                yield f"no place for {len(lost)} values; the first: {lost[0]!r}"
        if not pack.rules and not pack.exception_lists and not pack.diagnostics:
            yield "neither rule nor exception list, and nothing said about it"
        yield from _about_reports(pack)
        for rule in pack.rules:
            for stack in (None, "7.17", "8.19", "9.5"):
                yield from _about_body(pack.to_api(rule, stack))
        if not pack.failed:
            yield from self._about_pages(pack, text)

    def _about_pages(self, pack: Pack, text: str) -> Iterator[str]:
        site = docs.render(pack, self.reference)
        for found in site.diagnostics:
            yield f"a rule's text broke a template: {found.code.id} {found.message} at {found.span}"
        for page in site.pages:
            page.text.encode("utf-8", "backslashreplace")
            hole = _HOLE.search(page.text)
            if hole is not None and hole[0] not in text:
                at = hole.start()
                yield f"a hole in {page.path}: {page.text[max(0, at - 60) : at + 20]!r}"
            if any(is_control(char) for char in page.text):
                yield f"a control character in {page.path}"
            if page.path.endswith(".md"):
                yield from (f"{wrong} in {page.path}" for wrong in _about_markup(page.text))
        if len(text) % 8 == 0 and docs.render(pack, self.reference) != site:
            yield "rendering twice gives two results"


def _about_markup(text: str) -> Iterator[str]:
    """HTML and links in a page that a rule's text brought there, as CommonMark with tables reads it."""
    for token in MARKDOWN.parse(text):
        for one in (token, *(token.children or ())):
            if one.type in {"html_block", "html_inline"} and not _OURS.fullmatch(one.content.strip()):
                yield f"HTML: {one.content[:80]!r}"
            target = str(one.attrs.get("href") or one.attrs.get("src") or "")
            if _SCHEME.match(target) and not target.lower().startswith(("https:", "http:", "mailto:")):
                yield f"a link to {target[:80]!r}"


def is_control(char: str) -> bool:
    return char not in "\t\n" and is_hidden(char) and (ord(char) < 0xA0 or char in "\u202a\u202b\u202c\u202d\u202e")


def _paths(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in items:
        yield (*path, name)
        yield from _paths(one, (*path, name))


def _about_diagnostic(found: Diagnostic, text: str) -> Iterator[str]:
    about = f"{found.code.id} {found.message[:80]!r} at {found.span}"
    if BY_ID.get(found.code.id) is not found.code:
        yield f"{about}: the code is in no table"
    for name, said in (("message", found.message), ("hint", found.hint or "")):
        if len(said) > LONGEST:
            yield f"{about}: a {name} of {len(said)} characters"
        if said != said.strip() or (name == "message" and not said):
            yield f"{about}: the {name} begins or ends with white space, or is empty: {said[-40:]!r}"
    if found.message.endswith("."):
        yield f"{about}: the message ends with a full stop"
    if not found.hint:
        yield f"{about}: no hint"
    for span in (found.span, *(related.span for related in found.related)):
        yield from (f"{about}: {wrong}" for wrong in _about_span(span, text))


def _about_span(span: Span, text: str) -> Iterator[str]:
    lines = text.split("\n")
    if span.file != FILE:
        yield f"another file: {span.file!r}"
    if not (1 <= span.line <= span.end_line <= max(len(lines), 1)):
        yield f"lines {span.line}-{span.end_line} of {len(lines)}"
        return
    for line, column in ((span.line, span.column), (span.end_line, span.end_column)):
        if not 1 <= column <= len(lines[line - 1]) + 1:
            yield f"column {column} of {len(lines[line - 1])} in line {line}"
    if (span.end_line, span.end_column) < (span.line, span.column):
        yield "it ends before it begins"


def _about_reports(pack: Pack) -> Iterator[str]:
    result = Result(
        diagnostics=pack.diagnostics,
        rules=len(pack.rules),
        files=len(pack.files),
        codes=CODES,
        version=__version__,
        seconds=0.1,
        checked=pack.files,
    )
    for name, render in FORMATS.items():
        for width in (100, 1) if name == "text" else (100,):
            shown = render(result, width=width)
            shown.encode()
            odd = next((char for char in shown if char != "\n" and is_hidden(char)), None)
            if odd is not None:
                yield f"U+{ord(odd):04X} in format {name}"
            yield from _about_format(name, shown, pack)


def _about_format(name: str, shown: str, pack: Pack) -> Iterator[str]:
    if name == "json":
        count = len(json.loads(shown)["diagnostics"])
        if count != len(pack.diagnostics):
            yield f"{count} diagnostics in JSON, not {len(pack.diagnostics)}"
    elif name == "sarif":
        json.loads(shown)
    elif name == "junit":
        failed = ET.fromstring(shown).find(".//failure") is not None
        if failed != any(found.severity is Severity.ERROR for found in pack.diagnostics):
            yield "junit fails where there is no error, or does not where there is one"
    elif name == "github" and (match := _COMMAND.search(shown)):
        yield f"a workflow command of the rule's: {shown[match.start() : match.start() + 60]!r}"


def _about_body(body: dict[str, Any]) -> Iterator[str]:
    text = json.dumps(body, allow_nan=False, ensure_ascii=False)
    text.encode()
    if json.loads(text) != body:
        yield "the body changes when it is written as JSON and read again"
    if any(value is None for value in body.values()):
        yield "a null in the body"
