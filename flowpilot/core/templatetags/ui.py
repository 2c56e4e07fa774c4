"""Icons, badges and form controls. Each badge is icon, word and colour; unknown values get a neutral one."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BoundField
from django.forms.boundfield import BoundWidget
from django.templatetags.static import static
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from flowpilot.core.templatetags.text import finite, label

register = template.Library()

SPRITE = "icons.svg"
UNKNOWN_ICON = "circle-dashed"
METER_SEGMENTS = 5
DRAWN = 512
"""Icons and badges that a process keeps drawn: a page has up to a hundred of the same few."""


@dataclass(frozen=True)
class Look:
    """How one value is shown: its word, its icon in the sprite, its hue family (see tokens.css)."""

    word: str | Promise
    icon: str
    hue: str = "grey"


TIERS = {
    "guided": Look(_("Guided"), "route", "teal"),
    "exploring": Look(_("Exploring"), "compass", "blue"),
    "discovery": Look(_("Discovery"), "sparkles", "violet"),
}
STATES = {
    # sessions
    "active": Look(_("Active"), "player-play", "blue"),
    "paused": Look(_("Paused"), "player-pause", "amber"),
    "requesting_escalation": Look(_("Escalation requested"), "hand-stop", "orange"),
    "resolved": Look(_("Resolved"), "circle-check", "green"),
    "escalated": Look(_("Escalated"), "arrow-up-right", "orange"),
    "abandoned": Look(_("Abandoned"), "x"),
    # proposals
    "pending": Look(_("Pending"), "hourglass", "blue"),
    "approved": Look(_("Approved"), "circle-check", "green"),
    "edited": Look(_("Edited & published"), "pencil", "green"),
    "dismissed": Look(_("Dismissed"), "eye-off"),
    "rejected": Look(_("Rejected"), "ban", "red"),
    "expired": Look(_("Expired"), "clock"),
    # knowledge gaps
    "open": Look(_("Open"), "hourglass", "blue"),
    "acknowledged": Look(_("Acknowledged"), "eye", "teal"),
    # flows
    "draft": Look(_("Draft"), "pencil", "amber"),
    "published": Look(_("Published"), "circle-check", "green"),
    "retired": Look(_("Retired"), "archive"),
    # logins, teams and clients
    "login_on": Look(_("Can sign in"), "user-check", "green"),
    "login_off": Look(_("Switched off"), "ban", "red"),
    "in_use": Look(_("In use"), "check", "green"),
    "archived": Look(_("Archived"), "archive"),
    # what is written into tickets
    "sending": Look(_("Being written"), "send", "blue"),
    "delivered": Look(_("Written"), "check", "green"),
    "unknown": Look(_("Nobody knows"), "alert-triangle", "amber"),
    "dead": Look(_("Not written"), "ban", "red"),
    # connections to ticket systems
    "ok": Look(_("Connected"), "plug", "green"),
    # work in the background
    "claimed": Look(_("Claimed"), "refresh", "blue"),
    "submitted": Look(_("Submitted"), "send", "blue"),
    "completed": Look(_("Completed"), "check", "green"),
    "running": Look(_("Running"), "refresh", "blue"),
    "broken_off": Look(_("Broke off"), "alert-triangle", "orange"),
    "failed": Look(_("Failed"), "alert-circle", "red"),
}
TYPES = {
    "new_flow": Look(_("New flow"), "plus"),
    "enhancement": Look(_("Enhancement"), "file-diff"),
}
SEVERITIES = {
    "critical": Look(_("Critical"), "urgent", "red"),
    "high": Look(_("High"), "chevron-up", "orange"),
    "medium": Look(_("Medium"), "minus", "amber"),
    "low": Look(_("Low"), "chevron-down", "blue"),
    "info": Look(_("Info"), "info-circle"),
}
RISKS = {
    "read": Look(_("Reads only"), "eye"),
    "change": Look(_("Makes changes"), "pencil", "amber"),
    "destructive": Look(_("Destructive"), "alert-triangle", "red"),
}
OUTCOMES = {
    # of a step
    "worked": Look(_("Worked"), "check", "green"),
    "did_not_work": Look(_("Did not work"), "x", "orange"),
    "unclear": Look(_("Unclear"), "help-circle"),
    "skipped": Look(_("Skipped"), "arrow-forward-up"),
    # of an analysis
    "new_flow": Look(_("New flow"), "plus", "violet"),
    "enhancement": Look(_("Enhancement"), "file-diff", "violet"),
    "reinforced": Look(_("Reinforced a flow"), "thumb-up", "teal"),
    "supports_pending": Look(_("Supports a proposal"), "git-merge", "blue"),
    "suppressed": Look(_("Suppressed"), "eye-off"),
    "nothing": Look(_("Nothing to propose"), "minus"),
}
LOG_LEVELS = {
    "fatal": Look(_("Fatal"), "urgent", "red"),
    "error": Look(_("Error"), "alert-circle", "orange"),
    "warning": Look(_("Warning"), "alert-triangle", "amber"),
    "info": Look(_("Info"), "info-circle"),
    "debug": Look(_("Debug"), "bug"),
}
SHELLS = {"powershell": "PowerShell", "bash": "Bash", "cmd": "Command Prompt"}
NODE_KINDS = {
    "question": Look(_("Question"), "help-circle", "blue"),
    "action": Look(_("Action"), "square-check"),
    "resolution": Look(_("Resolution"), "flag-check", "green"),
    "escalation": Look(_("Escalation"), "arrow-up-right", "orange"),
}
STEP_KINDS = {
    "question": Look(_("Question"), "help-circle", "blue"),
    "action": Look(_("Action"), "square-check", "teal"),
    "check": Look(_("Check"), "search", "blue"),
    "script": Look(_("Script"), "terminal-2", "violet"),
    "note": Look(_("Note"), "note"),
}
NOTIFICATIONS = {
    "flow_published": "route",
    "handed_over": "user-check",
    "escalation_accepted": "hand-stop",
    "idle_warning": "clock",
}
"""Icons of what people are told; any other kind has the bell."""
TOASTS = {
    "success": Look(_("Done"), "circle-check", "green"),
    "warning": Look(_("Warning"), "alert-triangle", "amber"),
    "error": Look(_("Error"), "alert-circle", "red"),
    "info": Look(_("Note"), "info-circle", "blue"),
}


@register.simple_tag
@lru_cache(maxsize=DRAWN)
def icon(name: str, css_class: str = "") -> SafeString:
    """One icon of the sprite; decoration only, the words stand beside it or in an `aria-label`."""
    classes = f"fp-icon {css_class}".rstrip()
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        classes,
        static(SPRITE),
        name,
    )


def badge(looks: Mapping[str, Look], value: object) -> SafeString:
    """The badge of a value; one that is not in the table is shown dashed, in its own words."""
    look = looks.get(str(value))
    if look is None:
        return format_html(
            '<span class="fp-badge fp-badge--unknown">{}{}</span>', icon(UNKNOWN_ICON), label(value)
        )
    return _badge(look.hue, look.icon, str(look.word))


@lru_cache(maxsize=DRAWN)
def _badge(hue: str, icon_name: str, word: str) -> SafeString:
    return format_html('<span class="fp-badge hue-{}">{}{}</span>', hue, icon(icon_name), word)


@register.simple_tag
def tier(value: object) -> SafeString:
    """Confidence tier of a session."""
    return badge(TIERS, value)


@register.simple_tag
def state(value: object) -> SafeString:
    """Status of a session, a proposal, a flow or a job."""
    return badge(STATES, value)


@register.simple_tag
def ptype(value: object) -> SafeString:
    """Type of a proposal."""
    return badge(TYPES, value)


@register.simple_tag
def severity(value: object) -> SafeString:
    """Severity of a knowledge gap."""
    return badge(SEVERITIES, value)


@register.simple_tag
def log_level(value: object) -> SafeString:
    """How grave a line of a log is."""
    return badge(LOG_LEVELS, value)


@register.simple_tag
def risk(value: object) -> SafeString:
    """Risk of a script."""
    return badge(RISKS, value)


@register.simple_tag
def outcome(value: object) -> SafeString:
    """What came of a step, or of an analysis."""
    return badge(OUTCOMES, value)


@register.filter
def shell_name(shell: object) -> str:
    """What people call a shell."""
    return SHELLS.get(str(shell)) or label(shell)


@register.filter
def node_look(kind: object) -> Look:
    """Look of a node of a flow."""
    return NODE_KINDS.get(str(kind)) or Look(label(kind), UNKNOWN_ICON)


@register.filter
def step_look(kind: object) -> Look:
    """Look of a step of a session."""
    return STEP_KINDS.get(str(kind)) or Look(label(kind), UNKNOWN_ICON)


@register.filter
def notification_icon(kind: object) -> str:
    """Icon of what a person was told."""
    return NOTIFICATIONS.get(str(kind), "bell")


@register.filter
def toast_look(kind: object) -> Look:
    """Look of a toast; takes the level tags of Django's messages too."""
    return TOASTS.get(str(kind)) or TOASTS["info"]


