"""What the pages about people, teams, clients, logins and saved views show."""

from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.http import Http404

from flowpilot.accounts import audit
from flowpilot.accounts.models import (
    Account,
    AuditEvent,
    Client,
    Invitation,
    SavedView,
    Team,
    TeamMembership,
    User,
)
from flowpilot.accounts.models.saved import SavedViewQuerySet
from flowpilot.accounts.second_factor import FACTORS

ACTIVITY_SHOWN = 20


@dataclass(frozen=True)
class TeamRole:
    """A team and the person's role in it, "" for none; `choices` are what the reader may make of it."""

    team: Team
    role: str
    choices: list[tuple[str, Any]]


@dataclass(frozen=True)
class Person:
    """A person as the reader may see to them."""

    user: User
    roles: list[TeamRole]
    activity: list[AuditEvent]


def people(reader: User) -> QuerySet[User]:
    """Those whose roles the reader may see to, the newest first; with the roles and whether there is a second
    factor."""
    factors = Authenticator.objects.filter(user_id=OuterRef("pk"), type__in=FACTORS)
    rows: QuerySet[User] = User.objects.looked_after_by(reader)
    return rows.annotate(created_at=F("date_joined"), second_factor=Exists(factors)).prefetch_related(
        "memberships__team"
    )


def person(reader: User, pk: UUID) -> User:
    """404 when there is none, or it is not the reader's to see to: the two look alike."""
    found = people(reader).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def person_page(reader: User, pk: UUID) -> Person:
    found = person(reader, pk)
    events = list(audit.activity(found)[:ACTIVITY_SHOWN]) if reader.account_admin else []
    return Person(found, _roles(reader, found), events)


def team_of(reader: User, pk: UUID) -> Team:
    """A team in which the reader may set roles, or 404."""
    rows = Team.objects.visible_to(reader)
    own = rows if reader.account_admin else rows.filter(pk__in=reader.admin_team_ids)
    found: Team | None = own.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def teams(reader: User) -> QuerySet[Team]:
    """With the number of those who are in and can sign in."""
    rows: QuerySet[Team] = Team.objects.visible_to(reader)
    active = Q(memberships__user__is_active=True)
    return rows.annotate(members=Count("memberships", filter=active))


def clients(reader: User) -> QuerySet[Client]:
    rows: QuerySet[Client] = Client.objects.visible_to(reader)
    return rows


def invitations(reader: User) -> QuerySet[Invitation]:
    """Those that nobody has answered, with their teams."""
    rows: QuerySet[Invitation] = Invitation.objects.visible_to(reader).unanswered()
    return rows.select_related("invited_by").prefetch_related("roles__team")


def _roles(reader: User, found: User) -> list[TeamRole]:
    held = {member.team_id: member.role for member in found.memberships.all()}
    given: list[tuple[str, Any]] = list(TeamMembership.Role.choices)
    if not reader.account_admin:
        shown = Team.objects.visible_to(reader).filter(pk__in=set(reader.admin_team_ids) & held.keys())
        return [TeamRole(team, held[team.pk], given) for team in shown]
    current = Team.objects.visible_to(reader).filter(Q(archived_at__isnull=True) | Q(pk__in=held))
    return [TeamRole(team, held.get(team.pk, ""), [("", "–"), *given]) for team in current]


def account_of(reader: User) -> Account:
    """The reader's account as it stands now."""
    return Account.objects.get(users=reader)


VIEWS_SHOWN = 100


SHOWN_OF_VIEWS = ("account", "screen", "slug", "name", "query", "shared", "owner__name", "owner__email")


@cache
def _offered() -> SavedViewQuerySet:
    """The same for everybody, so built once: every list asks."""
    rows: SavedViewQuerySet = SavedView.objects.select_related("owner").only(*SHOWN_OF_VIEWS)
    return rows


def views_of(user: User, screen: str, slug: str = "") -> list[SavedView]:
    """The saved views that a user's list offers, own and shared ones, by name; among them the one by the word
    `slug`, however many come before it."""
    rows = _offered().visible_to(user).of_screen(screen)
    if not slug:
        return list(rows[:VIEWS_SHOWN])
    placed = rows.annotate(place=Window(RowNumber(), order_by=["name", "id"]), named=Q(slug=slug))
    return sorted(placed.order_by("-named", "place")[:VIEWS_SHOWN], key=attrgetter("place"))


def saved_view(user: User, screen: str, slug: str) -> SavedView | None:
    """The view by that word, if the user sees one."""
    rows = SavedView.objects.visible_to(user).of_screen(screen)
    found: SavedView | None = rows.filter(slug=slug).first()
    return found
