"""Flows that fitted and were not followed."""

from collections import defaultdict
from collections.abc import Iterator
from statistics import median
from typing import Final
from uuid import UUID

from analytics.gaps.finding import Found, Look
from flowpilot.flows.matching import Match, rank
from flowpilot.flows.models import Flow
from proposals.facts import problem_text
from sessions.models import GUIDED_ABOVE, AISession

LOOKED_AT: Final = 150
"""Sessions without a flow, the newest ones: each is looked up in the library."""
LEAST: Final = 3


def unfindable_flows(look: Look) -> Iterator[Found]:
    """Flows that were published when the session began and match it with the probability of "guided"."""
    missed: defaultdict[UUID, list[tuple[UUID, float]]] = defaultdict(list)
    flows = Flow.objects.for_account(look.account.pk).published().in_bulk()
    rows = look.ended().filter(matched_flow__isnull=True).order_by("-created_at")
    for session in rows.only(*_TOLD)[:LOOKED_AT] if flows else []:
        for best in _matches(look, session):
            if best.flow_id in flows and flows[best.flow_id].created_at <= session.created_at:
                missed[best.flow_id].append((session.pk, best.probability))
    for flow_id, sessions in sorted(missed.items()):
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


_TOLD: Final = (
    "id",
    "created_at",
    "team_id",
    "client_id",
    "problem_summary",
    "intake_content",
    "ticket_data",
)


def _matches(look: Look, session: AISession) -> list[Match]:
    """The best flow, if it fits."""
    text = f"{session.title}\n{problem_text(session)}"
    teams = [session.team_id] if session.team_id else []
    found = rank(look.account.pk, text, team_ids=teams, client_id=session.client_id, limit=1)
    return [match for match in found if match.probability > GUIDED_ABOVE]
