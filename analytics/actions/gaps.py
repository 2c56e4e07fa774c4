"""Verbs of knowledge gaps: what a run of the detectors changes, and what people decide."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import Count, Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from analytics.actions.known import look_up
from analytics.gaps.detecting import detect
from analytics.gaps.finding import SESSIONS_KEPT, Found, Look, Weight, by_week, weigh
from analytics.models import GapSession, KnowledgeGap, KnownBefore
from flowpilot.accounts import audit
from flowpilot.accounts.models import Account, User
from flowpilot.accounts.roles import NotAllowed, administers
from flowpilot.core.db.rows import insert_rows, uuid_array
from flowpilot.flows.actions import mark_decaying
from proposals import jobs
from proposals.models import SessionAnalysis
from sessions.models import AISession

LOCK: Final = "analytics: knowledge gaps"
QUIET: Final = timedelta(days=1)
"""A gap that was not found for so long closes by itself: one at the edge of a rule does not come and go."""
SAME_TOPIC: Final = 0.5
"""Share of the sessions, or of the telling words, in common from which on two topics are one."""
LEAST_IN_COMMON: Final = 3
"""So many of them at least: one word of two says nothing. Sets that are the same are one, however small."""
DRAFTED_FROM: Final = 50
"""Sessions, the newest resolved ones, that are analysed together."""
AUDITED: Final = {
    KnowledgeGap.State.ACKNOWLEDGED: audit.Verb.GAP_ACKNOWLEDGED,
    KnowledgeGap.State.RESOLVED: audit.Verb.GAP_RESOLVED,
    KnowledgeGap.State.DISMISSED: audit.Verb.GAP_DISMISSED,
    KnowledgeGap.State.OPEN: audit.Verb.GAP_REOPENED,
}
FORGET_SESSIONS: Final = (
    "DELETE FROM analytics_gapsession WHERE account_id = %s AND gap_id = %s AND session_id = ANY(%s::uuid[])"
)
State, Kind = KnowledgeGap.State, KnowledgeGap.Kind


class ManyProblems(Exception):
    """A gap of a whole domain or client: no flow answers it."""


class NothingToDraftFrom(Exception):
    """None of the gap's sessions is resolved and the reader's to administer."""


def find_gaps(account: Account, *, now: datetime | None = None) -> int:
    """Look up what was known before the newest sessions, run the detectors, bring the account's gaps up to
    date and mark its decaying flows; returns how many gaps were found."""
    look = Look(account, now or timezone.now())
    try:
        look_up(account, look.now)
    finally:  # What could not be looked up is told in the end: the detectors do without it.
        found = _bring_up_to_date(look)
    return found


def last_looked(account: Account) -> datetime | None:
    """When something was last found or looked up in the account."""
    gaps = KnowledgeGap.objects.for_account(account.pk).aggregate(last=Max("last_seen_at"))
    known = KnownBefore.objects.for_account(account.pk).aggregate(last=Max("created_at"))
    return max((each["last"] for each in (gaps, known) if each["last"]), default=None)


@dataclass(frozen=True)
class Measured:
    """A finding with how much it matters."""

    found: Found
    weight: Weight
    weeks: list[int]


def _bring_up_to_date(look: Look) -> int:
    """What takes long is done before anything is locked: who decides a gap does not wait for it."""
    measured = [
        Measured(each, weigh(look, each.sessions), by_week(look, each.sessions)) for each in detect(look)
    ]
    with transaction.atomic():
        known = list(KnowledgeGap.objects.for_account(look.account.pk).select_for_update())
        places = {(gap.kind, gap.key): gap for gap in known}
        topics = Topics(gap for gap in known if gap.kind == Kind.UNCOVERED_TOPIC)
        seen = set()
        for each in measured:
            found = each.found
            gap = places.get((found.kind, found.key)) if found.key else topics.same(found)
            if gap is None:
                gap = _new(look, found, None if found.key else topics.dismissed(found))
            seen.add(_note(look, each, gap).pk)
        _close_quiet(look, [gap for gap in known if gap.stands and gap.pk not in seen])
        decaying = [UUID(each.found.key) for each in measured if each.found.kind == Kind.DECAYING_FLOW]
        mark_decaying(look.account.pk, decaying)
    return len(measured)


def _new(look: Look, found: Found, dismissed: KnowledgeGap | None) -> KnowledgeGap:
    """Not saved. What has split off a topic that was dismissed is dismissed with it."""
    gap = KnowledgeGap(
        account=look.account,
        kind=found.kind,
        key=found.key or uuid4().hex,
        title=found.title[:200],
        first_seen_at=look.now,
    )
    if dismissed is not None:
        gap.state, gap.decided_by, gap.decided_at = State.DISMISSED, dismissed.decided_by, look.now
    return gap


def _note(look: Look, measured: Measured, gap: KnowledgeGap) -> KnowledgeGap:
    """Write what was found; a topic keeps the name that it was given first, a judgement stands."""
    found, weight = measured.found, measured.weight
    if gap.state == State.RESOLVED and weight.demand > gap.demand_when_closed:
        gap.state, gap.decided_by, gap.decided_at = State.OPEN, None, None
        audit.record(audit.Verb.GAP_REOPENED, account_id=gap.account_id, subject=gap, by=None)
    if found.kind != Kind.UNCOVERED_TOPIC:
        gap.title = found.title[:200]
    gap.team_id, gap.domain, gap.evidence = found.team_id, found.domain, found.evidence
    gap.demand, gap.escalated = weight.demand, weight.escalated
    gap.priority, gap.severity = weight.priority, weight.severity
    gap.weeks, gap.last_seen_at = measured.weeks, look.now
    gap.save()
    _keep_sessions(gap, found)
    return gap


def _keep_sessions(gap: KnowledgeGap, found: Found) -> None:
    wanted = set(sorted(found.sessions)[-SESSIONS_KEPT:])
    kept = set(gap.shown_by.values_list("session_id", flat=True))
    if gone := kept - wanted:
        with connection.cursor() as cursor:
            cursor.execute(FORGET_SESSIONS, [gap.account_id, gap.pk, uuid_array(gone)])
    insert_rows(
        [GapSession(account_id=gap.account_id, gap=gap, session_id=pk) for pk in sorted(wanted - kept)]
    )


def _close_quiet(look: Look, missing: Iterable[KnowledgeGap]) -> None:
    """Nobody decides it: the cause is gone."""
    for gap in missing:
        if look.now - gap.last_seen_at >= QUIET:
            gap.state, gap.decided_by, gap.decided_at = State.RESOLVED, None, look.now
            gap.demand_when_closed = 0
            gap.save(update_fields=["state", "decided_by", "decided_at", "demand_when_closed"])
            audit.record(audit.Verb.GAP_CLOSED, account_id=gap.account_id, subject=gap, by=None)


class Topics:
    """The known topics: a cluster has no key of its own, and is known by what it has in common with them."""

    def __init__(self, gaps: Iterable[KnowledgeGap]) -> None:
        self._known = [
            (gap, set(gap.evidence.get("sessions", ())), set(gap.evidence.get("terms", ()))) for gap in gaps
        ]

        self._dismissed = [each for each in self._known if each[0].state == State.DISMISSED]

    def same(self, found: Found) -> KnowledgeGap | None:
        """The known topic that this is, which is then taken."""
        place = _most_like(found, self._known)
        return self._known.pop(place)[0] if place is not None else None

    def dismissed(self, found: Found) -> KnowledgeGap | None:
        """The dismissed topic that this was part of, taken or not: one may have split."""
        place = _most_like(found, self._dismissed)
        return self._dismissed[place][0] if place is not None else None


Known = tuple[KnowledgeGap, set[str], set[str]]
"""A topic with the keys of its sessions and its telling words, as they were before this run."""


def _most_like(found: Found, known: Iterable[Known]) -> int | None:
    sessions, terms = {str(pk) for pk in found.sessions}, set(_texts(found.evidence["terms"]))
    best, place = 0.0, None
    for index, (gap, its_sessions, its_terms) in enumerate(known):
        if gap.team_id == found.team_id:
            common = max(_overlap(sessions, its_sessions), _overlap(terms, its_terms))
            if common >= SAME_TOPIC and common > best:
                best, place = common, index
    return place


def _texts(value: Any) -> list[str]:
    return [str(each) for each in value]


def _overlap(one: set[str], other: set[str]) -> float:
    """Of the smaller one, the share that the other has, too."""
    common = len(one & other)
    if one == other or common >= LEAST_IN_COMMON:
        return common / (min(len(one), len(other)) or 1)
    return 0.0


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
    changes = {"state": (locked.state, str(state))}
    locked.state, locked.decided_by, locked.decided_at = state, by, timezone.now()
    locked.demand_when_closed = locked.demand
    locked.save(update_fields=["state", "decided_by", "decided_at", "demand_when_closed"])
    audit.record(AUDITED[state], account_id=gap.account_id, subject=locked, changes=changes, by=by)
    gap.refresh_from_db()


def draft_flow(gap: KnowledgeGap, *, by: User) -> SessionAnalysis:
    """Have the analysis look at the newest resolved sessions of the gap, of its team, together; of a gap of
    the whole account, at those of the team that has most of them. Returns what came of it. Raises
    `NothingToDraftFrom`, `ManyProblems`."""
    if not administers(by, gap):
        raise NotAllowed(_("Only an admin of the gap's team may draft a flow."))
    if not gap.is_one_problem:
        raise ManyProblems
    rows = AISession.objects.administered_by(by).filter(
        pk__in=gap.shown_by.values("session"), status=AISession.Status.RESOLVED
    )
    team = gap.team_id or _most_frequent(rows)
    newest = rows.filter(team=team).order_by("-created_at", "-pk")[:DRAFTED_FROM]
    sessions = sorted(newest, key=lambda session: session.pk)
    if not sessions:
        raise NothingToDraftFrom
    analysis = jobs.propose_together(sessions, by=by)
    if gap.state == State.OPEN:
        acknowledge(gap, by=by)
    return analysis


def _most_frequent(rows: QuerySet[AISession]) -> UUID | None:
    """The team of most of them; None of nothing."""
    teams = rows.order_by().values("team").annotate(n=Count("pk")).order_by("-n", "team")
    return teams[0]["team"] if teams else None
