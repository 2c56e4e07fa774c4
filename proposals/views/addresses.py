"""Where the pages of the review are, with the filters that every link carries on."""

from django.urls import reverse

from flowpilot.accounts.http import Request
from proposals import reading
from proposals.models import FlowProposal
from sessions.models import AISession


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
    kept.pop("after", None)
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
