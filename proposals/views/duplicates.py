"""Duplicate of…: the dialog in which the original is chosen, and the decision."""

from contextlib import suppress
from uuid import UUID

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from flowpilot.accounts.http import Request
from flowpilot.accounts.models import User
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.search import SEARCH_LENGTH
from flowpilot.core.web import find, page_or_fragment
from proposals import actions
from proposals.forms import DuplicateForm, original_named
from proposals.models import FlowProposal
from proposals.originals import Original, named, original_of, originals
from proposals.views.addresses import address, beside_the_list, detail_url
from proposals.views.decisions import Decision, carried_out, not_as_seen
from proposals.views.panels import refused


@require_http_methods(["GET", "POST"])
@requires(Role.TEAM_ADMIN)
@beside_the_list
def duplicate(request: Request, pk: UUID) -> HttpResponse:
    """GET lists what resembles the proposal, or what `?find=` finds; `?of=` is chosen beforehand."""
    proposal = find(FlowProposal, request.user, pk)
    if request.method == "GET":
        first = DuplicateForm(initial={"draft": proposal.current_draft_id})
        return not_as_seen(request, proposal) or ask(request, proposal, first)
    form = DuplicateForm(request.POST)
    if form.is_valid():
        return carried_out(request, proposal, DUPLICATE, form)
    if "draft" not in form.errors:
        return ask(request, proposal, form, status=422)
    said = _("The page sent something unreadable. Reload it and decide again.")
    return refused(request, said, detail_url(request, proposal))


def mark(proposal: FlowProposal, *, draft: UUID, of: tuple[str, UUID], note: str, by: User) -> None:
    actions.mark_duplicate(proposal, draft=draft, of=original_of(by, *of), note=note, by=by)


DUPLICATE = Decision(
    DuplicateForm, mark, gettext_lazy("Closed “%s” as a duplicate; its sessions count there now.")
)


def ask(request: Request, proposal: FlowProposal, form: DuplicateForm, *, status: int = 200) -> HttpResponse:
    text = request.GET.get("find", "").strip()[:SEARCH_LENGTH]
    chosen = chosen_of(request, proposal)
    found = originals(proposal, request.user, text)
    context = {
        "form": form,
        "proposal": proposal,
        "dialog": "proposals/_duplicate.html",
        "query": address(request),
        "find": text,
        "chosen": chosen,
        "originals": with_chosen(found, chosen),
    }
    return page_or_fragment(
        request, "proposals/decision.html", "proposals/_duplicate.html", context, status=status
    )


def with_chosen(found: list[Original], chosen: Original | None) -> list[Original]:
    """The chosen one stands in the list whatever was searched for."""
    return found if chosen is None or chosen.value in [one.value for one in found] else [chosen, *found]


def chosen_of(request: Request, proposal: FlowProposal) -> Original | None:
    """The original that the form or the link names, if it can be one."""
    given = original_named(request.POST.get("of") or request.GET.get("of", ""))
    with suppress(Http404):
        return named(proposal, original_of(request.user, *given)) if given else None
    return None
