"""The set `elastic`: what Elastic asks of its own rules, for those who want the same of theirs."""

import re

import pytest
from support.samples import RULE, make_pack

from rulepack.checks import CHECKS

INDEX = 'index = ["logs-endpoint.events.process-*"]'
GOOD = re.sub(r"index = .*", INDEX, RULE).replace(
    'maturity = "production"', 'integration = ["endpoint"]\nmaturity = "production"'
)
TIMES = 'from = "now-9m"\ntimestamp_override = "event.ingested"\n'
SET = 'check_sets = ["elastic"]'
ELASTIC = {check.code.id for check in CHECKS if check.opt_in == "elastic"}


def said(folder, text, name="rule", times=TIMES, settings=SET):
    """The code, message and hint of everything that the set has to say to a rule."""
    path = folder / "rules" / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    head, rule, tables = text.partition("[[")
    path.write_text(head + times + rule + tables, encoding="utf-8")
    found = make_pack(folder, settings=settings).diagnostics
    return [(one.code.id, one.message, one.hint) for one in found if one.code.id in ELASTIC]


def threat(tactic, header="rule.threat"):
    return (
        f'[[{header}]]\nframework = "MITRE ATT&CK"\n[{header}.tactic]\nid = "TA0000"\nname = "{tactic}"\n'
        'reference = "https://attack.mitre.org/tactics/TA0000/"\n'
    )


def mapping(tactic):
    return '[[rule.threat_mappings]]\nframework = "MITRE ATT&CK"\nversion = "19.0"\n' + threat(
        tactic, "rule.threat_mappings.threat"
    )


def test_the_set_runs_only_where_it_is_asked_for(tmp_path):
    text = GOOD.replace("risk_score = 21", "risk_score = 99")
    assert said(tmp_path, text, settings="") == []
    assert [code for code, _, _ in said(tmp_path, text)] == ["RP456"]


def test_a_rule_that_keeps_to_all_of_it(tmp_path):
    assert said(tmp_path, GOOD) == []


def test_what_is_refused_is_not_judged_by_a_stand_in(tmp_path):
    for bad in ('severity = "hihg"', "severity = 5"):
        assert said(tmp_path, GOOD.replace('severity = "low"', bad).replace("= 21", "= 99")) == []


@pytest.mark.parametrize(
    ("score", "severity"),
    [(0, "low"), (21, "low"), (22, "medium"), (47, "medium"), (48, "high"), (73, "high"), (74, "critical")],
)
def test_the_bands_of_risk_scores(score, severity, tmp_path):
    for named in ("low", "medium", "high", "critical"):
        text = GOOD.replace("risk_score = 21", f"risk_score = {score}")
        found = said(tmp_path, text.replace('severity = "low"', f'severity = "{named}"'))
        assert ("RP456" in {code for code, _, _ in found}) == (named != severity)


@pytest.mark.parametrize(
    ("name", "tables", "prefix"),
    [
        ("initial_access_mail", threat("Initial Access"), None),
        ("windows/initial_access_mail", threat("Initial Access"), None),
        ("execution_mail", threat("Initial Access") + mapping("Execution"), None),
        ("mail", "", None),
        ("mail", threat("Initial Access"), "initial_access_"),
        ("initial_accessmail", threat("Initial Access"), "initial_access_"),
        ("execution_mail", threat("Initial Access") + threat("Execution"), "initial_access_"),
    ],
)
def test_a_file_name_begins_with_the_first_tactic(name, tables, prefix, tmp_path):
    found = [one for one in said(tmp_path, GOOD + tables, name) if one[0] == "RP450"]
    assert [hint for _, _, hint in found] == ([f"call it {prefix}{name}.toml"] if prefix else [])


BLOCK = 'building_block_type = "default"\n'


