"""What the cards of one page have in common, read once."""

from collections import defaultdict
from datetime import date
from functools import cached_property

from analytics.figures import NONE, Counts, fitting, read
from analytics.scope import Scope


class Seen:
    """The counts of a scope and of the days before it by day and tier, from one look."""

    def __init__(self, scope: Scope) -> None:
        self.scope = fitting(scope, "tier")
        self.former = self.scope.before() if self.scope.compares else None

    @cached_property
    def cells(self) -> list[tuple[date, str, Counts]]:
        since = self.former.since if self.former else self.scope.since
        asked = self.scope.on(since, self.scope.until)
        return [(day, tier, counts) for (day, tier), counts in read(asked, "day", "tier")]

    @cached_property
    def now(self) -> Counts:
        return sum((counts for day, _tier, counts in self.cells if day >= self.scope.since), NONE)

    @cached_property
    def before(self) -> Counts | None:
        """None when nothing is compared."""
        if self.former is None:
            return None
        return sum((counts for day, _tier, counts in self.cells if day < self.scope.since), NONE)

    @cached_property
    def by_tier(self) -> dict[str, Counts]:
        found: defaultdict[str, Counts] = defaultdict(lambda: NONE)
        for day, tier, counts in self.cells:
            if day >= self.scope.since:
                found[tier] += counts
        return dict(found)
