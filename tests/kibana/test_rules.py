"""Rules and exception lists: all of them, in few requests, or an error."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from support.loopback import answer, plugin

from rulepack.errors import Incompatible, Rejected, TargetError
from rulepack.kibana.exception_lists import find_lists
from rulepack.kibana.rules import TYPES, create_rule, find_rules, get_rule, update_rule

PATH = "/api/detection_engine/rules"


def rules(count, **fields):
    return [
        {
            "id": f"id-{number:05}",
            "rule_id": f"rule-{number}",
            "created_at": f"2026-01-01T00:00:{number // 1000:02}.{number % 1000:03}Z",
            "immutable": number % 3 == 0,
            "enabled": number % 2 == 0,
            "type": (*TYPES, "of_the_future")[number % 9],
            **fields,
        }
        for number in range(count)
    ]


def passing(entries, only):
    """The little of KQL that is used here."""
    text = re.sub(r'alert\.attributes\.params\.type: "(\w+)"', r"(rule['type'] == '\1')", only)
    text = re.sub(r"alert\.attributes\.(?:params\.)?(\w+): true", r"rule['\1']", text)
    return eval(f"[rule for rule in entries if {text or True}]", {"entries": entries})


class Store:
    """Answers `_find` from a list, with Elasticsearch's window; `change` happens before each answer."""

    def __init__(self, entries, *, rule=True, change=None):
        self.entries = entries
        self.size = "perPage" if rule else "per_page"
        self.change = change
        self.calls = 0

    def __call__(self, connection, seen):
        self.calls += 1
        if self.change:
            self.change(self)
        query = {name: values[0] for name, values in parse_qs(urlsplit(seen.target).query).items()}
        page, size = int(query["page"]), int(query["per_page"])
        if page * size > 10_000:
            return plugin(400, "Result window is too large")(connection, seen)
        found = passing(self.entries, query.get("filter", ""))
        found.sort(key=lambda one: one["created_at"])
        body = {"page": page, self.size: size, "total": len(found), "data": found[(page - 1) * size : page * size]}
        return answer(200, json.dumps(body).encode())(connection, seen)


@pytest.mark.parametrize(("count", "requests"), [(0, 1), (1, 1), (1000, 1), (1001, 2), (2500, 3), (10_000, 10)])
def test_all_rules_in_few_requests(count, requests, serve, connect):
    stored = rules(count)
    server = serve(Store(stored))
    assert find_rules(connect(server)) == stored
    assert len(server.seen) == requests
    query = parse_qs(urlsplit(server.seen[0].target).query)
    assert query == {"sort_field": ["created_at"], "sort_order": ["asc"], "page": ["1"], "per_page": ["1000"]}


def test_two_rules_with_one_rule_id_are_both_found(serve, connect):
    stored = rules(2, rule_id="same")
    assert find_rules(connect(serve(Store(stored)))) == stored


def test_a_server_that_gives_smaller_pages(serve, connect):
    stored = rules(7)

    def step(connection, seen):
        page = int(parse_qs(urlsplit(seen.target).query)["page"][0])
        body = {"page": page, "perPage": 3, "total": 7, "data": stored[3 * page - 3 : 3 * page]}
        return answer(200, body)(connection, seen)

    assert find_rules(connect(serve(step))) == stored


def test_past_the_window(serve, connect):
    stored = rules(25_000)
    server = serve(Store(stored))
    assert find_rules(connect(server)) == stored
    assert len(server.seen) < 60


def test_too_many_of_one_kind(serve, connect, failing):
    server = serve(Store(rules(10_001, immutable=False, enabled=True, type="eql")))
    error = failing(TargetError, find_rules, connect(server))
    assert "finds 10001 of one kind, of which it shows no more than 10000" in error.message


def test_a_rule_that_is_made_meanwhile(serve, connect):
    stored = rules(1500)

    def change(store):
        if store.calls == 2:
            store.entries = [*store.entries, {**rules(1)[0], "id": "new", "created_at": "2027"}]

    server = serve(Store(stored, change=change))
    found = find_rules(connect(server))
    assert [one["id"] for one in found] == [*(one["id"] for one in stored), "new"]
    assert len(server.seen) == 4


