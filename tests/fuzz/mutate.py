"""Rule files made wrong: at the level of their text, and at the level of their data."""

from __future__ import annotations

import copy
import random
import tomllib
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timezone
from typing import Any

from .toml import write

Path = tuple[str | int, ...]

# What has a meaning to some reader along the way.
TEXTS = (
    "",
    " ",
    "\n",
    "\t",
    "x" * 5_000,
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x9b2J",
    "\x7f",
    "\r",
    "a\r\nb",
    "\u202egpj.exe",
    "\u2066\u2069",
    "\u200b",
    "\u2028",
    "\ufeff",
    "\U000e0041",
    "e\u0301",
    "\U0001f468\u200d\U0001f469",
    "::error file=x,line=1::pwned",
    "\n::set-output name=x::y",
    "##[error]pwned",
    "%0A::warning::x",
    "{{ 7 * 7 }}",
    "{% for x in y %}",
    "{{ user.name }}",
    "{#",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</details>",
    "<!-- ",
    "]]>",
    "&lt;&#106;",
    "[x](javascript:alert(1))",
    "![x](data:text/html,y)",
    "| a | b |",
    "`" * 3,
    "`",
    "``` \n",
    "~~~~",
    "# Heading",
    "===",
    "---",
    "> - 1. ```",
    "## Setup\n\ntext",
    "$osquery_0",
    "$investigate_99999999999999999999",
    "$osquery_" + "1" * 5_000,
    "${osquery_1}",
    "$$osquery_0",
    '!{investigate{"label":"x","providers":[[]]}}',
    "!{osquery{",
    '!{osquery{"label":"x","query":"' + "y" * 300 + '"}}',
    "../../etc/passwd",
    "C:\\con",
    "T1059",
    "TA0002",
    "AML.T0000",
    "1" * 5_000 + "m",
    "now-" + "9" * 5_000 + "d",
    "5m",
    "now/d",
    "99.99",
    "9999.9999.9999",
    "2026/13/45",
    "0000/00/00",
    "\u0663\u0664m",
    "NaN",
    "null",
    "None",
    "true",
    "production",
    "deprecated",
    "query",
    "eql",
    "threshold",
    "http://[::1",
    "https://attack.mitre.org/techniques/T1059/",
    "'''",
    '"""',
    "\\",
    "%s %d {} {0}",
)
VALUES: tuple[Any, ...] = (
    0,
    -1,
    1,
    47,
    101,
    2**31,
    2**53,
    2**63,
    2**64,
    -(2**70),
    10**300,
    16**4_000,
    0.0,
    -0.0,
    1.5,
    1e308,
    float("nan"),
    float("inf"),
    float("-inf"),
    True,
    False,
    date(2026, 1, 31),
    time(1, 2, 3),
    datetime(2026, 1, 31, 1, 2, 3, tzinfo=timezone.utc),  # noqa: UP017
    datetime(2026, 1, 31, 1, 2, 3),  # noqa: DTZ001
    [],
    {},
    [[]],
    [{}],
    [1, "x", {}],
    [None],
    {"": ""},
    {"a": {"b": {"c": [float("nan")]}}},
    {"field": "x", "value": 1},
    ["x"] * 50,
    [date(2026, 1, 31)],
)
NAMES = (
    "",
    " ",
    "x",
    "x.y",
    "type",
    "name",
    "note",
    "index",
    "from",
    "from_",
    "file",
    "metadata",
    "own",
    "transform",
    "severty",
    "risk-score",
    "__class__",
    "_make",
    "\x1b[31m",
    "\u202e",
    "\n::error::x",
    "k" * 3_000,
    "\u00e9",
    "threat_mapping",
    "filters",
    "alert_suppression",
    "new_terms",
    "meta",
    "actions",
)
# Tables whose content is free, so that anything at all may be in them.
FREE = (
    ("rule", "meta"),
    ("rule", "filters"),
    ("rule", "actions"),
    ("rule", "response_actions"),
    ("rule", "exceptions_list"),
    ("rule", "threat"),
    ("rule", "threat_mapping"),
    ("rule", "severity_mapping"),
    ("rule", "risk_score_mapping"),
    ("rule", "investigation_fields"),
    ("rule", "alert_suppression"),
    ("rule", "new_terms"),
    ("metadata", "extended"),
    ("metadata", "related_endpoint_rules"),
    ("transform", "osquery"),
    ("transform", "investigate"),
)
# What may stand behind an equals sign, and much that may not.
SPELLINGS = (
    *("nan", "-inf", "1e999", "9" * 400, "9" * 5_000, "0x" + "f" * 4_000, "2026-01-31", "00:00:00", "[[[]]]"),
    *("[" * 100, "[" * 300 + "]" * 300, "{a=" * 80 + "1" + "}" * 80, "{", "'", '"', "'''", "True", "null", ""),
    *("a.b", "1.", "+", "0b", "1_", "{a=1,a=2}", "{a.b=1,a=2}", "''''''", '"\\u0000"', '"\\uD800"', '"\\e[1m"'),
)
HEADERS = (
    *("[rule]", "[[rule]]", "[rule.threat]", "[[rule.threat]]", "[metadata]", "[x]", "[]", "[a", "a]", "[rule.name]"),
    *(f"[{'.'.join('a' * 70)}]", f"[{'.'.join('a' * 2_000)}]", "[[rule.threat.technique]]", "[ rule ]"),
)
# What means something to one reader of Markdown or another, and what may stand between.
MARKUP = (
    *(
        "`",
        "``",
        "```",
        "````",
        "~~~",
        "\\",
        "\\`",
        "<",
        ">",
        "<a",
        "<img src=x onerror=alert(1)>",
        "<b>",
        "</b>",
        "<!--",
    ),
    *(
        "-->",
        "<?php",
        "<![CDATA[",
        "<!X>",
        "<https://e.org>",
        "<javascript:alert(1)>",
        "<x@e.org>",
        "&lt;",
        "&#60;",
        "&",
    ),
    *(
        "[",
        "]",
        "![",
        "](",
        ")",
        "[x]: ",
        "[x]",
        "(javascript:alert(1))",
        "](java\\script:alert(1))",
        "](&#106;avascript:x)",
    ),
    *(
        "](<javascript:x>)",
        "[x]: javascript:x",
        "[x]: <data:x>",
        "](\tjavascript:x",
        "](vbscript:x 'y')",
        "\u00a0",
        "\t",
    ),
    *("- ", "* ", "1. ", "10) ", "> ", ">> ", "# ", "## Setup", "###### ", "===", "---", "| a | b |", "|---|---|", "|"),
    *(
        "*",
        "**",
        "_",
        "~~",
        "$",
        "$$",
        "$osquery_0",
        "!{osquery{",
        '"label":"x","query":"y"}}',
        "}}",
        "{{x}}",
        "  ",
        "    ",
    ),
    *(
        "word",
        "a b",
        "x",
        "\\<",
        "\\[",
        "\\\\",
        "\\\n",
        "http://e.org/<b>",
        "www.e.org",
        ":::",
        "[^1]",
        "[^1]: ",
        "!!! note",
    ),
)
JOINTS = ("", "", "", " ", "\n", "\n", "\n\n", "\n    ", "\n\t", "\n  ", "\n> ", "\n- ", "\n   ")
CHARACTERS = "\"'[]{}=#,.\\\n\r\t \0\x1b\x7f\u0085\u00a0\u202e\u2028\ufeff\ufffd\U0001f600ae0_-:/`<|$%"


