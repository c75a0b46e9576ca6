"""Clients for small servers on loopback, and the search for secrets in everything that comes out."""

from __future__ import annotations

import http.client
import logging
import traceback

import pytest
from support.loopback import Certificates, Loopback

from rulepack.errors import TargetError
from rulepack.kibana import Client, Credentials, Transport

KEY_ID = "VuaCfGcBCdbkQm-e5aOx"
SECRET = "ui2lp2axTNmsyakw9tvNnw"
CREDENTIALS = Credentials.api_key(f"{KEY_ID}:{SECRET}")
SECRETS = (SECRET, CREDENTIALS.header.removeprefix("ApiKey "), "proxy-password")


def quick(**settings) -> Transport:
    return Transport(**{"connect_timeout": 2.0, "read_timeout": 2.0, "retries": 2, "backoff": 0.01, **settings})


@pytest.fixture
def serve():
    servers = []

    def start(*script, **settings):
        servers.append(Loopback(*script, **settings))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def connect():
    clients = []

    def make(server, *, space="default", credentials=CREDENTIALS, **settings):
        url = server if isinstance(server, str) else server.url
        clients.append(Client(url, credentials, space=space, transport=quick(**settings)))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    return Certificates.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(autouse=True)
def _debugging(caplog, monkeypatch):
    """As talkative as the libraries can be."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)


@pytest.fixture
def failing(caplog, capfd):
    """Calls what must fail with a TargetError of this kind, and looks for secrets in all that it leaves behind."""

    def call(kind, function, *args, **named):
        with pytest.raises(TargetError) as caught:
            function(*args, **named)
        error = caught.value
        assert type(error) is kind, f"{type(error).__name__}: {error}"
        everything = traceback.TracebackException.from_exception(error, capture_locals=True)
        places = [
            error.message,
            error.hint or "",
            repr(error),
            str(error),
            repr(vars(error)),
            "".join(everything.format()),
            caplog.text,
            *(repr(vars(record)) for record in caplog.records),
            *capfd.readouterr(),
        ]
        for place in places:
            for secret in SECRETS:
                assert secret not in place
        assert error.__cause__ is None
        assert error.__context__ is None
        assert "\n" not in error.message
        assert not error.message.endswith(".")
        assert "object at 0x" not in error.message
        return error

    return call


@pytest.fixture(autouse=True)
def _nothing_printed(capfd):
    yield
    for stream in capfd.readouterr():
        for secret in SECRETS:
            assert secret not in stream
