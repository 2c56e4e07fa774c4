"""Did the flow that was matched help? What the sessions of an account say about it."""

from uuid import UUID

from flowpilot.core.retrieval.probability import figures
from flowpilot.core.retrieval.scoring import Engine, find
from flowpilot.flows.matching.calibration import Outcome
from flowpilot.flows.matching.library import LIBRARY
from sessions.models import AISession
from sessions.snapshots import text_in

_NEWEST = 2_000
_RIVALS_AMONG = 10
LEAST_RATING = 3
"""A session that was rated lower was not helped, however it ended."""


def outcomes(account_id: UUID) -> tuple[Engine, list[Outcome]]:
    """For the newest ended sessions with a match: its figures against the library of today, and whether the
    session was resolved by following it. A flow that is not among the best any more is left out."""
    rows = AISession.objects.for_account(account_id).filter(
        matched_flow__isnull=False, status__in=(AISession.Status.RESOLVED, AISession.Status.ESCALATED)
    )
    engine: Engine = "bm25"
    found: list[Outcome] = []
    for session in rows.select_related("flow_version").order_by("-ended_at", "pk")[:_NEWEST]:
        text = f"{session.title}\n{text_in(session.intake_content, 'text')}"
        result = find(LIBRARY, account_id, text, limit=_RIVALS_AMONG)
        engine = result.engine
        scores = {hit.owner: hit.score for hit in result.hits}
        own = scores.pop(session.matched_flow_id, None)
        if own is not None:
            found.append((figures(own, scores.values(), result.lexemes), _helped(session)))
    return engine, found


def _helped(session: AISession) -> bool:
    followed = session.flow_version is not None and session.flow_version.flow_id == session.matched_flow_id
    resolved = session.status == AISession.Status.RESOLVED
    return resolved and followed and _content(session)


def _content(session: AISession) -> bool:
    """What the engineer said about the flow when resolving; where nothing was said, what the rating says."""
    if session.flow_helped is not None:
        return session.flow_helped
    return session.session_rating is None or session.session_rating >= LEAST_RATING
