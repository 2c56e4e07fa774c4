"""What each row of a list of flows has: the reader's own star, its address, its states.

Drawn without templates, which in every row would cost as much as all the other cells.
"""

from django import template
from django.template import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from flowpilot.core.templatetags.ui import STATES, Look, badge, icon
from flowpilot.flows.addresses import address
from flowpilot.flows.models import Flow

register = template.Library()

FORM = """<form class="fp-star m-0" method="post" action="{url}" hx-post="{url}" hx-swap="outerHTML"\
 hx-disabled-elt="find button"><input type="hidden" name="csrfmiddlewaretoken" value="{token}">\
<input type="hidden" name="starred" value="{next}">\
<button type="submit" class="btn btn-ghost btn-icon btn-sm{on}" aria-pressed="{pressed}" aria-label="{label}"\
 data-focus>{icon}</button></form>"""

TRUST = {
    "changes": Look(gettext_lazy("Unpublished changes"), "pencil", "amber"),
    "decaying": Look(gettext_lazy("Decaying"), "alert-triangle", "orange"),
    "due": Look(gettext_lazy("Review due"), "clock", "amber"),
    "verified": Look(gettext_lazy("Verified"), "check", "teal"),
}


@register.filter
def flow_url(flow: Flow) -> str:
    """Of its page."""
    return address("flows:detail", flow.pk)


@register.simple_tag(takes_context=True)
def star(context: Context, flow: Flow, starred: bool | None = None) -> SafeString:
    """As the flow was read (`favourites.starred_by`), or as it has just become: to set or to take away."""
    is_on = flow.starred if starred is None else starred  # type: ignore[attr-defined]
    return format_html(
        FORM,
        url=address("flows:star", flow.pk),
        token=context.get("csrf_token", ""),
        next=0 if is_on else 1,
        on=" is-starred" if is_on else "",
        pressed="true" if is_on else "false",
        label=_("Favourite: %(title)s") % {"title": flow.title},
        icon=icon("star"),
    )


@register.simple_tag
def flow_states(flow: Flow, has_draft: object) -> SafeString:
    """Its state, whether something of it is not published yet, and whether it may be trusted."""
    marks = {
        "changes": bool(has_draft) and flow.status != Flow.Status.DRAFT,
        "decaying": flow.decaying,
        "due": flow.review_is_due,
        "verified": flow.is_verified,
    }
    shown = [badge(STATES, flow.status), *(badge(TRUST, mark) for mark, is_on in marks.items() if is_on)]
    return format_html_join(" ", "{}", ((each,) for each in shown))
