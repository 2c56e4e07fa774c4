"""A body that is streamed ends at its address's limit: nothing more of it is read or kept."""

import asyncio
from typing import Any

import pytest
from django.urls import reverse
from pytest_django import Settings

from flowpilot.asgi import application
from flowpilot.core.edge.bodies import BoundedBodies, Message, Receive, Scope, Send

CHUNK = 64 * 1024
FORM = (b"content-type", b"application/x-www-form-urlencoded")


class Sender:
    """A client that sends chunks for as long as it is asked, and notes what it is told."""

    def __init__(self, chunks: int) -> None:
        self.chunks, self.asked = chunks, 0
        self.told: list[Message] = []

    async def receive(self) -> Message:
        self.asked += 1
        if self.asked > self.chunks:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": b"a" * CHUNK, "more_body": self.asked < self.chunks}

    async def send(self, message: Message) -> None:
        self.told.append(message)

    @property
    def status(self) -> int:
        return int(self.told[0]["status"])

    @property
    def page(self) -> str:
        return b"".join(message.get("body", b"") for message in self.told[1:]).decode()


def scope(*headers: tuple[bytes, bytes]) -> dict[str, Any]:
    address = reverse("account_login")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": address,
        "raw_path": address.encode(),
        "query_string": b"",
        "headers": [(b"host", b"localhost"), *headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
    }


def read(sender: Sender, asked: dict[str, Any]) -> int:
    """How many bytes an application behind the limit is given."""
    given = 0

    async def reader(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal given
        more = True
        while more:
            message = await receive()
            given += len(message["body"])
            more = message["more_body"]

    asyncio.run(BoundedBodies(reader)(asked, sender.receive, sender.send))
    return given


@pytest.fixture
def limit(settings: Settings) -> int:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * CHUNK
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def test_a_body_up_to_the_limit_is_read_whole(limit: int) -> None:
    assert read(Sender(10), scope(FORM)) == limit


def test_a_stream_without_a_length_is_read_up_to_the_limit(limit: int) -> None:
    sender = Sender(1000)

    assert (read(sender, scope(FORM)), sender.asked) == (limit, 11)


def test_nothing_is_read_of_what_declares_more_than_the_limit(limit: int) -> None:
    sender = Sender(1000)

    assert (read(sender, scope(FORM, (b"content-length", b"52428800"))), sender.asked) == (0, 0)


def test_a_small_length_does_not_hide_a_long_body(limit: int) -> None:
    assert read(Sender(1000), scope(FORM, (b"content-length", b"7"))) == limit


@pytest.mark.django_db
@pytest.mark.parametrize(
    "headers", [[FORM], [FORM, (b"content-length", b"52428800")]], ids=["stream", "told"]
)
def test_what_was_cut_off_is_answered_with_413(limit: int, headers: list[tuple[bytes, bytes]]) -> None:
    sender = Sender(100)

    async def asked() -> None:
        task = asyncio.ensure_future(application(scope(*headers), sender.receive, sender.send))
        while not sender.told or sender.told[-1].get("more_body", True):
            await asyncio.wait([task], timeout=0.05)
            if task.done():
                break
        task.cancel()

    asyncio.run(asked())

    assert sender.status == 413
    assert "Nothing was changed." in sender.page


def test_web_sockets_are_closed() -> None:
    sender = Sender(0)

    asyncio.run(application({"type": "websocket", "path": "/"}, sender.receive, sender.send))

    assert sender.told == [{"type": "websocket.close"}]
