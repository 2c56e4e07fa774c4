"""Flows that fitted and were not followed."""

from collections import defaultdict
from collections.abc import Iterator
from statistics import median
from typing import Final
from uuid import UUID

from analytics.gaps.finding import Found, Look
from analytics.models import KnownBefore
from flowpilot.flows.models import Flow
from sessions import sets

LEAST: Final = 3


def unfindable_flows(look: Look) -> Iterator[Found]:
    """Flows that were published when the session began and match it with the probability of "guided"."""
    flows = Flow.objects.for_account(look.account.pk).published().in_bulk()
    for flow_id, sessions in sorted(_missed(look, flows).items()):
        if len(sessions) >= LEAST:
            flow = flows[flow_id]
            likely = median(probability for _pk, probability in sessions)
            yield Found(
                "unfindable_flow",
                str(flow_id),
                flow.title,
                {"flow": str(flow_id), "n": len(sessions), "median_probability": round(likely, 4)},
                tuple(pk for pk, _probability in sessions),
                flow.team_id,
                flow.domain or "",
            )


def _missed(look: Look, flows: dict[UUID, Flow]) -> dict[UUID, list[tuple[UUID, float]]]:
    """By flow, the sessions that no flow led to their end and that it fitted, those of its team if it has
    one. What was known before is looked up for all of them, and never finds the flow that was left."""
    found: defaultdict[UUID, list[tuple[UUID, float]]] = defaultdict(list)
    rows = KnownBefore.objects.for_account(look.account.pk).filter(
        session__in=look.ended().filter(~sets.followed(look.now)), fitting_flow__in=flows
    )
    read = rows.order_by("session__created_at", "session")
    for flow_id, pk, team, probability in read.values_list(
        "fitting_flow", "session", "session__team", "probability"
    ):
        if flows[flow_id].team_id in (None, team):
            found[flow_id].append((pk, probability))
    return found
