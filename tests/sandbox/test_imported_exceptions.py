"""Behaviours 16, 17 and 22: the exceptions and connectors of an import, and the links of rules to them."""

import pytest
from sandbox.kit import BODIES, ITEMS, LISTS, RULES, refused
from sandbox.lines import ACTION, CONNECTOR, ENTRY, ITEM, LINK, LIST, counts, failure, rule, stored


@pytest.mark.parametrize("namespace", ["single", "agnostic"])
def test_case_28_a_rule_comes_with_its_list_and_item(kibana, namespace):
    link = {**LINK, "type": "rule_default", "namespace_type": namespace}
    made = {"namespace_type": namespace}
    # The order of the lines does not matter.
    answer = kibana.imported(
        {**ITEM, **made}, rule("rule-1", exceptions_list=[link]), {**LIST, **made, "type": "rule_default"}
    )
    assert counts(answer) == (True, 1, 1)
    assert (answer["exceptions_success"], answer["exceptions_success_count"]) == (True, 1)
    there = kibana.get(LISTS, list_id="l", namespace_type=namespace).json()
    assert kibana.get(RULES, rule_id="rule-1").json()["exceptions_list"] == [{**link, "id": there["id"]}]
    assert kibana.get(ITEMS, item_id="i", namespace_type=namespace).json()["entries"] == [ENTRY]


def test_case_28_a_hundred_and_fifty_of_them(kibana):
    lines = []
    for number in range(150):
        list_id = f"l{number}"
        lines += [
            rule(f"r{number}", exceptions_list=[{**LINK, "list_id": list_id, "type": "rule_default"}]),
            {**LIST, "list_id": list_id, "type": "rule_default"},
            {**ITEM, "list_id": list_id, "item_id": f"i{number}"},
        ]
    answer = kibana.imported(*lines)
    assert counts(answer) == (True, 150, 150)
    assert answer["exceptions_success_count"] == 150


def test_case_29_a_link_to_a_list_that_is_not_there_is_removed(kibana):
    there = kibana.post(LISTS, LIST).json()
    missing = {**LINK, "list_id": "123"}
    answer = kibana.imported(rule("imported-rule", exceptions_list=[missing, LINK]))
    assert counts(answer) == (False, 1, 1)
    message = (
        'Rule with rule_id: "imported-rule" references a non existent exception list of list_id: "123". '
        "Reference has been removed."
    )
    assert answer["errors"] == [failure(400, message, rule_id="imported-rule")]
    assert kibana.get(RULES, rule_id="imported-rule").json()["exceptions_list"] == [{**LINK, "id": there["id"]}]


@pytest.mark.parametrize("change", [{"type": "rule_default"}, {"namespace_type": "agnostic"}, {"list_id": "L"}])
def test_a_link_is_to_a_list_of_that_name_type_and_namespace(kibana, change):
    kibana.post(LISTS, LIST)
    answer = kibana.imported(rule("r", exceptions_list=[{**LINK, **change}]), overwrite="true")
    assert counts(answer) == (False, 1, 1)
    assert kibana.get(RULES, rule_id="r").json()["exceptions_list"] == []


def test_case_30_comments_become_new_ones(kibana):
    old = {"id": "old", "comment": "was there", "created_by": "someone", "created_at": "2020-01-01T00:00:00.000Z"}
    kibana.imported(LIST, {**ITEM, "comments": [old, {"comment": "new"}]})
    first, second = kibana.get(ITEMS, item_id="i").json()["comments"]
    assert (first["comment"], second["comment"]) == ("was there", "new")
    assert (first["created_by"], first["id"] == "old") == ("sandbox", False)
    assert first["created_at"] > old["created_at"]


def test_case_31_a_connector_comes_without_its_secrets(kibana):
    answer = kibana.imported(CONNECTOR, rule("rule-1", actions=[ACTION]))
    assert counts(answer) == (True, 1, 1)
    assert (answer["action_connectors_success"], answer["action_connectors_success_count"]) == (True, 1)
    assert answer["action_connectors_warnings"][0]["message"].startswith("1 connector has sensitive information")
    there = kibana.get("/api/actions/connector/mail").json()
    assert (there["is_missing_secrets"], there["config"]) == (True, {"from": "a@b.c"})
    # Only an import that brings connectors may use those without secrets.
    message = "Failed to validate actions due to the following error: Invalid connectors: Mail"
    refused(kibana.post(RULES, {**BODIES["query"], "actions": [ACTION]}), 400, message)
    answer = kibana.imported(rule("rule-2", actions=[ACTION]))
    assert answer["errors"] == [failure(400, message, rule_id="rule-2")]
    kibana.put("/api/actions/connector/mail", {"name": "Mail", "secrets": {"password": "p"}})
    assert counts(kibana.imported(rule("rule-2", actions=[ACTION]))) == (True, 1, 1)


