"""Pushes to real servers that fail at random while the process that delivers is killed at random: what a
server kept is the truth that the outbox and the metrics have to agree with."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import uuid4

import httpx2
import pytest
import time_machine
from django.db.models import Q

from flowpilot.core.scope import account_scope
from flowpilot.psa import client, metrics, outbox
from flowpilot.psa.delivery import MOST_ATTEMPTS, Courier
from flowpilot.psa.models import PsaConnection, PsaPush
from flowpilot.psa.ports import NewNote, Unreachable
from flowpilot.psa.registry import connector_for
from tests.factories import Cast
from tests.psa.simulator.server import FAULTS, Simulator
from tests.psa.simulator.vendors import VENDORS, connect
from tests.psa.system import Killed

pytestmark = pytest.mark.django_db

A_DAY = timedelta(days=1)
OPEN = Q(state__in=["pending", "sending"]) | Q(count_again_at__isnull=False)
WORKS = 12
"""How many of the words that a server draws from mean that it works; the faults are as many."""


class Mortal:
    """A connector whose process is killed in one of seven writes: before it, or with the answer in hand."""

    def __init__(
        self, connection: PsaConnection, chance: Random, server: Simulator, in_vain: Counter[str]
    ) -> None:
        self._connector, self._chance = connector_for(connection), chance
        self._server, self._in_vain = server, in_vain
        self.capabilities = self._connector.capabilities
        self.find_marker = self._connector.find_marker

    def add_note(self, ticket_id: str, note: NewNote) -> str:
        death = self._chance.randrange(14)
        if death == 0:
            self._in_vain[note.marker] += 1
            raise Killed
        before = self._server.sent[note.marker]
        try:
            written = self._connector.add_note(ticket_id, note)
        except Unreachable:
            # No answer in time: that of a login or a refusal that puts off may be as late as that of a write.
            self._server.settle()
            self._in_vain[note.marker] += self._server.sent[note.marker] == before
            raise
        if death == 1:
            raise Killed
        return written


class Run:
    """Delivers until nothing is open any more, an hour after the other; a person mends the login."""

    def __init__(self, cast: Cast, provider: str, server: Simulator, clock: time_machine.Traveller) -> None:
        self.cast, self.server, self.clock = cast, server, clock
        self.connection = connect(cast.account, provider, server)
        self.ticket_id = VENDORS[provider].ticket_id
        self.chance = Random(7)
        self.in_vain: Counter[str] = Counter()
        """Attempts that were counted and no write of which came in, by marker: killed in between, or put off
        later than one waits."""

    def note(self, number: int) -> PsaPush:
        return outbox.put_note(
            self.connection,
            self.ticket_id,
            session_id=uuid4(),
            text=f"Printer {number} works again.",
            internal=number % 2 == 0,
            minutes=number % 3 * 10 or None,
        )

    def to_the_end(self, rounds: int) -> None:
        for _round in range(rounds):
            if not PsaPush.objects.filter(OPEN).exists():
                return
            self.deliver()
            self.server.settle()
            self.clock.shift(timedelta(hours=1))

    def deliver(self) -> None:
        PsaConnection.objects.filter(state="failed").update(state="ok")
        self.connection.refresh_from_db()
        mortal = Mortal(self.connection, self.chance, self.server, self.in_vain)
        try:
            with account_scope(self.cast.account.pk):
                Courier(self.connection, mortal, chance=self.chance).deliver()
        except Killed:
            return


@pytest.mark.parametrize("pushes", [15, pytest.param(1_000, marks=pytest.mark.soak)])
@pytest.mark.parametrize("provider", VENDORS)
def test_nothing_is_lost_or_doubled_and_the_metrics_tell_the_truth(
    cast: Cast, loopback: None, monkeypatch: pytest.MonkeyPatch, provider: str, pushes: int
) -> None:
    monkeypatch.setattr(client, "TIMEOUT", httpx2.Timeout(5, read=0.1))
    chance = Random(pushes)
    words = [*FAULTS, "login", *[""] * WORKS]
    faults = (chance.choice(words) for _write in range(pushes * 10))
    began = datetime(2026, 11, 1, tzinfo=UTC)

    with time_machine.travel(began) as clock, Simulator(VENDORS[provider].half(), faults) as server:
        run = Run(cast, provider, server, clock)
        made = [run.note(number) for number in range(pushes)]
        run.to_the_end(rounds=pushes * 10)
        server.settle()
        told = metrics.delivery(cast.account.pk, began - A_DAY, began + A_DAY)

    states = dict(PsaPush.objects.values_list("marker", "state"))
    there = {marker for marker, state in states.items() if state == "delivered"}
    assert set(states.values()) == {"delivered", "dead"}
    assert server.written == dict.fromkeys(there, 1)
    worn_out = {marker for marker, sent in server.sent.items() if sent + run.in_vain[marker] >= MOST_ATTEMPTS}
    assert there >= {push.marker for push in made} - server.refused - worn_out
    assert (told.delivered, told.dead) == (len(there), len(made) - len(there))
    assert told.at_first == sum(server.sent[marker] + run.in_vain[marker] == 1 for marker in there)
    assert told.pending == told.unknown == told.duplicates == told.to_count == 0
    assert told.counted == PsaPush.objects.filter(copies=1).count() > 0
