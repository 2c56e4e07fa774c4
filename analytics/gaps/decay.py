"""Flows that used to help more than they do now."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import accumulate
from math import sqrt
from typing import Final
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper

from analytics.gaps.finding import Found, Look, of_its_team, ripe
from flowpilot.core.moments import zone_named
from flowpilot.core.statistics import ENOUGH
from flowpilot.core.text import JsonValue
from flowpilot.flows.models import Flow
from sessions import sets
from sessions.models import AISession

LOOKED_BACK: Final = 400
"""Sessions of a flow, the newest ones, however long ago."""
LEAST_DROP: Final = 0.10
ALARM: Final = 3.6
"""Standard errors between before and after, at the place where they differ most. So many, because the most
telling of many places is looked for, and again with each new session; `benchmarks/gaps.py` reports how many
false alarms that leaves."""


def decaying_flows(look: Look) -> Iterator[Found]:
    """Flows along which fewer sessions are resolved for good than before, since some day."""
    flows = Flow.objects.for_account(look.account.pk).published().in_bulk()
    for flow_id, sessions in _by_flow(look, flows.keys()).items():
        place = lasting_change([lasted for _pk, _day, lasted in sessions])
        if place is not None:
            flow, (before, after) = flows[flow_id], (sessions[:place], sessions[place:])
            yield Found(
                "decaying_flow",
                str(flow_id),
                flow.title,
                {
                    "flow": str(flow_id),
                    "since": sessions[place][1],
                    "before": _side(before),
                    "after": _side(after),
                },
                tuple(pk for pk, _day, _lasted in after),
                flow.team_id,
                flow.domain or "",
            )


Ended = tuple[UUID, str, bool]


def _by_flow(look: Look, flows: Collection[UUID]) -> dict[UUID, list[Ended]]:
    """The newest sessions of each flow that are ripe, in order: (key, day in the account's time zone,
    whether it lasted)."""
    found: defaultdict[UUID, list[Ended]] = defaultdict(list)
    zone = zone_named(look.account.time_zone)
    lasted = ExpressionWrapper(sets.lasting(look.now), output_field=BooleanField())
    rows = AISession.objects.for_account(look.account.pk).filter(sets.ended(look.now), ripe(look.now))
    rows = rows.filter(of_its_team("matched_flow"))
    for flow_id in flows:
        newest = rows.filter(matched_flow=flow_id).annotate(lasted=lasted).order_by("-created_at", "-id")
        read = newest.values_list("pk", "created_at", "lasted")[:LOOKED_BACK]
        found[flow_id] = [
            (pk, moment.astimezone(zone).date().isoformat(), good) for pk, moment, good in reversed(read)
        ]
    return found


def _side(sessions: Sequence[Ended]) -> dict[str, JsonValue]:
    lasted = sum(good for _pk, _day, good in sessions)
    return {"n": len(sessions), "rate": round(lasted / len(sessions), 4)}


def lasting_change(outcomes: Sequence[bool]) -> int | None:
    """Where a share fell and has not come back: the newest `ENOUGH` outcomes are below what was before, too.
    A flow that was mended is no longer decaying, however bad it was in between."""
    place = change_point(outcomes)
    if place is None:
        return None
    before, newest = outcomes[:place], outcomes[-ENOUGH:]
    return place if sum(newest) / len(newest) < sum(before) / len(before) else None


def change_point(outcomes: Sequence[bool]) -> int | None:
    """Where a falling share begins: the index of the first outcome after the change; None if there is none.

    Both sides have at least `ENOUGH` outcomes. The place is the one at which the two shares differ by most
    standard errors (the likelihood of one change in a binary sequence: D. V. Hinkley, E. A. Hinkley,
    "Inference about the change-point in a sequence of binomial variables", Biometrika 57, 1970).
    """
    n, sums = len(outcomes), list(accumulate(outcomes, initial=0))
    pooled = sums[-1] / n if n else 0.0
    spread = pooled * (1 - pooled)
    best, place = ALARM, None
    for split in range(ENOUGH, n - ENOUGH + 1):
        before, after = sums[split] / split, (sums[-1] - sums[split]) / (n - split)
        if spread and before - after >= LEAST_DROP:
            errors = (before - after) / sqrt(spread * (1 / split + 1 / (n - split)))
            if errors > best:
                best, place = errors, split
    return place