def test_case_31_a_connector_that_is_there_is_left_alone(kibana, box):
    before = kibana.post("/api/actions/connector/mail", {"name": "Ours", "connector_type_id": ".webhook"}).json()
    answer = kibana.imported(CONNECTOR, rule("rule-1", actions=[ACTION]))
    assert counts(answer) == (True, 1, 1)
    assert (answer["action_connectors_success"], answer["action_connectors_success_count"]) == (False, 0)
    assert answer["action_connectors_errors"] == [failure(409, "Saved Object already exists", id="mail")]
    assert box.state.connectors() == [before]
    answer = kibana.imported(CONNECTOR, overwrite_action_connectors="true")
    assert answer["action_connectors_success_count"] == 1
    assert kibana.get("/api/actions/connector/mail").json()["connector_type_id"] == ".email"


def test_case_31_a_connector_that_is_nowhere(kibana, box):
    ghost = {**ACTION, "id": "ghost"}
    answer = kibana.imported(rule("r1", id="some-id", actions=[ghost, ACTION]), rule("r2"))
    message = "Rule actions reference the following missing action IDs: ghost,mail"
    assert answer["errors"] == [failure(404, message, rule_id="r1", id="some-id")]
    assert (counts(answer), stored(box)) == ((False, 1, 2), ["r2"])


def test_case_31_a_connector_of_the_installation(start, connect):
    kibana = connect(start(preconfigured=[{"id": "mail", "name": "House", "connector_type_id": ".email"}]))
    assert counts(kibana.imported(rule("r1", actions=[ACTION]))) == (True, 1, 1)
    answer = kibana.imported(CONNECTOR, overwrite_action_connectors="true")
    assert answer["action_connectors_errors"] == [failure(409, "Saved Object already exists", id="mail")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"type": "dashboard"}, "Unsupported SO action type"),
        ({"id": None}, "Unknown Saved Object import error: a saved object without an id"),
        ({"attributes": None}, "Unknown Saved Object import error: "),
        ({"attributes": {"name": "n", "actionTypeId": 1}}, "Unknown Saved Object import error: "),
        ({"attributes": {"name": "n", "actionTypeId": ".x", "config": []}}, "Unknown Saved Object import error: "),
    ],
)
def test_a_saved_object_that_is_no_connector(kibana, change, message):
    answer = kibana.imported({**CONNECTOR, **change})
    assert answer["action_connectors_errors"][0]["error"]["message"].startswith(message)
    assert counts(answer) == (True, 0, 0)


def test_who_may_not_see_connectors_imports_none(start, connect):
    box = start(no_connectors_keys=("rules-only",))
    kibana = connect(box, key="rules-only")
    refused(kibana.get("/api/actions/connectors"), 403, "Unauthorized to get actions")
    refused(kibana.post("/api/actions/connector", {}), 403, "Unauthorized to change actions")
    answer = kibana.imported(CONNECTOR, rule("r1", actions=[ACTION]), rule("r2"))
    (error,) = answer["action_connectors_errors"]
    assert error["error"]["status_code"] == 403
    assert error["error"]["message"].startswith("You may not have actions privileges required to import actions: ")
    assert (counts(answer), stored(box)) == ((False, 1, 2), ["r2"])
    assert answer["errors"][0]["error"]["status_code"] == 403


def test_how_many_exceptions_a_file_may_have(start, connect):
    kibana = connect(start(rules_limit=3))
    refused(kibana.send(LIST, ITEM, {**ITEM, "item_id": "j"}), 500, "Can't import more than 3 exceptions")
    assert kibana.imported(LIST, ITEM)["exceptions_success_count"] == 1


def test_behaviour_17_exceptions_stay_when_rules_fail(kibana, box):
    answer = kibana.imported(LIST, ITEM, "{", rule("r", actions=[ACTION]))
    assert counts(answer) == (False, 0, 2)
    assert answer["exceptions_success_count"] == 1
    assert [one["item_id"] for one in box.state.exception_items()] == ["i"]
    # And the other way round: what is wrong with exceptions does not make the import of rules a failure.
    answer = kibana.imported(LIST, rule("r"))
    assert (answer["success"], answer["exceptions_success"]) == (True, False)


