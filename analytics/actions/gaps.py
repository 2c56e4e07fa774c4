"""Verbs of knowledge gaps: what a run of the detectors changes, and what people decide."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from analytics.gaps.detecting import detect
from analytics.gaps.finding import SESSIONS_KEPT, Found, Look, by_week, weigh
from analytics.models import GapSession, KnowledgeGap
from flowpilot.accounts.models import Account, User
from flowpilot.accounts.roles import NotAllowed, administers
from proposals import jobs
from proposals.models import SessionAnalysis
from sessions.models import AISession

LOCK: Final = "analytics: knowledge gaps"
QUIET: Final = timedelta(days=1)
"""A gap that was not found for so long closes by itself: one at the edge of a rule does not come and go."""
SAME_TOPIC: Final = 0.5
"""Share of the sessions, or of the telling words, in common from which on two topics are one."""
State, Kind = KnowledgeGap.State, KnowledgeGap.Kind


class NothingToDraftFrom(Exception):
    """None of the gap's sessions is resolved and the reader's to administer."""


def find_gaps(account: Account, *, now: datetime | None = None) -> int:
    """Run the detectors and bring the account's gaps up to date; returns how many were found."""
    look = Look(account, now or timezone.now())
    found = list(detect(look))
    with transaction.atomic():
        known = list(KnowledgeGap.objects.for_account(account.pk).select_for_update())
        places = {(gap.kind, gap.key): gap for gap in known}
        topics = _Topics(gap for gap in known if gap.kind == Kind.UNCOVERED_TOPIC)
        seen = set()
        for each in found:
            gap = places.get((each.kind, each.key)) if each.key else topics.same(each)
            seen.add(_note(look, each, gap).pk)
        _close_quiet(look, [gap for gap in known if gap.stands and gap.pk not in seen])
    return len(found)


def _note(look: Look, found: Found, gap: KnowledgeGap | None) -> KnowledgeGap:
    """Write what was found; a topic keeps the name that it was given first, a judgement stands."""
    weight = weigh(look, found.sessions)
    if gap is None:
        gap = KnowledgeGap(
            account=look.account,
            kind=found.kind,
            key=found.key or uuid4().hex,
            title=found.title[:200],
            first_seen_at=look.now,
        )
    elif gap.state == State.RESOLVED and weight.demand > gap.demand_when_closed:
        gap.state, gap.decided_by, gap.decided_at = State.OPEN, None, None
    if found.kind != Kind.UNCOVERED_TOPIC:
        gap.title = found.title[:200]
    gap.team_id, gap.domain, gap.evidence = found.team_id, found.domain, found.evidence
    gap.demand, gap.escalated = weight.demand, weight.escalated
    gap.priority, gap.severity = weight.priority, weight.severity
    gap.weeks, gap.last_seen_at = by_week(look, found.sessions), look.now
    gap.save()
    _keep_sessions(gap, found)
    return gap


def _keep_sessions(gap: KnowledgeGap, found: Found) -> None:
    wanted = set(sorted(found.sessions)[-SESSIONS_KEPT:])
    kept = set(gap.shown_by.values_list("session_id", flat=True))
    gap.shown_by.filter(session__in=kept - wanted).delete()
    new = [GapSession(account_id=gap.account_id, gap=gap, session_id=pk) for pk in sorted(wanted - kept)]
    GapSession.objects.bulk_create(new)


def _close_quiet(look: Look, missing: Iterable[KnowledgeGap]) -> None:
    """Nobody decides it: the cause is gone."""
    for gap in missing:
        if look.now - gap.last_seen_at >= QUIET:
            gap.state, gap.decided_at, gap.demand_when_closed = State.RESOLVED, look.now, 0
            gap.save(update_fields=["state", "decided_at", "demand_when_closed"])


class _Topics:
    """The known topics: a cluster has no key of its own, and is known by what it has in common with them."""

    def __init__(self, gaps: Iterable[KnowledgeGap]) -> None:
        self._known = [
            (gap, set(gap.evidence.get("sessions", ())), set(gap.evidence.get("terms", ()))) for gap in gaps
        ]

    def same(self, found: Found) -> KnowledgeGap | None:
        """The known topic that this is, which is then taken."""
        sessions, terms = {str(pk) for pk in found.sessions}, set(_texts(found.evidence["terms"]))
        best, place = 0.0, None
        for index, (gap, its_sessions, its_terms) in enumerate(self._known):
            if gap.team_id == found.team_id:
                common = max(_overlap(sessions, its_sessions), _overlap(terms, its_terms))
                if common >= SAME_TOPIC and common > best:
                    best, place = common, index
        return self._known.pop(place)[0] if place is not None else None


def _texts(value: Any) -> list[str]:
    return [str(each) for each in value]


def _overlap(one: set[str], other: set[str]) -> float:
    """Of the smaller one, the share that the other has, too."""
    smaller = min(len(one), len(other))
    return len(one & other) / smaller if smaller else 0.0


def acknowledge(gap: KnowledgeGap, *, by: User) -> None:
    """Somebody sees to it."""
    _decide(gap, State.ACKNOWLEDGED, by)


def resolve(gap: KnowledgeGap, *, by: User) -> None:
    """Done; it opens again when more sessions show it than now."""
    _decide(gap, State.RESOLVED, by)


def dismiss(gap: KnowledgeGap, *, by: User) -> None:
    """Not wanted, and not to be shown again, however often it is found."""
    _decide(gap, State.DISMISSED, by)


def reopen(gap: KnowledgeGap, *, by: User) -> None:
    _decide(gap, State.OPEN, by)


DECISIONS: Final[dict[str, Callable[..., None]]] = {
    "acknowledge": acknowledge,
    "resolve": resolve,
    "dismiss": dismiss,
    "reopen": reopen,
}


@transaction.atomic
def _decide(gap: KnowledgeGap, state: KnowledgeGap.State, by: User) -> None:
    if not administers(by, gap):
        raise NotAllowed(_("Only an admin of the gap's team may decide it."))
    locked = KnowledgeGap.objects.select_for_update(of=("self",)).get(pk=gap.pk)
    locked.state, locked.decided_by, locked.decided_at = state, by, timezone.now()
    locked.demand_when_closed = locked.demand
    locked.save(update_fields=["state", "decided_by", "decided_at", "demand_when_closed"])
    gap.refresh_from_db()


def draft_flow(gap: KnowledgeGap, *, by: User) -> SessionAnalysis:
    """Have the analysis look at the gap's resolved sessions together; returns what came of it. Raises
    `NothingToDraftFrom`."""
    if not administers(by, gap):
        raise NotAllowed(_("Only an admin of the gap's team may draft a flow."))
    rows = AISession.objects.administered_by(by).filter(
        pk__in=gap.shown_by.values("session"), status=AISession.Status.RESOLVED, team=gap.team_id
    )
    sessions = list(rows.order_by("pk"))
    if not sessions:
        raise NothingToDraftFrom
    analysis = jobs.propose_together(sessions, by=by)
    if gap.state == State.OPEN:
        acknowledge(gap, by=by)
    return analysis
