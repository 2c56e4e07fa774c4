"""Did the flow that was matched help? What the sessions of an account say about it."""

from uuid import UUID

from flowpilot.core.retrieval.scoring import Engine, find
from flowpilot.flows.matching.calibration import Outcome
from flowpilot.flows.matching.library import LIBRARY
from flowpilot.flows.matching.rivals import LOOKED_AT, Judged, families, figures_of
from sessions.models import AISession
from sessions.problem import problem_of

_NEWEST = 2_000
LEAST_RATING = 3
"""A session that was rated lower was not helped, however it ended."""


def outcomes(account_id: UUID) -> tuple[Engine, list[Outcome]]:
    """For the newest ended sessions with a match: its figures against the library of today, and whether the
    session was resolved by following it. A flow that is not among the best any more is left out, and one that
    waits for its vector."""
    rows = AISession.objects.for_account(account_id).filter(
        matched_flow__isnull=False, status__in=(AISession.Status.RESOLVED, AISession.Status.ESCALATED)
    )
    found: list[tuple[Judged, bool]] = []
    for session in rows.select_related("flow_version").order_by("-ended_at", "pk")[:_NEWEST]:
        result = find(LIBRARY, account_id, problem_of(session), limit=LOOKED_AT)
        given = figures_of(result, families(account_id, [hit.owner for hit in result.hits]))
        if session.matched_flow_id in given:
            found.append((given[session.matched_flow_id], _helped(session)))
    engine: Engine = "fused" if any(judged.engine == "fused" for judged, _right in found) else "bm25"
    return engine, [(judged.figures, right) for judged, right in found if judged.engine == engine]


def _helped(session: AISession) -> bool:
    """By following it to the end: one that was left did not help."""
    pinned = session.flow_version is not None and session.flow_version.flow_id == session.matched_flow_id
    resolved = session.status == AISession.Status.RESOLVED
    return resolved and pinned and session.follows and _content(session)


def _content(session: AISession) -> bool:
    """What the engineer said about the flow when resolving; where nothing was said, what the rating says."""
    if session.flow_helped is not None:
        return session.flow_helped
    return session.session_rating is None or session.session_rating >= LEAST_RATING