def mutate(text: str, rng: random.Random) -> bytes:
    """One mutant of a valid rule file."""
    kind = rng.random()
    if kind < 0.55:
        text = _mutate_data(text, rng)
    if kind > 0.5:
        for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
            text = rng.choice(TEXT_MUTATIONS)(text, rng)
    content = text.encode("utf-8", "surrogatepass")
    if kind > 0.9:
        content = rng.choice(BYTE_MUTATIONS)(content, rng)
    return content


# --- text -------------------------------------------------------------------------------------------------------------


def _place(text: str, rng: random.Random) -> int:
    return rng.randint(0, len(text))


def _span(text: str, rng: random.Random) -> tuple[int, int]:
    start = _place(text, rng)
    return start, min(len(text), start + rng.choice((1, 1, 2, 5, 20, 200, 2_000)))


def _insert(text: str, rng: random.Random) -> str:
    at = _place(text, rng)
    return text[:at] + rng.choice(CHARACTERS) * rng.choice((1, 1, 2, 3, 4)) + text[at:]


def _insert_text(text: str, rng: random.Random) -> str:
    at = _place(text, rng)
    return text[:at] + rng.choice(TEXTS) + text[at:]


def _replace(text: str, rng: random.Random) -> str:
    at = _place(text, rng)
    return text[:at] + rng.choice(CHARACTERS) + text[at + 1 :]


