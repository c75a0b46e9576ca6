"""Behaviour 5: faults on demand, and what they leave behind."""

import threading
import time

import pytest
import requests
from sandbox.kit import BODIES, RULES, refused

from rulepack.sandbox import Fault

BODY = {**BODIES["query"], "rule_id": "r"}


def stored(box):
    return [rule["rule_id"] for rule in box.state.rules()]


def test_starting_is_503_in_text_with_retry_after(box, kibana):
    box.faults.add(Fault.starting())
    answer = kibana.post(RULES, BODY)
    assert (answer.status_code, answer.text) == (503, "Kibana server is not ready yet")
    assert answer.headers["Retry-After"] == "30"
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert stored(box) == []
    assert kibana.post(RULES, BODY).status_code == 200


@pytest.mark.parametrize("retry_after", [None, 7])
def test_too_many_is_429_with_retry_after_or_without(box, kibana, retry_after):
    box.faults.add(Fault.too_many(retry_after=retry_after))
    answer = kibana.post(RULES, BODY)
    assert answer.json() == {"statusCode": 429, "error": "Too Many Requests", "message": "Too Many Requests"}
    assert answer.headers.get("Retry-After") == (None if retry_after is None else "7")
    assert stored(box) == []


@pytest.mark.parametrize("status", [502, 504])
@pytest.mark.parametrize("applied", [False, True])
def test_a_proxy_answers_in_html(box, kibana, status, applied):
    box.faults.add(Fault.proxy(status, applied=applied))
    answer = kibana.post(RULES, BODY)
    assert answer.status_code == status
    assert answer.text.startswith("<html>")
    assert answer.headers["Content-Type"] == "text/html"
    assert stored(box) == (["r"] if applied else [])


@pytest.mark.parametrize(("fault", "left"), [(Fault.reset_before, []), (Fault.reset_after, ["r"]), (Fault.cut, ["r"])])
def test_a_connection_ends_before_or_after_the_write(box, kibana, fault, left):
    box.faults.add(fault(method="POST", path=RULES))
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        kibana.post(RULES, BODY)
    assert stored(box) == left
    status = kibana.post(RULES, BODY).status_code
    assert status == (409 if left else 200)
    assert stored(box) == ["r"]


def test_a_reset_is_a_reset(box, kibana):
    box.faults.add(Fault.reset_after())
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        kibana.post(RULES, BODY)
    assert box.requests == [("POST", RULES, 0)]


def test_a_truncated_answer_is_whole_for_http_but_no_json(box, kibana):
    box.faults.add(Fault.truncated())
    # Past the judge, which reads JSON.
    kibana.judge = None
    answer = kibana.post(RULES, BODY)
    assert answer.status_code == 200
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()
    assert stored(box) == ["r"]


def test_a_slow_answer_is_applied_at_once(box, kibana):
    box.faults.add(Fault.slow(30, method="POST"))
    with pytest.raises(requests.Timeout):
        kibana.session.post(kibana.base + RULES, json=BODY, headers=kibana.headers, timeout=0.2)
    assert stored(box) == ["r"]


def test_latency_comes_before_the_write(box, kibana):
    box.faults.add(Fault.latency(0.2))
    start = time.perf_counter()
    assert kibana.post(RULES, BODY).status_code == 200
    assert time.perf_counter() - start >= 0.2


def test_latency_for_every_request(start, connect):
    kibana = connect(start(latency=0.05))
    begin = time.perf_counter()
    for _ in range(3):
        kibana.get("/api/status")
    assert time.perf_counter() - begin >= 0.15


def test_401_and_403_on_demand(box, kibana):
    box.faults.add(Fault.unauthorized(), Fault.forbidden())
    refused(kibana.post(RULES, BODY), 401)
    assert "is unauthorized for user" in refused(kibana.post(RULES, BODY), 403)
    box.faults.add(Fault.error(500, "boom"))
    refused(kibana.post(RULES, BODY), 500, "boom")
    assert stored(box) == []


def test_a_race_makes_two_rules_with_one_rule_id(box, kibana):
    box.faults.add(Fault.race())
    assert [kibana.post(RULES, BODY).status_code for _ in range(3)] == [200, 200, 409]
    assert stored(box) == ["r", "r"]
    first, second = box.state.rules()
    assert first["id"] != second["id"]
    assert kibana.get(RULES, rule_id="r").json()["id"] == first["id"]
    assert kibana.get(f"{RULES}/_find").json()["total"] == 2
    assert kibana.delete(RULES, rule_id="r").json()["id"] == first["id"]
    assert kibana.get(RULES, rule_id="r").json()["id"] == second["id"]


def test_two_real_clients_in_a_race(box, connect):
    box.faults.add(Fault.race())
    statuses = []

    def create():
        statuses.append(connect(box).post(RULES, BODY).status_code)

    threads = [threading.Thread(target=create) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200, 200]


def test_someone_else_acts_in_between(box, kibana):
    kibana.made(rule_id="r")
    edit = lambda: box.analyst().edit("r", name="theirs")  # noqa: E731
    box.faults.add(Fault.meanwhile(edit, method="GET", path=RULES, after=True))
    assert kibana.get(RULES, rule_id="r").json()["name"] == "r"
    assert kibana.get(RULES, rule_id="r").json()["name"] == "theirs"
    box.faults.add(Fault.meanwhile(lambda: box.analyst().delete("r"), method="PUT"))
    refused(kibana.put(RULES, BODY), 404)


def test_a_fault_hits_what_it_aims_at(box, kibana, connect):
    fault = Fault.error(500, method="POST", path=f"{RULES}*", space="default", skip=1, times=2)
    box.faults.add(fault)
    assert kibana.get(f"{RULES}/_find").status_code == 200
    assert connect(box, space="other").post(RULES, BODY).status_code == 200
    statuses = [kibana.post(RULES, {**BODY, "rule_id": str(number)}).status_code for number in range(5)]
    assert statuses == [200, 500, 500, 200, 200]
    assert (fault.hits, box.faults.waiting) == (2, [])


def test_a_fault_for_one_rule_and_for_ever(box, kibana):
    box.faults.add(Fault.error(503, times=None, where=lambda request: b'"r2"' in request.body))
    for _ in range(2):
        statuses = [kibana.post(RULES, {**BODY, "rule_id": rule_id}).status_code for rule_id in ("r1", "r2")]
        assert statuses[1] == 503
    assert len(box.faults.waiting) == 1
    box.faults.clear()
    assert kibana.post(RULES, {**BODY, "rule_id": "r2"}).status_code == 200


def test_faults_in_the_order_they_were_added(box, kibana):
    box.faults.add(Fault.starting(), Fault.too_many(), Fault.proxy(504))
    assert [kibana.get("/api/status").status_code for _ in range(4)] == [503, 429, 504, 200]
