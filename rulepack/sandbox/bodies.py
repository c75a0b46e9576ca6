"""What a body must look like: unknown keys stripped, the rest held against a model, problems in Kibana's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rulepack import schema
from rulepack.fields import MAX_INTEGER, Choice, Flag, Json, Many, OneOrMany, Problem, Text, Whole
from rulepack.rule import RULE_TYPES, Rule
from rulepack.sandbox import contract
from rulepack.sandbox.answers import Payload, js_type, refuse_body
from rulepack.sandbox.context import FIVE_THRESHOLD_FIELDS
from rulepack.sandbox.wording import UNDEFINED, Issue, choices
from rulepack.schema import Path, Table
from rulepack.stack import StackVersion


class _Plan:
    """What of a table a version of Kibana knows: names, and for names that hold tables, the field that says which."""

    def __init__(self, cls: type, stack: StackVersion) -> None:
        self.names: tuple[tuple[str, Any], ...] = tuple(
            (one.name, one.field if _inner_model(one.field) is not None else None)
            for one in schema.keys(cls).values()
            if one.sent and (one.since is None or one.since <= stack)
        )


_PLANS: dict[tuple[type, StackVersion], _Plan] = {}


def prepare(stack: StackVersion, *models: type) -> None:
    """Build all that is built on first use: two threads that are first at the same time would see half of it."""
    for cls in models:
        if (cls, stack) in _PLANS:
            continue
        plan = _PLANS[cls, stack] = _Plan(cls, stack)
        for _, field in plan.names:
            inner = _inner_model(field)
            if inner is not None:
                prepare(stack, inner)


def strip(cls: type, table: Mapping[str, Any], stack: StackVersion) -> Payload:
    """The table without what Kibana does not know: it drops such keys without a word, at any depth."""
    result = {}
    for name, field in _PLANS[cls, stack].names:
        if name in table:
            result[name] = table[name] if field is None else _strip_inside(field, table[name], stack)
    return result


def _strip_inside(field: Any, value: Any, stack: StackVersion) -> Any:
    if isinstance(field, Many):
        return [_strip_inside(field.inner, item, stack) for item in value] if isinstance(value, list) else value
    return strip(field.cls, value, stack) if isinstance(value, dict) else value


def _inner_model(field: Any) -> type | None:
    while isinstance(field, Many):
        field = field.inner
    return field.cls if isinstance(field, Table) else None


def rule_body(body: Payload, stack: StackVersion) -> Payload:
    """A rule's body as Kibana takes it, or a refusal."""
    result, issues = typed_issues(body, stack)
    if issues:
        raise refuse_body(issues)
    return result


def typed_issues(body: Payload, stack: StackVersion) -> tuple[Payload, list[Issue]]:
    """The same as `rule_issues` for a body that says its type itself."""
    rule_type = body.get("type")
    cls = RULE_TYPES.get(rule_type) if isinstance(rule_type, str) else None
    result, issues = rule_issues(cls or Rule, body, stack)
    if cls is None:
        issues = [one for one in issues if one[0] != ("type",)]
        issues.append((("type",), f"Invalid discriminator value. Expected {choices(RULE_TYPES)}"))
    return result, issues


def rule_issues(
    cls: type[Rule], body: Payload, stack: StackVersion, *, partial: bool = False
) -> tuple[Payload, list[Issue]]:
    """A rule's body stripped to what the type knows, and all that Kibana's schema has against it.

    `partial` for a PATCH, which may leave everything out.
    """
    result, issues = conform(cls, body, stack, partial=partial)
    if stack < FIVE_THRESHOLD_FIELDS:
        # A check by hand then counted them, and to three; see prechecks.py.
        issues = [(path, text) for path, text in issues if path != ("threshold", "field") or "at most" not in text]
    issues += contract.stricter(result, partial=partial)
    actions = result.get("response_actions")
    for number, action in enumerate(actions if isinstance(actions, list) else ()):
        if isinstance(action, dict) and isinstance(action.get("params"), dict):
            path = ("response_actions", number, "params")
            params, reason = contract.params_model(action)
            if params is None:
                issues.append(((*path, "command"), reason))
                continue
            action["params"], found = conform(params, action["params"], stack)
            issues += [((*path, *inner), text) for inner, text in found]
            if params is contract.OsqueryParams:
                issues += contract.osquery_issues(action["params"], path)
    return result, issues


