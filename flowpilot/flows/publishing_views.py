"""The doors of a flow's states: publish, discard, retire, restore, verify."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import NotAllowed, Role, requires
from flowpilot.core.web import fragments, page_or_fragment, see_other, wants_fragment
from flowpilot.flows import actions, drafting
from flowpilot.flows.changes import diff
from flowpilot.flows.document import InvalidTree, Tree, parse
from flowpilot.flows.forms import LockForm, NoteForm
from flowpilot.flows.models import Flow, FlowDraft
from flowpilot.flows.telling import Reason, retold, told


def editable(request: Request, pk: UUID) -> Flow:
    """The flow, if this person may edit it: 404 or 403 otherwise."""
    flow = drafting.flow_of(request.user, pk)
    if not drafting.may_edit(request.user, flow):
        raise NotAllowed(_("Only an admin of the team that the flow belongs to can change it."))
    return flow


@require_http_methods(["GET", "POST"])
@requires(Role.TEAM_ADMIN)
def publish(request: Request, pk: UUID) -> HttpResponse:
    """The dialog with what the draft changes; on POST the next version."""
    flow = editable(request, pk)
    draft = drafting.draft_of(flow)
    if request.method == "GET":
        if draft is None:
            messages.info(request, _("There is no draft to publish."))
            return redirect("flows:detail", pk=flow.pk)
        return publish_dialog(request, flow, draft)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return publish_dialog(request, flow, draft, form, status=422) if draft else to_editor(request, flow)
    try:
        version = actions.publish_draft(
            flow, seen=form.cleaned_data["lock"], note=form.cleaned_data["note"], by=request.user
        )
    except InvalidTree:
        said = _("The draft has problems now: see the editor.")
    except (actions.DraftConflict, actions.NothingToPublish):
        said = _("The draft is another one now. Look at it before you publish.")
    except actions.VersionConflict as conflict:
        said = _("The flow is at version %(now)s now: merge first.") % {"now": conflict.current}
    else:
        done = _("Published “%(title)s” as version %(number)s.")
        return away(request, flow, done % {"title": flow.title, "number": version.number}, messages.SUCCESS)
    messages.warning(request, said)
    return to_editor(request, flow)


def publish_dialog(
    request: Request,
    flow: Flow,
    draft: FlowDraft,
    form: NoteForm | None = None,
    *,
    beside: Sequence[str] = (),
    more: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """What publishing would change. `beside` goes along out-of-band, with `more` in its context."""
    base = draft.base_version
    try:
        tree = parse(draft.tree)
    except InvalidTree:
        return to_editor(request, flow)
    first = {"lock": actions.Seen.of(draft), "note": (draft.origin or {}).get("note", "")}
    context = {
        "flow": flow,
        "draft": draft,
        "base": base,
        "form": form or NoteForm(initial=first),
        "reasons": reasons(flow, draft, tree),
        "number": base.number + 1 if base else 1,
        "steps": len(tree.nodes),
        "dialog": "flows/_publish.html",
        **(more or {}),
    }
    if beside:
        return fragments(request, ["flows/_publish.html", *beside], {**context, "oob": True}, status=status)
    return page_or_fragment(request, "flows/dialog.html", "flows/_publish.html", context, status=status)


def reasons(flow: Flow, draft: FlowDraft, tree: Tree) -> list[Reason]:
    """What the draft changes; of a first version there is nothing to compare."""
    base = draft.base_version
    if base is None:
        return []
    texts = (asdict(actions.Texts.of(row)) for row in (flow, draft))
    return retold(*texts) + told(diff(base.tree, tree), base.tree, tree)


@require_http_methods(["GET", "POST"])
@requires(Role.TEAM_ADMIN)
def discard(request: Request, pk: UUID) -> HttpResponse:
    """The question; on POST the draft that it showed is thrown away."""
    flow = editable(request, pk)
    if request.method == "GET":
        return discard_dialog(request, flow)
    form = LockForm(request.POST)
    if not form.is_valid():
        return away(request, flow, _("The page sent something unreadable. Reload it."), messages.WARNING)
    try:
        flow_is_gone = actions.discard_draft(flow, seen=form.cleaned_data["lock"], by=request.user)
    except (actions.DraftConflict, actions.NothingToPublish):
        return away(request, flow, _("The draft is another one now: it stays."), messages.WARNING)
    if not flow_is_gone:
        return away(request, flow, _("The draft is discarded."), messages.SUCCESS)
    messages.success(request, _("“%(title)s” is discarded.") % {"title": flow.title})
    return leave(request, reverse("flows:library"))


def discard_dialog(request: Request, flow: Flow) -> HttpResponse:
    """What would be lost: asked before, with scripts and without."""
    draft = drafting.draft_of(flow)
    if draft is None:
        return away(request, flow, _("There is no draft to discard."), messages.INFO)
    context = {
        "flow": flow,
        "draft": draft,
        "lock": actions.Seen.of(draft),
        "published": flow.current_version,
        "dialog": "flows/_discard.html",
    }
    return page_or_fragment(request, "flows/dialog.html", "flows/_discard.html", context)


@require_POST
@requires(Role.TEAM_ADMIN)
def retire(request: Request, pk: UUID) -> HttpResponse:
    return changed(request, pk, actions.retire, _("Retired: new sessions are not matched with it."))


@require_POST
@requires(Role.TEAM_ADMIN)
def restore(request: Request, pk: UUID) -> HttpResponse:
    return changed(request, pk, actions.restore, _("Published again."))


@require_POST
@requires(Role.TEAM_ADMIN)
def verify(request: Request, pk: UUID) -> HttpResponse:
    return changed(request, pk, actions.verify, _("Verified: it is due again in half a year."))


def changed(request: Request, pk: UUID, verb: Callable[..., None], done: str) -> HttpResponse:
    flow = editable(request, pk)
    try:
        verb(flow, by=request.user)
    except (actions.CannotRetire, actions.CannotRestore):
        return away(request, flow, _("The flow is in another state now."), messages.WARNING)
    return away(request, flow, done, messages.SUCCESS)


@require_POST
@requires(Role.TEAM_ADMIN)
def restore_version(request: Request, pk: UUID, number: int) -> HttpResponse:
    """An earlier version becomes the next one."""
    flow = editable(request, pk)
    earlier = get_object_or_404(flow.versions, number=number)
    seen = request.POST.get("seen", "")
    base = flow.versions.filter(number=int(seen)).first() if seen.isdecimal() and len(seen) < 9 else None
    if base is None:
        return away(request, flow, _("The page sent something unreadable. Reload it."), messages.WARNING)
    try:
        version = actions.restore_version(flow, earlier, base=base, by=request.user)
    except actions.VersionConflict as conflict:
        said = _("The flow is at version %(now)s now: look at it before you restore another.")
        return away(request, flow, said % {"now": conflict.current}, messages.WARNING)
    except actions.CannotRestore:
        return away(request, flow, _("That version is in force already."), messages.WARNING)
    done = _("Version %(old)s is restored as version %(new)s.")
    return away(request, flow, done % {"old": number, "new": version.number}, messages.SUCCESS)


def away(request: Request, flow: Flow, said: str, level: int) -> HttpResponse:
    """To the flow's page, which says what happened."""
    messages.add_message(request, level, said)
    return leave(request, reverse("flows:detail", args=[flow.pk]))


def to_editor(request: Request, flow: Flow) -> HttpResponse:
    return leave(request, reverse("flows:edit", args=[flow.pk]))


def leave(request: Request, address: str) -> HttpResponse:
    return HttpResponseClientRedirect(address) if wants_fragment(request) else see_other(address)
