"""How values become words: rates, minutes, times, names of keys, markdown, code."""

import math
from datetime import date, datetime, timedelta
from functools import lru_cache

from django import template
from django.utils import timezone
from django.utils.formats import date_format, localize, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from flowpilot.core import markup
from flowpilot.core.statistics import Share

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
    return NOTHING if number is None else _per_cent(round(number * 100, 1), get_language())


@lru_cache(maxsize=2048)  # of some thousand numbers tables show hundreds on a page
def _per_cent(number: float, _language: str | None) -> str:
    return f"{number_format(number, decimal_pos=1)}%"


@register.filter
def share(value: Share) -> str:
    """A share with its interval and n; "Not enough data" for few cases, "–" for none."""
    return _share(value, get_language())


@lru_cache(maxsize=4096)  # trees have hundreds, most of them of few cases
def _share(value: Share, _language: str | None) -> str:
    if not value.n:
        return NOTHING
    n = localize(value.n)
    if not value.enough:
        few = _("Not enough data, n\xa0=\xa0%(n)s") % {"n": n}
        return format_html('<small class="fp-under">{}</small>', few)
    around = _("%(low)s–%(high)s, n = %(n)s") % {"low": rate(value.low), "high": rate(value.high), "n": n}
    return format_html(
        '<span class="text-nowrap">{}</span> <small class="fp-under text-nowrap">{}</small>',
        rate(value.rate),
        around,
    )


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
def clipped(text: str, length: int) -> str:
    """No more of a text than so many characters, the last of them an ellipsis. Django's own looks at each
    character for marks that combine, which in a list takes longer than the rest of a row."""
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


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


@register.filter
def day(moment: datetime | None) -> str:
    """The reader's day of a moment, "3 Mar 2026"; "–" for None."""
    return NOTHING if moment is None else _day(timezone.localtime(moment).date(), get_language())


@lru_cache(maxsize=2048)  # lists show hundreds of the same few days
def _day(local: date, _language: str | None) -> str:
    return date_format(local, "j M Y")


def relative(moment: datetime, now: datetime) -> str:
    """ "2 h ago", "in 3 days", or the date when that is more than 30 days away."""
    span = abs(now - moment)
    if span > CALENDAR_AFTER:
        return day(moment)
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
    exact = f"{_day(local.date(), get_language())}, {local:%H:%M} {local.tzname()}"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', local.isoformat(timespec="seconds"), exact, text
    )
