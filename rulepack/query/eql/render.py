"""EQL trees back to text. Parsing the text gives the same tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rulepack.query.eql import ast
from rulepack.query.eql.lexer import is_name

# How tight a node holds together, loosest first; what is looser than its place needs parentheses.
_OR, _AND, _NOT, _COMPARISON, _SUM, _PRODUCT, _SIGN, _PREDICATE, _PRIMARY = range(9)
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def render(statement: ast.Statement) -> str:
    """The whole query."""
    query = statement.query
    if isinstance(query, ast.Event):
        text = _event(query)
    else:
        head = "sample" if isinstance(query, ast.Sample) else "sequence"
        lines = [head + _keys(query.keys)]
        if isinstance(query, ast.Sequence) and query.maxspan:
            lines[0] += f" with maxspan={query.maxspan.amount}{query.maxspan.unit}"
        lines += [f"  {_item(item)}" for item in query.items]
        if isinstance(query, ast.Sequence) and query.until:
            lines.append(f"until {_item(query.until)}")
        text = "\n".join(lines)
    for pipe in statement.pipes:
        arguments = ", ".join(map(expression, pipe.arguments))
        text += f"\n| {pipe.name} {arguments}".rstrip()
    return text


def _event(event: ast.Event) -> str:
    if event.category is None:
        category = "any"
    else:
        category = event.category if is_name(event.category) else string(event.category)
    return f"{category} where {expression(event.condition)}"


def _item(item: ast.Item) -> str:
    runs = f" with runs={item.runs}" if item.runs > 1 else ""
    return f"{'!' if item.missing else ''}[{_event(item.event)}]{_keys(item.keys)}{runs}"


def _keys(keys: tuple[ast.Field, ...]) -> str:
    return " by " + ", ".join(map(expression, keys)) if keys else ""


def string(value: str) -> str:
    """A string in double quotes."""
    text = value.translate(_ESCAPES)
    return f'"{text}"' if text.isprintable() else f'"{"".join(map(_visible, text))}"'


def _visible(character: str) -> str:
    """A character, escaped if nobody would see it; halves of characters have no escape."""
    if character.isprintable() or "\ud800" <= character <= "\udfff":
        return character
    return f"\\u{{{ord(character):02x}}}"


def field_name(name: str) -> str:
    """A field name, in backticks where it needs them."""
    parts = name.split(".")
    if not all(parts):
        return _quoted(name)
    return ".".join(part if is_name(part) else _quoted(part) for part in parts)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def literal(node: ast.Literal) -> str:
    """A constant."""
    value = node.value
    if isinstance(value, str):
        return string(value)
    if isinstance(value, float):
        text = repr(value)
        # An integer beyond 64 bits is a double without a point.
        return text if "." in text or "e" in text else text + ".0"
    return (
        {None: "null", True: "true", False: "false"}[value] if value is None or isinstance(value, bool) else str(value)
    )


def expression(node: ast.Expression) -> str:
    """A condition or a value."""
    return _written(node, _OR)


def _written(node: ast.Expression, floor: int) -> str:
    """A node, in parentheses if it holds together less tight than `floor`."""
    text, power = _TEXTS[type(node)](node)
    return f"({text})" if power < floor else text


def _call(node: ast.Call) -> tuple[str, int]:
    return f"{node.name}{'~' if node.folded else ''}({_listed(node.arguments)})", _PRIMARY


def _negative(node: ast.Negative) -> tuple[str, int]:
    return "-" + _written(node.operand, _SIGN), _SIGN


def _arithmetic(node: ast.Arithmetic) -> tuple[str, int]:
    power = _SUM if node.operator in ("+", "-") else _PRODUCT
    return f"{_written(node.left, power)} {node.operator} {_written(node.right, power + 1)}", power


def _comparison(node: ast.Comparison) -> tuple[str, int]:
    return f"{_written(node.left, _SUM)} {node.operator} {_written(node.right, _SUM)}", _COMPARISON


def _pattern(node: ast.Pattern) -> tuple[str, int]:
    values = literal(node.values[0]) if len(node.values) == 1 else f"({', '.join(map(literal, node.values))})"
    return f"{_written(node.operand, _PRIMARY)} {node.operator} {values}", _PREDICATE


def _in(node: ast.In) -> tuple[str, int]:
    operator = f"{'not ' if node.negated else ''}in{'~' if node.folded else ''}"
    return f"{_written(node.operand, _PRIMARY)} {operator} ({_listed(node.values)})", _PREDICATE


def _not(node: ast.Not) -> tuple[str, int]:
    return "not " + _written(node.operand, _NOT), _NOT


def _and(node: ast.And) -> tuple[str, int]:
    return " and ".join([_written(part, _NOT) for part in node.parts]), _AND


def _or(node: ast.Or) -> tuple[str, int]:
    return " or ".join([_written(part, _AND) for part in node.parts]), _OR


def _listed(nodes: tuple[ast.Expression, ...]) -> str:
    return ", ".join([_written(node, _OR) for node in nodes])


_TEXTS: dict[type, Callable[[Any], tuple[str, int]]] = {
    ast.Literal: lambda node: (literal(node), _PRIMARY),
    ast.Field: lambda node: (f"{'?' if node.optional else ''}{field_name(node.name)}", _PRIMARY),
    ast.Call: _call,
    ast.Negative: _negative,
    ast.Arithmetic: _arithmetic,
    ast.Comparison: _comparison,
    ast.Pattern: _pattern,
    ast.In: _in,
    ast.Not: _not,
    ast.And: _and,
    ast.Or: _or,
}
