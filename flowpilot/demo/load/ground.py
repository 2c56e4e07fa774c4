"""Who works in an account of made-up sessions: its own teams, people and clients, made where missing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random
from typing import TypeVar

from flowpilot.accounts.models import Account, Client, Team, TeamMembership, User
from flowpilot.core.scope import account_scope

TEAMS = ("Service desk", "Infrastructure", "Projects")
PEOPLE = ("Ava", "Ben", "Cleo", "Dan", "Edda", "Finn", "Gina", "Hugo", "Ines", "Jon", "Kaya", "Liam")
CLIENTS = 40
Item = TypeVar("Item")


@dataclass(frozen=True)
class Crew:
    team: Team
    people: tuple[User, ...]
    """Members; the first is the team's admin."""


@dataclass(frozen=True)
class Ground:
    account: Account
    crews: tuple[Crew, ...]
    clients: tuple[Client, ...]
    admin: User

    def crew(self, problem: int) -> Crew:
        """The team that a problem comes to: the first has most of them."""
        return self.crews[(0, 0, 0, 1, 1, 2)[problem % 6] % len(self.crews)]

    def client(self, rng: Random) -> Client | None:
        """The first clients call most; one call in twenty is nobody's."""
        return None if rng.random() < 0.05 else self.clients[int(len(self.clients) * rng.random() ** 2)]


def ground_of(slug: str, since: datetime) -> Ground:
    """The account with at least one team, engineer, admin and client. Passwords are nobody's."""
    account, _made = Account.objects.get_or_create(
        slug=slug, defaults={"name": slug.title(), "created_at": since}
    )
    with account_scope(account.pk):
        if not account.users.exists():
            _staff(account, since)
        return _found(account)


def _found(account: Account) -> Ground:
    """In an order of their own, not of their keys: what one seed makes depends on it."""
    crews = [_crew(team) for team in Team.objects.filter(account=account).order_by("created_at", "name")]
    clients = tuple(Client.objects.filter(account=account).order_by("created_at", "name"))
    admin = account.users.filter(account_admin=True).order_by("date_joined", "email").first()
    staffed = tuple(crew for crew in crews if crew.people)
    if not (staffed and clients and admin):
        raise NobodyThere(account.slug)
    return Ground(account, staffed, clients, admin)


class NobodyThere(Exception):
    """The account exists but lacks an admin, a team with people, or a client."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"The account “{slug}” needs an admin, a team with members and a client first.")


def _staff(account: Account, since: datetime) -> None:
    owned = {"account": account, "created_at": since}
    teams = Team.objects.bulk_create(
        Team(name=name, account=account, created_at=since + timedelta(seconds=place))
        for place, name in enumerate(TEAMS)
    )
    Client.objects.bulk_create(
        Client(name=f"Client {number:02}", **owned) for number in range(1, CLIENTS + 1)
    )
    _person(account, "Owner", since, account_admin=True)
    ends = list(accumulate((6, 4, 2)))
    for place, name in enumerate(PEOPLE):
        team = teams[next(index for index, end in enumerate(ends) if place < end)]
        first = place in (0, *ends)
        TeamMembership.objects.create(
            user=_person(account, name, since),
            team=team,
            role=TeamMembership.Role.TEAM_ADMIN if first else TeamMembership.Role.ENGINEER,
            **owned,
        )


def _person(account: Account, name: str, since: datetime, *, account_admin: bool = False) -> User:
    return User.objects.create_user(
        f"{name.lower()}@{account.slug}.example",
        name=f"{name} {account.name}",
        account=account,
        account_admin=account_admin,
        date_joined=since,
    )


def _crew(team: Team) -> Crew:
    rows = TeamMembership.objects.filter(team=team).select_related("user").order_by("-role", "user__email")
    return Crew(team, tuple(row.user for row in rows))
