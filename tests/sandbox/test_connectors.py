"""Connectors, as far as actions need them; secrets go in and never come out."""

import json

import pytest
from sandbox.kit import refused

CONNECTOR = "/api/actions/connector"
BODY = {"name": "c", "connector_type_id": ".webhook", "config": {"url": "https://example.org"}}
SECRET = {"user": "u", "password": "hunter2"}
HOUSE = {"id": "house", "name": "House", "connector_type_id": ".email"}


def test_secrets_never_come_back(start, connect, tmp_path):
    file = tmp_path / "state.json"
    box = start(state_file=file)
    kibana = connect(box)
    one = kibana.post(CONNECTOR, {**BODY, "secrets": SECRET}).json()
    assert one == {
        "id": one["id"],
        **BODY,
        "is_preconfigured": False,
        "is_deprecated": False,
        "is_system_action": False,
        "is_missing_secrets": False,
    }
    assert kibana.get(f"{CONNECTOR}/{one['id']}").json() == one
    assert "hunter2" not in json.dumps(box.state.connectors()) + file.read_text()


def test_a_connector_under_a_chosen_id(kibana):
    assert kibana.post(f"{CONNECTOR}/mine", BODY).json()["id"] == "mine"
    refused(kibana.post(f"{CONNECTOR}/mine", BODY), 409)
    assert kibana.delete(f"{CONNECTOR}/mine").status_code == 204
    refused(kibana.delete(f"{CONNECTOR}/mine"), 404, "Saved object [action/mine] not found")
    refused(kibana.get(f"{CONNECTOR}/mine"), 404)


def test_a_put_changes_all_but_the_type(kibana):
    kibana.post(f"{CONNECTOR}/mine", BODY)
    changed = kibana.put(f"{CONNECTOR}/mine", {"name": "d", "connector_type_id": ".email"}).json()
    assert (changed["name"], changed["connector_type_id"], changed["config"]) == ("d", ".webhook", {})
    refused(kibana.put(f"{CONNECTOR}/other", {"name": "d"}), 404)


def test_a_preconfigured_connector_cannot_be_touched(start, connect):
    kibana = connect(start(preconfigured=[HOUSE]))
    one = kibana.get(f"{CONNECTOR}/house").json()
    assert one["is_preconfigured"]
    assert "config" not in one
    refused(kibana.post(f"{CONNECTOR}/house", BODY), 400, "This house already exists in a preconfigured action.")
    refused(kibana.put(f"{CONNECTOR}/house", {"name": "n"}), 400)
    refused(kibana.delete(f"{CONNECTOR}/house"), 400)
    action = {"id": "house", "action_type_id": ".email", "group": "default", "params": {}}
    kibana.made(actions=[action])
    kibana.post(f"{CONNECTOR}/mine", BODY)
    listed = {one["id"]: one["referenced_by_count"] for one in kibana.get(f"{CONNECTOR}s").json()}
    assert listed == {"mine": 0, "house": 1}


@pytest.mark.parametrize(
    "body", [{}, {"name": "n"}, {**BODY, "config": []}, {**BODY, "name": 1}, {**BODY, "connector_type_id": ".cases"}]
)
def test_a_wrong_connector_is_refused(kibana, body):
    refused(kibana.post(CONNECTOR, body), 400)


def test_connectors_belong_to_a_space(kibana, box, connect):
    kibana.post(f"{CONNECTOR}/mine", BODY)
    other = connect(box, space="other")
    refused(other.get(f"{CONNECTOR}/mine"), 404)
    assert other.get(f"{CONNECTOR}s").json() == []


def test_deleting_a_connector_leaves_its_id_in_rules(kibana):
    kibana.post(f"{CONNECTOR}/mine", BODY)
    action = {"id": "mine", "action_type_id": ".webhook", "group": "default", "params": {}}
    rule = kibana.made(rule_id="r", actions=[action])
    kibana.delete(f"{CONNECTOR}/mine")
    assert kibana.get("/api/detection_engine/rules", rule_id="r").json() == rule
