"""What lists of sessions can be narrowed by, on the screen and in the API."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import django_filters as filters
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.forms import CheckboxInput, Form, HiddenInput
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.choosing import draw_together
from flowpilot.accounts.models import User
from flowpilot.core.moments import midnight, zone_named
from flowpilot.core.narrowing import Narrowing
from flowpilot.core.search import SEARCH_LENGTH, Found
from flowpilot.flows.domains import DOMAIN_CHOICES
from flowpilot.flows.filters import clients, teams
from flowpilot.flows.models import Flow
from flowpilot.psa.metrics import GIVEN_UP
from flowpilot.psa.models import PsaPush
from sessions.filter_fields import DayFilter, DayInput, KeptList, ListFilter, MomentFilter, OnlyFilter
from sessions.models import AISession
from sessions.models.ending import EscalationCode, RootCause
from sessions.sets import STARTED_AT, UNSCORED, first_tier, kept_list, named, set_choices

OPEN = "open"
"""Asks for every state in which somebody still works on a session."""
STARTED_WITHIN = [("1", _("The last day")), ("7", _("The last 7 days")), ("30", _("The last 30 days"))]


DESTINATION_LENGTH, REASON_LENGTH = 200, 2000
UNSAID = "unsaid"
"""Asks for what was left empty."""
YES_NO = [("yes", _("Yes")), ("no", _("No"))]
FIRST_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)
DECILES = [(str(tenth), f"{tenth * 10}–{tenth * 10 + 10}%") for tenth in range(10)]


def decile_of(tenth: int) -> dict[str, float]:
    """The scores of one tenth of the scale; the last one holds 1.0, too."""
    highest = {"started_at__lt": (tenth + 1) / 10} if tenth < 9 else {}
    return {"started_at__gte": tenth / 10, **highest}


def flows(request: Any) -> QuerySet[Flow]:
    return Flow.objects.for_account(request.user.account_id)


def engineers(request: Any) -> QuerySet[User]:
    return User.objects.for_account(request.user.account_id)


class SessionFilter(Narrowing):
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
    at = MomentFilter(method="unchanged", label=_("As of"), widget=HiddenInput)
    since = DayFilter(method="from_day", label=_("Started from"), widget=HiddenInput)
    until = DayFilter(method="to_day", label=_("Started until"), widget=HiddenInput)
    flow = filters.ModelChoiceFilter(
        field_name="matched_flow", queryset=flows, label=_("Flow"), widget=HiddenInput
    )
    began = filters.ChoiceFilter(
        method="in_first_tier",
        choices=[*AISession.Tier.choices, (UNSCORED, _("Not scored"))],
        label=_("Tier at first"),
        widget=HiddenInput,
    )
    decile = filters.ChoiceFilter(
        method="in_decile", choices=DECILES, label=_("Confidence at first"), widget=HiddenInput
    )
    destination = filters.CharFilter(
        field_name="escalation_destination",
        max_length=DESTINATION_LENGTH,
        label=_("Escalated to"),
        widget=HiddenInput,
    )
    code = filters.ChoiceFilter(
        method="of_code",
        choices=[*EscalationCode.choices, (UNSAID, _("Not said"))],
        label=_("Kind of escalation"),
        widget=HiddenInput,
    )
    taker = filters.ModelChoiceFilter(
        field_name="escalated_to", queryset=engineers, label=_("Taken over by"), widget=HiddenInput
    )
    gap = ListFilter(method="in_list", label=_("Knowledge gap"), widget=HiddenInput)
    given_up = filters.CharFilter(
        method="given_up_because", max_length=40, label=_("Not written because of"), widget=HiddenInput
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
            "at",
            "since",
            "until",
            "flow",
            "began",
            "decile",
            "destination",
            "code",
            "taker",
            "gap",
            "given_up",
            "reason",
            "administered",
        )

    @cached_property
    def form(self) -> Form:
        made: Form = super().form
        draw_together(made, "team", "client", "engineer")
        return made

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
        """As of the moment that is asked for: that of the figure which led here."""
        at = self.form.cleaned_data.get("at")
        return queryset.filter(named(value).condition(max(at, FIRST_MOMENT) if at else timezone.now()))

    def in_list(self, queryset: QuerySet[AISession], name: str, value: KeptList) -> QuerySet[AISession]:
        """A list that a room above keeps under the filter's name."""
        return queryset.filter(pk__in=kept_list(name, value.key))

    def unchanged(self, queryset: QuerySet[AISession], name: str, value: object) -> QuerySet[AISession]:
        """It is a matter of the set."""
        return queryset

    def from_day(self, queryset: QuerySet[AISession], name: str, value: date) -> QuerySet[AISession]:
        return queryset.filter(created_at__gte=midnight(value, self._zone()))

    def to_day(self, queryset: QuerySet[AISession], name: str, value: date) -> QuerySet[AISession]:
        """That day included."""
        return queryset.filter(created_at__lt=midnight(value + timedelta(days=1), self._zone()))

    def in_decile(self, queryset: QuerySet[AISession], name: str, value: str) -> QuerySet[AISession]:
        rows = queryset.alias(started_at=STARTED_AT)
        return rows.filter(scored_at__isnull=False, **decile_of(int(value)))

    def in_first_tier(self, queryset: QuerySet[AISession], name: str, value: str) -> QuerySet[AISession]:
        """As sure as it was at first: sessions are counted by that."""
        return queryset.alias(first_tier=first_tier()).filter(first_tier=value)

    def of_code(self, queryset: QuerySet[AISession], name: str, value: str) -> QuerySet[AISession]:
        return queryset.filter(escalation_code="" if value == UNSAID else value)

    def given_up_because(self, queryset: QuerySet[AISession], name: str, value: str) -> QuerySet[AISession]:
        """Something of it could not be written into the ticket, with this kind of error."""
        pushes = PsaPush.objects.filter(GIVEN_UP, error_class="" if value == UNSAID else value)
        of_session = pushes.filter(account_id=OuterRef("account_id"), session_id=OuterRef("pk"))
        return queryset.filter(Exists(of_session))

    def of_own_teams(self, queryset: QuerySet[AISession], name: str, value: bool) -> QuerySet[AISession]:
        user: User = self.request.user
        teams = [] if user.account_admin or not value else [Q(team__in=user.admin_team_ids)]
        return queryset.filter(*teams)

    def _zone(self) -> ZoneInfo:
        """Days are those of the account, for everybody in it."""
        account = self.request.user.account
        return zone_named(account.time_zone if account else "UTC")


class SessionApiFilter(SessionFilter):
    """For programs: several states at once, and exact moments."""

    status = filters.MultipleChoiceFilter(choices=AISession.Status.choices, label=_("Status"))
    created_after = MomentFilter(field_name="created_at", lookup_expr="gte", label=_("Started from"))
    created_before = MomentFilter(field_name="created_at", lookup_expr="lt", label=_("Started before"))

    class Meta(SessionFilter.Meta):
        fields = (*SessionFilter.Meta.fields, "created_after", "created_before")
