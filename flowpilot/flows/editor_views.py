"""The editor of a flow: the door of the form in which its draft is worked on.

Every button sends the whole form and keeps it as the draft, valid or not; only publishing needs a valid tree.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import retarget

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.web import fragments, page_or_fragment, see_other, wants_fragment
from flowpilot.flows import actions, drafting
from flowpilot.flows.actions.drafts import same_tree
from flowpilot.flows.contradictions import choices, contradictions
from flowpilot.flows.document import InvalidTree, Tree, unchecked
from flowpilot.flows.drafting import Work
from flowpilot.flows.editing import UnknownOperation, perform
from flowpilot.flows.editor import Editor
from flowpilot.flows.editor_page import Panel, as_whole, editor_context, fields_of, unreadable_toast
from flowpilot.flows.formfields import UnreadableForm
from flowpilot.flows.forms import TextsForm
from flowpilot.flows.meeting import theirs_of
from flowpilot.flows.models import Flow
from flowpilot.flows.panels import panel_of
from flowpilot.flows.publishing_views import editable, publish_dialog


@require_http_methods(["GET", "POST"])
@requires(Role.TEAM_ADMIN)
def edit(request: Request, pk: UUID) -> HttpResponse:
    flow = editable(request, pk)
    if request.method == "GET":
        return screen(request, drafting.start(flow))
    op = request.POST.get("op", "save")
    try:
        work = drafting.typed(flow, fields_of(request))
        answer = ANSWERS.get(op)
        return answer(request, work) if answer else reworked(request, work, op)
    except (UnreadableForm, UnknownOperation) as refusal:
        return refused(request, flow, str(refusal))
    except actions.DraftConflict as conflict:
        return screen(request, fresh(request, work), theirs=conflict, status=409)


def fresh(request: Request, work: Work) -> Work:
    """What was typed, beside the flow as it is now."""
    return replace(work, flow=drafting.flow_of(request.user, work.flow.pk))


def kept(request: Request, work: Work, *, former: Tree | None = None) -> Work:
    """The work, saved. Raises `DraftConflict`."""
    draft = actions.save_draft(
        work.flow,
        work.tree,
        texts=work.texts,
        base=work.base,
        seen=work.seen,
        former=former,
        origin=work.origin,
        pen=work.pen,
        by=request.user,
    )
    return replace(work, draft=draft, seen=actions.Seen.of(draft))


def save(request: Request, work: Work) -> HttpResponse:
    return screen(request, kept(request, work))


def autosave(request: Request, work: Work) -> HttpResponse:
    """While somebody types: the draft is kept, the tree and its problems are drawn anew; the form stays.

    Where a conflict is shown nothing is kept until a button says how; a big tree is not drawn each time.
    """
    if "conflict" in request.POST:
        return HttpResponse(status=204)
    work = kept(request, work)
    editor = Editor(work.tree, work.compared, reviewed=work.reviewed)
    if editor.big:
        response = fragments(request, ["flows/_edit_saved.html"], saved(work))
        return retarget(response, "#edit-saved")
    parts = ["flows/_edit_side.html", "flows/_edit_saved.html"]
    return fragments(request, parts, {**context_of(request, work, editor), "oob": True})


def check(request: Request, work: Work) -> HttpResponse:
    return screen(request, kept(request, work), checked=True)


def reworked(request: Request, work: Work, op: str) -> HttpResponse:
    """A button of the tree: add, remove, move. It can be undone until something else is typed."""
    edited = perform(op, work.tree, work.origins)
    changed = replace(work, tree=edited.tree)
    return screen(request, kept(request, changed, former=work.tree), focus=edited.focus)


def undo(request: Request, work: Work) -> HttpResponse:
    """Take the last press of a button back, unless something was typed since: that is kept."""
    draft = work.draft
    if draft is None or draft.former is None or not same_tree(draft.tree, work.tree.to_json()):
        return screen(request, kept(request, work))
    before = unchecked(draft.former)
    return screen(request, kept(request, replace(work, tree=before), former=work.tree))


def overwrite(request: Request, work: Work) -> HttpResponse:
    """Keep what was typed in place of what somebody else saved meanwhile, if that is still what was shown."""
    return screen(request, kept(request, replace(work, seen=drafting.seen_in(fields_of(request), "over"))))


def merge(request: Request, work: Work) -> HttpResponse:
    """What was typed, onto the flow's current version."""
    return combined(request, work, lambda settled: drafting.merged(work, settled))