def test_a_rule_that_is_deleted_meanwhile(serve, connect):
    stored = rules(1500)

    def change(store):
        if store.calls == 2:
            store.entries = stored[1:]

    assert find_rules(connect(serve(Store(stored, change=change)))) == stored[1:]


def test_rules_of_one_moment_that_swap_places(serve, connect):
    """All were imported at once: each request sorts them anew, and a page misses what another has twice."""
    stored = rules(1500, created_at="2026")

    def change(store):
        # As the second page is read, one of the first and one of the second have swapped places.
        a, b = {2: (0, 1499), 4: (1, 1498)}.get(store.calls, (0, 0))
        store.entries[a], store.entries[b] = store.entries[b], store.entries[a]

    server = serve(Store(list(stored), change=change))
    assert find_rules(connect(server)) == stored
    assert len(server.seen) == 4


def test_rules_that_never_hold_still(serve, connect, failing):
    def change(store):
        store.entries = rules(1500 + store.calls)

    server = serve(Store([], change=change))
    error = failing(TargetError, find_rules, connect(server, space="soc"))
    assert error.message.endswith("lists in space 'soc' changes while it is read")
    assert len(server.seen) == 4


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"data": {}, "total": 0, "perPage": 1},
        {"data": [1], "total": 1, "perPage": 1},
        {"data": [{"name": "x"}], "total": 1, "perPage": 1},
        {"data": [], "total": "0", "perPage": 1},
        {"data": [], "total": 0, "perPage": 0},
        {"data": [], "total": 0},
    ],
)
def test_a_find_of_another_shape(body, serve, connect, failing):
    error = failing(Incompatible, find_rules, connect(serve(answer(200, body))))
    assert "answers with JSON of another shape than Kibana's" in error.message


def test_a_find_that_promises_more_than_it_gives(serve, connect, failing):
    server = serve(answer(200, {"data": [], "total": 5, "perPage": 1000}))
    failing(TargetError, find_rules, connect(server))
    assert len(server.seen) == 2


# --- one rule


def test_one_rule(serve, connect):
    server = serve(answer(200, {"id": "i1"}))
    client = connect(server, space="soc")
    assert get_rule(client, id="i1") == get_rule(client, rule_id="r 1") == {"id": "i1"}
    assert create_rule(client, {"rule_id": "r1"}) == update_rule(client, {"id": "i1"}) == {"id": "i1"}
    assert [(seen.method, seen.target) for seen in server.seen] == [
        ("GET", f"/s/soc{PATH}?id=i1"),
        ("GET", f"/s/soc{PATH}?rule_id=r+1"),
        ("POST", f"/s/soc{PATH}"),
        ("PUT", f"/s/soc{PATH}"),
    ]


def test_no_rule(serve, connect, failing):
    assert get_rule(connect(serve(plugin(404, 'rule_id: "x" not found'))), rule_id="x") is None
    failing(Rejected, get_rule, connect(serve(plugin(400, "x"))), rule_id="x")
    failing(Incompatible, get_rule, connect(serve(answer(404, "<h1>404</h1>"))), rule_id="x")


@pytest.mark.parametrize("which", [{}, {"id": "a", "rule_id": "b"}])
def test_which_rule(which, connect):
    with pytest.raises(ValueError, match="give one of id and rule_id"):
        get_rule(connect("http://127.0.0.1:1"), **which)


# --- exception lists


def test_all_exception_lists(serve, connect):
    def lists(namespace, count):
        return [
            {"id": f"{namespace}-{one}", "created_at": f"{one:05}", "namespace_type": namespace} for one in range(count)
        ]

    stored = {name: Store(lists(name, count), rule=False) for name, count in (("single", 1200), ("agnostic", 1))}

    def step(connection, seen):
        namespace = parse_qs(urlsplit(seen.target).query)["namespace_type"][0]
        return stored[namespace](connection, seen)

    server = serve(step)
    assert find_lists(connect(server)) == [*stored["single"].entries, *stored["agnostic"].entries]
    assert len(server.seen) == 3
    assert urlsplit(server.seen[0].target).path == "/api/exception_lists/_find"