@pytest.mark.parametrize(
    ("name", "more", "message"),
    [
        ("rules_building_block/a", BLOCK, None),
        ("rules_building_block/linux/a", BLOCK, None),
        ("a", "", None),
        ("a", BLOCK, "this building block rule is not in rules_building_block"),
        ("rules_building_block/a", "", "this rule is in rules_building_block, but no building block rule"),
        ("rules_building_block/a", "building_block_type = 5\n", None),
    ],
)
def test_building_block_rules_have_a_folder_of_their_own(name, more, message, tmp_path):
    found = [one[1] for one in said(tmp_path, GOOD + more, name) if one[0] == "RP451"]
    assert found == ([message] if message else [])


@pytest.mark.parametrize(
    ("times", "metadata", "messages"),
    [
        ('from = "now-119m"\ninterval = "60m"\n', "", []),
        ('from = "now-1d/d"\ninterval = "1d"\n', "", []),
        ('from = "now-9m"\ninterval = "5m"\n', "bypass_bbr_timing = true\n", []),
        (
            "",
            "",
            ["a building block rule has no from", "a building block rule has no interval"],
        ),
        (
            'from = "now-118m"\ninterval = "59m"\n',
            "",
            [
                "a building block rule looks back less than 119m",
                "a building block rule runs more often than once an hour",
            ],
        ),
        ('from = "now-2 hours"\ninterval = 60\n', "", []),
    ],
)
def test_building_block_rules_run_seldom_and_look_back_far(times, metadata, messages, tmp_path):
    text = (GOOD + BLOCK).replace("[metadata]\n", f"[metadata]\n{metadata}")
    found = said(tmp_path, text, "rules_building_block/a", times)
    assert [message for code, message, _ in found if code == "RP452"] == messages


@pytest.mark.parametrize(
    ("date", "message"),
    [
        ('"2026/01/02"', None),
        ("5", None),
        (None, "this deprecated rule has no deprecation_date"),
        ('"2026/01/01"', "deprecation_date is 2026/01/01, but updated_date 2026/01/02"),
    ],
)
def test_the_day_of_a_deprecation(date, message, tmp_path):
    text = GOOD.replace('maturity = "production"', 'maturity = "deprecated"')
    text = text if date is None else text.replace("[metadata]\n", f"[metadata]\ndeprecation_date = {date}\n")
    assert [one[:2] for one in said(tmp_path, text)] == ([("RP453", message)] if message else [])


@pytest.mark.parametrize(
    ("version", "comments", "expected"),
    [
        ("9.3.0", "It needs a newer field.", []),
        ("9.3.0", None, ["RP454"]),
        ("9.3.0", " ", ["RP454"]),
        ("8.19.0", "It needs a newer field.", []),
        ("8.18.0", "It needs a newer field.", ["RP455"]),
    ],
)
def test_the_first_stack_version_of_a_rule(version, comments, expected, tmp_path):
    lines = f'min_stack_version = "{version}"\n' + (f'min_stack_comments = "{comments}"\n' if comments else "")
    found = said(tmp_path, GOOD.replace("[metadata]\n", f"[metadata]\n{lines}"))
    assert [code for code, _, _ in found] == expected


@pytest.mark.parametrize(
    ("name", "bad"), [("Elastic License v2", False), ("Apache-2.0", False), ("elastic license V2", True)]
)
def test_the_name_of_the_license(name, bad, tmp_path):
    assert bool(said(tmp_path, GOOD + f'license = "{name}"\n')) == bad


@pytest.mark.parametrize(
    ("integration", "index", "expected"),
    [
        ("['endpoint']", "['logs-endpoint.events.*']", []),
        ("'endpoint'", "['logs-endpoint*', 'winlogbeat-*']", []),
        ("['windows']", "['winlogbeat-*', '.ds-logs-x-*']", []),
        ("['aws', 'okta']", "['logs-aws.cloudtrail-*', 'logs-okta.system-default']", []),
        ("['okta']", "['.alerts-security.*']", []),
        ("['okta']", "['logs-*']", []),
        ("['endpoint', 'dga']", "['ml_dga-*', 'filebeat-*']", []),
        ("['aws', 'okta']", "['logs-aws.cloudtrail-*']", [("RP458", "no index pattern is for the integration okta")]),
        (
            "['aws']",
            "['logs-aws-*', 'logs-okta.system-*']",
            [("RP459", "logs-okta.system-* is data of okta, which is not in integration")],
        ),
    ],
)
def test_integrations_and_index_patterns_belong_together(integration, index, expected, tmp_path):
    text = GOOD.replace('integration = ["endpoint"]', f"integration = {integration}")
    text = text.replace(INDEX, f"index = {index}")
    assert [one[:2] for one in said(tmp_path, text)] == expected


