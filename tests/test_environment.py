"""[environments.NAME]: what it may say, and that no secret gets into it."""

import pytest

from rulepack.environment import Environment, parse_environment, wrong_address

URL = "https://kibana.example.org"


def problem(**table):
    (first, *_) = parse_environment("prod", table)
    return first


def test_an_address_is_enough():
    assert parse_environment("prod", {"url": URL + "/"}) == Environment("prod", URL)


def test_everything_that_can_be_said():
    table = {
        "url": URL,
        "space": "soc",
        "username_env": "U",
        "password_env": "P",
        "concurrency": 4,
        "maturity": ["production", "beta"],
        "enable_new": "never",
    }
    found = parse_environment("prod", table)
    assert found == Environment("prod", URL, "soc", None, "U", "P", 4, ("production", "beta"), "never")


@pytest.mark.parametrize(
    "name",
    [
        "api_key", "key", "token", "password", "username", "API_KEY", "secret", "api-key", "ApiKey", "pwd", "bearer",
        "auth", "Authorization", "headers", "credentials", "kibana_api_key", "access_token", "passphrase",
    ],
)  # fmt: skip
def test_a_secret_by_value_is_refused_and_not_repeated(name):
    path, message, hint = problem(url=URL, **{name: "c2VjcmV0"})
    assert path == (name,)
    assert "c2VjcmV0" not in message + hint
    assert "environment variable" in hint


@pytest.mark.parametrize(
    "key", ["VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1zeWFrdzl0dk5udw==", "ui2lp2axTNmsyakw9tvNnw"]
)
@pytest.mark.parametrize("field", ["api_key_env", "username_env", "password_env"])
def test_a_key_in_place_of_a_variables_name_is_refused_and_not_repeated(field, key):
    path, message, hint = problem(url=URL, **{field: key})
    assert path == (field,)
    assert key[:6] not in message + (hint or "")


@pytest.mark.parametrize("name", ["KIBANA_API_KEY", "KIBANA_9_KEY_OF_THE_SOC_2", "kibana_9_api_key", "KibanaKey", "_K"])
def test_the_name_of_a_variable_is_one(name):
    assert parse_environment("prod", {"url": URL, "api_key_env": name}).api_key_env == name


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("kibana.example.org", "is not a web address"),
        ("ftp://kibana.example.org", "is not a web address"),
        ("https://", "is not a web address"),
        ("https://host:port", "is not a web address"),
        ("https://user:secret@host", "holds credentials"),
        ("https://host/?a=b", "has a query"),
    ],
)
def test_a_wrong_address_is_refused(url, words):
    assert words in wrong_address(url)
    path, message, _ = problem(url=url)
    assert path == ("url",)
    assert "secret" not in message


@pytest.mark.parametrize(
    "table",
    [
        {},
        {"url": URL, "sapce": "x"},
        {"url": URL, "concurrency": 0},
        {"url": URL, "username_env": "U"},
        {"url": 5},
        {"url": URL, "api_key_env": "K", "username_env": "U", "password_env": "P"},
    ],
)
def test_what_makes_no_sense_is_refused(table):
    assert isinstance(parse_environment("prod", table), list)


def test_it_must_be_a_table():
    assert isinstance(parse_environment("prod", "https://x"), list)
