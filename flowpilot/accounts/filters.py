"""What the audit and the lists of people, teams and clients can be narrowed by."""

from datetime import date, datetime, time, timedelta
from typing import Any

import django_filters as filters
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet
from django.forms import CheckboxInput, DateInput
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts import audit
from flowpilot.accounts.models import AuditEvent, Team, User
from flowpilot.core.narrowing import Narrowing
from flowpilot.core.search import SEARCH_LENGTH

GROUP_NAMES = [
    ("sign_in", _("Signing in")),
    ("people", _("People and roles")),
    ("settings", _("Settings, teams and clients")),
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


class AuditFilter(Narrowing):
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


def teams(request: Any) -> QuerySet[Team]:
    rows: QuerySet[Team] = Team.objects.visible_to(request.user)
    return rows if request.user.account_admin else rows.filter(pk__in=request.user.admin_team_ids)


LOGINS = [("on", _("Can sign in")), ("off", _("Switched off"))]
PLACES = [("current", _("In use")), ("archived", _("Archived"))]


class PeopleFilter(Narrowing):
    q = filters.CharFilter(method="search", max_length=SEARCH_LENGTH, label=_("Search"))
    team = filters.ModelChoiceFilter(
        field_name="memberships__team", queryset=teams, label=_("Team"), empty_label=_("All")
    )
    login = filters.ChoiceFilter(method="by_login", choices=LOGINS, label=_("Login"), empty_label=_("All"))
    admins = filters.BooleanFilter(
        field_name="account_admin", method="only_admins", widget=CheckboxInput, label=_("Account admins")
    )

    class Meta:
        model = User
        fields: tuple[str, ...] = ("q", "team", "login", "admins")

    def search(self, rows: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        return rows.filter(Q(name__icontains=value) | Q(email__icontains=value))

    def by_login(self, rows: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        return rows.filter(is_active=value == "on")

    def only_admins(self, rows: QuerySet[User], name: str, value: bool) -> QuerySet[User]:
        return rows.filter(account_admin=True) if value else rows


class PlaceFilter(Narrowing):
    """Of teams and clients."""

    q = filters.CharFilter(
        field_name="name", lookup_expr="icontains", max_length=SEARCH_LENGTH, label=_("Search")
    )
    state = filters.ChoiceFilter(method="in_state", choices=PLACES, label=_("State"), empty_label=_("All"))

    class Meta:
        model = Team
        fields: tuple[str, ...] = ("q", "state")

    def in_state(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(archived_at__isnull=value == "current")
