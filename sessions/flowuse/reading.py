"""What the library's pages ask about sessions: which followed a flow, and which are following it now."""

from dataclasses import dataclass

from django.db.models import Count, QuerySet

from flowpilot.accounts.models import User
from flowpilot.core.web import visible
from flowpilot.flows.models import Flow
from sessions.models import AISession, FlowCount

SHOWN = 10


@dataclass(frozen=True)
class OpenOn:
    """How many sessions of the account are under way on one version of a flow."""

    number: int
    sessions: int


def open_on(flow: Flow) -> list[OpenOn]:
    """By version, the newest first. They are counted for the whole account: nothing of them is shown."""
    rows = AISession.objects.for_account(flow.account_id).filter(
        matched_flow=flow, status__in=AISession.OPEN, flow_version__isnull=False
    )
    counted = rows.order_by().values_list("flow_version__number").annotate(Count("id"))
    return [OpenOn(number, sessions) for number, sessions in sorted(counted, reverse=True)]


@dataclass(frozen=True)
class Followed:
    """A session that followed a flow, the version of it, and the flow that it left it for, if it did."""

    session: AISession
    number: int
    left_for: Flow | None = None


def followed(user: User, flow: Flow) -> list[Followed]:
    """The newest sessions that followed the flow and are this person's to see; of those that left it for
    another one only the ended ones."""
    seen = visible(AISession, user)
    rows = seen.filter(matched_flow=flow, flow_version__isnull=False).select_related("user", "flow_version")
    light = rows.defer("flow_version__tree_structure", "flow_version__grounding")
    newest = light.order_by("-created_at", "-id")[:SHOWN]
    found = [Followed(session, session.flow_version.number) for session in newest]
    for count in _moved_on(seen, flow):
        found.append(Followed(count.session, count.version.number, count.session.matched_flow))
    return sorted(found, key=lambda each: each.session.created_at, reverse=True)[:SHOWN]


def _moved_on(seen: QuerySet[AISession], flow: Flow) -> QuerySet[FlowCount]:
    rows = FlowCount.objects.for_account(flow.account_id).filter(flow=flow, session__in=seen)
    beside = rows.select_related("session__user", "session__matched_flow", "version")
    light = beside.defer("version__tree_structure", "version__grounding")
    return light.exclude(session__matched_flow=flow).order_by("-session__created_at", "-session__id")[:SHOWN]
