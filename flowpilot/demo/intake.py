"""How a problem comes in: typed by the engineer, as a ticket, as a log, or several of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from flowpilot.demo.casting import Cast
from flowpilot.demo.chance import weighted
from flowpilot.demo.material import Account, Ticket, Voices

_WITHOUT_LOG = [("psa_ticket", 0.6), ("free_text", 0.4)]
_WITH_LOG = [("combined", 0.45), ("log_paste", 0.35), ("psa_ticket", 0.2)]


@dataclass(frozen=True, slots=True)
class Intake:
    type: str
    content: dict[str, Any]
    ticket_data: dict[str, Any] | None


def take_in(
    rng: Random, account: Account, team: str, ticket: Ticket, cast: Cast, voices: Voices, at: datetime
) -> Intake:
    """The intake as SHAPES has it; the ticket's number is set later, when all are in order of time."""
    kind = weighted(rng, _WITH_LOG if ticket.log else _WITHOUT_LOG)
    text = cast.fill(rng.choice(voices.greetings) + ticket.text.strip() + rng.choice(voices.closings))
    data = None
    if kind in ("psa_ticket", "combined"):
        data = ticket_data(rng, account, team, ticket, cast, voices, at, text)
    content: dict[str, Any] = {
        "text": f"{cast.fill(ticket.title)}\n{text}" if data is None else text,
        "image_urls": [],
        "log_content": cast.fill(ticket.log.strip()) if kind in ("log_paste", "combined") else "",
        "ticket_data": data,
    }
    return Intake(kind, content, data)


def numbered(ticket: dict[str, Any], number: int, account: Account) -> dict[str, Any]:
    """The ticket with its number in the PSA."""
    url = f"https://psa.{account.slug}.example/tickets/{number}"
    return {**ticket, "id": str(number), "number": str(number), "url": url}


def ticket_data(
    rng: Random,
    account: Account,
    team: str,
    ticket: Ticket,
    cast: Cast,
    voices: Voices,
    at: datetime,
    text: str,
) -> dict[str, Any]:
    """A ticket in the PSA that was opened up to three hours before `at`; it has no number yet."""
    opened = at - timedelta(minutes=rng.randrange(5, 180))
    engineer = next(person.name for person in account.people if person.email == cast.engineer)
    note = {
        "at": (opened + (at - opened) / 2).isoformat(),
        "by": "Dispatch",
        "text": rng.choice(voices.dispatcher_notes),
        "internal": True,
    }
    return {
        "provider": account.psa,
        "id": "",
        "number": "",
        "url": "",
        "title": cast.fill(ticket.title),
        "body": text,
        "status": "In progress",
        "priority": ticket.priority,
        "board": team,
        "client": cast.client,
        "contact": cast.contact,
        "assignee": engineer,
        "opened_at": opened.isoformat(),
        "notes": [note] if rng.random() < 0.5 else [],
        "assets": [cast.server if "{{server}}" in ticket.title + ticket.text else cast.pc],
    }
