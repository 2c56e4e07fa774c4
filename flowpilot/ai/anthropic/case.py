"""Sessions, steps and tickets as the JSON that the model reads. Ids of ours do not leave."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from flowpilot.ai.contracts import Entities, OpenSession, SimilarSession, StepFacts, TicketFacts
from flowpilot.core.text import clean_text

Json = dict[str, Any]

TEXT: Final = 20_000
"""Characters of a problem's text that are sent; what is beyond them is cut, and that is said."""
LOG: Final = 20_000
FIELD: Final = 4_000
NOTES: Final = 30
"""The newest notes of a ticket."""
SIMILAR: Final = 5


def session_case(session: OpenSession, similar: Sequence[SimilarSession] = ()) -> Json:
    """What of a session does not change from turn to turn."""
    return {
        "title": cut(session.title, 300),
        "text": cut(session.text, TEXT),
        "log": cut(session.log, LOG),
        "domain": session.domain or "unknown",
        "customer": cut(session.client, 200),
        "known": entities(session.entities),
        "past_sessions": [past(one) for one in similar[:SIMILAR]],
    }


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
        "similarity": round(session.similarity, 2),
    }


def ticket(facts: TicketFacts) -> Json:
    return {
        "title": cut(facts.title, 300),
        "body": cut(facts.body, TEXT),
        "status": cut(facts.status, 100),
        "priority": cut(facts.priority, 100),
        "board": cut(facts.board, 100),
        "devices": [cut(name, 200) for name in facts.assets[:50]],
        "notes": [{"by": cut(note.by, 200), "text": cut(note.text, FIELD)} for note in facts.notes[-NOTES:]],
    }


def entities(known: Entities) -> Json:
    return known.model_dump(mode="json")


def cut(text: str, limit: int) -> str:
    cleaned = clean_text(text, limit=limit + 1)
    return cleaned if len(cleaned) <= limit else f"{cleaned[:limit]} [… cut]"
