"""Reads multipart/form-data, as a browser or a client sends a file; strict, and in time that grows with its size."""

from __future__ import annotations

import re
from urllib.parse import unquote

from rulepack.frozen import frozen

KIND = "multipart/form-data"
# More than any form of Kibana's has.
MOST_PARTS = 100
MOST_HEADER_BYTES = 16_384

_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
_PARAMETER = re.compile(r';[ \t]*([\w*-]+)=("(?:[^"\\\r\n]|\\[^\r\n])*"|[^\s";]*)[ \t]*', re.ASCII)
_ESCAPED = re.compile(r"\\([\\\"])")
_BREAK = b"\r\n"


class MultipartError(ValueError):
    """A body that is not what its content type says."""


@frozen
class Part:
    """One field of a form; a file has a name."""

    name: str
    file_name: str | None
    data: bytes


def is_multipart(content_type: str) -> bool:
    """Whether a content type is that of a form with files."""
    return content_type.partition(";")[0].strip().lower() == KIND


def parse_parts(content_type: str, body: bytes) -> list[Part]:
    """The parts of a body, in their order; raises MultipartError."""
    boundary = _parameters(content_type).get("boundary", "")
    if not is_multipart(content_type) or _BOUNDARY.fullmatch(boundary) is None:
        raise MultipartError("the content type names no boundary")
    delimiter = b"--" + boundary.encode("ascii")
    parts: list[Part] = []
    at = _first(body, delimiter)
    while True:
        if body.startswith(b"--", at):
            return parts
        line = body.find(_BREAK, at)
        if line < 0 or body[at:line].strip(b" \t"):
            raise MultipartError("a boundary is followed by something else")
        end = body.find(_BREAK + delimiter, line)
        if end < 0:
            raise MultipartError("the last boundary is missing")
        if len(parts) == MOST_PARTS:
            raise MultipartError(f"more than {MOST_PARTS} parts")
        parts.append(_part(body, line, end))
        at = end + len(_BREAK) + len(delimiter)


def _first(body: bytes, delimiter: bytes) -> int:
    """Where the first boundary ends; what stands before it does not count."""
    if body.startswith(delimiter):
        return len(delimiter)
    at = body.find(_BREAK + delimiter)
    if at < 0:
        raise MultipartError("there is no boundary")
    return at + len(_BREAK) + len(delimiter)


def _part(body: bytes, start: int, end: int) -> Part:
    """The part between two line breaks that belong to boundaries."""
    blank = body.find(_BREAK * 2, start, min(end, start + MOST_HEADER_BYTES))
    if blank < 0:
        raise MultipartError("the headers of a part do not end")
    data = body[blank + 2 * len(_BREAK) : end]
    for line in body[start:blank].split(_BREAK):
        name, _, value = line.decode("utf-8", "replace").partition(":")
        if name.strip().lower() == "content-disposition":
            kind, _, rest = value.partition(";")
            found = _parameters(f";{rest}")
            if kind.strip().lower() != "form-data" or "name" not in found:
                break
            return Part(found["name"], _file_name(found), data)
    raise MultipartError("a part has no name")


def _file_name(parameters: dict[str, str]) -> str | None:
    charset, mark, encoded = parameters.get("filename*", "").partition("''")
    if mark and charset.lower() == "utf-8":
        return unquote(encoded)
    return parameters.get("filename")


def _parameters(header: str) -> dict[str, str]:
    """The parameters of a header after its value; the first of several with one name."""
    found: dict[str, str] = {}
    at = header.find(";")
    while at >= 0 and (match := _PARAMETER.match(header, at)):
        name, value = match.groups()
        if value.startswith('"'):
            value = _ESCAPED.sub(r"\1", value[1:-1])
        found.setdefault(name.lower(), value)
        at = match.end()
    return found
