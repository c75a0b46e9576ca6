"""RP22x: what makes a rule slow, or search more than it needs."""

import pytest
from support.samples import make_pack, searching


def found(folder, query, language="kuery", index='"acme-*"', more=""):
    """Code and message of what is said of a rule's cost."""
    pack = make_pack(folder, searching(query, language, index, more))
    return [(one.code.id, one.message) for one in pack.diagnostics if "RP22" <= one.code.id < "RP23"]


@pytest.mark.parametrize(
    ("language", "query"),
    [
        ("kuery", "process.name : *curl"),
        ("lucene", "process.name:*curl"),
        ("eql", 'process where process.name like "*curl"'),
        ("eql", 'process where process.name : "?*curl"'),
        ("esql", 'FROM acme-x METADATA _id | WHERE process.name LIKE "*curl"'),
    ],
)
def test_a_star_in_front_costs_on_a_keyword(language, query, tmp_path):
    assert found(tmp_path, query, language) == [
        ("RP221", "a value begins with a wildcard: each run looks at all values of process.name (keyword)")
    ]


@pytest.mark.parametrize(
    ("language", "query"),
    [
        ("kuery", "process.command_line : *curl"),  # of the type wildcard
        ("kuery", "acme.name : *curl"),  # nobody knows
        ("kuery", "message : *curl*"),  # text
        ("kuery", "process.name : curl*"),
        ("kuery", 'process.name : "*curl"'),  # a star that is meant
        ("kuery", "process.name : *"),
        ("eql", 'process where process.executable : "?:\\\\curl.exe"'),
    ],
)
def test_other_wildcards_do_not(language, query, tmp_path):
    assert found(tmp_path, query, language) == []


@pytest.mark.parametrize(
    ("query", "begin"),
    [
        ('process where endsWith(process.name, "curl")', "a value may stand"),
        ('process where stringContains(process.name, "curl") and process.name : "*d"', "2 values may stand"),
    ],
)
def test_a_function_is_not_called_a_wildcard(query, begin, tmp_path):
    assert found(tmp_path, query, "eql") == [
        ("RP221", f"{begin} after any text: each run looks at all values of process.name (keyword)")
    ]


def test_many_values_are_one_finding(tmp_path):
    query = 'process where process.name : ("*a", "*b", "c") and file.name : "*d"'
    assert found(tmp_path, query, "eql") == [
        ("RP221", "3 values begin with a wildcard: each run looks at all values of process.name, file.name (keyword)")
    ]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ('process where process.name regex ".*a"', 1),
        ('process where process.name regex~ ("(.+a|b)", "c")', 1),
        ('process where process.name regex "(a|.*b)"', 1),
        ('process where process.name regex "a.*"', 0),
        ('process where process.command_line regex ".*a"', 0),
    ],
)
def test_regular_expressions_likewise(query, count, tmp_path):
    assert [code for code, _ in found(tmp_path, query, "eql")] == ["RP222"] * count


@pytest.mark.parametrize(
    ("pattern", "broad"),
    [
        ("*", True),
        ("_all", True),
        ("logs-*", True),
        ("*:logs-*", True),
        ("logs-*-*", True),
        ("metrics-*", True),
        ("logs-acme*", False),
        ("logs-acme.app-*", False),
        ("filebeat-*", False),
        ("acme-*", False),
    ],
)
def test_a_pattern_for_everything_is_broad(pattern, broad, tmp_path):
    assert [code for code, _ in found(tmp_path, "event.kind : alert", index=f'"{pattern}"')] == ["RP223"] * broad
    query = f'FROM {pattern} METADATA _id | WHERE event.kind == "alert"'
    if pattern != "_all":
        assert [code for code, _ in found(tmp_path, query, "esql")] == ["RP223"] * broad


STEPS = "[process where true] [file where true]"


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        (f"sequence by host.id with maxspan=1m {STEPS}", []),
        (f"sequence by host.id {STEPS}", ["RP224"]),
        (f"sequence with maxspan=1m {STEPS}", ["RP225"]),
        (f"sequence {STEPS}", ["RP224", "RP225"]),
        ("sequence with maxspan=1m [process where true] by host.id [file where true] by host.id", []),
        (f"sample by host.id {STEPS}", []),
        ("process where true", []),
    ],
)
def test_a_sequence_needs_an_end_and_something_that_ties_it(query, codes, tmp_path):
    assert [code for code, _ in found(tmp_path, query, "eql")] == codes


@pytest.mark.parametrize(
    ("language", "query", "only"),
    [
        ("kuery", "not user.name : a and not user.name : b", True),
        ("kuery", "not user.name : a", True),
        ("lucene", "NOT user.name:a", True),
        ("eql", 'any where user.name != "a"', True),
        ("eql", 'process where user.name != "a"', False),
        ("kuery", "not user.name : a and event.kind : alert", False),
        ("kuery", "user.name : * and not user.name : a", False),
    ],
)
def test_a_query_of_exclusions_only_is_told(language, query, only, tmp_path):
    assert [code for code, _ in found(tmp_path, query, language)] == ["RP226"] * only


def test_filters_may_say_what_the_event_is(tmp_path):
    more = "\n[[rule.filters]]\n[rule.filters.query.match_phrase]\nmessage = 'm'\n"
    pack = make_pack(tmp_path, searching("not user.name : a") + more)
    assert [one.code.id for one in pack.diagnostics] == []


@pytest.mark.parametrize(
    ("pattern", "all_spaces"),
    [
        (".alerts-security.*", True),
        (".alerts-security.alerts-*", True),
        (".internal.alerts-security.alerts-*", True),
        ("*:.alerts-security.*", True),
        (".alerts-security.alerts-default", False),
        (".internal.alerts-security.alerts-default-*", False),
        (".alerts-security.alerts-my-space", False),
    ],
)
def test_alerts_of_all_spaces_are_told(pattern, all_spaces, tmp_path):
    assert [code for code, _ in found(tmp_path, "event.kind : signal", index=f'"{pattern}"')] == ["RP227"] * all_spaces


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("event.dataset : acme.app", 1),
        ("data_stream.dataset : acme.app and event.kind : alert", 1),
        ("event.dataset : (acme.app or acme.web)", 0),
        ("event.dataset : acme.app or event.dataset : acme.web", 0),
        ("event.dataset : acme.app or event.kind : alert", 0),
        ("not event.dataset : acme.app", 0),
        ("event.kind : alert", 0),
        ("event.dataset : acme.*", 0),
    ],
)
def test_an_index_without_the_dataset_that_is_asked_for(query, count, tmp_path):
    index = '"logs-acme.app-*", "logs-acme.web-*", "logs-endpoint.*", "filebeat-*"'
    said = [message for code, message in found(tmp_path, query, index=index) if code == "RP228"]
    assert said == ["the query asks for acme.app, which is not in logs-acme.web-*"] * count
