"""Sessions, steps and tickets as the JSON that the model reads. Ids of ours do not leave."""

from collections.abc import Iterable
from typing import Any, Final

from flowpilot.ai.contracts import Entities, OpenSession, SimilarSession, StepFacts, TicketFacts
from flowpilot.core.text import clean_text

Json = dict[str, Any]

TEXT: Final = 20_000
"""Characters of a problem's text that are sent; what is beyond them is cut, and that is said."""
LOG: Final = 20_000
FIELD: Final = 4_000
CUT: Final = " [… cut]"
"""Where a text ends of which the rest is not sent."""
NOTES: Final = 30
"""The newest notes of a ticket."""


def problem(session: OpenSession) -> Json:
    """What of a session stays the same for as long as it lasts: the big texts."""
    return {"text": cut(session.text, TEXT), "log": cut(session.log, LOG)}


def standing(session: OpenSession) -> Json:
    """What of a session may be put right at any time, by an engineer or by a triage that comes later."""
    return {
        "title": cut(session.title, 300),
        "domain": session.domain or "unknown",
        "customer": cut(session.client, 200),
        "known": entities(session.entities),
    }


def session_case(session: OpenSession) -> Json:
    """A whole session but its steps, for jobs that ask about it once."""
    return {**problem(session), **standing(session)}


def past_sessions(similar: Iterable[SimilarSession]) -> list[Json]:
    """Told without how similar they are: each session that is resolved anywhere changes these figures a
    little, and with them all that is sent after."""
    return [past(one) for one in similar]


def steps(taken: Iterable[StepFacts]) -> list[Json]:
    """One entry per step that has been answered, in their order: only ever added to."""
    return [step(one) for one in taken]


def step(taken: StepFacts) -> Json:
    return {
        "step": taken.order,
        "by": taken.source,
        "kind": taken.kind,
        "title": cut(taken.title, 300),
        "body": cut(taken.body, FIELD),
        "options": list(taken.options),
        "chosen": taken.chosen or "",
        "response": cut(taken.response, FIELD),
        "outcome": taken.outcome or "",
    }


def past(session: SimilarSession) -> Json:
    return {
        "title": cut(session.title, 300),
        "resolution": cut(session.resolution, FIELD),
        "what_fixed_it": cut(session.resolution_action, 1_000),
        "steps": [cut(one.title, 200) for one in session.steps[:30]],
    }


def ticket(facts: TicketFacts) -> Json:
    return {
        "title": cut(facts.title, 300),
        "body": cut(facts.body, TEXT),
        "status": cut(facts.status, 100),
        "priority": cut(facts.priority, 100),
        "board": cut(facts.board, 100),
        "devices": [cut(name, 200) for name in facts.assets[:50]],
        "notes": _notes(facts),
    }


def _notes(facts: TicketFacts) -> list[Json]:
    """The newest, and how many are left out."""
    newest = [{"by": cut(note.by, 200), "text": cut(note.text, FIELD)} for note in facts.notes[-NOTES:]]
    older = len(facts.notes) - len(newest)
    return [{"by": "", "text": f"earlier notes: {older}{CUT}"}, *newest] if older else newest


def entities(known: Entities) -> Json:
    return known.model_dump(mode="json")


def cut(text: str, limit: int) -> str:
    cleaned = clean_text(text, limit=len(text))
    return cleaned if len(cleaned) <= limit else cleaned[:limit] + CUT