def _delete(text: str, rng: random.Random) -> str:
    start, end = _span(text, rng)
    return text[:start] + text[end:]


def _repeat(text: str, rng: random.Random) -> str:
    start, end = _span(text, rng)
    return text[:end] + text[start:end] + text[end:]


def _truncate(text: str, rng: random.Random) -> str:
    return text[: _place(text, rng)]


def _drop(characters: str) -> Callable[[str, random.Random], str]:
    def drop(text: str, rng: random.Random) -> str:
        places = [at for at, char in enumerate(text) if char in characters]
        if not places:
            return text
        at = rng.choice(places)
        return text[:at] + text[at + 1 :]

    return drop


def _lines(change: Callable[[list[str], random.Random], None]) -> Callable[[str, random.Random], str]:
    def on_lines(text: str, rng: random.Random) -> str:
        lines = text.split("\n")
        change(lines, rng)
        return "\n".join(lines)

    return on_lines


def _swap_lines(lines: list[str], rng: random.Random) -> None:
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]


def _repeat_line(lines: list[str], rng: random.Random) -> None:
    lines.insert(rng.randrange(len(lines)), rng.choice(lines))


def _delete_line(lines: list[str], rng: random.Random) -> None:
    del lines[rng.randrange(len(lines))]


def _join_lines(lines: list[str], rng: random.Random) -> None:
    at = rng.randrange(len(lines))
    lines[at : at + 2] = ["".join(lines[at : at + 2])]


def _cut_line(lines: list[str], rng: random.Random) -> None:
    at = rng.randrange(len(lines))
    lines[at] = lines[at][: rng.randint(0, len(lines[at]))]


def _set_value(lines: list[str], rng: random.Random) -> None:
    """The value of a `key = value` line becomes something else, which may be no TOML at all."""
    places = [at for at, line in enumerate(lines) if " = " in line]
    if places:
        at = rng.choice(places)
        value = rng.choice(SPELLINGS)
        lines[at] = f"{lines[at].partition(' = ')[0]} = {value}"


def _header(lines: list[str], rng: random.Random) -> None:
    lines.insert(rng.randrange(len(lines)), rng.choice(HEADERS))


def _crlf(text: str, rng: random.Random) -> str:
    return text.replace("\n", "\r\n") if rng.random() < 0.5 else text.replace("\n", "\r\n", rng.randint(1, 9))


def _mark(text: str, rng: random.Random) -> str:
    return "\ufeff" * rng.choice((1, 1, 2)) + text


TEXT_MUTATIONS: tuple[Callable[[str, random.Random], str], ...] = (
    _insert,
    _insert,
    _insert_text,
    _replace,
    _delete,
    _delete,
    _repeat,
    _truncate,
    _drop("\"'"),
    _drop("\"'"),
    _drop("[]{}"),
    _drop("=,"),
    _drop("\n"),
    _lines(_swap_lines),
    _lines(_repeat_line),
    _lines(_delete_line),
    _lines(_join_lines),
    _lines(_cut_line),
    _lines(_set_value),
    _lines(_set_value),
    _lines(_header),
    _crlf,
    _mark,
)


def _flip(content: bytes, rng: random.Random) -> bytes:
    if not content:
        return content
    at = rng.randrange(len(content))
    return content[:at] + bytes([content[at] ^ (1 << rng.randrange(8))]) + content[at + 1 :]


def _wild_bytes(content: bytes, rng: random.Random) -> bytes:
    at = rng.randint(0, len(content))
    return content[:at] + rng.randbytes(rng.choice((1, 2, 4, 64))) + content[at:]


def _cut_bytes(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randint(0, len(content))]


def _utf_16(content: bytes, rng: random.Random) -> bytes:
    return content.decode("utf-8", "replace").encode(rng.choice(("utf-16", "utf-16-le", "utf-32")))


def _latin_1(content: bytes, rng: random.Random) -> bytes:  # noqa: ARG001
    return content.decode("utf-8", "replace").replace("e", "\u00e9", 1).encode("latin-1", "replace")


BYTE_MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    *(_flip, _flip, _wild_bytes),
    *(_cut_bytes, _utf_16, _latin_1),
)


# --- data -------------------------------------------------------------------------------------------------------------


def _mutate_data(text: str, rng: random.Random) -> str:
    data = copy.deepcopy(tomllib.loads(text))
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        rng.choice(DATA_MUTATIONS)(data, rng)
    return write(_without_null(data), rng)


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_null(one) for name, one in value.items() if one is not None}
    if isinstance(value, list):
        return [_without_null(one) for one in value if one is not None]
    return value


