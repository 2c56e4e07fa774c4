"""What was known when a session began: a flow that fitted, or resolutions of the same problem."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.lookups import Exact

from analytics.models import KnownBefore
from flowpilot.core.retrieval.scoring import find
from flowpilot.core.retrieval.upkeep import EXACT_UP_TO
from flowpilot.flows.matching import Match, rank
from flowpilot.flows.matching.formerly import InForce
from proposals.facts import problem_text
from proposals.models import ProposalEvidence
from sessions import sets
from sessions.models import GUIDED_ABOVE, AISession, SessionEvent
from sessions.similar import HISTORY

ALIKE: Final = 0.5
"""Score from which on two sessions are about the same problem: of the demo's 137 ended sessions without a
flow it says so of 65 of the 76 whose problem had been resolved before, and of 11 others."""
ENOUGH: Final = 20
"""Earlier resolutions that are counted at most."""
LOOKED_AT: Final = (20, 400, EXACT_UP_TO)
"""Sessions that resemble it most, of all time: more are looked at where those of today hide the earlier."""
FLOWS: Final = 5
WAITED_FOR: Final = timedelta(days=1)
"""So long the analysis may take to say which sessions are about the same."""
TOLD: Final = (
    "id",
    "created_at",
    "account_id",
    "team_id",
    "client_id",
    "matched_flow_id",
    "problem_summary",
    "intake_content",
    "ticket_data",
)


def not_looked_up(account_id: UUID, now: datetime) -> QuerySet[AISession]:
    """Ended sessions without a flow to their end, the newest first, with as much as a look needs; not those
    that the analysis is about to see."""
    looked_up = Exists(KnownBefore.objects.filter(session=OuterRef("pk")))
    awaited = Q(analysis_status=AISession.AnalysisStatus.PENDING, ended_at__gt=now - WAITED_FOR)
    rows: QuerySet[AISession] = AISession.objects.for_account(account_id)
    rows = rows.filter(sets.ended(now), ~sets.followed(now), ~looked_up).exclude(awaited)
    return rows.order_by("-created_at", "-id").only(*TOLD)


def known_before(session: AISession, there: InForce) -> KnownBefore:
    """Not saved. `there` is the library as matching answers for it: that of those days."""
    text = f"{session.title}\n{problem_text(session)}"
    fitting = _fitting(session, text) if there else None
    return KnownBefore(
        account_id=session.account_id,
        session=session,
        fitting_flow=fitting.flow_id if fitting else None,
        probability=fitting.probability if fitting else 0.0,
        resolved_alike=_resolved_alike(session, text),
    )


def _fitting(session: AISession, text: str) -> Match | None:
    """The best flow of those days, if it fits. One that was tried and left is not what was missed."""
    teams = [session.team_id] if session.team_id else []
    found = rank(session.account_id, text, team_ids=teams, client_id=session.client_id, limit=FLOWS)
    others = (each for each in found if each.flow_id != session.matched_flow_id)
    return next((each for each in others if each.probability > GUIDED_ABOVE), None)


def _resolved_alike(session: AISession, text: str) -> int:
    """How many resolutions of the same problem there were; found by the analysis, or by what they say."""
    same = set(_of_one_finding(session))
    known = 0
    for limit in LOOKED_AT:
        hits = find(HISTORY, session.account_id, text, limit=limit).hits
        alike = {hit.owner for hit in hits if hit.lexical > 0 and hit.score >= ALIKE}
        known = _stood(session, alike | same)
        if known == ENOUGH or len(hits) < limit or hits[-1].score < ALIKE:
            break
    return known


def _of_one_finding(session: AISession) -> QuerySet[ProposalEvidence, UUID]:
    """The sessions that proposals rest on together with this one."""
    rows = ProposalEvidence.objects.for_account(session.account_id)
    own = rows.filter(session=session).values("proposal")
    return rows.filter(proposal__in=own).values_list("session_id", flat=True)


def _stood(session: AISession, others: Collection[UUID]) -> int:
    rows = AISession.objects.for_account(session.account_id).filter(pk__in=others).exclude(pk=session.pk)
    return rows.filter(stood_resolved(session.created_at))[:ENOUGH].count()


def stood_resolved(moment: datetime) -> Q:
    """Sessions that were resolved at that moment, whatever has become of them since."""
    was_back = Q(reopened_at__gt=F("resolved_at"), reopened_at__lte=moment)
    turns = SessionEvent.objects.filter(
        session=OuterRef("pk"), verb__in=("resolve", "reopen"), created_at__lt=moment
    )
    last = Subquery(turns.order_by("-created_at", "-id").values("verb")[:1])
    formerly = Q(resolved_at__gte=moment, reopened_at__isnull=False) & Q(Exact(last, Value("resolve")))
    return Q(resolved_at__lt=moment) & ~was_back | formerly
