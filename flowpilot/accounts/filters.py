"""What the audit can be narrowed by."""

from datetime import date, datetime, time, timedelta
from typing import Any

import django_filters as filters
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.forms import DateInput
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts import audit
from flowpilot.accounts.models import AuditEvent, User

GROUP_NAMES = [
    ("sign_in", _("Signing in")),
    ("settings", _("People and settings")),
    ("decisions", _("Decisions")),
    ("library", _("Library")),
    ("data", _("Imports and exports")),
    ("support", _("Support access")),
]


def people(request: Any) -> QuerySet[User]:
    return User.objects.for_account(request.user.account_id)


class _DayFilter(filters.DateFilter):
    """A day of this century: at the ends of time no zone has a midnight."""

    def __init__(self, **options: Any) -> None:
        limits = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2099, 12, 31))]
        super().__init__(widget=DateInput(attrs={"type": "date"}), validators=limits, **options)


class AuditFilter(filters.FilterSet):
    """`since` and `until` are days in the reader's time zone, both included."""

    about = filters.ChoiceFilter(
        method="in_group", choices=GROUP_NAMES, label=_("About"), empty_label=_("Everything")
    )
    verb = filters.ChoiceFilter(choices=AuditEvent.Verb.choices, label=_("What"), empty_label=_("All"))
    actor = filters.ModelChoiceFilter(queryset=people, label=_("Who"), empty_label=_("Everybody"))
    since = _DayFilter(method="from_day", label=_("From"))
    until = _DayFilter(method="to_day", label=_("To"))

    class Meta:
        model = AuditEvent
        fields: tuple[str, ...] = ("about", "verb", "actor", "since", "until")

    def in_group(self, rows: QuerySet[AuditEvent], name: str, value: str) -> QuerySet[AuditEvent]:
        return rows.filter(verb__in=audit.GROUPS[value])

    def from_day(self, rows: QuerySet[AuditEvent], name: str, value: Any) -> QuerySet[AuditEvent]:
        return rows.filter(created_at__gte=_midnight(value))

    def to_day(self, rows: QuerySet[AuditEvent], name: str, value: Any) -> QuerySet[AuditEvent]:
        return rows.filter(created_at__lt=_midnight(value) + timedelta(days=1))


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
