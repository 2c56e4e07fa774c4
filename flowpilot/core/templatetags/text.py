"""How values become words: rates, minutes, times, names of keys, markdown, code."""

import math
from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from flowpilot.core import markup

register = template.Library()

NOTHING = "–"
"""Shown where there is no value: a rate of nothing is not zero."""

CALENDAR_AFTER = timedelta(days=30)


def finite(value: object) -> float | None:
    """The number, or None for what is not one (None, text, NaN, infinity)."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


@register.filter
def rate(value: object) -> str:
    """A share from 0.0 to 1.0 as per cent with one decimal; "–" for nothing."""
    number = finite(value)
    return NOTHING if number is None else f"{number_format(round(number * 100, 1), decimal_pos=1)}%"


@register.filter
def minutes(value: object) -> str:
    """Minutes as "14 min" or "2 h 5 min"; "–" for nothing."""
    number = finite(value)
    if number is None or number < 0:
        return NOTHING
    if number < 1:
        return _("under 1 min")
    hours, rest = divmod(round(number), 60)
    if not hours:
        return _("%(count)d min") % {"count": rest}
    if not rest:
        return _("%(hours)d h") % {"hours": hours}
    return _("%(hours)d h %(rest)d min") % {"hours": hours, "rest": rest}


@register.filter
def seconds(value: object) -> str:
    """Seconds as "0.4 s" or "42 s", from a minute on as minutes; "–" for nothing."""
    number = finite(value)
    if number is None or number < 0:
        return NOTHING
    if number >= 60:
        return minutes(number / 60)
    digits = 1 if number < 10 else 0
    return _("%(count)s s") % {"count": number_format(round(number, digits), decimal_pos=digits)}


@register.filter
def label(value: object) -> str:
    """A key as words: "requesting_escalation" becomes "Requesting escalation"; nothing becomes "Unknown"."""
    words = " ".join(str(value if value is not None else "").replace("_", " ").replace("-", " ").split())
    return words[:1].upper() + words[1:] if words else _("Unknown")


@register.filter
def initials(value: object) -> str:
    """Up to two letters for an avatar: first and last word of a name, or the first of an address."""
    words = str(value).split("@")[0].replace(".", " ").split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


@register.filter
def markdown(value: object) -> SafeString:
    """Markdown as safe HTML; nothing for nothing."""
    return markup.render(str(value)) if value else SafeString()


@register.filter
def highlighted(value: object, language: str) -> SafeString:
    """Code as safe HTML with class names for its colours."""
    return markup.highlighted(str(value), language)


def elapsed(span: timedelta) -> str:
    """A span as one rough unit: "40 s" is "just now", then minutes, hours, days."""
    seconds = int(span.total_seconds())
    if seconds < 60:
        return _("just now")
    if seconds < 3600:
        return _("%(count)d min") % {"count": seconds // 60}
    if seconds < 86_400:
        return _("%(count)d h") % {"count": seconds // 3600}
    days = seconds // 86_400
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}


def relative(moment: datetime, now: datetime) -> str:
    """ "2 h ago", "in 3 days", or the date when that is more than 30 days away."""
    span = abs(now - moment)
    if span > CALENDAR_AFTER:
        return date_format(timezone.localtime(moment), "j M Y")
    if span < timedelta(minutes=1):
        return _("just now")
    if moment > now:
        return _("in %(span)s") % {"span": elapsed(span)}
    return _("%(span)s ago") % {"span": elapsed(span)}


@register.simple_tag
def ago(moment: datetime | None) -> str:
    """`<time>`: relative text, the exact moment in the reader's time zone as title; "–" for None."""
    return NOTHING if moment is None else stamped(moment, relative(moment, timezone.now()))


@register.simple_tag
def due(moment: datetime | None) -> str:
    """`<time>` of what is to come: "due", "within a minute", then as `ago`; "–" for None."""
    if moment is None:
        return NOTHING
    now = timezone.now()
    if moment <= now:
        return stamped(moment, _("due"))
    soon = moment - now < timedelta(minutes=1)
    return stamped(moment, _("within a minute") if soon else relative(moment, now))


def stamped(moment: datetime, text: str) -> SafeString:
    """The text with the exact moment behind it."""
    local = timezone.localtime(moment)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        date_format(local, "j M Y, H:i") + f" {local.tzname()}",
        text,
    )
