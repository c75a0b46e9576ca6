"""Bodies of every rule type, and a client whose every answer is judged by Kibana's own contract."""

import copy
import json
import re

import requests
from hypothesis import strategies as st
from support.samples import SHARED

from rulepack.sandbox.context import RULE_SOURCE

RULES = "/api/detection_engine/rules"
IMPORT = "/api/detection_engine/rules/_import"
EXPORT = "/api/detection_engine/rules/_export"
LISTS = "/api/exception_lists"
ITEMS = "/api/exception_lists/items"
BASE = {"name": "r", "description": "d", "risk_score": 21, "severity": "low"}
MAPPING = [{"entries": [{"field": "host.ip", "type": "mapping", "value": "threat.indicator.ip"}]}]
# The smallest body of each rule type.
BODIES = {
    "query": {**BASE, "type": "query", "query": "user.name: root", "index": ["acme-*"]},
    "saved_query": {**BASE, "type": "saved_query", "saved_id": "sq-1"},
    "eql": {**BASE, "type": "eql", "language": "eql", "query": "process where true"},
    "esql": {**BASE, "type": "esql", "language": "esql", "query": "from logs-* | limit 10"},
    "threshold": {**BASE, "type": "threshold", "query": "*", "threshold": {"field": ["host.name"], "value": 5}},
    "threat_match": {
        **BASE,
        "type": "threat_match",
        "query": "*",
        "threat_query": "*",
        "threat_index": ["ti-*"],
        "threat_mapping": MAPPING,
    },
    "machine_learning": {
        **BASE,
        "type": "machine_learning",
        "anomaly_threshold": 50,
        "machine_learning_job_id": ["job1"],
    },
    "new_terms": {
        **BASE,
        "type": "new_terms",
        "query": "*",
        "new_terms_fields": ["user.name"],
        "history_window_start": "now-10d",
    },
}


class Judge:
    """Holds answers against a document of Kibana's API: the schema for their path, method and status."""

    def __init__(self, name):
        from openapi_schema_validator import OAS30Validator
        from referencing import Registry, Resource
        from referencing.jsonschema import DRAFT4

        self.document = json.loads((SHARED / "kibana" / name).read_text(encoding="utf-8"))
        resource = Resource.from_contents(self.document, default_specification=DRAFT4)
        self.registry = Registry().with_resource("urn:kibana", resource)
        self.make = OAS30Validator
        self.validators = {}
        self.paths = [
            (re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))), path)
            for path in sorted(self.document["paths"], key=lambda path: path.count("{"))
        ]
        self.judged = 0

    def validator(self, pointer):
        if pointer not in self.validators:
            self.validators[pointer] = self.make({"$ref": f"urn:kibana#{pointer}"}, registry=self.registry)
        return self.validators[pointer]

    def rule(self, rule):
        """What is wrong with a rule of an answer. By its type: `anyOf` of all types says little, slowly."""
        title = "".join(part.title() for part in rule["type"].split("_"))
        return self.errors(f"/components/schemas/Security_Detections_API_{title}Rule", rule)

    def errors(self, pointer, value):
        return [f"{error.json_path}: {error.message}" for error in self.validator(pointer).iter_errors(value)]

    def answer(self, method, path, status, text):
        """What is wrong with an answer of the sandbox, as a list; a path that the document lacks is not judged."""
        template = next((template for pattern, template in self.paths if pattern.fullmatch(path)), None)
        operation = self.document["paths"].get(template, {}).get(method.lower())
        if operation is None:
            return []
        self.judged += 1
        named = str(status) if str(status) in operation["responses"] else "default"
        content = operation["responses"][named].get("content", {})
        if not content:
            return ["has a body, but should have none"] if text else []
        value = json.loads(text)
        if status == 200 and template == RULES:
            return self.rule(value)
        if status == 200 and template == f"{RULES}/_find":
            head = {name: value[name] for name in ("page", "perPage", "total")}
            whole = [] if all(isinstance(one, int) for one in head.values()) else [f"odd paging {head}"]
            return whole + [error for rule in value["data"] for error in self.rule(rule)]
        if "schema" not in content["application/json"]:
            return []
        steps = ("paths", template, method.lower(), "responses", named, "content", "application/json", "schema")
        return self.errors("/" + "/".join(one.replace("~", "~0").replace("/", "~1") for one in steps), value)


