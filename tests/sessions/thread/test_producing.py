"""A turn from being asked to its end, with the vendor's double on the wire."""

import asyncio
import json
from collections.abc import AsyncGenerator
from threading import Event
from typing import Any

import pytest
from asgiref.sync import ThreadSensitiveContext, async_to_sync

from flowpilot.ai.offline.versions import RULES_VERSION
from flowpilot.core.coroutines import in_database
from flowpilot.core.trace import Trace, current_trace, tracing
from sessions.actions import turns
from sessions.models import AISession, Turn
from sessions.thread import producing, streaming, tailing
from sessions.thread.producing import produce
from tests.ai.wire.vendor import GUIDE, Vendor, events, message
from tests.factories import Cast, make_session, make_turn

WHOLE = events(message(json.dumps(GUIDE)))
CUT = WHOLE[: len(WHOLE) * 2 // 3]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every piece is written at once, and a silent turn is looked at often."""
    monkeypatch.setattr(producing, "FLUSH_SECONDS", 0.0)
    monkeypatch.setattr(producing, "LOOK_SECONDS", 0.02)


def produced(turn: Turn) -> Turn:
    async_to_sync(produce)(turn)
    return Turn.objects.select_related("step").get(pk=turn.pk)


def test_the_rules_produce_a_turn_without_a_key(cast: Cast) -> None:
    session = make_session(cast)
    turn = produced(make_turn(session))
    session.refresh_from_db()
    assert (turn.state, turn.engine, turn.fallback, turn.error) == ("done", "offline", "", "")
    assert turn.step is not None
    assert (turn.step.source, turn.text.startswith("Starting from what is known.")) == ("offline", True)
    assert session.confidence_score == turn.confidence


def test_what_claude_says_becomes_the_step(cast: Cast, vendor: Vendor) -> None:
    vendor.says(GUIDE)
    turn = produced(make_turn(make_session(cast)))
    assert turn.step is not None
    assert (turn.state, turn.engine, turn.text) == ("done", "anthropic", GUIDE["say"])
    assert (turn.step.source, turn.step.title) == ("ai", GUIDE["title"])


def test_what_was_said_to_the_vendor_is_kept_masked_with_the_session(cast: Cast, vendor: Vendor) -> None:
    vendor.says({**GUIDE, "body": "Sign in with the password: Kan4rie-Vogel!"})
    session = make_session(
        cast, intake_content={"text": "The admin password is Kan4rie-Vogel! " + "x" * 9000}
    )
    turn = produced(make_turn(session))
    session.refresh_from_db()

    sent = vendor.asked[-1]
    assert session.system_prompt_snapshot == sent["system"][0]["text"]
    roles, texts = zip(*[(each["role"], each["text"]) for each in session.conversation_messages], strict=True)
    assert (roles[0], roles[-1]) == ("user", "assistant")
    assert json.loads(texts[-1])["title"] == GUIDE["title"]
    assert "<SECRET_1>" in texts[1]
    assert "Kan4rie" not in "".join(texts)
    assert max(map(len, texts)) < 4_100
    assert len(turn.prompt_version) == 12


def test_the_rules_leave_no_conversation_but_say_which_version_spoke(cast: Cast) -> None:
    session = make_session(cast)
    turn = produced(make_turn(session))
    session.refresh_from_db()
    assert (session.system_prompt_snapshot, session.conversation_messages) == (None, [])
    assert turn.prompt_version == RULES_VERSION


def test_lines_about_a_turn_carry_the_number_of_the_request_that_asked(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    async def noted(turn: Turn) -> None:
        seen.append(current_trace().request_id)

    monkeypatch.setattr(producing, "produce", noted)
    turn = make_turn(make_session(cast))

    async def asked() -> None:
        with tracing(None, Trace("4711")):
            await producing._spawn(turn)
        await asyncio.gather(*producing._tasks)

    async_to_sync(asked)()
    assert seen == ["4711"]


def test_a_refusal_and_a_cut_stream_are_answered_by_the_rules_visibly(cast: Cast, vendor: Vendor) -> None:
    vendor.streams(events(message("", stop="refusal")))
    refused = produced(make_turn(make_session(cast)))
    vendor.streams(CUT).streams(CUT)
    cut = produced(make_turn(make_session(cast)))
    for turn in (refused, cut):
        assert turn.step is not None
        assert (turn.state, turn.engine, turn.step.source, turn.fallback != "") == (
            "done",
            "offline",
            "offline",
            True,
        )
        assert GUIDE["say"][:20] not in turn.text


@pytest.mark.usefixtures("quick")
def test_a_turn_is_stopped_while_the_vendor_is_silent_and_keeps_what_was_said(
    cast: Cast, vendor: Vendor
) -> None:
    silent = Event()
    vendor.stalls(CUT, silent)
    turn = make_turn(make_session(cast))

    async def stop_midway() -> None:
        producing_it = asyncio.create_task(produce(turn))
        while not await in_database(said)(turn):
            await asyncio.sleep(0.01)
        await in_database(lambda: turns.stop(turn, by=cast.engineer))()
        await producing_it

    try:
        async_to_sync(stop_midway)()
    finally:
        silent.set()
    turn.refresh_from_db()
    assert (turn.state, turn.engine, turn.step) == ("stopped", "anthropic", None)
    assert GUIDE["say"].startswith(turn.text[:20])


@pytest.mark.usefixtures("quick")
def test_a_server_that_is_told_to_stop_ends_its_turns_with_a_word(cast: Cast, vendor: Vendor) -> None:
    silent = Event()
    vendor.stalls(CUT, silent)
    turn = make_turn(make_session(cast))

    async def shut_down_midway() -> None:
        producing_it = asyncio.create_task(produce(turn))
        while not await in_database(said)(turn):
            await asyncio.sleep(0.01)
        producing_it.cancel()
        await asyncio.gather(producing_it, return_exceptions=True)

    try:
        async_to_sync(shut_down_midway)()
    finally:
        silent.set()
    turn.refresh_from_db()
    assert (turn.state, turn.error) == ("failed", "It broke off: the server was stopped meanwhile.")
    assert turn.text != ""


def said(turn: Turn) -> str:
    text: str = Turn.objects.values_list("text", flat=True).get(pk=turn.pk)
    return text


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("quick")
def test_two_who_watch_a_turn_see_it_grow_and_the_vendor_is_asked_once(cast: Cast, vendor: Vendor) -> None:
    vendor.says(GUIDE)
    turn = make_turn(make_session(cast))

    async def watch() -> list[str]:
        return await whole(streaming.events(turn.pk, turn.account_id))

    async def together() -> list[list[str]]:
        first, second, _done = await asyncio.gather(watch(), watch(), produce(turn))
        return [first, second, await watch()]

    for seen in async_to_sync(together)():
        assert seen[0] == "retry: 2000\n\n"
        assert seen[-3].startswith(f"event: html\ndata: <p>{GUIDE['say'][:20]}")
        assert seen[-2:] == ["event: step\ndata: \n\n", "event: done\ndata: \n\n"]
    assert len(vendor.asked) == 1


@pytest.mark.django_db(transaction=True)
def test_first_words_and_the_end_are_not_waited_for_until_the_next_tick(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TICK_SECONDS", "EARLY_TICK_SECONDS"):
        monkeypatch.setattr(tailing, name, 3600.0)
    turn = make_turn(make_session(cast))

    async def together() -> list[str]:
        async with asyncio.timeout(60):
            seen, _done = await asyncio.gather(
                whole(streaming.events(turn.pk, turn.account_id)), produce(turn)
            )
            return seen

    seen = async_to_sync(together)()
    assert seen[1].startswith("event: html\ndata: <p>Starting from what is known.")
    assert seen[-2:] == ["event: step\ndata: \n\n", "event: done\ndata: \n\n"]


async def whole(stream: AsyncGenerator[str, None]) -> list[str]:
    return [part async for part in stream]


@pytest.mark.django_db(transaction=True)
def test_a_stream_says_how_a_turn_ended_without_a_step(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def watched(session: AISession) -> list[str]:
        async def watch() -> list[str]:
            return await whole(streaming.events(turn.pk, turn.account_id))

        return async_to_sync(watch)()[1:]

    session = make_session(cast)
    turn = make_turn(session)
    turns.fail(turn, "Nobody could answer.")
    assert watched(session) == ["event: error\ndata: Nobody could answer.\n\n", "event: done\ndata: \n\n"]
    turn = make_turn(session)
    turns.end(turn.pk, Turn.State.STOPPED)
    assert watched(session)[0] == "event: error\ndata: It was stopped.\n\n"
    monkeypatch.setattr(turns, "LEASE", -turns.LEASE)
    turn = make_turn(session)
    assert watched(session)[0] == "event: error\ndata: It broke off: the server was stopped meanwhile.\n\n"


@pytest.mark.django_db(transaction=True)
def test_who_comes_while_the_tailer_leaves_is_not_forgotten(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaving, gate = asyncio.Event(), asyncio.Event()

    class Slow(ThreadSensitiveContext):
        async def __aexit__(self, *raised: Any) -> None:
            leaving.set()
            await gate.wait()
            await super().__aexit__(*raised)

    monkeypatch.setattr(tailing, "ThreadSensitiveContext", Slow)
    turn = make_turn(make_session(cast))
    turns.fail(turn, "Nobody could answer.")

    async def one_after_the_other() -> list[list[str]]:
        async with asyncio.timeout(30):
            seen = [await whole(streaming.events(turn.pk, turn.account_id))]
            await leaving.wait()
            seen.append(await whole(streaming.events(turn.pk, turn.account_id)))
            gate.set()
            return seen

    first, second = async_to_sync(one_after_the_other)()
    assert first == second
    assert first[1:] == ["event: error\ndata: Nobody could answer.\n\n", "event: done\ndata: \n\n"]


def test_an_event_of_several_lines_has_each_on_a_line_of_its_own() -> None:
    assert streaming.event("html", "<p>a\nb</p>") == "event: html\ndata: <p>a\ndata: b</p>\n\n"
