"""What the cards of one page have in common, read once."""

from datetime import date
from functools import cached_property

from analytics.calendar import Period, period_in_database, periods
from analytics.figures import NONE, Counts, fitting, read, together
from analytics.scope import Scope


class Seen:
    """The counts of a scope and of the days before it by period and tier, from one look."""

    def __init__(self, scope: Scope) -> None:
        self.scope = fitting(scope, "tier")
        self.former = self.scope.before() if self.scope.compares else None

    @cached_property
    def cells(self) -> dict[date | None, dict[str, Counts]]:
        """First day of a period → tier → counts; the days before stand under None."""
        since = self.former.since if self.former else self.scope.since
        asked, found = self.scope.on(since, self.scope.until), dict[date | None, dict[str, Counts]]()
        for (first, tier), counts in read(asked, "tier", period=period_in_database(self.scope)):
            found.setdefault(first, {})[tier] = counts
        return found

    @cached_property
    def periods(self) -> list[tuple[Period, dict[str, Counts]]]:
        """Every period of the scope, with its counts by tier."""
        return [(period, self.cells.get(first, {})) for first, period in periods(self.scope).items()]

    @cached_property
    def now(self) -> Counts:
        return together(self.by_tier.values())

    @cached_property
    def before(self) -> Counts | None:
        """None when nothing is compared."""
        return together(self.cells.get(None, {}).values()) if self.former else None

    def of_tier_before(self, tier: str) -> Counts:
        """The counts of the tier in the days before."""
        return self.cells.get(None, {}).get(tier, NONE)

    @cached_property
    def by_tier(self) -> dict[str, Counts]:
        tiers = {tier for _period, cells in self.periods for tier in cells}
        return {
            tier: together(cells.get(tier, NONE) for _period, cells in self.periods) for tier in sorted(tiers)
        }
