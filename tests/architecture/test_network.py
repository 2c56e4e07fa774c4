"""Tests need no network, and get none: what they reach is this machine."""

import socket

import pytest
from pytest_httpserver import HTTPServer
from pytest_socket import SocketConnectBlockedError

pytestmark = pytest.mark.filterwarnings("ignore:A test tried to use socket")


def test_no_test_reaches_another_machine() -> None:
    with pytest.raises(SocketConnectBlockedError, match="192.0.2.1"):
        socket.create_connection(("192.0.2.1", 443), timeout=1)


def test_a_server_on_this_machine_is_reached(httpserver: HTTPServer) -> None:
    with socket.create_connection((httpserver.host, httpserver.port), timeout=5) as connection:
        assert connection.getpeername()[1] == httpserver.port
