"""The changes of a pack as an Atom feed (RFC 4287)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote
from uuid import UUID, uuid5

from rulepack.docs.changes import CHANGED, DEPRECATED, GONE, NEW, Change

# Readers ask for it again and again, and keep what they have seen.
MOST = 100
# The feed of a pack to which nothing has happened must have a time, too.
NEVER = "1970-01-01"
_ATOM, _XHTML = "http://www.w3.org/2005/Atom", "http://www.w3.org/1999/xhtml"
# Ids are made of names in a space of their own, so that no other feed has them.
_SPACE = UUID("3c0b2b0e-2f7c-5b53-8c0e-5f3f0f6c1d0a")
# What XML 1.0 cannot have, however it is written, and what it may not have as it is.
_NO_XML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SIGNS = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
    "\t": "&#9;",
    "\n": "&#10;",
    "\r": "&#13;",
}
_IN_ADDRESSES = ":/?#[]@!$&'()*+,;=%~"
_TITLES = {NEW: "New", CHANGED: "Changed", DEPRECATED: "Deprecated", GONE: "Removed"}


def feed(
    changes: Iterable[Change],
    *,
    title: str,
    site_url: str | None = None,
    suffix: str = ".html",
    home: str = "",
    name: str = "feed.xml",
    most: int = MOST,
) -> str:
    """The newest changes (given newest first) as an Atom feed, which ends in a line break.

    Links lead to pages with a `suffix`, and to `home`: from the folder that the feed is in or, with `site_url`, from
    that address on. Days are midnight in UTC. The same change has the same id for ever, whatever it is called.
    """
    base = f"{quote(site_url.rstrip('/'), safe=_IN_ADDRESSES)}/" if site_url else ""
    shown = list(_once(changes, most))
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<feed xmlns="{_ATOM}">',
        f"<id>{uuid5(_SPACE, f'feed {title}').urn}</id>",
        f'<title type="text">{_text(title) or "Rules"}: changes</title>',
        f"<updated>{_moment(shown[0][1].date if shown else NEVER)}</updated>",
        f"<author><name>{_text(title) or 'Rules'}</name></author>",
        f'<link rel="self" type="application/atom+xml" href="{_address(base, name)}"/>',
        f'<link rel="alternate" href="{_address(base, home) or "./"}"/>',
        "<generator>rulepack</generator>",
    ]
    for any_id, change in shown:
        lines += _entry(any_id, change, base, suffix)
    return "\n".join([*lines, "</feed>", ""])


def _once(changes: Iterable[Change], most: int) -> Iterator[tuple[str, Change]]:
    """The first changes, each with its id, which no feed may have twice; two files with one rule_id would."""
    seen: set[str] = set()
    for change in changes:
        if len(seen) >= most:
            return
        any_id = entry_id(change)
        if any_id not in seen:
            seen.add(any_id)
            yield any_id, change


def entry_id(change: Change) -> str:
    """The id of a change: it follows from the rule's, from what happened, and from the version, or else the day."""
    try:
        space = UUID(change.rule_id)
    except ValueError:
        space = uuid5(_SPACE, f"rule {change.rule_id}")
    # A rule comes in once; it may go, come back and go again.
    when = "" if change.kind == NEW else change.date
    if change.kind == CHANGED and change.version is not None and change.locked:
        when = f"{change.version} {change.stack}".strip()
    return uuid5(space, f"{change.kind} {when}".strip()).urn


def _entry(any_id: str, change: Change, base: str, suffix: str) -> Iterator[str]:
    yield "<entry>"
    yield f"<id>{any_id}</id>"
    yield f'<title type="text">{_TITLES[change.kind]}: {_text(change.name)}{_version(change)}</title>'
    yield f"<updated>{_moment(change.date)}</updated>"
    if change.path:
        yield f'<link rel="alternate" href="{_address(base, change.path + suffix)}"/>'
    yield f'<category term="{change.kind}"/>'
    yield f'<content type="xhtml"><div xmlns="{_XHTML}">{"".join(_content(change, base, suffix))}</div></content>'
    yield "</entry>"


def _version(change: Change) -> str:
    if change.version is None or change.kind == NEW:
        return ""
    return f" (version {change.version}{f' for stack {_text(change.stack)}' if change.stack else ''})"


def _content(change: Change, base: str, suffix: str) -> Iterator[str]:
    """What happened, as XHTML."""
    if change.brief is not None and change.kind in (NEW, CHANGED):
        yield f"<p>{_text(change.brief.description)}</p>"
    if change.fields:
        fields = ", ".join(f"<code>{_text(field)}</code>" for field in change.fields)
        yield f"<p>Changed: {fields}.</p>"
    elif change.kind == CHANGED:
        yield "<p>Nothing that counts has changed.</p>" if change.locked else "<p>The file has a new date.</p>"
    if change.reason:
        yield f"<p>{_text(change.reason)}</p>"
    if change.replaced_by is not None:
        target = _address(base, change.replaced_by.path + suffix)
        yield f'<p>Use <a href="{target}">{_text(change.replaced_by.name)}</a> instead.</p>'
    elif change.replacement:
        yield f"<p>Use rule <code>{_text(change.replacement)}</code> instead.</p>"
    if change.kind in (DEPRECATED, GONE) and not change.reason:
        yield "<p>No reason is given.</p>"


def _moment(day: str) -> str:
    return f"{day}T00:00:00Z"


def _address(base: str, path: str) -> str:
    return _text(base + quote(path, safe="/"))


def _text(value: str) -> str:
    """A text for XML; what XML cannot have becomes a sign that says so."""
    clean = _NO_XML.sub("\ufffd", value)
    return "".join(_SIGNS.get(sign, sign) for sign in clean)
