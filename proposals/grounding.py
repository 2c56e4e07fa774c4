"""Numbers beside the nodes of a draft. They are counted here from the sources, never by an engine."""

from collections.abc import Iterable, Mapping
from statistics import median
from typing import Any
from uuid import UUID

from flowpilot.ai.contracts import Grounding, SessionFacts


def grounding_json(grounding: Grounding, sessions: Iterable[SessionFacts]) -> dict[str, Any]:
    """{"sources": {key: [span, …]}, "counts": {key: …}} as a draft keeps it."""
    return {
        "sources": {
            key: [span.model_dump(mode="json") for span in spans] for key, spans in sorted(grounding.items())
        },
        "counts": counts(grounding, sessions),
    }


def counts(grounding: Grounding, sessions: Iterable[SessionFacts]) -> dict[str, dict[str, int]]:
    """Per node ("reached") or option ("chosen"): how many sessions, and how those ended."""
    outcome = {facts.id: facts.outcome for facts in sessions}
    return {
        key: _count(key, {span.session for span in spans}, outcome)
        for key, spans in sorted(grounding.items())
    }


def _count(key: str, ids: set[UUID], outcome: Mapping[UUID, str]) -> dict[str, int]:
    known = [outcome[pk] for pk in ids if pk in outcome]
    return {
        "chosen" if "/" in key else "reached": len(known),
        "resolved": known.count("resolved"),
        "escalated": known.count("escalated"),
    }


def impact(sessions: Iterable[SessionFacts]) -> float:
    """Evidence × median minutes: the engineers' time that the finding stands for."""
    members = list(sessions)
    minutes = [facts.minutes for facts in members if facts.minutes is not None]
    return round(len(members) * median(minutes), 1) if minutes else 0.0
