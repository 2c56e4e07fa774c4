"""What the dashboard looks at: a range of days, and filters, all of it in the address."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.models import RollupState
from flowpilot.accounts.models import Account, Client, Team, User
from flowpilot.core.moments import midnight, zone_named
from flowpilot.flows.domains import DOMAIN_CHOICES
from sessions.filters import FIRST_DAY, DayField
from sessions.models import AISession

RANGES: Final = [
    ("", gettext_lazy("The last 30 days")),
    ("7", gettext_lazy("The last 7 days")),
    ("90", gettext_lazy("The last 90 days")),
    ("365", gettext_lazy("The last 365 days")),
    ("all", gettext_lazy("All time")),
]
USUAL_RANGE: Final = "30"
"""What the first choice stands for."""
WIDEST_ROWS: Final = 90
"""Days that are read from the sessions themselves, where no table of counted days serves."""
ONE_DAY: Final = timedelta(days=1)


class ScopeForm(forms.Form):
    """Exact days take the place of the range."""

    range = forms.ChoiceField(label=gettext_lazy("Range"), choices=RANGES, required=False)
    team: forms.ModelChoiceField[Any] = forms.ModelChoiceField(
        label=gettext_lazy("Team"), queryset=None, required=False, empty_label=gettext_lazy("All")
    )
    client: forms.ModelChoiceField[Any] = forms.ModelChoiceField(
        label=gettext_lazy("Client"), queryset=None, required=False, empty_label=gettext_lazy("All")
    )
    domain = forms.ChoiceField(
        label=gettext_lazy("Domain"), choices=[("", gettext_lazy("All")), *DOMAIN_CHOICES], required=False
    )
    engineer: forms.ModelChoiceField[Any] = forms.ModelChoiceField(
        label=gettext_lazy("Engineer"), queryset=None, required=False, empty_label=gettext_lazy("All")
    )
    since = DayField(label=gettext_lazy("From"), required=False, widget=forms.HiddenInput)
    until = DayField(label=gettext_lazy("To"), required=False, widget=forms.HiddenInput)
    compare = forms.ChoiceField(
        label=gettext_lazy("Compare"),
        choices=[("", gettext_lazy("With the days before")), ("none", gettext_lazy("With nothing"))],
        required=False,
    )

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data, auto_id="scope-%s")
        teams = Team.objects.for_account(user.account_id)
        people = User.objects.looked_after_by(user)
        if not user.account_admin:
            teams = teams.filter(pk__in=user.admin_team_ids)
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]
        self.fields["engineer"].queryset = people  # type: ignore[attr-defined]
        self.fields["client"].queryset = Client.objects.for_account(user.account_id)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Scope:
    """The days from `since` to `until`, both included, in the account's time zone; what is None narrows
    nothing."""

    user: User
    zone: ZoneInfo
    since: date
    until: date
    now: datetime
    team: Team | None = None
    client: Client | None = None
    domain: str = ""
    engineer: User | None = None
    compares: bool = True
    cut_short: bool = field(default=False)
    """Fewer days than were asked for, because the sessions themselves are read."""

    @property
    def account(self) -> Account:
        account = self.user.account
        assert account is not None
        return account

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1

    def before(self) -> "Scope":
        """As many days, just before these."""
        return replace(self, since=self.since - ONE_DAY * self.days, until=self.since - ONE_DAY)

    def on(self, since: date, until: date) -> "Scope":
        return replace(self, since=since, until=until)

    def shortened(self) -> "Scope":
        """At most so many days as may be read from the sessions themselves."""
        if self.days <= WIDEST_ROWS:
            return self
        return replace(self, since=self.until - ONE_DAY * (WIDEST_ROWS - 1), cut_short=True)

    @property
    def filters(self) -> set[str]:
        """The dimensions that it narrows."""
        narrowed = {
            "team_id": self.team is not None or not self.user.account_admin,
            "client_id": self.client is not None,
            "domain": self.domain != "",
            "engineer": self.engineer is not None,
        }
        return {name for name, narrows in narrowed.items() if narrows}

    def conditions(self) -> dict[str, Any]:
        """The filters as conditions on the columns of counted days."""
        found: dict[str, Any] = {}
        if self.team is not None:
            found["team_id"] = self.team.pk
        elif not self.user.account_admin:
            found["team_id__in"] = self.user.admin_team_ids
        if self.client is not None:
            found["client_id"] = self.client.pk
        if self.domain:
            found["domain"] = self.domain
        return found

    def sessions(self) -> QuerySet[AISession]:
        """The sessions that it looks at, as their list shows them under `url`."""
        rows = AISession.objects.administered_by(self.user).filter(
            created_at__gte=midnight(self.since, self.zone),
            created_at__lt=midnight(self.until + ONE_DAY, self.zone),
        )
        given = {"team": self.team, "client": self.client, "problem_domain": self.domain or None}
        rows = rows.filter(**{name: value for name, value in given.items() if value is not None})
        if self.engineer is not None:
            rows = rows.filter(Q(user=self.engineer) | Q(escalated_to=self.engineer))
        return rows

    def url(self, **more: object) -> str:
        """The list of its sessions, narrowed further by parameters of `SessionFilter`."""
        given = {
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "team": self.team.pk if self.team else "",
            "client": self.client.pk if self.client else "",
            "domain": self.domain,
            "engineer": self.engineer.pk if self.engineer else "",
            "administered": "" if self.user.account_admin else "true",
            **more,
        }
        kept = {name: value for name, value in given.items() if value not in ("", None)}
        return f"{reverse('sessions:list')}?{urlencode(kept)}"


def scope_of(form: ScopeForm, user: User, state: RollupState | None, first: date | None) -> Scope:
    """What a form asks for; what it gets wrong narrows nothing. `first` is the first day that is counted."""
    asked = form.cleaned_data if form.is_valid() else {}
    account = user.account
    assert account is not None
    zone, now = zone_named(account.time_zone), timezone.now()
    until = asked.get("until") or now.astimezone(zone).date()
    wanted = asked.get("range") or USUAL_RANGE
    whole = wanted == "all"
    since = asked.get("since") or (first or until if whole else until - ONE_DAY * (int(wanted) - 1))
    scope = Scope(
        user=user,
        zone=zone,
        since=max(min(since, until), FIRST_DAY),
        until=until,
        now=state.counted_at if state else now,
        team=asked.get("team"),
        client=asked.get("client"),
        domain=asked.get("domain") or "",
        engineer=asked.get("engineer"),
        compares=asked.get("compare") != "none" and not (whole and not asked.get("since")),
    )
    return scope.shortened() if len(scope.filters) > 1 or scope.engineer else scope


def told(scope: Scope) -> str:
    """The range in words."""
    days = {"since": scope.since, "until": scope.until}
    if scope.cut_short:
        return _("%(since)s to %(until)s: with more than one filter, at most 90 days") % days
    return _("%(since)s to %(until)s") % days