@register.simple_tag
def meter(value: object) -> SafeString:
    """A probability from 0.0 to 1.0 as five segments. Decoration: the number stands beside it."""
    number = finite(value)
    filled = 0 if number is None else round(min(max(number, 0.0), 1.0) * METER_SEGMENTS)
    segments = SafeString('<i class="is-on"></i>' * filled + "<i></i>" * (METER_SEGMENTS - filled))
    return format_html('<span class="fp-meter" aria-hidden="true">{}</span>', segments)


@register.simple_tag
def control(field: BoundField, **attrs: Any) -> SafeString:
    """A form field's widget with the class of its sort; Django adds `aria-describedby` and `aria-invalid`.

    More attributes as keywords, underscores for hyphens: `{% control form.q hx_get=url %}`.
    """
    more = {name.replace("_", "-"): value for name, value in attrs.items()}
    if "type" in more:  # as an attribute it would stand beside the widget's own, which counts
        field.field.widget.input_type = more.pop("type")
    sort = {"select": "form-select", "selectmultiple": "form-select", "checkbox": "form-check-input"}
    own = field.field.widget.attrs.get("class", "")
    classes = f"{sort.get(field.widget_type, 'form-control')} {own}".rstrip()
    return field.as_widget(attrs={"class": classes, **more})


@register.simple_tag
def choice(option: BoundWidget) -> SafeString:
    """One radio button or checkbox of a group."""
    option.data["attrs"]["class"] = "form-check-input"
    return option.tag()
