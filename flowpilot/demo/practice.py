"""Open tickets in the practice PSA of a demo account: something to start a session from."""

from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from django.utils.dateparse import parse_datetime

from flowpilot.demo import material
from flowpilot.demo.casting import cast
from flowpilot.demo.catalogue import Catalogue
from flowpilot.demo.chance import stream
from flowpilot.demo.history import dated_id
from flowpilot.demo.hours import recent
from flowpilot.demo.intake import ticket_data
from flowpilot.demo.people import Ground
from flowpilot.psa.models import PracticeNote, PracticeTicket, PsaConnection
from flowpilot.psa.practice.connector import PracticeConnector

TICKETS: Final = 14
FIRST_NUMBER: Final = 10_401
_OPENED_WITHIN: Final = timedelta(hours=50)
_PRIORITIES: Final = {"1": "critical", "2": "high", "3": "medium", "4": "low"}
"""By the digit that the catalogue's priorities begin with."""


def write(
    ground: Ground, account: material.Account, content: Catalogue, *, seed: int, now: datetime
) -> list[PracticeTicket]:
    """Connect the account with the practice PSA and open tickets there, most of them new."""
    rng = stream(seed, account.slug, "practice")
    connection = PsaConnection.objects.create(
        id=dated_id(now, rng),
        account=ground.account,
        provider=PracticeConnector.provider,
        name="Practice PSA",
        last_ok_at=now,
    )
    told = sorted(_told(rng, account, content, now), key=lambda one: str(one["opened_at"]))
    return [
        _ticket(rng, connection, FIRST_NUMBER + 3 * place, data) for place, data in enumerate(told[:TICKETS])
    ]


def _told(rng: Random, account: material.Account, content: Catalogue, now: datetime) -> list[dict[str, Any]]:
    """One ticket about each problem that a team knows, as SHAPES has tickets."""
    places = [(team, content.problems[slug]) for team, slugs in account.sessions.items() for slug in slugs]
    rng.shuffle(places)
    found = []
    for team, problem in places[:TICKETS]:
        at, actors = recent(rng, now, within=_OPENED_WITHIN), cast(rng, account, team, content.voices)
        ticket = rng.choice(problem.tickets)
        body = actors.fill("\n\n".join(filter(None, (ticket.text.strip(), ticket.log.strip()))))
        found.append(ticket_data(rng, account, team, ticket, actors, content.voices, at, body))
    return found


def _ticket(rng: Random, connection: PsaConnection, number: int, data: dict[str, Any]) -> PracticeTicket:
    opened = parse_datetime(data["opened_at"]) or connection.created_at
    ticket: PracticeTicket = PracticeTicket.objects.create(
        id=dated_id(opened, rng),
        account_id=connection.account_id,
        created_at=opened,
        connection=connection,
        number=number,
        title=data["title"],
        body=data["body"],
        status=rng.choice(("new", "new", "in_progress")),
        priority=_PRIORITIES.get(data["priority"][:1], "medium"),
        board=data["board"],
        client=data["client"],
        contact=data["contact"],
        assignee=data["assignee"],
        assets=data["assets"],
    )
    for note in data["notes"]:
        PracticeNote.objects.create(
            account_id=connection.account_id,
            ticket=ticket,
            written_at=parse_datetime(note["at"]) or opened,
            written_by=note["by"],
            text=note["text"],
            internal=note["internal"],
        )
    return ticket