def _holders(value: Any) -> Iterator[tuple[Any, str | int]]:
    """Every place in the data: the table or array that holds it, and its name there."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in list(items):
        yield value, name
        yield from _holders(one)


def _any_place(data: dict[str, Any], rng: random.Random) -> tuple[Any, Any] | None:
    places = list(_holders(data))
    return rng.choice(places) if places else None


def _any_value(rng: random.Random) -> Any:
    return copy.deepcopy(rng.choice(VALUES)) if rng.random() < 0.6 else rng.choice(TEXTS)


def _other_value(data: dict[str, Any], rng: random.Random) -> None:
    if place := _any_place(data, rng):
        place[0][place[1]] = _any_value(rng)


def _other_text(data: dict[str, Any], rng: random.Random) -> None:
    places = [(holder, name) for holder, name in _holders(data) if isinstance(holder[name], str)]
    if places:
        holder, name = rng.choice(places)
        old, new = holder[name], rng.choice(TEXTS)
        at = rng.randint(0, len(old))
        holder[name] = rng.choice((new, old + new, new + old, old[:at] + new + old[at:]))


def _guide(data: dict[str, Any], rng: random.Random) -> None:
    rule = data.get("rule")
    if isinstance(rule, dict):
        parts = rng.choices((*MARKUP, *TEXTS), k=rng.randint(1, 25))
        text = "".join(part + rng.choice(JOINTS) for part in parts)
        rule[rng.choice(("note", "setup", "note"))] = text


def _remove(data: dict[str, Any], rng: random.Random) -> None:
    if place := _any_place(data, rng):
        del place[0][place[1]]


def _rename(data: dict[str, Any], rng: random.Random) -> None:
    places = [(holder, name) for holder, name in _holders(data) if isinstance(name, str)]
    if places:
        holder, name = rng.choice(places)
        new = rng.choice((rng.choice(NAMES), name[1:], name + "s", name.upper(), name[::-1]))
        holder[new] = holder.pop(name)


def _add(data: dict[str, Any], rng: random.Random) -> None:
    places = [holder for holder, _ in _holders(data) if isinstance(holder, dict)]
    if places:
        rng.choice(places)[rng.choice(NAMES)] = _any_value(rng)


def _deepen(data: dict[str, Any], rng: random.Random) -> None:
    if place := _any_place(data, rng):
        holder, name = place
        value = holder[name]
        for _ in range(rng.choice((1, 1, 2, 10, 61, 70, 150))):
            value = [value] if rng.random() < 0.5 else {"a": value}
        holder[name] = value


def _empty(data: dict[str, Any], rng: random.Random) -> None:
    if place := _any_place(data, rng):
        holder, name = place
        holder[name] = type(holder[name])() if isinstance(holder[name], (str, list, dict)) else ""


def _many(data: dict[str, Any], rng: random.Random) -> None:
    if place := _any_place(data, rng):
        holder, name = place
        holder[name] = holder[name] * 20 if isinstance(holder[name], list) else [copy.deepcopy(holder[name])] * 20


def _free(data: dict[str, Any], rng: random.Random) -> None:
    table, name = rng.choice(FREE)
    holder = data.setdefault(table, {})
    if isinstance(holder, dict):
        value = {rng.choice(NAMES): _any_value(rng) for _ in range(rng.randint(0, 4))}
        holder[name] = rng.choice((value, [value], [value, value], _any_value(rng)))


def _other_type(data: dict[str, Any], rng: random.Random) -> None:
    rule = data.get("rule")
    if isinstance(rule, dict):
        rule["type"] = rng.choice(
            ("query", "saved_query", "eql", "esql", "threshold", "threat_match", "machine_learning", "new_terms", "x")
        )


def _life(data: dict[str, Any], rng: random.Random) -> None:
    metadata = data.get("metadata")
    if isinstance(metadata, dict):
        metadata["maturity"] = rng.choice(("deprecated", "development", "production", "banana"))


DATA_MUTATIONS: tuple[Callable[[dict[str, Any], random.Random], None], ...] = (
    _other_value,
    _other_value,
    _other_text,
    _other_text,
    _other_text,
    _guide,
    _guide,
    _remove,
    _rename,
    _add,
    _deepen,
    _empty,
    _many,
    _free,
    _free,
    _other_type,
    _life,
)
