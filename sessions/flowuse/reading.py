"""What the library's pages ask about sessions: which followed a flow, and which are following it now."""

from dataclasses import dataclass

from django.db.models import Count

from flowpilot.accounts.models import User
from flowpilot.core.web import visible
from flowpilot.flows.models import Flow
from sessions.models import AISession

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


def followed(user: User, flow: Flow) -> list[AISession]:
    """The newest sessions that followed the flow and are this person's to see."""
    rows = visible(AISession, user).filter(matched_flow=flow, flow_version__isnull=False)
    newest = rows.select_related("user", "flow_version").order_by("-created_at", "-id")
    return list(newest.defer("flow_version__tree_structure", "flow_version__grounding")[:SHOWN])