def high(guide=None):
    text = GOOD.replace('severity = "low"', 'severity = "high"').replace("= 21", "= 73")
    return text if guide is None else text + f"note = '''\n{guide}\n'''\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOOD, []),
        (high("## Triage and Analysis\n\nLook."), []),
        (high(), ["this rule of high severity has no investigation guide"]),
        (high("Triage and analysis"), ["the investigation guide has no section on triage"]),
        (high("```\n## Triage and analysis\n```"), ["the investigation guide has no section on triage"]),
        (high() + "note = 5\n", []),
    ],
)
def test_a_rule_of_high_severity_has_a_guide_on_triage(text, expected, tmp_path):
    assert [message for code, message, _ in said(tmp_path, text) if code == "RP460"] == expected


@pytest.mark.parametrize(
    ("heading", "bad"),
    [
        ("### Investigating Sample", False),
        ("### Investigating SAMPLE ###", False),
        ("### Investigating Samples", True),
        ("Investigating something", False),
    ],
)
def test_a_guide_is_for_its_own_rule(heading, bad, tmp_path):
    found = said(tmp_path, GOOD + f"note = '''\n## Triage\n\n{heading}\n\nLook.\n'''\n")
    hints = [hint for code, _, hint in found if code == "RP461"]
    assert hints == (["write ### Investigating Sample"] if bad else [])


ML = (
    GOOD.replace('type = "query"', 'type = "machine_learning"\nanomaly_threshold = 50\nmachine_learning_job_id = "a"')
    .replace('language = "kuery"\n', "")
    .replace(f"{INDEX}\n", "")
    .partition("query = '''")[0]
)


@pytest.mark.parametrize(
    ("text", "name", "tags"),
    [
        (GOOD + threat("Execution"), "execution_a", ["Tactic: Execution"]),
        (GOOD + 'tags = ["Tactic: Impact"]\n' + threat("Execution"), "execution_a", ["Tactic: Execution"]),
        (GOOD + 'tags = ["Use Case: Continuous Monitoring"]\n' + threat("Execution"), "execution_a", []),
        (GOOD + 'tags = ["Tactic: Impact"]\n' + threat("Execution") + mapping("Impact"), "execution_a", []),
        (GOOD, "macos/a", ["OS: macOS"]),
        (GOOD, "macos/b/a", []),
        (GOOD + BLOCK, "rules_building_block/a", ["Rule Type: BBR"]),
        (ML, "a", ["Rule Type: ML", "Rule Type: Machine Learning"]),
        (GOOD + "note = 'Investigating this'\n", "a", ["Resources: Investigation Guide"]),
        (GOOD + "tags = 5\nnote = 'Investigating this'\n", "a", []),
    ],
)
def test_tags_that_follow_from_what_a_rule_is(text, name, tags, tmp_path):
    hints = [hint for code, _, hint in said(tmp_path, text, name) if code == "RP462"]
    assert hints == [f'add "{tag}"' for tag in tags]


@pytest.mark.parametrize(
    ("tag", "tables", "bad"),
    [
        ("Tactic: Execution", threat("Execution"), False),
        ("Tactic: Impact", threat("Execution") + threat("Impact"), False),
        ("Tactic: Impact", threat("Execution") + mapping("Impact"), False),
        ("Tactic: Impact", "", False),
        ("Tactic: Impact", threat("Execution"), True),
    ],
)
def test_a_tag_names_a_tactic_of_the_rule(tag, tables, bad, tmp_path):
    found = said(tmp_path, GOOD + f'tags = ["{tag}"]\n' + tables, "execution_a")
    assert ("RP463" in {code for code, _, _ in found}) == bad


