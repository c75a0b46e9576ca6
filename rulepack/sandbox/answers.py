"""What goes in and out: requests, answers, refusals in Kibana's two shapes, and JSON as JavaScript reads it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from rulepack.frozen import frozen
from rulepack.sandbox.wording import Issue, join_issues

Payload = dict[str, Any]

JSON_TYPE = "application/json; charset=utf-8"
MAX_DEPTH = 64


@dataclass(slots=True)
class Request:
    """One request: its path without the space, and who asks once that is known."""

    method: str
    path: str
    space: str = "default"
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    path_id: str = ""
    user: str = ""

    def header(self, name: str) -> str | None:
        """A header's value; the name's case does not matter."""
        return self.headers.get(name.lower())

    def table(self) -> Payload:
        """The body, which must be a JSON object; refuses anything else as Kibana's core does."""
        value = read_json(self.body)
        if not isinstance(value, dict):
            raise refuse_body([((), f"Expected object, received {js_type(value)}")])
        return value


@frozen
class Answer:
    """One answer; `text` is the body as it is sent."""

    status: int
    text: str = ""
    content_type: str = JSON_TYPE
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def message(self) -> str:
        """What an error says, for routes that report it beside others."""
        said = json.loads(self.text)["message"]
        return said if isinstance(said, str) else ",".join(said)


class Refusal(Exception):  # noqa: N818 (not every refusal is an error)
    """Ends the handling of a request with an answer that says no."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.text)
        self.answer = answer

    def worded(self, zod: int) -> Answer:  # noqa: ARG002 (for those that differ)
        """The answer as a Kibana with one version of zod has it."""
        return self.answer


class Misfit(Refusal):
    """A refusal of what does not fit a schema; how it is worded depends on the version."""

    def __init__(self, issues: Sequence[Issue], form: Callable[[str], Answer]) -> None:
        super().__init__(form(join_issues(issues)))
        self.issues = issues
        self.form = form

    def worded(self, zod: int) -> Answer:
        """The answer as a Kibana with one version of zod has it."""
        return self.form(join_issues(self.issues, zod))


def ok(body: object) -> Answer:
    """200 with a JSON body."""
    return Answer(200, write_json(body))


def core_answer(status: int, message: str) -> Answer:
    """An error in the shape of Kibana's core: `statusCode`, `error`, `message`."""
    reason = HTTPStatus(status).phrase if status != HTTPStatus.REQUEST_ENTITY_TOO_LARGE else "Request Entity Too Large"
    return Answer(status, write_json({"statusCode": status, "error": reason, "message": message}))


def core(status: int, message: str) -> Refusal:
    """A refusal by Kibana's core: headers, credentials, privileges, size, shape of the body."""
    return Refusal(core_answer(status, message))


def siem_answer(status: int, message: str | list[str]) -> Answer:
    """An error in the shape of the detection engine's routes: `message` and `status_code`."""
    return Answer(status, write_json({"message": message, "status_code": status}))


def siem(status: int, message: str | list[str]) -> Refusal:
    """A refusal by a route of the detection engine: `message` (several where it checks by hand) and `status_code`."""
    return Refusal(siem_answer(status, message))


def refuse_body(issues: Sequence[Issue], place: str = "[request body]") -> Refusal:
    """A refusal of a body, in the words of Kibana's core."""
    return Misfit(issues, lambda text: core_answer(400, f"{place}: {text}"))


def write_json(value: object) -> str:
    """A value as compact JSON, in ASCII so that half a surrogate pair survives too."""
    return json.dumps(value, separators=(",", ":"))


def _number(digits: str) -> int | float:
    """A number as JavaScript has it: 21.0 is 21."""
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise ValueError(digits)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _no_constant(name: str) -> float:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_float=_number, parse_constant=_no_constant)


def read_json(body: bytes) -> Any:
    """The value of a body; refuses what is no JSON, and what is nested beyond anything that a rule needs."""
    if not body.strip():
        return None
    try:
        value = decode(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise core(400, "Invalid request payload JSON format") from None
    if nested_too_deep(value, body.count(b"[") + body.count(b"{")):
        raise core(400, f"[request body]: nested more than {MAX_DEPTH} levels deep")
    return value


def decode(text: str) -> Any:
    """The value of JSON text; raises ValueError or RecursionError for anything else."""
    return _DECODER.decode(text)


def nested_too_deep(value: Any, brackets: int) -> bool:
    """Whether a value is nested deeper than anything should be; `brackets` are those that open in its text."""
    return brackets > MAX_DEPTH and _depth_exceeds(value, MAX_DEPTH)


def _depth_exceeds(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit + 1):
        inside = [one.values() if isinstance(one, dict) else one for one in level if isinstance(one, (dict, list))]
        level = [part for one in inside for part in one]
        if not level:
            return False
    return True


def js_type(value: object) -> str:
    """The type of a JSON value in JavaScript's words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, (list, tuple)) else "object"
