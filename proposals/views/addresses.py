"""Where the pages of the review are, with the filters that every link carries on."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from django.http import QueryDict
from django.urls import reverse

from flowpilot.accounts.http import Request
from flowpilot.accounts.models import SavedView
from flowpilot.accounts.restoring import restores_view
from proposals import reading
from proposals.filters import ProposalFilter
from proposals.models import FlowProposal
from sessions.models import AISession

Door = TypeVar("Door", bound=Callable[..., Any])
OF_THE_LIST: Final = (*ProposalFilter.base_filters, "status", "view")
"""What in an address narrows or sorts the list."""
OF_ONE_DOOR: Final = ("after", "draft", "find", "node", "of", "only", "since")
"""What a single door is asked with; what nobody knows is carried on like the filters."""


def beside_the_list(door: Door) -> Door:
    """For what the panel, its dialogs and the bar of ticked rows ask for: the list is narrowed without them,
    so their own addresses still say the filters that they came with. The address bar says the list's."""
    restored = restores_view(SavedView.Screen.REVIEW)(door)

    @wraps(door)
    def narrowed(request: Request, *args: Any, **kwargs: Any) -> Any:
        shown = urlsplit(request.htmx.current_url or "")
        if wants_its_filters(shown.path):
            request.GET = with_filters_of(request.GET, QueryDict(shown.query))  # type: ignore[assignment]
        return restored(request, *args, **kwargs)

    return narrowed  # type: ignore[return-value]


def wants_its_filters(path: str) -> bool:
    """Whether a page is the queue, alone or with one proposal open: those have its list."""
    queue = reverse("proposals:queue")
    return path.startswith(queue) and path.removeprefix(queue).count("/") <= 1


def with_filters_of(own: QueryDict, shown: QueryDict) -> QueryDict:
    """A query with other filters. Links of a list name its tab; the address that opened it may not."""
    query = own.copy()
    for name in OF_THE_LIST:
        if name != "status":
            query.pop(name, None)
        if name in shown:
            query.setlist(name, shown.getlist(name))
    return query


def tab(request: Request, selected: FlowProposal | None = None) -> str:
    """The tab asked for, else where the proposal that a page was opened for stands.

    Links of the other tabs all name theirs, so what does not is about the pending ones.
    """
    asked = request.GET.get("status", "")
    if asked in reading.TABS:
        return asked
    return reading.tab_of(selected.status) if selected else "pending"


def address(request: Request, open_tab: str = "") -> str:
    """The query string that every link of the queue carries on: "?status=…" or ""."""
    kept = request.GET.copy()
    for name in OF_ONE_DOOR:
        kept.pop(name, None)
    if open_tab and open_tab != tab(request):
        kept["status"] = open_tab
    return f"?{kept.urlencode()}" if kept else ""


def row_id(proposal: FlowProposal) -> str:
    return f"row-{proposal.pk}"


def queue_url(request: Request) -> str:
    return reverse("proposals:queue") + address(request)


def detail_url(request: Request, proposal: FlowProposal) -> str:
    return reverse("proposals:detail", args=[proposal.pk]) + address(request)


def session_url(session: AISession) -> str:
    return reverse("sessions:detail", args=[session.pk])