@pytest.mark.parametrize(
    ("tag", "hint"),
    [
        ("OS: Linux", None),
        ("Use Case: Vulnerability", None),
        ("os: Linux", 'did you mean "OS: Linux"?'),
        ("DataSource: Okta", 'did you mean "Data Source: Okta"?'),
        ("Linux", 'begin it with a kind, such as "Use Case: "'),
    ],
)
def test_a_tag_begins_with_its_kind(tag, hint, tmp_path):
    found = [one[2] for one in said(tmp_path, GOOD + f'tags = ["{tag}"]\n') if one[0] == "RP464"]
    assert found == ([hint] if hint else [])


EQL = GOOD.replace("kuery", "eql").replace('type = "query"', 'type = "eql"')
SEQUENCE = EQL.replace(
    "event.category : process",
    "sequence by host.id with maxspan=10m\n  [process where process.pid == 1]\n  [process where process.pid == 2]",
)
EVENT = EQL.replace("event.category : process", "process where process.pid == 1")


@pytest.mark.parametrize(
    ("text", "times", "codes"),
    [
        (GOOD, 'from = "now-9m"\n', ["RP465"]),
        (GOOD, 'from = "now-9m"\ntimestamp_override = "event.created"\n', ["RP465"]),
        (GOOD, 'from = "now-9m"\ntimestamp_override = 5\n', []),
        (EVENT, 'from = "now-9m"\n', ["RP465"]),
        (SEQUENCE, 'from = "now-19m"\ninterval = "5m"\n', []),
        (SEQUENCE, 'from = "now-19m"\ninterval = "4m"\n', ["RP467"]),
        (SEQUENCE, 'from = "now-19m"\ninterval = "4 m"\n', []),
        (SEQUENCE.replace("10m", "150s"), 'from = "now-19m"\ninterval = "1m"\n', []),
        (GOOD, 'timestamp_override = "event.ingested"\n', ["RP466"]),
        (GOOD, 'from = 5\ntimestamp_override = "event.ingested"\n', []),
    ],
)
def test_times_of_a_rule(text, times, codes, tmp_path):
    assert [code for code, _, _ in said(tmp_path, text, times=times)] == codes


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        (GOOD, True),
        (GOOD.replace("event.category : process", "host.os.type : linux"), False),
        (EVENT, True),
        (EVENT.replace("where", 'where host.os.type == "linux" and'), False),
        (ML, False),
    ],
)
def test_a_rule_for_one_system_asks_for_it(text, bad, tmp_path):
    found = said(tmp_path, text + 'tags = ["OS: Linux", "Rule Type: ML", "Rule Type: Machine Learning"]\n', "linux/a")
    assert [code for code, _, _ in found] == (["RP468"] if bad else [])


def test_the_index_of_an_esql_query_is_shown_where_it_stands(tmp_path):
    text = GOOD.replace("kuery", "esql").replace('type = "query"', 'type = "esql"').replace(f"{INDEX}\n", "")
    text = text.replace("event.category : process", "FROM logs-aws.cloudtrail-*, logs-endpoint.events.* METADATA _id")
    assert [one[:2] for one in said(tmp_path, text)] == [
        ("RP459", "logs-aws.cloudtrail-* is data of aws, which is not in integration")
    ]
    (found,) = (one for one in make_pack(tmp_path, settings=SET).diagnostics if one.code.id == "RP459")
    assert found.excerpt[found.span.column - 1 : found.span.end_column - 1] == "logs-aws.cloudtrail-*"


def test_no_file_or_tag_is_to_be_named_after_a_slip_in_a_tactic(tmp_path):
    said_of_slip = [one for one in said(tmp_path, GOOD + threat("Executoin")) if one[0] in {"RP450", "RP462"}]
    assert said_of_slip == []
    assert {one[0] for one in said(tmp_path, GOOD + threat("Execution"))} >= {"RP450", "RP462"}
