"""Behaviour 15: `_find`, its pages, its order and its filters."""

import pytest
from sandbox.kit import RULES, refused

FIND = f"{RULES}/_find"


def names(answer):
    assert answer.status_code == 200, answer.text
    return [rule["name"] for rule in answer.json()["data"]]


@pytest.fixture
def many(kibana):
    for number in range(25):
        kibana.made(rule_id=f"r{number}", name=f"rule {number:02}", risk_score=number % 3)
    return kibana


def test_pages_of_twenty_in_camel_case(many):
    first = many.get(FIND).json()
    assert (first["page"], first["perPage"], first["total"], len(first["data"])) == (1, 20, 25, 20)
    second = many.get(FIND, page=2).json()
    assert [rule["name"] for rule in second["data"]] == [f"rule {number}" for number in range(20, 25)]
    assert many.get(FIND, page=3).json()["data"] == []
    assert many.get(FIND, per_page=0).json() == {"page": 1, "perPage": 0, "total": 25, "data": []}


@pytest.mark.parametrize("query", [{"page": 0}, {"per_page": -1}, {"page": "x"}, {"sort_order": "up"}])
def test_an_impossible_page_is_400(kibana, query):
    assert refused(kibana.get(FIND, **query), 400).startswith("[request query]: ")


def test_no_listing_beyond_the_window(many, start, connect):
    assert many.get(FIND, page=10, per_page=1000).status_code == 200
    assert "Result window is too large" in refused(many.get(FIND, page=11, per_page=1000), 400)
    assert connect(start(find_window=10)).get(FIND).status_code == 400


def test_sort_field_and_order_come_together(many):
    message = ['when "sort_order" and "sort_field" must exist together or not at all']
    refused(many.get(FIND, sort_field="name"), 400, message)
    refused(many.get(FIND, sort_order="asc"), 400, message)
    assert "Invalid option" in refused(many.get(FIND, sort_field="tags", sort_order="asc"), 400)


def test_sorted_by_name_time_and_number(many, box):
    assert names(many.get(FIND, sort_field="name", sort_order="desc"))[:2] == ["rule 24", "rule 23"]
    assert names(many.get(FIND, sort_field="created_at", sort_order="asc"))[0] == "rule 00"
    assert many.get(FIND, sort_field="riskScore", sort_order="desc").json()["data"][0]["risk_score"] == 2
    box.analyst().run("r7")
    by_run = many.get(FIND, sort_field="execution_summary.last_execution.date", sort_order="desc")
    assert names(by_run)[0] == "rule 07"


@pytest.fixture
def zoo(kibana, box):
    link = {"id": "1", "list_id": "shared", "namespace_type": "single", "type": "detection"}
    kibana.made(rule_id="a", name="Windows shell", tags=["OS: Windows", "prod"], enabled=True, risk_score=47)
    kibana.made("eql", rule_id="b", name="Linux shell", tags=["OS: Linux"], exceptions_list=[link])
    kibana.made("esql", rule_id='q"u\\o', name="Windows (all)", tags=["prod"])
    box.analyst().offer_prebuilt(box.analyst().rule("a") | {"rule_id": "p", "name": "Elastic"})
    box.analyst(user="me").install_prebuilt("p")
    return kibana


@pytest.mark.parametrize(
    ("kql", "found"),
    [
        ('alert.attributes.params.ruleId: "a"', "a"),
        ("alert.attributes.params.ruleId: a", "a"),
        ("alert.attributes.params.ruleId: (a or b)", "ab"),
        ("alert.attributes.params.ruleId: a OR alert.attributes.params.ruleId: b", "ab"),
        (r'alert.attributes.params.ruleId: "q\"u\\o"', "q"),
        ("not alert.attributes.params.ruleId: a", "bqp"),
        ("alert.attributes.enabled: true", "a"),
        ("alert.attributes.enabled: false", "bqp"),
        ("alert.attributes.name: windows", "aq"),
        ("alert.attributes.name: windows shell", "abq"),
        ('alert.attributes.name: "windows shell"', "a"),
        ("alert.attributes.name: lin*", "b"),
        ('alert.attributes.name.keyword: "Windows (all)"', "q"),
        (r"alert.attributes.name.keyword: Windows \(all\)", "q"),
        ('alert.attributes.name.keyword: "windows (all)"', ""),
        ('alert.attributes.tags: "OS: Windows"', "ap"),
        ('alert.attributes.tags: ("prod" and "OS: Windows")', "ap"),
        ('alert.attributes.tags: ("prod" and "OS: Windows" or "OS: Linux")', "abp"),
        ("alert.attributes.tags: OS*", "abp"),
        ('alert.attributes.tags: "OS*"', ""),
        ('alert.attributes.tags: "prod" and not alert.attributes.enabled: true', "qp"),
        ("(alert.attributes.name: linux or alert.attributes.enabled: true) and alert.attributes.tags: *", "ab"),
        ("alert.attributes.params.immutable: true", "p"),
        ('alert.attributes.params.ruleSource.type: "external"', "p"),
        ("alert.attributes.params.type: (eql or esql)", "bq"),
        ('alert.attributes.params.exceptionsList.list_id: "shared"', "b"),
        ("alert.attributes.params.exceptionsList.list_id: *", "b"),
        ('alert.attributes.createdBy: "me"', "p"),
        ("alert.attributes.params.riskScore: 47", "ap"),
        ("", "abqp"),
    ],
)
def test_a_filter_finds_what_kql_finds(zoo, kql, found):
    data = zoo.get(FIND, filter=kql).json()["data"]
    assert "".join(rule["rule_id"][0] for rule in data) == found


@pytest.mark.parametrize(
    "kql",
    [
        "alert.attributes.enabled:",
        "alert.attributes.enabled: (true",
        "alert.attributes.enabled: true)",
        "alert.attributes.enabled: true and",
        "and",
        "windows",
        ": x",
        '"unclosed',
        "alert.attributes.params.riskScore >= 47",
        "alert.attributes.actions: { group: default }",
        "not " * 2000,
        "(" * 2000,
        "alert.attributes.name: a\\",
    ],
)
def test_what_is_no_kql_or_beyond_the_sandbox_is_refused(zoo, kql):
    assert refused(zoo.get(FIND, filter=kql), 400).startswith("KQLSyntaxError: ")


@pytest.mark.parametrize("field", ["name", "alert.attributes.nme", "alert.foo", "exception-list.attributes.name"])
def test_a_field_that_rules_do_not_have_is_refused(zoo, field):
    assert field in refused(zoo.get(FIND, filter=f"{field}: x"), 400)


def test_find_shows_two_rules_with_one_rule_id(zoo, box):
    box.analyst().twin("a")
    data = zoo.get(FIND, filter='alert.attributes.params.ruleId: "a"').json()["data"]
    assert len({rule["id"] for rule in data}) == 2
