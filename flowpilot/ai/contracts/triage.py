"""Triage: what an intake is about."""

from uuid import UUID

from pydantic import Field

from flowpilot.ai.contracts.base import Frozen, Probability, Spoken
from flowpilot.ai.contracts.facts import Entities, Screenshot, TicketFacts


class Neighbour(Frozen):
    """A resolved session of the same account whose problem resembles the intake."""

    id: UUID
    domain: str
    similarity: float = Field(ge=0.0, le=1.0)


class TriageRequest(Frozen):
    """One intake; at least one of text, log, ticket and screenshots says something."""

    session_id: UUID | None = None
    """For the ledger; None while the session does not exist yet."""
    text: str = ""
    """What the engineer typed or pasted."""
    log: str = ""
    screenshots: tuple[Screenshot, ...] = ()
    ticket: TicketFacts | None = None
    client: str = ""
    """Name of the customer."""
    neighbours: tuple[Neighbour, ...] = ()
    """What the rules go by where the words alone do not tell the domain; the most similar first."""
    domains: tuple[str, ...]
    """The keys to choose from, those of `flowpilot.flows.domains` in their order."""


class TriageResult(Spoken):
    summary: str
    """One line of at most 200 characters for lists and for matching, codes kept as written."""
    details: str = ""
    """Up to 2,000 characters of Markdown: symptom, who is affected, since when, evidence, already tried."""
    domain: str | None
    """One of the request's `domains`; None: not clear, the engineer is asked to choose."""
    entities: Entities
    confidence: Probability
    """That the domain is right; 0.0 without one."""
    missing_question: str | None = None
    """The one thing to ask that would help most, as a question to the engineer; None: nothing is missing."""
    notes: tuple[str, ...] = ()
    """What could not be taken into account and why, as sentences ("The screenshot was not read: …")."""
