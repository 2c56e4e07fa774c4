"""The flows that people marked with a star: each sees only the own ones."""

from django.db.models import Exists, OuterRef

from flowpilot.accounts.models import User
from flowpilot.core.web import visible
from flowpilot.flows.models import Flow, FlowFavourite


def star(flow: Flow, *, by: User) -> None:
    """Put a flow at hand; one that is there stays."""
    FlowFavourite.objects.get_or_create(user=by, flow=flow, defaults={"account_id": flow.account_id})


def unstar(flow: Flow, *, by: User) -> None:
    FlowFavourite.objects.filter(user=by, flow=flow).delete()


def starred_by(user: User) -> Exists:
    """Whether a flow has the person's star, to annotate flows with."""
    return Exists(FlowFavourite.objects.filter(user=user, flow=OuterRef("pk")))


def of(user: User, *, limit: int) -> list[Flow]:
    """Those that are published, the newest star first."""
    rows = visible(Flow, user).filter(favourites__user=user, status=Flow.Status.PUBLISHED)
    ordered = rows.select_related("current_version").order_by("-favourites__created_at", "-pk")
    return list(ordered.defer("current_version__tree_structure", "current_version__grounding")[:limit])
