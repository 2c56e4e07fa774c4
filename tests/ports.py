"""A port for a server of a test's own."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def reserved_port() -> Iterator[int]:
    """A number on loopback that nobody else is given meanwhile. A socket that never listens keeps it; a
    server that asks for this very number, as servers do (SO_REUSEADDR), gets it all the same."""
    with socket.socket() as placeholder:
        placeholder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        placeholder.bind(("127.0.0.1", 0))
        port: int = placeholder.getsockname()[1]
        yield port
