"""Credentials go only to hosts that are named outside the pack."""

import pytest

from rulepack.cli import trust


@pytest.fixture(autouse=True)
def _no_terminal(monkeypatch):
    monkeypatch.delenv(trust.VARIABLE, raising=False)


def trusted(url, entries, monkeypatch):
    monkeypatch.setenv(trust.VARIABLE, entries)
    try:
        trust.require_trust(url, "the pack")
    except trust.UntrustedError:
        return False
    return True


@pytest.mark.parametrize(
    ("url", "entries"),
    [
        ("https://kibana.example.org", "kibana.example.org"),
        ("https://kibana.example.org:5601", "kibana.example.org"),
        ("https://kibana.example.org:5601", "other.example.org, kibana.example.org:5601"),
        ("https://kibana.example.org", "kibana.example.org:443"),
        ("https://KIBANA.example.org", "kibana.example.org"),
        ("https://kibana.example.org/base", "https://kibana.example.org"),
        ("http://kibana.example.org", "http://kibana.example.org"),
        ("http://127.0.0.1:5601", "127.0.0.1"),
        ("http://127.0.0.1:5601", "http://127.0.0.1:5601"),
        ("https://[::1]:5601", "[::1]:5601"),
    ],
)
def test_a_named_host_is_trusted(url, entries, monkeypatch):
    assert trusted(url, entries, monkeypatch)


@pytest.mark.parametrize(
    ("url", "entries"),
    [
        ("https://evil.example.org", "kibana.example.org"),
        ("https://kibana.example.org.evil.example", "kibana.example.org"),
        ("https://evil.example/kibana.example.org", "kibana.example.org"),
        ("https://kibana.example.org:8443", "kibana.example.org:5601"),
        ("http://kibana.example.org", "kibana.example.org"),
        ("http://kibana.example.org", "https://kibana.example.org"),
        ("http://kibana.example.org:81", "http://kibana.example.org"),
        ("http://127.0.0.1:5601", ""),
        ("https://kibana.example.org", "https://"),
        ("https://kibana.example.org", "*"),
        ("https://kibana.example.org", "[::1"),
        ("https://kibana.example.org", "kibana.example.org:port"),
    ],
)
def test_any_other_host_is_not(url, entries, monkeypatch):
    assert not trusted(url, entries, monkeypatch)


def test_the_users_own_list_counts():
    path = trust.user_file()
    path.parent.mkdir(parents=True)
    path.write_text("# mine\nkibana.example.org\n", encoding="utf-8")
    trust.require_trust("https://kibana.example.org", "the pack")


def test_an_answer_on_a_terminal_is_remembered(monkeypatch):
    monkeypatch.setattr(trust.sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(trust.sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(trust.click, "confirm", lambda *_, **__: True)
    trust.require_trust("https://kibana.example.org:5601", "the pack")
    assert trust.user_file().read_text(encoding="utf-8").split("\n")[-2] == "https://kibana.example.org:5601"
    monkeypatch.setattr(trust.click, "confirm", lambda *_, **__: pytest.fail("asked twice"))
    trust.require_trust("https://kibana.example.org:5601", "the pack")


def test_no_on_a_terminal_is_no(monkeypatch):
    monkeypatch.setattr(trust.sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(trust.sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(trust.click, "confirm", lambda *_, **__: False)
    with pytest.raises(trust.UntrustedError) as caught:
        trust.require_trust("https://kibana.example.org", "the pack")
    assert "RULEPACK_TRUSTED_HOSTS=kibana.example.org" in caught.value.hint
    assert not trust.user_file().exists()


def test_a_host_that_only_looks_like_another_is_spelled_out(monkeypatch, capsys):
    monkeypatch.setattr(trust, "has_terminal", lambda: True)
    monkeypatch.setattr(trust.click, "confirm", lambda *_, **__: False)
    with pytest.raises(trust.UntrustedError):
        trust.require_trust("http://kib\u0430na.example.org", "the pack's environment \x1b[2Jprod")
    shown = capsys.readouterr().err
    assert r"http://kib\u0430na.example.org" in shown
    assert "\x1b" not in shown
    assert "not https" in shown
