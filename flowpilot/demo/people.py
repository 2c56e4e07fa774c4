"""The demo's accounts, teams, clients and people, written to the database."""

from dataclasses import dataclass
from datetime import datetime

from flowpilot.accounts.models import Account, Client, Team, TeamMembership, User
from flowpilot.core.scope import account_scope
from flowpilot.demo import material
from flowpilot.demo.logins import DEMO_LOGINS

_PASSWORDS = {email: password for _, email, password in DEMO_LOGINS}
_SUPERUSER = next(email for role, email, _ in DEMO_LOGINS if role == "superuser")


@dataclass(frozen=True)
class Ground:
    """An account with the rows that sessions and flows point to, by the names in accounts.toml."""

    account: Account
    teams: dict[str, Team]
    clients: dict[str, Client]
    people: dict[str, User]
    """By e-mail address."""


def found(account: material.Account, since: datetime) -> Ground:
    """Create an account and everybody in it. Only those who are in the printed logins can log in."""
    row = Account.objects.create(
        slug=account.slug, name=account.name, time_zone=account.time_zone, created_at=since
    )
    with account_scope(row.pk):
        return _everybody(account, row, since)


def _everybody(account: material.Account, row: Account, since: datetime) -> Ground:
    owned = {"account": row, "created_at": since}
    teams = Team.objects.bulk_create(Team(name=name, **owned) for name in account.teams)
    clients = Client.objects.bulk_create(Client(name=client.name, **owned) for client in account.clients)
    ground = Ground(row, {team.name: team for team in teams}, {client.name: client for client in clients}, {})
    for person in account.people:
        ground.people[person.email] = _person(person, ground, since)
    return ground


def ensure_superuser() -> None:
    """The demo's superuser, who belongs to no account; one that is there already keeps the password."""
    if not User.objects.filter(email=_SUPERUSER).exists():
        User.objects.create_superuser(
            _SUPERUSER, _PASSWORDS[_SUPERUSER], name="Demo superuser", mfa_exempt=True
        )


def _person(person: material.Person, ground: Ground, since: datetime) -> User:
    user = User.objects.create_user(
        person.email,
        _PASSWORDS.get(person.email),
        name=person.name,
        account=ground.account,
        account_admin=person.account_admin,
        date_joined=since,
    )
    TeamMembership.objects.bulk_create(
        TeamMembership(
            account=ground.account, user=user, team=ground.teams[team], role=role, created_at=since
        )
        for team, role in person.roles.items()
    )
    return user