class Client:
    """A client of one space of a sandbox, as rulepack's own would call it."""

    def __init__(self, box, judge=None, space=None, key="sandbox"):
        self.box = box
        self.judge = judge
        self.base = box.url + (f"/s/{space}" if space else "")
        self.session = requests.Session()
        self.session.trust_env = False
        self.headers = {"Authorization": f"ApiKey {key}", "kbn-xsrf": "test", "elastic-api-version": "2023-10-31"}

    def call(self, method, path, body=None, *, headers=None, data=None, files=None, **params):
        sent = {name: value for name, value in {**self.headers, **(headers or {})}.items() if value is not None}
        answer = self.session.request(
            method, self.base + path, json=body, params=params, headers=sent, data=data, files=files, timeout=30
        )
        if self.judge is not None and answer.headers.get("Content-Type", "").startswith("application/json"):
            errors = self.judge.answer(method, path, answer.status_code, answer.text)
            if self.box.settings.version < RULE_SOURCE:
                # The judge is of 9.x.
                errors = [error for error in errors if not error.endswith("'rule_source' is a required property")]
            assert errors == [], f"{method} {path} {answer.status_code}: {answer.text[:500]}"
        return answer

    def get(self, path, **params):
        return self.call("GET", path, **params)

    def post(self, path, body=None, **more):
        return self.call("POST", path, body, **more)

    def put(self, path, body=None, **more):
        return self.call("PUT", path, body, **more)

    def patch(self, path, body=None, **more):
        return self.call("PATCH", path, body, **more)

    def delete(self, path, **params):
        return self.call("DELETE", path, **params)

    def send(self, *lines, name="rules.ndjson", **query):
        """The answer to an import of a file; a line is a text, or becomes one."""
        text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
        return self.post(IMPORT, files={"file": (name, text.encode())}, **query)

    def imported(self, *lines, **query):
        """What an import says that was taken."""
        answer = self.send(*lines, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def exported(self, *rule_ids, **query):
        """The lines of an export of some rules, or of all; each rule is judged."""
        body = {"objects": [{"rule_id": rule_id} for rule_id in rule_ids]} if rule_ids else None
        answer = self.post(EXPORT, body, **query)
        assert answer.status_code == 200, answer.text
        lines = [json.loads(line) for line in answer.text.splitlines()]
        if self.judge is not None:
            assert [error for line in lines if "rule_id" in line for error in self.judge.rule(line)] == []
        return lines

    def made(self, rule_type="query", **fields):
        """A rule that was created just now."""
        answer = self.post(RULES, {**BODIES[rule_type], **fields})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def changed(self, **body):
        """A rule after a PUT of a query rule."""
        answer = self.put(RULES, {**BODIES["query"], **body})
        assert answer.status_code == 200, answer.text
        return answer.json()


def refused(answer, status, message=None):
    """Asserts that an answer is an error of either shape, and gives back its message."""
    body = answer.json()
    assert answer.status_code == status, answer.text
    assert body.get("statusCode", body.get("status_code")) == status
    if message is not None:
        assert body["message"] == message
    return body["message"]


def places(value, path=()):
    """Every place within a body."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in inner:
        yield from places(part, (*path, step))


def at(value, path):
    for step in path:
        value = value[step]
    return value


@st.composite
def damaged(draw, body, odd, untouched=None):
    """A body in which up to two places are gone, or hold something odd."""
    body = copy.deepcopy(body)
    for _ in range(draw(st.integers(0, 2))):
        path = draw(st.sampled_from([path for path in places(body) if path and path != untouched]))
        holder = at(body, path[:-1])
        if draw(st.booleans()):
            del holder[path[-1]]
        else:
            holder[path[-1]] = copy.deepcopy(draw(odd))
    return body