def rebase(request: Request, work: Work) -> HttpResponse:
    """What was typed, with what the flow's origin changed since."""
    onto = work.upstream
    if onto is None:
        return screen(request, kept(request, work))
    return combined(request, work, lambda settled: drafting.on_origin(work, onto, settled))


def combined(request: Request, work: Work, bring: Callable[[Mapping[str, Any]], Work]) -> HttpResponse:
    settled = choices(fields_of(request))
    try:
        outcome = bring(settled)
    except InvalidTree:
        return screen(request, kept(request, work), checked=True, status=422)
    if outcome.conflicts:
        return screen(
            request,
            replace(kept(request, work), conflicts=outcome.conflicts, against=outcome.against),
            settled=settled,
        )
    return screen(request, kept(request, outcome))


def publish(request: Request, work: Work) -> HttpResponse:
    """Keep the draft and ask for the note; what is wrong with it is shown instead."""
    work = kept(request, work)
    if not TextsForm(request.POST).is_valid() or Editor(work.tree).errors or work.outdated:
        return screen(request, work, checked=True, status=422)
    if not wants_fragment(request):
        return see_other(reverse("flows:publish", args=[work.flow.pk]))
    if work.draft is None:
        return screen(request, work)
    response = publish_dialog(
        request, work.flow, work.draft, beside=["flows/_edit_saved.html"], more=saved(work)
    )
    return retarget(response, "#dialog-body")


ANSWERS: Mapping[str, Callable[[Request, Work], HttpResponse]] = {
    "save": save,
    "redraw": autosave,
    "check": check,
    "undo": undo,
    "overwrite": overwrite,
    "merge": merge,
    "rebase": rebase,
    "publish": publish,
}


def screen(
    request: Request,
    work: Work,
    *,
    focus: str = "",
    checked: bool = False,
    theirs: actions.DraftConflict | None = None,
    settled: Mapping[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The form with what was typed."""
    editor = Editor(work.tree, work.compared, reviewed=work.reviewed, focus=focus, checked=checked)
    context = {
        **context_of(request, work, editor),
        "panel": panel_of(work, theirs),
        "theirs": theirs_of(work, theirs.draft) if theirs and theirs.draft else None,
        "over": actions.Seen.of(theirs.draft) if theirs else "",
        "conflict": theirs is not None,
        "contradictions": contradictions(work.conflicts, work.tree, *work.origins),
        "settled": settled or {},
        "merge_op": work.against,
        "undoable": work.draft is not None and work.draft.former is not None and theirs is None,
    }
    response = page_or_fragment(request, "flows/edit.html", "flows/_edit_editor.html", context, status=status)
    return as_whole(response) if wants_fragment(request) else response


def context_of(request: Request, work: Work, editor: Editor) -> dict[str, Any]:
    first = {"title": work.texts.title, "summary": work.texts.summary, "domain": work.texts.domain}
    form = TextsForm(request.POST) if editor.checked else TextsForm(initial=first)
    onto = work.upstream if work.against == "rebase" else None
    return {
        **editor_context(editor, form, reverse("flows:edit", args=[work.flow.pk])),
        **saved(work),
        "flow": None,
        "work": work,
        "old_number": onto.was if onto else (work.base.number if work.base else 0),
        "new_number": onto.newest.version if onto else (work.current.number if work.current else None),
        "counts": None,
        "closed": False,
    }


def saved(work: Work) -> dict[str, Any]:
    """What templates/flows/_edit_saved.html needs."""
    origin = work.origin["version"] if work.origin else ""
    return {"seen": work.seen, "base": work.base, "draft": work.draft, "rebased_on": origin}


def refused(request: Request, flow: Flow, said: str) -> HttpResponse:
    """Not a form of ours, or an old one: say what is wrong with it and leave what is on the screen."""
    if wants_fragment(request):
        return unreadable_toast(request, said)
    again = (reverse("flows:edit", args=[flow.pk]), _("Open the editor again"))
    context = {"flow": flow, "panel": Panel(_("The form cannot be read."), said, links=(again,))}
    return page_or_fragment(request, "flows/edit.html", "flows/_edit_panel.html", context, status=422)
