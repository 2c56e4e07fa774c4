"""Sets of sessions under a name: what a figure counts, and what its link shows, is one condition.

Rooms above this one add the sets that need their tables (`add`), when the application is set up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sessions.models import AISession

DURABLE_AFTER = timedelta(days=7)
"""A resolution that held for so long has lasted."""

Condition = Callable[[datetime], Q]


@dataclass(frozen=True)
class NamedSet:
    """`condition` takes the moment of asking: some sessions come to belong to a set by waiting."""

    key: str
    label: str | Promise
    condition: Condition


def ended(now: datetime) -> Q:
    return Q(status__in=AISession.ENDED)


def resolved(now: datetime) -> Q:
    return Q(status=AISession.Status.RESOLVED)


def old_enough(now: datetime) -> Q:
    """Resolved long enough ago to know whether it lasted, reopened or not: younger ones are on neither side
    of the rate."""
    return Q(resolution_no__gte=1, resolved_at__lte=now - DURABLE_AFTER)


def lasting(now: datetime) -> Q:
    """Of those, the ones that nobody brought back within the time. A session that was brought back and
    resolved again has not lasted."""
    never = Q(reopened_at__isnull=True)
    late = Q(reopened_at__gt=F("resolved_at") + DURABLE_AFTER)
    return old_enough(now) & Q(status=AISession.Status.RESOLVED) & (never | late)


def followed(now: datetime) -> Q:
    return Q(matched_flow__isnull=False)


def unused(now: datetime) -> Q:
    """A published flow fitted with a probability above that of "guided", and was not followed."""
    guided = Q(scored_at__isnull=False, confidence_tier=AISession.Tier.GUIDED)
    return ended(now) & Q(matched_flow__isnull=True) & guided


_SETS = {
    each.key: each
    for each in (
        NamedSet("ended", _("Ended"), ended),
        NamedSet("resolved", _("Resolved"), resolved),
        NamedSet("escalated", _("Escalated"), lambda now: Q(status=AISession.Status.ESCALATED)),
        NamedSet("abandoned", _("Abandoned"), lambda now: Q(status=AISession.Status.ABANDONED)),
        NamedSet("unfinished", _("Still open"), lambda now: Q(status__in=AISession.OPEN)),
        NamedSet("handed_over", _("Handed to a colleague"), lambda now: Q(escalated_to__isnull=False)),
        NamedSet("reopened", _("Reopened"), lambda now: Q(reopened_at__isnull=False)),
        NamedSet("old_enough", _("Resolved at least 7 days ago"), old_enough),
        NamedSet("lasting", _("Resolved for good"), lasting),
        NamedSet("followed", _("Followed a flow"), followed),
        NamedSet("known_used", _("Known, flow used"), lambda now: ended(now) & followed(now)),
        NamedSet("known_unused", _("Known, flow not used"), unused),
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
