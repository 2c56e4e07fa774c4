"""A stream opened with a proof: who may still watch is asked for, and everything else goes Django's way."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from flowpilot.accounts.models import Account, TeamMembership, User
from flowpilot.core.scope import account_scope
from sessions.models import Turn
from sessions.thread import proofs
from sessions.thread.admitting import still_seen
from sessions.thread.middleware import Message, StreamDoor
from sessions.thread.proofs import Proof, prove, proven
from sessions.thread.tailing import Seen
from tests.factories import Cast, join, make_session, make_turn, make_user
from tests.screens import HTMX, signed_in, text

SEEN = Seen("The tray is **open**", "offline", "running", "", broke_off=False)


def said(turn: Turn) -> Turn:
    Turn.objects.filter(pk=turn.pk).update(text=SEEN.text, engine=SEEN.engine)
    return turn


def shown(turn: Turn, user: User) -> Proof:
    """What a page proves that was just shown to somebody who signed in."""
    login = str(signed_in(user).session.session_key)
    proof = proven(prove(turn, user, login), turn.session_id, turn.pk, login)
    assert proof is not None
    return proof


def sign_out(_user: User) -> None:
    Session.objects.all().delete()


def change_password(user: User) -> None:
    user.set_password("another one altogether")
    user.save()


def test_a_proof_is_of_one_turn_in_one_sign_in_for_a_minute(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn, other = make_turn(make_session(cast)), make_turn(make_session(cast))
    proof = prove(turn, cast.engineer, "login")

    asked = (turn.session_id, turn.pk, "login")
    assert proven(proof, *asked) == Proof(*asked[:2], cast.account.pk, cast.engineer.pk, "login")
    assert proven(proof, turn.session_id, other.pk, "login") is None
    assert proven(proof, other.session_id, turn.pk, "login") is None
    assert proven(proof, *asked[:2], "another") is None
    assert proven(proof.replace(cast.engineer.pk.hex, cast.colleague.pk.hex), *asked) is None
    assert proven("", *asked) is None
    monkeypatch.setattr(proofs, "LASTS", timedelta(seconds=-1))
    assert proven(proof, *asked) is None


@pytest.mark.parametrize(
    "change",
    [
        sign_out,
        change_password,
        lambda user: TeamMembership.objects.filter(user=user).delete(),
        lambda user: User.objects.filter(pk=user.pk).update(is_active=False),
        lambda user: Account.objects.filter(pk=user.account_id).update(mfa_required=True),
    ],
    ids=["signed out", "new password", "out of the team", "deactivated", "without the second factor"],
)
def test_a_proof_is_no_right(cast: Cast, change: Callable[[User], object]) -> None:
    proof = shown(said(make_turn(make_session(cast))), cast.engineer)
    assert still_seen([proof]) == {proof: SEEN}

    change(cast.engineer)

    assert still_seen([proof]) == {}


def test_a_proof_of_another_account_team_or_session_admits_nobody(cast: Cast, outsiders: Cast) -> None:
    turn = said(make_turn(make_session(cast)))
    elsewhere = make_user(cast.account, "elsewhere")
    join(elsewhere, cast.other_team)
    ours = shown(turn, cast.engineer)
    moved = Proof(make_session(cast).pk, turn.pk, ours.account_id, ours.user_id, ours.login)
    other = Proof(turn.session_id, turn.pk, outsiders.account.pk, ours.user_id, ours.login)

    asked = [ours, moved, other, shown(turn, elsewhere), shown(turn, outsiders.engineer)]

    assert still_seen(asked) == {ours: SEEN}


def test_all_who_come_at_once_are_asked_for_together(cast: Cast) -> None:
    def cost(*asked: Proof) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert still_seen(asked) == dict.fromkeys(asked, SEEN)
        return len(queries)

    turns = [said(make_turn(make_session(cast))) for _three in range(3)]
    mine = [shown(turn, cast.engineer) for turn in turns]
    beside = shown(turns[0], cast.colleague)
    others = shown(turns[0], cast.account_admin)
    assert (cost(mine[0]), cost(*mine), cost(*mine, beside), cost(*mine, beside, others)) == (4, 4, 4, 5)


def test_of_people_of_the_same_teams_each_sees_the_own_sessions_without_a_team(cast: Cast) -> None:
    sessions = (
        make_session(cast, team=None),
        make_session(cast, team=None, user=cast.colleague),
        make_session(cast),
    )
    theirs, own, of_team = (said(make_turn(session)) for session in sessions)
    asked = [shown(theirs, cast.engineer)]
    asked += [shown(turn, cast.colleague) for turn in (own, of_team, theirs)]

    assert set(still_seen(asked)) == set(asked[:3])


class Passed(Exception):
    """It went on to Django."""


async def django(*_asked: Any) -> None:
    raise Passed


def answered(address: str, proof: str, login: str) -> list[Message]:
    """What comes until the first text, whose reader then goes."""
    told: list[Message] = []
    read = asyncio.Event()

    async def receive() -> Message:
        await read.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        told.append(message)
        if b"event: html" in message.get("body", b""):
            read.set()

    scope = {
        "type": "http",
        "method": "GET",
        "path": address,
        "query_string": f"proof={proof}".encode(),
        "headers": [(b"cookie", f"sessionid={login}".encode())],
    }
    async_to_sync(StreamDoor(django))(scope, receive, send)
    return told


@pytest.mark.django_db(transaction=True)
def test_a_page_opens_its_stream_the_short_way_until_the_sign_in_ends(cast: Cast) -> None:
    turn, client = said(make_turn(make_session(cast))), signed_in(cast.engineer)
    page = text(client.get(reverse("sessions:thread", args=[turn.session_id]), headers=HTMX))
    proof = page.partition('data-proof="')[2].partition('"')[0]
    address = reverse("sessions:stream", args=[turn.session_id, turn.pk])
    login = str(client.session.session_key)

    start, retry, html = answered(address, proof, login)

    headers = dict(start["headers"])
    assert (start["status"], headers[b"content-type"]) == (200, b"text/event-stream")
    assert (headers[b"x-content-type-options"], headers[b"x-accel-buffering"]) == (b"nosniff", b"no")
    assert retry["body"] == b"retry: 2000\n\n"
    assert html["body"] == b"event: html\ndata: <p>The tray is <strong>open</strong></p>\ndata: \n\n"
    for asked in (("", login), ("x&y=%ff&proof", login), (proof, "another"), (f"{proof}x", login)):
        with pytest.raises(Passed):
            answered(address, *asked)
    client.logout()
    with account_scope(None), pytest.raises(Passed):
        answered(address, proof, login)
