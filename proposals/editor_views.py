"""Edit & publish: the door of the form in which a proposal's tree is worked on.

Nothing is stored until it is published: every button sends the whole form, and the answer is the form
again with what was typed.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import NotAllowed, Role, requires
from flowpilot.core.web import fragments, page_or_fragment, see_other, wants_fragment
from flowpilot.flows.actions import VersionConflict
from flowpilot.flows.contradictions import choices, contradictions
from flowpilot.flows.document import InvalidTree, parse
from flowpilot.flows.editing import UnknownOperation, perform
from flowpilot.flows.editor import Editor
from flowpilot.flows.editor_page import Panel, as_whole, editor_context, fields_of, unreadable_toast
from flowpilot.flows.formfields import UnreadableForm
from flowpilot.flows.models import Flow, FlowVersion
from proposals import actions, editing
from proposals.editing import PublishForm, Work
from proposals.models import FlowProposal


@require_http_methods(["GET", "POST"])
@requires(Role.TEAM_ADMIN)
def edit(request: Request, pk: UUID) -> HttpResponse:
    proposal = editing.proposal_of(request.user, pk)
    if not actions.can_publish(proposal, request.user):
        raise NotAllowed(_("Only an admin of the team that the flow belongs to can publish it."))
    if request.method == "POST":
        return posted(request, proposal)
    if not proposal.is_pending:
        return instead(request, proposal, decided_panel(proposal))
    if is_retired(proposal.target_flow):
        return instead(request, proposal, retired_panel(proposal), status=409)
    only = request.GET.getlist("only")
    if only and request.GET.get("draft") != str(proposal.current_draft_id):
        return instead(request, proposal, chosen_panel(proposal), status=409)
    try:
        return screen(request, editing.start(proposal, only))
    except editing.NothingToEdit:
        return instead(request, proposal, unreadable_panel(proposal))
    except editing.CannotTakeAlone as refusal:
        return instead(request, proposal, alone_panel(proposal, str(refusal)), status=422)


def posted(request: Request, proposal: FlowProposal) -> HttpResponse:
    op = request.POST.get("op", "")
    try:
        work = editing.typed(proposal, fields_of(request))
        if not proposal.is_pending:
            return screen(request, work, panel=decided_panel(proposal), status=409)
        answer = ANSWERS.get(op)
        return answer(request, work) if answer else reworked(request, work, op)
    except (UnreadableForm, UnknownOperation) as refusal:
        return refused(request, proposal, str(refusal))


def reworked(request: Request, work: Work, op: str) -> HttpResponse:
    """A button of the tree: add, remove, move."""
    edited = perform(op, work.tree, work.origins)
    return screen(request, replace(work, tree=edited.tree), focus=edited.focus)


def check(request: Request, work: Work) -> HttpResponse:
    return screen(request, work, checked=True)


def redraw(request: Request, work: Work) -> HttpResponse:
    """The tree and its problems anew while somebody types; the form itself stays as it is."""
    context = context_of(request, work, Editor(work.tree, work.compared, reviewed=work.reviewed))
    return fragments(request, ["flows/_edit_side.html"], context)


def merge(request: Request, work: Work) -> HttpResponse:
    """What was typed, onto the flow's current version."""
    settled = choices(fields_of(request))
    try:
        return screen(request, editing.merged(work, settled), settled=settled)
    except InvalidTree:
        return screen(request, work, checked=True, status=422)


def keep(request: Request, work: Work) -> HttpResponse:
    """Go on with what was typed although the proposal has a newer draft now."""
    draft = work.proposal.current_draft
    began = work.began or work.draft.pk
    return screen(request, replace(work, draft=draft, began=began) if draft else work)


