"""What a session keeps as JSON, made typed for its page: the ticket, and the package for who takes over.

It came from other systems and from engines, at other times: what is missing or of another type is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.timezone import is_aware
from django.utils.translation import gettext_lazy as _

TICKET_FACTS: dict[str, str | Promise] = {
    "title": _("Title"),
    "status": _("Status"),
    "priority": _("Priority"),
    "board": _("Board"),
    "category": _("Category"),
    "client": _("Client"),
    "contact": _("Contact"),
    "assignee": _("Assignee"),
    "provider": _("System"),
}


@dataclass(frozen=True)
class Note:
    """What somebody wrote on the ticket."""

    at: datetime | None
    by: str
    text: str
    internal: bool


@dataclass(frozen=True)
class Ticket:
    """The ticket as it was when the session began. url: "" unless it is on the web or in the practice PSA."""

    number: str
    url: str
    opened_at: datetime | None
    facts: list[tuple[str | Promise, str]]
    assets: list[str]
    notes: list[Note]


@dataclass(frozen=True)
class Package:
    """What was written down for whoever takes over."""

    summary: str
    impact: str
    tried: list[tuple[str, str]]
    ruled_out: list[str]
    hypotheses: list[tuple[str, float | None]]
    missing: list[str]
    suggestions: list[str]
    engine: str
    """Who drafted it; empty: not known."""
    suspected_injection: bool
    """Whether who drafted it found orders to a model in what it was shown."""
    shortened: bool
    """Whether it was shown less than there is."""


def ticket_of(data: Mapping[str, Any]) -> Ticket:
    url = text_in(data, "url")
    facts = [(label, text_in(data, key)) for key, label in TICKET_FACTS.items()]
    return Ticket(
        number=text_in(data, "number"),
        url=url if url.startswith(("https://", "http://", "/psa/")) else "",
        opened_at=moment_in(data, "opened_at"),
        facts=[(label, value) for label, value in facts if value],
        assets=texts_in(data, "assets"),
        notes=[note_of(note) for note in maps_in(data, "notes")],
    )


def note_of(note: Mapping[str, Any]) -> Note:
    return Note(
        at=moment_in(note, "at"),
        by=text_in(note, "by"),
        text=text_in(note, "text"),
        internal=note.get("internal") is True,
    )


def package_of(data: Any) -> Package | None:
    if not isinstance(data, dict):
        return None
    return Package(
        summary=text_in(data, "summary"),
        impact=text_in(data, "impact"),
        tried=[(text_in(each, "step"), text_in(each, "outcome")) for each in maps_in(data, "steps_tried")],
        ruled_out=texts_in(data, "ruled_out"),
        hypotheses=[
            (text_in(each, "text"), number_in(each, "confidence")) for each in maps_in(data, "hypotheses")
        ],
        missing=[text_in(each, "text") for each in maps_in(data, "missing_checks")],
        suggestions=texts_in(data, "suggestions"),
        engine=text_in(data, "engine"),
        suspected_injection=data.get("suspected_injection") is True,
        shortened=data.get("shortened") is True,
    )


def text_in(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def texts_in(data: Mapping[str, Any], key: str) -> list[str]:
    values = data.get(key)
    return [value for value in values if isinstance(value, str) and value] if isinstance(values, list) else []


def maps_in(data: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    values = data.get(key)
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []


def number_in(data: Mapping[str, Any], key: str) -> float | None:
    value = data.get(key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def moment_in(data: Mapping[str, Any], key: str) -> datetime | None:
    """An aware moment: one without a zone would be shown in a wrong one."""
    try:
        moment = parse_datetime(text_in(data, key))
    except ValueError:
        return None
    return moment if moment and is_aware(moment) else None
