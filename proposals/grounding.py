"""What is kept of where the nodes of a draft come from, and the numbers beside them.

Those are counted here from the sources, never by an engine. A source is kept with a digest of its words:
sessions are reopened and resolved anew, and then the same place may hold other words.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from statistics import median
from typing import Any
from uuid import UUID

from flowpilot.ai.answers import texts_by_span
from flowpilot.ai.contracts import Grounding, SessionFacts, SourceSpan
from sessions.models import AISession


class KeptSpan(SourceSpan):
    """A source as a draft or a version keeps it; those that were kept earlier have no digest."""

    digest: str = ""


def grounding_json(grounding: Grounding, sessions: Sequence[SessionFacts]) -> dict[str, Any]:
    """{"sources": {key: [span, …]}, "counts": {key: …}} as a draft keeps it."""
    text_of = texts_by_span(sessions)
    return {
        "sources": {
            key: [_kept(span, text_of(span) or "") for span in spans]
            for key, spans in sorted(grounding.items())
        },
        "counts": counts(grounding, sessions),
    }


def _kept(span: SourceSpan, text: str) -> dict[str, Any]:
    return {**span.model_dump(mode="json"), "digest": digest_of(text[span.start : span.end])}


def digest_of(words: str) -> str:
    return blake2b(words.encode(), digest_size=6).hexdigest()


def counts(grounding: Grounding, sessions: Iterable[SessionFacts]) -> dict[str, dict[str, int]]:
    """Per node ("reached") or option ("chosen"): how many sessions, and how those ended."""
    outcome = {facts.id: facts.outcome for facts in sessions}
    return {
        key: _count(key, {span.session for span in spans}, outcome)
        for key, spans in sorted(grounding.items())
    }


def sources_together(*groundings: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """By key where several groundings say that it comes from, each place once, as the last says it."""
    found: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {}
    for grounding in groundings:
        for key, spans in grounding.get("sources", {}).items():
            found.setdefault(key, {}).update({_place(span): span for span in spans})
    return {key: list(spans.values()) for key, spans in found.items()}


def _place(span: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(span.get(name) for name in SourceSpan.model_fields)


def together(before: Mapping[str, Any], draft: Mapping[str, Any], account_id: UUID) -> dict[str, Any]:
    """The grounding of a version and of the changes to it. What both say something about is counted anew: a
    session may stand behind both."""
    sources = sources_together(before, draft)
    counted = {**before.get("counts", {}), **draft.get("counts", {})}
    both = before.get("sources", {}).keys() & draft.get("sources", {}).keys()
    named = {key: {UUID(span["session"]) for span in sources[key]} for key in both}
    rows = AISession.objects.for_account(account_id).filter(pk__in=set().union(*named.values()))
    outcome = dict(rows.values_list("pk", "status")) if named else {}
    return {
        "sources": sources,
        "counts": counted | {key: _count(key, ids, outcome) for key, ids in named.items()},
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
