"""Seen before: an account's resolved sessions that resemble a problem, scored as flows are.

The schedule indexes what was resolved since its last run, so the newest are found a minute later.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from flowpilot.accounts.models import User
from flowpilot.core.retrieval.corpus import Corpus
from flowpilot.core.retrieval.indexing import Text
from flowpilot.core.retrieval.scoring import cleaned, find
from flowpilot.core.retrieval.shared import Shared, shared_with
from flowpilot.core.retrieval.upkeep import Source
from flowpilot.core.web import visible
from sessions.models import AISession, SessionDocument, SessionPosting
from sessions.problem import problem_of

HISTORY: Final = Corpus(documents=SessionDocument, postings=SessionPosting, owner="session_id")
_LOOKED_AT: Final = 50
"""Best hits, of which those are shown that have a telling word in common with the problem: "since Tuesday"
makes no two of them alike."""
_RESEMBLES_FROM: Final = 0.2
"""Score below which two problems have nothing to do with each other."""


@dataclass(frozen=True)
class Similar:
    """A resolved session that resembles a problem."""

    session: AISession
    score: float
    """Raw similarity from 0.0 to 1.0, not a probability."""
    shared: Shared


def resolved(account_id: UUID) -> QuerySet[AISession]:
    rows: QuerySet[AISession] = AISession.objects.for_account(account_id)
    return rows.filter(status=AISession.Status.RESOLVED)


def texts(rows: QuerySet[AISession]) -> list[Text]:
    """What is searched of a session: its problem, as it would be looked for, and what fixed it."""
    return [
        Text(session.pk, session.title, _body(session), session.updated_at)
        for session in rows.only(
            "problem_summary", "intake_content", "ticket_data", "resolution_summary", "updated_at"
        )
    ]


def _body(session: AISession) -> str:
    return f"{problem_of(session)}\n{session.resolution_summary or ''}"


PAST: Final = Source(HISTORY, resolved, texts)


def similar(
    text: str, user: User, *, limit: int = 5, without: Collection[UUID] = (), among: Q | None = None
) -> list[Similar]:
    """The resolved sessions that resemble a problem text most, of those that the user may see.

    `without` leaves some out, such as the session that is asked for itself; `among` tells which are looked
    for, so that others displace none of them.
    """
    if user.account_id is None:
        return []
    may_be_shown = visible(AISession, user).filter(status=AISession.Status.RESOLVED)
    if among is not None:
        may_be_shown = may_be_shown.filter(among)
    sees_all = user.account_admin and among is None
    only = None if sees_all else may_be_shown  # who sees all is spared what narrowing takes
    found = find(HISTORY, user.account_id, text, limit=_LOOKED_AT + len(without), only=only)
    scores = {hit.owner: hit.score for hit in found.hits if hit.score >= _RESEMBLES_FROM}
    rows = may_be_shown.filter(pk__in=scores.keys() - {*without}).select_related("matched_flow", "client")
    ranked = sorted(rows, key=lambda row: (-scores[row.pk], row.pk))
    titles = {session.pk: session.title for session in ranked}
    shared = shared_with(HISTORY, user.account_id, cleaned(text), titles) if ranked else {}
    resembling = [each for each in ranked if shared[each.pk].says_something]
    return [Similar(session, scores[session.pk], shared[session.pk]) for session in resembling[:limit]]
