import os
import pwd
import socket
from pathlib import Path

import pytest


def test_home_is_empty_and_not_the_developers():
    home = Path.home()
    assert list(home.iterdir()) == []
    assert str(home) == os.environ["HOME"]
    assert str(home) != pwd.getpwuid(os.getuid()).pw_dir


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("kibana.example.com", 443)])
@pytest.mark.parametrize("method", ["connect", "connect_ex"])
def test_the_network_is_out_of_reach(address, method):
    with socket.socket() as sock, pytest.raises(pytest.fail.Exception, match="do not use the network"):
        getattr(sock, method)(address)


def test_loopback_is_within_reach():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()


def test_golden_shows_the_difference(golden, request):
    golden("report/golden.txt", "one\ntwo\n")
    if request.config.getoption("--accept"):
        return
    with pytest.raises(pytest.fail.Exception, match=r"(?s)-two.*\+\\x1btwo"):
        golden("report/golden.txt", "one\n\x1btwo\n")
    with pytest.raises(pytest.fail.Exception, match=r"\+one\\r"):
        golden("report/golden.txt", "one\r\ntwo\n")
    with pytest.raises(pytest.fail.Exception, match="line break at the end"):
        golden("report/golden.txt", "one\ntwo")
    with pytest.raises(pytest.fail.Exception, match="does not exist"):
        golden("report/golden-missing.txt", "")
