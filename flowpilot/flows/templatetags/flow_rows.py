"""Rows of the list of flows and of a flow's uses, and what flows show elsewhere, too: the reader's own star,
their states.

Drawn without templates, in which a table of rows costs as much as all the rest of its page.
"""

from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from flowpilot.core.templatetags.text import NOTHING, ago, clipped, day, minutes, share
from flowpilot.core.templatetags.ui import STATES, Look, badge, icon
from flowpilot.flows.addresses import address
from flowpilot.flows.domains import label_of
from flowpilot.flows.models import Flow
from flowpilot.flows.usage import Use

register = template.Library()

FORM = """<form class="fp-star m-0" method="post" action="{{url}}" hx-post="{{url}}" hx-swap="outerHTML"\
 hx-disabled-elt="find button"><input type="hidden" name="csrfmiddlewaretoken" value="{{token}}">\
<input type="hidden" name="starred" value="{next}">\
<button type="submit" class="btn btn-ghost btn-icon btn-sm{on}" aria-pressed="{pressed}"\
 aria-label="{{label}}"\
 data-focus>{{icon}}</button></form>"""
SHINES = FORM.format(next=0, on=" is-starred", pressed="true")
DARK = FORM.format(next=1, on="", pressed="false")
ROW = """<tr data-row>
  <th scope="row" class="is-wide">{}<a href="{}" data-row-link>{}</a>{}</th>
  <td class="is-tight fp-states">{}</td>
  <td>{}</td>
  <td>{}</td>
  <td>{}</td>
  <td class="is-num">{}</td>
  <td class="is-num">{}</td>
  <td>{}</td>
  <td class="is-tight">{}</td>
  <td class="is-tight">{}</td>
  <td class="text-nowrap">{}</td>
</tr>"""
USE = """<tr>
  <th scope="row" class="is-wide{}">{}</th>
  <td class="is-num">{}</td>
  <td class="is-num">{}</td>
  <td>{}</td>
  <td>{}</td>
  <td class="is-tight">{}</td>
</tr>"""
SUMMARY = '<small class="fp-under">{}</small>'
SUMMARY_LENGTH = 80

TRUST = {
    "changes": Look(gettext_lazy("Unpublished changes"), "pencil", "amber"),
    "decaying": Look(gettext_lazy("Decaying"), "alert-triangle", "orange"),
    "due": Look(gettext_lazy("Review due"), "clock", "amber"),
    "verified": Look(gettext_lazy("Verified"), "check", "teal"),
}


@register.simple_tag(takes_context=True)
def flow_row(context: Context, flow: Any) -> SafeString:
    """One that `reading.library` read."""
    return format_html(
        ROW,
        star(context, flow),
        address("flows:detail", flow.pk),
        flow.title,
        format_html(SUMMARY, clipped(flow.summary, SUMMARY_LENGTH)) if flow.summary else "",
        flow_states(flow, flow.has_draft),
        label_of(flow.domain) or NOTHING,
        flow.team_name or _("All teams"),
        flow.client_name or _("All clients"),
        flow.version_number or NOTHING,
        flow.uses,
        share(flow.share),
        ago(flow.last_used_at),
        day(flow.review_due_at),
        flow.owner_name or flow.owner_email or NOTHING,
    )


@register.simple_tag
def use_row(use: Use) -> SafeString:
    """A step, which leads to its place in the tree, or one of its answers."""
    if use.option:
        what = format_html("{} {}", icon("corner-down-right", "fp-icon--sm"), use.option.label)
    else:
        what = format_html('<a href="#step-{}">{}</a>', use.node.id, use.node.title)
    return format_html(
        USE,
        " fp-uses__answer" if use.option else "",
        what,
        use.met,
        "" if use.left is None else use.left,
        share(use.resolved),
        share(use.escalated),
        minutes(use.minutes),
    )


@register.simple_tag(takes_context=True)
def star(context: Context, flow: Flow, starred: bool | None = None) -> SafeString:
    """As the flow was read (`favourites.starred_by`), or as it has just become: to set or to take away."""
    is_on = flow.starred if starred is None else starred  # type: ignore[attr-defined]
    return format_html(
        SHINES if is_on else DARK,
        url=address("flows:star", flow.pk),
        token=context.get("csrf_token", ""),
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