def publish(request: Request, work: Work) -> HttpResponse:
    form = PublishForm(request.POST, **form_needs(work))
    if not form.is_valid():
        return screen(request, work, checked=True, status=422)
    try:
        return published(request, put_out(request, work, form.cleaned_data))
    except InvalidTree:
        return screen(request, work, checked=True, status=422)
    except (actions.AlreadyDecided, actions.DraftChanged, actions.FlowRetired, VersionConflict) as conflict:
        # The verb has written nothing, but the row in hand may say what was rolled back.
        fresh = replace(work, proposal=editing.proposal_of(request.user, work.proposal.pk))
        return screen(request, fresh, panel=panel_of(conflict, fresh), status=409)


def chosen(request: Request, work: Work) -> list[str]:
    """The changes that are to be taken over, none named for all of them. Their ids are those of the draft
    that the work began with."""
    return [] if work.began else request.GET.getlist("only")


def put_out(request: Request, work: Work, typed: Mapping[str, Any]) -> FlowVersion:
    named = {"title": typed["title"]} if typed["title"] != typed["title_was"] else {}
    return actions.publish_edited(
        work.proposal,
        parse(work.tree.to_json()),
        meta=work.about(chosen(request, work)) | named,
        draft=work.draft.pk,
        base=work.base.pk if work.base else None,
        note=typed["note"],
        confirmed=typed.get("confirmed", False),
        began=work.began,
        renamed=work.renamed,
        by=request.user,
    )


ANSWERS: Mapping[str, Callable[[Request, Work], HttpResponse]] = {
    "check": check,
    "redraw": redraw,
    "merge": merge,
    "keep": keep,
    "publish": publish,
}