def test_behaviour_16_a_list_that_is_there_is_skipped_but_not_its_items(kibana):
    kibana.imported(LIST, ITEM)
    answer = kibana.imported({**LIST, "name": "other"}, ITEM, {**ITEM, "item_id": "j"})
    skipped = 'Found that {0}: "{1}" already exists. Import of {0}: "{1}" skipped.'
    assert answer["exceptions_errors"] == [
        failure(409, skipped.format("list_id", "l"), list_id="l"),
        failure(409, skipped.format("item_id", "i"), item_id="i", list_id="l"),
    ]
    assert (answer["exceptions_success"], answer["exceptions_success_count"], answer["success"]) == (False, 1, True)
    assert kibana.get(LISTS, list_id="l").json()["name"] == "n"
    assert kibana.get(f"{ITEMS}/_find", list_id="l").json()["total"] == 2


def test_behaviour_16_an_overwritten_list_has_what_the_file_has(kibana):
    kibana.imported({**LIST, "tags": ["t"]}, {**ITEM, "tags": ["t"]}, {**ITEM, "item_id": "gone"})
    before = kibana.get(LISTS, list_id="l").json()
    answer = kibana.imported({**LIST, "name": "other"}, {**ITEM, "name": "other"}, overwrite_exceptions="true")
    assert (answer["exceptions_errors"], answer["exceptions_success_count"]) == ([], 1)
    after = kibana.get(LISTS, list_id="l").json()
    assert (after["name"], after["tags"], after["id"]) == ("other", [], before["id"])
    assert after["_version"] != before["_version"]
    (item,) = kibana.get(f"{ITEMS}/_find", list_id="l").json()["data"]
    assert (item["item_id"], item["name"], item["tags"]) == ("i", "other", [])


def test_behaviour_16_one_error_and_nothing_is_deleted(kibana):
    kibana.imported(LIST, ITEM, {**ITEM, "item_id": "stays"})
    answer = kibana.imported(LIST, ITEM, {**ITEM, "list_id": "nowhere", "item_id": "k"}, overwrite_exceptions="true")
    message = 'Exception list with list_id: "nowhere", not found for exception list item with item_id: "k"'
    assert answer["exceptions_errors"] == [failure(409, message, item_id="k", list_id="nowhere")]
    assert kibana.get(f"{ITEMS}/_find", list_id="l").json()["total"] == 2


def test_an_item_of_another_list_is_passed_over(kibana):
    kibana.imported(LIST, {**LIST, "list_id": "m"}, ITEM)
    answer = kibana.imported({**ITEM, "list_id": "m", "name": "other"}, overwrite_exceptions="true")
    assert (answer["exceptions_success"], answer["exceptions_success_count"]) == (True, 0)
    assert kibana.get(ITEMS, item_id="i").json()["name"] == "n"


def test_an_exception_twice_in_a_file(kibana):
    answer = kibana.imported(LIST, {**LIST, "name": "last"}, ITEM, {**ITEM, "name": "last"})
    messages = [error["error"]["message"] for error in answer["exceptions_errors"]]
    assert messages == [
        'More than one exception list with list_id: "l" found in imports. The last list will be used.',
        'More than one exception list item with item_id: "i" found in imports. The last item will be used.',
    ]
    assert kibana.get(LISTS, list_id="l").json()["name"] == kibana.get(ITEMS, item_id="i").json()["name"] == "last"


@pytest.mark.parametrize(
    ("line", "name", "reason"),
    [
        ({**LIST, "type": "x"}, "list_id", "list: type: Invalid option"),
        ({**LIST, "surprise": 1, "wonder": 2}, "list_id", 'list: invalid keys "surprise,wonder"'),
        ({"list_id": "l"}, "list_id", "list: "),
        ({**ITEM, "entries": []}, "item_id", None),
        ({**ITEM, "entries": [{}]}, "item_id", "list item: entries.0.type: "),
        ({**ITEM, "comments": [{"id": "x"}]}, "item_id", "list item: comments.0.comment: "),
        ({name: value for name, value in ITEM.items() if name != "item_id"}, "item_id", "list item: item_id: "),
        ({"entries": 1}, "item_id", "list item: "),
    ],
)
def test_an_exception_that_does_not_fit(kibana, line, name, reason):
    kibana.imported({**LIST, "list_id": "other"})
    answer = kibana.imported(LIST, line) if name == "item_id" else kibana.imported(line)
    if reason is None:
        assert answer["exceptions_errors"] == []
        return
    (error,) = answer["exceptions_errors"]
    assert (error["list_id"], error["error"]["status_code"]) == (f"(unknown {name})", 400)
    assert error["error"]["message"].startswith(f"Error found importing exception {reason}")
