"""What lists of sessions can be narrowed by, on the screen and in the API."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import django_filters as filters
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.forms import BooleanField, CheckboxInput, DateField, DateInput, HiddenInput
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters.fields import IsoDateTimeField

from flowpilot.accounts.models import User
from flowpilot.core.moments import in_utc, midnight, zone_named
from flowpilot.core.search import SEARCH_LENGTH, Found
from flowpilot.flows.domains import DOMAIN_CHOICES
from flowpilot.flows.filters import clients, teams
from flowpilot.flows.models import Flow
from sessions.models import AISession
from sessions.models.ending import RootCause
from sessions.sets import named, set_choices

OPEN = "open"
"""Asks for every state in which somebody still works on a session."""
UNSCORED = "unscored"
STARTED_WITHIN = [("1", _("The last day")), ("7", _("The last 7 days")), ("30", _("The last 30 days"))]


DESTINATION_LENGTH, REASON_LENGTH = 200, 2000
YES_NO = [("yes", _("Yes")), ("no", _("No"))]
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2999, 12, 31)
DECILES = [(str(tenth), f"{tenth * 10}–{tenth * 10 + 10}%") for tenth in range(10)]


def decile_of(tenth: int) -> dict[str, float]:
    """The scores of one tenth of the scale; the last one holds 1.0, too."""
    highest = {"confidence_score__lt": (tenth + 1) / 10} if tenth < 9 else {}
    return {"confidence_score__gte": tenth / 10, **highest}


def flows(request: Any) -> QuerySet[Flow]:
    return Flow.objects.for_account(request.user.account_id)


def engineers(request: Any) -> QuerySet[User]:
    return User.objects.for_account(request.user.account_id)


class DayField(DateField):
    """A day that has a midnight in every time zone."""

    def to_python(self, value: Any) -> date | None:
        day: date | None = super().to_python(value)
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return day


class DayInput(DateInput):
    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class DayFilter(filters.DateFilter):
    field_class = DayField


class OnlyFilter(filters.BooleanFilter):
    """On or not asked; the usual field takes an empty checkbox for "no", and the list for filtered."""

    field_class = BooleanField


class SessionFilter(filters.FilterSet):
    """One value each, as the selects of the screen offer them."""

    q = filters.CharFilter(method="search", max_length=SEARCH_LENGTH, label=_("Search"))
    status = filters.ChoiceFilter(
        method="in_status",
        choices=[(OPEN, _("Open")), *AISession.Status.choices],
        label=_("Status"),
        empty_label=_("All"),
    )
    tier = filters.ChoiceFilter(
        method="in_tier",
        choices=[*AISession.Tier.choices, (UNSCORED, _("Not scored"))],
        label=_("Tier"),
        empty_label=_("All"),
    )
    domain = filters.ChoiceFilter(
        field_name="problem_domain", choices=DOMAIN_CHOICES, label=_("Domain"), empty_label=_("All")
    )
    team = filters.ModelChoiceFilter(queryset=teams, label=_("Team"), empty_label=_("All"))
    client = filters.ModelChoiceFilter(queryset=clients, label=_("Client"), empty_label=_("All"))
    engineer = filters.ModelChoiceFilter(
        method="in_hands_of", queryset=engineers, label=_("Engineer"), empty_label=_("All")
    )
    analysis = filters.ChoiceFilter(
        field_name="analysis_status",
        choices=AISession.AnalysisStatus.choices,
        label=_("Analysis"),
        empty_label=_("All"),
    )
    started = filters.ChoiceFilter(
        method="started_within", choices=STARTED_WITHIN, label=_("Started"), empty_label=_("Any time")
    )

    mine = OnlyFilter(method="in_own_hands", label=_("Mine"), widget=CheckboxInput)
    intake = filters.ChoiceFilter(
        field_name="intake_type", choices=AISession.Intake.choices, label=_("Intake"), empty_label=_("All")
    )
    ticket = filters.ChoiceFilter(
        method="with_ticket", choices=YES_NO, label=_("Ticket"), empty_label=_("With and without")
    )
    cause = filters.ChoiceFilter(
        field_name="root_cause", choices=RootCause.choices, label=_("Root cause"), empty_label=_("All")
    )
    helped = filters.ChoiceFilter(
        method="flow_helped", choices=YES_NO, label=_("Flow helped"), empty_label=_("Said or not")
    )
    rating = filters.ChoiceFilter(
        field_name="session_rating",
        choices=[(str(stars), str(stars)) for stars in range(5, 0, -1)],
        label=_("Rating"),
        empty_label=_("All"),
    )
    ended_since = DayFilter(method="ended_from_day", label=_("Ended from"), widget=DayInput)
    ended_until = DayFilter(method="ended_to_day", label=_("Ended until"), widget=DayInput)

    set = filters.ChoiceFilter(
        method="in_set", choices=set_choices, label=_("Only"), widget=HiddenInput, empty_label=_("All")
    )
    since = DayFilter(method="from_day", label=_("Started from"), widget=HiddenInput)
    until = DayFilter(method="to_day", label=_("Started until"), widget=HiddenInput)
    flow = filters.ModelChoiceFilter(
        field_name="matched_flow", queryset=flows, label=_("Flow"), widget=HiddenInput
    )
    decile = filters.ChoiceFilter(
        method="in_decile", choices=DECILES, label=_("Confidence"), widget=HiddenInput
    )
    destination = filters.CharFilter(
        field_name="escalation_destination",
        max_length=DESTINATION_LENGTH,
        label=_("Escalated to"),
        widget=HiddenInput,
    )
    reason = filters.CharFilter(
        field_name="escalation_reason", max_length=REASON_LENGTH, label=_("Reason"), widget=HiddenInput
    )
    administered = filters.BooleanFilter(
        method="of_own_teams", label=_("Of the teams that you lead"), widget=HiddenInput
    )

    folded = ("intake", "ticket", "cause", "helped", "rating", "ended_since", "ended_until")
    """Those that the screen keeps behind "More"."""

    class Meta:
        model = AISession
        fields: tuple[str, ...] = (
            "q",
            "status",
            "tier",
            "domain",
            "team",
            "client",
            "engineer",
            "analysis",
            "started",
            "mine",
            "intake",
            "ticket",
            "cause",
            "helped",
            "rating",
            "ended_since",
            "ended_until",
            "set",
            "since",
            "until",
            "flow",
            "decile",
            "destination",
            "reason",
            "administered",
        )

    def search(self, queryset: QuerySet[AISession], name: str, value: str) -> QuerySet[AISession]:
        return queryset.filter(pk__in=Found("sessions_found", value))

    def in_status(self, queryset: QuerySet[AISession], name: str, value: str) -> QuerySet[AISession]:
        return queryset.filter(status__in=AISession.OPEN if value == OPEN else [value])

    def in_tier(self, queryset: QuerySet[AISession], name: str, value: str) -> QuerySet[AISession]:
        """A session without a score has a tier by default only: it is in none."""
        if value == UNSCORED:
            return queryset.filter(scored_at__isnull=True)
        return queryset.filter(scored_at__isnull=False, confidence_tier=value)

    def in_hands_of(self, queryset: QuerySet[AISession], name: str, value: User) -> QuerySet[AISession]:
        """Whoever began it or took it over."""
        return queryset.filter(Q(user=value) | Q(escalated_to=value))

    def started_within(self, queryset: QuerySet[AISession], name: str, value: str) -> QuerySet[AISession]:
        return queryset.filter(created_at__gte=timezone.now() - timedelta(days=int(value)))

    def in_own_hands(self, queryset: QuerySet[AISession], name: str, value: bool) -> QuerySet[AISession]:
        """The reader's, so that a shared view shows everybody their own."""
        return self.in_hands_of(queryset, name, self.request.user) if value else queryset

    def with_ticket(self, queryset: QuerySet[AISession], name: str, value: str) -> QuerySet[AISession]:
        return queryset.filter(psa_ticket_id__isnull=value == "no")

    def flow_helped(self, queryset: QuerySet[AISession], name: str, value: str) -> QuerySet[AISession]:
        return queryset.filter(flow_helped=value == "yes")

    def ended_from_day(self, queryset: QuerySet[AISession], name: str, value: date) -> QuerySet[AISession]:
        return queryset.filter(ended_at__gte=midnight(value, self._zone()))

    def ended_to_day(self, queryset: QuerySet[AISession], name: str, value: date) -> QuerySet[AISession]:
        """That day included."""
        return queryset.filter(ended_at__lt=midnight(value + timedelta(days=1), self._zone()))

    def in_set(self, queryset: QuerySet[AISession], name: str, value: str) -> QuerySet[AISession]:
        return queryset.filter(named(value).condition(timezone.now()))

    def from_day(self, queryset: QuerySet[AISession], name: str, value: date) -> QuerySet[AISession]:
        return queryset.filter(created_at__gte=midnight(value, self._zone()))

    def to_day(self, queryset: QuerySet[AISession], name: str, value: date) -> QuerySet[AISession]:
        """That day included."""
        return queryset.filter(created_at__lt=midnight(value + timedelta(days=1), self._zone()))

    def in_decile(self, queryset: QuerySet[AISession], name: str, value: str) -> QuerySet[AISession]:
        return queryset.filter(scored_at__isnull=False, **decile_of(int(value)))

    def of_own_teams(self, queryset: QuerySet[AISession], name: str, value: bool) -> QuerySet[AISession]:
        user: User = self.request.user
        teams = [] if user.account_admin or not value else [Q(team__in=user.admin_team_ids)]
        return queryset.filter(*teams)

    def _zone(self) -> ZoneInfo:
        """Days are those of the account, for everybody in it."""
        account = self.request.user.account
        return zone_named(account.time_zone if account else "UTC")


class MomentField(IsoDateTimeField):
    """In UTC: at the ends of time, the asker's zone may lead to a year that the database does not know."""

    def to_python(self, value: Any) -> datetime | None:
        moment: datetime | None = super().to_python(value)
        try:
            return in_utc(moment) if moment else None
        except ValueError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error


class MomentFilter(filters.IsoDateTimeFilter):
    field_class = MomentField


class SessionApiFilter(SessionFilter):
    """For programs: several states at once, and exact moments."""

    status = filters.MultipleChoiceFilter(choices=AISession.Status.choices, label=_("Status"))
    created_after = MomentFilter(field_name="created_at", lookup_expr="gte", label=_("Started from"))
    created_before = MomentFilter(field_name="created_at", lookup_expr="lt", label=_("Started before"))

    class Meta(SessionFilter.Meta):
        fields = (*SessionFilter.Meta.fields, "created_after", "created_before")
