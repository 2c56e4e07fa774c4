"""The rates of the dashboard: each is defined here once, as two sets of sessions, for cards, charts, links
and files alike. What lasts and what is linked is counted as in Knowledge-Centered Service."""

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy as _

from analytics.figures import Counts
from analytics.parts import Fact, Text, share_fact
from analytics.scope import Scope
from analytics.seen import Seen
from flowpilot.core.statistics import Share

LINK_BAND: Final = (0.60, 0.80)
"""Where the link rate of a healthy desk lies; a place to look at, not a goal for anybody."""


@dataclass(frozen=True)
class Rate:
    """`part` of `whole`, names of sets; `good` is the better direction, if there is one."""

    key: str
    label: Text
    part: str
    whole: str
    good: str = ""

    def of(self, counts: Counts) -> Share:
        return counts.share(self.part, self.whole)

    def url(self, scope: Scope, **more: object) -> str:
        """The sessions of the part: those of the whole that are in it."""
        return scope.url(set=self.part, **more)

    def fact(self, seen: Seen) -> Fact:
        return self.of_both(seen.scope, seen.now, seen.before)

    def of_both(self, scope: Scope, now: Counts, before: Counts | None) -> Fact:
        """`before` None: nothing is compared."""
        earlier = self.of(before) if before else None
        return share_fact(self.label, self.of(now), earlier, good=self.good, url=self.url(scope))


RESOLVED: Final = Rate("resolved", _("Resolved"), "resolved", "ended", "up")
ESCALATED: Final = Rate("escalated", _("Escalated"), "escalated", "ended", "down")
ABANDONED: Final = Rate("abandoned", _("Abandoned"), "abandoned", "ended", "down")
DURABLE: Final = Rate("durable", _("Resolved for good"), "lasting", "old_enough", "up")
LINKED: Final = Rate("linked", _("Linked to a flow"), "linked", "resolved")
FOLLOWED: Final = Rate("followed", _("Followed a flow"), "followed", "sessions")
LOOKED_UP: Final = "looked_up"
"""The ended sessions of which it is known already whether they were known: those of any part of `KNOWN`."""
KNOWN: Final = (
    Rate("known_used", _("Known, flow used"), "known_used", LOOKED_UP),
    Rate("known_unused", _("Known, flow not used"), "known_unused", LOOKED_UP),
    Rate("known_gap", _("Known, no flow"), "known_gap", LOOKED_UP),
    Rate("known_new", _("New"), "known_new", LOOKED_UP),
)


def looked_up(counts: Counts) -> Counts:
    """With the number of those, too."""
    return Counts({**counts.values, LOOKED_UP: sum(counts[each.part] for each in KNOWN)})
