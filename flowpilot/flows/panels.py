"""Why the editor of a flow cannot simply go on, and what can be pressed then."""

from django.urls import reverse
from django.utils.translation import gettext as _

from flowpilot.flows.actions import DraftConflict
from flowpilot.flows.drafting import Work
from flowpilot.flows.editor_page import Panel


def panel_of(work: Work, conflict: DraftConflict | None) -> Panel | None:
    if conflict is not None:
        return conflict_panel(work, conflict)
    if work.conflicts:
        return None
    if work.outdated:
        return outdated_panel(work)
    return origin_panel(work) if work.upstream else None


def conflict_panel(work: Work, conflict: DraftConflict) -> Panel:
    draft, again = conflict.draft, reverse("flows:edit", args=[work.flow.pk])
    who = str(draft.updated_by) if draft and draft.updated_by else _("Somebody")
    headline = _("%(who)s saved this draft meanwhile") if draft else _("The draft is no longer there")
    return Panel(
        headline % {"who": who} if draft else headline,
        _("What you typed is below and not saved. What is there now stands beside it.")
        if draft
        else _("It was published or discarded meanwhile. What you typed is below and not saved."),
        (
            (
                again,
                _("Drop mine, go on with theirs") if draft else _("Drop mine, open the flow as it is now"),
            ),
        ),
        "overwrite",
        _("Save mine over it") if draft else _("Save mine as a new draft"),
    )


def outdated_panel(work: Work) -> Panel:
    now, was = work.current.number if work.current else 0, work.base.number if work.base else 0
    return Panel(
        _("The flow is at version %(now)s now") % {"now": now},
        _("This draft was begun on version %(was)s. Merge to bring it onto version %(now)s.")
        % {"was": was, "now": now},
        ((reverse("flows:detail", args=[work.flow.pk]), _("See version %(now)s") % {"now": now}),),
        "merge",
        _("Merge with version %(now)s") % {"now": now},
    )


def origin_panel(work: Work) -> Panel:
    onto = work.upstream
    told = {"name": onto.newest.name, "now": onto.newest.version, "was": onto.was} if onto else {}
    source = work.flow.forked_from
    links = ((reverse("flows:detail", args=[source.pk]), _("See the origin")),) if source else ()
    return Panel(
        _("Its origin is at version %(now)s now") % told,
        _("This flow comes from version %(was)s of %(name)s. Rebase to take over what changed there since.")
        % told,
        links,
        "rebase",
        _("Rebase on version %(now)s") % told,
    )