def screen(
    request: Request,
    work: Work,
    *,
    panel: Panel | None = None,
    focus: str = "",
    checked: bool = False,
    settled: Mapping[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The form with what was typed."""
    editor = Editor(work.tree, work.compared, reviewed=work.reviewed, focus=focus, checked=checked)
    shown = panel or (outdated_panel(work) if work.outdated and not work.conflicts else None)
    context = {
        **context_of(request, work, editor),
        "panel": shown,
        "contradictions": contradictions(work.conflicts, work.tree, *work.origins),
        "settled": settled or {},
        "closed": not work.proposal.is_pending,
    }
    response = page_or_fragment(
        request, "proposals/edit.html", "proposals/_edit_editor.html", context, status=status
    )
    return as_whole(response) if wants_fragment(request) else response


def context_of(request: Request, work: Work, editor: Editor) -> dict[str, Any]:
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    address = reverse("proposals:edit", args=[work.proposal.pk])
    form = form_of(request, work, checked=editor.checked)
    return {
        **editor_context(editor, form, f"{address}{query}"),
        "proposal": work.proposal,
        "work": work,
        "old_number": work.base.number if work.base else None,
        "new_number": work.current.number if work.current else None,
        "counts": work.draft.grounding.get("counts"),
        "query": query,
    }


def form_needs(work: Work) -> dict[str, Any]:
    """A published flow keeps its title where none is given."""
    return {"strange": work.strange, "title_needed": work.proposal.target_flow is None}


def form_of(request: Request, work: Work, *, checked: bool) -> PublishForm:
    """Title and note as typed, with what is wrong about them once a check was asked for."""
    if checked:
        return PublishForm(request.POST, **form_needs(work))
    flow = work.proposal.target_flow
    first = {"title": work.title(chosen(request, work)), "title_was": flow.title if flow else "", "note": ""}
    typed = {name: request.POST.get(name, value) for name, value in first.items()}
    return PublishForm(initial=typed, **form_needs(work))


def instead(request: Request, proposal: FlowProposal, panel: Panel, *, status: int = 200) -> HttpResponse:
    """A panel in place of the form."""
    context = {"proposal": proposal, "panel": panel, "query": ""}
    return page_or_fragment(request, "proposals/edit.html", "flows/_edit_panel.html", context, status=status)


def refused(request: Request, proposal: FlowProposal, said: str) -> HttpResponse:
    """Not a form of ours, or an old one: say what is wrong with it and leave what is on the screen."""
    if wants_fragment(request):
        return unreadable_toast(request, said)
    again = (reverse("proposals:edit", args=[proposal.pk]), _("Open the editor again"))
    panel = Panel(_("The form cannot be read."), said, links=(again,))
    return instead(request, proposal, panel, status=422)


def published(request: Request, version: FlowVersion) -> HttpResponse:
    said = _("Published “%(title)s” as version %(number)s.")
    messages.success(request, said % {"title": version.flow.title, "number": version.number})
    address = reverse("flows:detail", args=[version.flow_id])
    return HttpResponseClientRedirect(address) if wants_fragment(request) else see_other(address)


def panel_of(conflict: Exception, work: Work) -> Panel:
    if isinstance(conflict, actions.AlreadyDecided):
        return decided_panel(work.proposal)
    if isinstance(conflict, actions.DraftChanged):
        return draft_panel(work.proposal)
    if isinstance(conflict, actions.FlowRetired):
        return retired_panel(work.proposal)
    return outdated_panel(work)


def decided_panel(proposal: FlowProposal) -> Panel:
    links = [(detail_url(proposal), _("See the proposal"))]
    version = proposal.published_version
    if version is not None:
        words = _("See version %(number)s of the flow") % {"number": version.number}
        links.append((reverse("flows:version", args=[version.flow_id, version.number]), words))
    text = _("Nothing more is published from it. What you typed is still below.")
    shown = _("It can be edited while it is pending.")
    kept = proposal.reviewed_at is not None
    return Panel(str(actions.AlreadyDecided(proposal)), text if kept else shown, tuple(links))


def draft_panel(proposal: FlowProposal) -> Panel:
    return Panel(
        _("The proposal has a new draft"),
        _("New evidence came in while you were editing. Nothing was published, and what you typed is below."),
        (
            (detail_url(proposal), _("See the new draft")),
            (reverse("proposals:edit", args=[proposal.pk]), _("Start again from the new draft")),
        ),
        "keep",
        _("Go on with what I typed"),
    )


def is_retired(flow: Flow | None) -> bool:
    return flow is not None and flow.status == Flow.Status.RETIRED


def retired_panel(proposal: FlowProposal) -> Panel:
    flow = proposal.target_flow
    assert flow is not None
    return Panel(
        _("The flow was retired"),
        str(actions.FlowRetired(flow)),
        ((reverse("flows:detail", args=[flow.pk]), _("See the flow")),),
    )


def outdated_panel(work: Work) -> Panel:
    now = work.current.number if work.current else 0
    was = work.base.number if work.base else 0
    flow = work.proposal.target_flow
    return Panel(
        _("The flow is at version %(now)s now") % {"now": now},
        _("You are editing on version %(was)s. Merge to bring what you typed onto version %(now)s.")
        % {"was": was, "now": now},
        ((reverse("flows:detail", args=[flow.pk]), _("See version %(now)s") % {"now": now}),) if flow else (),
        "merge",
        _("Merge with version %(now)s") % {"now": now},
    )


def chosen_panel(proposal: FlowProposal) -> Panel:
    return Panel(
        _("The proposal has a new draft"),
        _("New evidence came in after you chose among its changes: they are others now. Choose again."),
        ((detail_url(proposal), _("See the new draft")),),
    )


def alone_panel(proposal: FlowProposal, said: str) -> Panel:
    return Panel(
        _("These changes cannot be taken alone"),
        said,
        (
            (detail_url(proposal), _("Choose again")),
            (reverse("proposals:edit", args=[proposal.pk]), _("Take all of them")),
        ),
    )


def unreadable_panel(proposal: FlowProposal) -> Panel:
    return Panel(
        _("The draft cannot be edited"),
        _("Its tree is not a valid one. It is made anew when more sessions speak for it."),
        ((detail_url(proposal), _("See the proposal")),),
    )


def detail_url(proposal: FlowProposal) -> str:
    return reverse("proposals:detail", args=[proposal.pk])
