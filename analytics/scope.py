"""What the dashboard looks at: a range of days, and filters, all of it in the address."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.models import RollupState, TierDay, TouchedDay
from analytics.selects import QuickSelect
from flowpilot.accounts.choosing import draw_together
from flowpilot.accounts.models import Account, Client, Team, User
from flowpilot.core.moments import midnight, zone_named
from flowpilot.flows.domains import DOMAIN_CHOICES
from sessions.filter_fields import FIRST_DAY, DayField, DayInput
from sessions.models import AISession
from sessions.sets import BY_WAITING

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

    folded = ("since", "until")
    """Those that the screen keeps behind "More"."""

    range = forms.ChoiceField(label=gettext_lazy("Range"), choices=RANGES, required=False, widget=QuickSelect)
    team: forms.ModelChoiceField[Any] = forms.ModelChoiceField(
        label=gettext_lazy("Team"),
        queryset=None,
        required=False,
        empty_label=gettext_lazy("All"),
        widget=QuickSelect,
    )
    client: forms.ModelChoiceField[Any] = forms.ModelChoiceField(
        label=gettext_lazy("Client"),
        queryset=None,
        required=False,
        empty_label=gettext_lazy("All"),
        widget=QuickSelect,
    )
    domain = forms.ChoiceField(
        label=gettext_lazy("Domain"),
        choices=[("", gettext_lazy("All")), *DOMAIN_CHOICES],
        required=False,
        widget=QuickSelect,
    )
    engineer: forms.ModelChoiceField[Any] = forms.ModelChoiceField(
        label=gettext_lazy("Engineer"),
        queryset=None,
        required=False,
        empty_label=gettext_lazy("All"),
        widget=QuickSelect,
    )
    since = DayField(label=gettext_lazy("From"), required=False, widget=DayInput)
    until = DayField(label=gettext_lazy("To"), required=False, widget=DayInput)
    compare = forms.ChoiceField(
        label=gettext_lazy("Compare to"),
        choices=[("", gettext_lazy("The days before")), ("none", gettext_lazy("Nothing"))],
        required=False,
        widget=QuickSelect,
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
        draw_together(self, "team", "client", "engineer")


class OwnForm(ScopeForm):
    """For the figures of the reader alone."""

    team: None = None  # type: ignore[assignment]
    engineer: None = None  # type: ignore[assignment]

    def __init__(self, data: Any, *, user: User) -> None:
        super(ScopeForm, self).__init__(data, auto_id="scope-%s")
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
    own: bool = False
    """Only what is in the user's own hands, whoever administers it."""
    page: int = 1
    """Which page of a card that has several is looked at."""
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

    def whole(self) -> "Scope":
        """The same days of the whole account."""
        return replace(self, team=None, client=None, domain="", engineer=None)

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
        seen = AISession.objects.visible_to if self.own else AISession.objects.administered_by
        rows: QuerySet[AISession] = seen(self.user).filter(
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
        if self.domain:
            more.setdefault("domain", self.domain)
        if more.get("set") in BY_WAITING:
            more.setdefault("at", self.now.isoformat())
        since, until = more.pop("since", self.since), more.pop("until", self.until)
        rest = f"&{urlencode(more)}" if more else ""
        return f"{self._list}since={since}&until={until}{rest}"

    @cached_property
    def _list(self) -> str:
        """The list's address with what all links of the scope have in common, and room for more."""
        given = {
            "team": self.team.pk if self.team else "",
            "client": self.client.pk if self.client else "",
            "engineer": self.engineer.pk if self.engineer else "",
            "administered": "" if self.user.account_admin or self.own else "true",
        }
        kept = urlencode({name: value for name, value in given.items() if value})
        return f"{reverse('sessions:list')}?{kept}{'&' if kept else ''}"


def counted_until(user: User) -> Any:
    """How far the days of the user's account are counted (a `RollupState`), with the first of them as
    `first_day`, and how many are marked to be counted anew as `waiting`; None when nothing is."""
    days = TierDay.objects.filter(account=OuterRef("account")).order_by("day").values("day")[:1]
    marks = TouchedDay.objects.filter(account=OuterRef("account")).order_by().values("account")
    waiting = marks.annotate(n=Count("day", distinct=True)).values("n")
    rows = RollupState.objects.for_account(user.account_id)
    return rows.annotate(first_day=Subquery(days), waiting=Subquery(waiting)).first()


def scope_of(form: ScopeForm, user: User, state: RollupState | None, first: date | None) -> Scope:
    """What a form asks for; a field that is wrong narrows nothing, the others do. `first` is the first day
    that is counted."""
    form.full_clean()
    asked, own = form.cleaned_data, isinstance(form, OwnForm)
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
        engineer=user if own else asked.get("engineer"),
        own=own,
        compares=asked.get("compare") != "none" and not (whole and not asked.get("since")),
    )
    return scope.shortened() if len(scope.filters) > 1 or scope.engineer else scope


def told(scope: Scope) -> str:
    """The range in words."""
    days = {"since": scope.since, "until": scope.until}
    if scope.cut_short:
        return _("%(since)s to %(until)s: with more than one filter, at most 90 days") % days
    return _("%(since)s to %(until)s") % days


def for_rows(scope: Scope) -> tuple[Scope, str]:
    """The days of the scope that a card may read from the sessions themselves, and the note that says so when
    they are fewer."""
    shorter = scope.shortened()
    return shorter, cut_told(shorter, scope)


def cut_told(shown: Scope, asked: Scope) -> str:
    """That a card shows fewer days than the page was asked for; empty when it shows all of them."""
    if shown.days == asked.days:
        return ""
    told_days = {"since": shown.since, "until": shown.until, "days": WIDEST_ROWS}
    return _("%(since)s to %(until)s: this is read session by session, at most %(days)s days.") % told_days
