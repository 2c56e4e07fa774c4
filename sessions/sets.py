"""Sets of sessions under a name: what a figure counts, and what its link shows, is one condition.

Rooms above this one add the sets that need their tables (`add`), when the application is set up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThan, GreaterThanOrEqual
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sessions.models import EXPLORING_FROM, GUIDED_ABOVE, AISession, SessionEvent

DURABLE_AFTER = timedelta(days=7)
"""A resolution that held for so long has lasted."""

STARTED_AT = Coalesce("first_score", "match_probability", "confidence_score")
"""How sure a session was when it was scored first, which it is counted by: what it came to be on its way
knows how it went. Where that was not kept yet it is the probability of the match, else the last score."""

UNSCORED = "unscored"

BY_WAITING = ("old_enough", "lasting")
"""Sets that sessions come into without a change of theirs: links tell as of when they are meant."""

Condition = Callable[[datetime], Q]


@dataclass(frozen=True)
class NamedSet:
    """`condition` takes the moment of asking: some sessions come to belong to a set by waiting."""

    key: str
    label: str | Promise
    condition: Condition


def first_tier() -> Case:
    """The tier that a session was first scored into; `UNSCORED` for one that has none but by default."""
    sure = STARTED_AT
    return Case(
        When(scored_at__isnull=True, then=Value(UNSCORED)),
        When(GreaterThan(sure, GUIDED_ABOVE), then=Value(AISession.Tier.GUIDED)),
        When(GreaterThanOrEqual(sure, EXPLORING_FROM), then=Value(AISession.Tier.EXPLORING)),
        default=Value(AISession.Tier.DISCOVERY),
        output_field=CharField(),
    )


def ended(now: datetime) -> Q:
    return Q(status__in=AISession.ENDED)


def resolved(now: datetime) -> Q:
    return Q(status=AISession.Status.RESOLVED)


def old_enough(now: datetime) -> Q:
    """Resolved long enough ago to know whether it lasted, reopened or not: younger ones are on neither side
    of the rate."""
    return Q(resolution_no__gte=1, resolved_at__lte=now - DURABLE_AFTER)


def lasting(now: datetime) -> Q:
    """Of those, the ones that nobody brought back within the time, however long an account lets it be done: a
    resolution that was brought back later than that had lasted."""
    never = Q(status=AISession.Status.RESOLVED, reopened_at__isnull=True)
    late = Q(reopened_at__gt=F("resolved_at") + DURABLE_AFTER)
    again = Q(reopened_at__lte=F("resolved_at")) & Exists(_brought_back()) & ~Exists(_too_soon())
    back = Q(reopened_at__isnull=False)
    return old_enough(now) & (never | back & (late | again))


def _brought_back() -> QuerySet[SessionEvent]:
    return SessionEvent.objects.filter(session=OuterRef("pk"), verb="reopen")


def _too_soon() -> QuerySet[SessionEvent]:
    """Of a session that was resolved anew: the times that a former resolution had not lasted, or that nobody
    knows when it was."""
    before = SessionEvent.objects.filter(
        session=OuterRef("session"),
        verb="resolve",
        created_at__lt=OuterRef("created_at"),
    )
    just_before = before.filter(created_at__gte=OuterRef("created_at") - DURABLE_AFTER)
    return _brought_back().filter(Exists(just_before) | ~Exists(before))


def followed(now: datetime) -> Q:
    """Along a flow, and not gone on without it: who left it and came back follows it."""
    return Q(matched_flow__isnull=False, left_flow_at__isnull=True)


def handed_over(now: datetime) -> Q:
    """Its holder asked for somebody else, and somebody else has it: what an admin reassigned, of somebody who
    left, was not asked for."""
    return Q(escalated_to__isnull=False, escalation_requested_at__isnull=False)


def passed_on(now: datetime) -> Q:
    """Ended outside FlowPilot, or handed over to a colleague who took it."""
    return Q(status=AISession.Status.ESCALATED) | handed_over(now)


_SETS = {
    each.key: each
    for each in (
        NamedSet("ended", _("Ended"), ended),
        NamedSet("resolved", _("Resolved"), resolved),
        NamedSet("escalated", _("Escalated"), lambda now: Q(status=AISession.Status.ESCALATED)),
        NamedSet("abandoned", _("Abandoned"), lambda now: Q(status=AISession.Status.ABANDONED)),
        NamedSet("unfinished", _("Still open"), lambda now: Q(status__in=AISession.OPEN)),
        NamedSet("passed_on", _("Escalated or handed over"), passed_on),
        NamedSet("handed_over", _("Handed to a colleague"), handed_over),
        NamedSet("reopened", _("Reopened"), lambda now: Q(reopened_at__isnull=False)),
        NamedSet("old_enough", _("Resolved at least 7 days ago"), old_enough),
        NamedSet("lasting", _("Resolved for good"), lasting),
        NamedSet("followed", _("Followed a flow"), followed),
        NamedSet("known_used", _("Known, flow used"), lambda now: ended(now) & followed(now)),
        NamedSet("rated", _("Rated"), lambda now: Q(session_rating__isnull=False)),
    )
}


def add(key: str, label: str | Promise, condition: Condition) -> None:
    """Make a set known. A second one of the same name takes the place of the first."""
    _SETS[key] = NamedSet(key, label, condition)


def named(key: str) -> NamedSet:
    """Raises KeyError for a set that nobody knows."""
    return _SETS[key]


def set_choices() -> list[tuple[str, str | Promise]]:
    return [(each.key, each.label) for each in _SETS.values()]


_LISTS: dict[str, Callable[[UUID], QuerySet[Any]]] = {}


def add_lists(name: str, keys: Callable[[UUID], QuerySet[Any]]) -> None:
    """Make known lists of sessions that a room above keeps: from the key of one to those of its sessions."""
    _LISTS[name] = keys


def kept_list(name: str, key: UUID) -> QuerySet[Any]:
    """Raises KeyError for a kind of list that nobody keeps."""
    return _LISTS[name](key)