def conform(cls: type, body: Payload, stack: StackVersion, *, partial: bool = False) -> tuple[Payload, list[Issue]]:
    """A table stripped to what its model knows, and what Kibana has against it."""
    result = strip(cls, body, stack)
    _, problems = schema.parse(cls, result)
    return result, list(_issues(cls, result, problems, partial=partial))


def _issues(cls: type, body: Payload, problems: list[tuple[Path, Problem]], *, partial: bool) -> Iterator[Issue]:
    for path, problem in problems:
        if partial and problem.kind == "missing" and len(path) == 1:
            continue
        field = _field_at(cls, path)
        if problem.kind == "value" and type(field) is Text and not issubclass(cls, Rule):
            # The models of rules are for files; the others are for bodies, and mean it.
            text: str | None = "No empty strings allowed"
        else:
            dotted = ".".join(one for one in path if isinstance(one, str))
            text = _reason(field, dotted, problem.kind, body, path)
        if text is not None:
            yield path, text


def _reason(field: Any, dotted: str, kind: str, body: Payload, path: Path) -> str | None:
    """Why Kibana refuses a value that our model refuses; None when it does not."""
    if kind == "missing":
        return None if dotted in contract.MAY_BE_MISSING else _literal(field) or _missing(field)
    value = _value_at(body, path)
    if kind == "type":
        return _wrong_type(field, dotted, value)
    if isinstance(field, Text):
        return _wrong_text(field, dotted, value)
    if isinstance(field, OneOrMany):
        # An empty string within the array, which Kibana takes, or too many or too few of them.
        field = field.many
    if isinstance(field, Many):
        count = len(value) if isinstance(value, list) else 0
        if field.most is not None and count > field.most:
            return f"Array must contain at most {field.most} element(s)"
        return f"Array must contain at least {field.least} element(s)" if count < field.least else None
    if isinstance(field, Choice):
        return _literal(field) or f"Invalid enum value. Expected {choices(field.choices)}, received '{value}'"
    if isinstance(field, Whole):
        if value < field.least:
            return f"Number must be greater than or equal to {field.least}"
        # Models want whole numbers that survive JavaScript; Kibana lets them change.
        return None if field.most == MAX_INTEGER else f"Number must be less than or equal to {field.most}"
    return None


def _literal(field: Any) -> str | None:
    if isinstance(field, Choice) and len(field.choices) == 1:
        return f'Invalid literal value, expected "{field.choices[0]}"'
    return None


def _wrong_type(field: Any, dotted: str, value: Any) -> str | None:
    if isinstance(field, Json) and not field.table:
        return None
    if value is None and dotted in contract.MAY_BE_NULL:
        return None
    if isinstance(field, OneOrMany):
        return "Invalid input"
    if isinstance(field, Whole) and isinstance(value, float):
        return "Expected integer, received float"
    return f"Expected {_wanted(field)}, received {js_type(value)}"


def _missing(field: Any) -> str:
    if isinstance(field, Choice):
        return f"Invalid enum value. Expected {choices(field.choices)}, {UNDEFINED}"
    return f"Expected {_wanted(field)}, {UNDEFINED}"


def _wanted(field: Any) -> str:
    """What JavaScript calls the type that a field wants."""
    for kind, name in ((Text, "string"), (Choice, "string"), (Whole, "number"), (Flag, "boolean"), (Many, "array")):
        if isinstance(field, kind):
            return name
    return "object"


def _wrong_text(field: Text, dotted: str, value: str) -> str | None:
    if field.pattern is not None and (field.empty or value.strip()):
        return contract.PATTERNS.get(dotted)
    if dotted in contract.NOT_BLANK:
        return "No empty strings allowed"
    if dotted in contract.NOT_EMPTY and not value:
        return "String must contain at least 1 character(s)"
    return None


def _field_at(cls: type, path: Path) -> Any:
    """The declaration of the field that a path leads to; None within free data."""
    field: Any = None
    inner: type | None = cls
    for step in path:
        if isinstance(step, int):
            field = field.inner if isinstance(field, Many) else Text() if isinstance(field, OneOrMany) else None
        else:
            found = [one.field for one in schema.keys(inner).values() if one.name == step] if inner else []
            field = found[0] if found else None
        inner = field.cls if isinstance(field, Table) else None
    return field


def _value_at(body: Any, path: Path) -> Any:
    for step in path:
        body = body[step]
    return body
