"""Every route of the URL map is declared public or fenced, and the fence holds for every kind of person.

A new route fails here until it stands in `ROUTES` with what it needs and whom it admits.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, path, reverse
from django.urls.resolvers import RegexPattern

from flowpilot.accounts.models import Invitation, SavedView, User
from flowpilot.accounts.roles import Role, public, requires
from sessions.models import IntakeFile
from tests.factories import (
    Cast,
    make_attachment,
    make_gap,
    make_intake_file,
    make_invitation,
    make_notification,
    make_practice_ticket,
    make_proposal,
    make_push,
    make_resolved,
    make_script,
    make_session,
    make_turn,
    make_user,
    make_version,
    make_view,
)
from tests.screens import text

# Views of others, with fences of their own: Django's admin (staff only) and allauth (sign-in pages).
FOREIGN = ("admin/", "accounts/")


@dataclass(frozen=True)
class Route:
    """What a route is about (the row whose key it takes) and the least role it admits."""

    row: Callable[[Cast], dict[str, object]] = lambda cast: {}
    role: Role | None = Role.ENGINEER
    own: bool = False
    """Whether the row is one person's, the engineer's here, and nobody else's."""

    def admits(self, person: str) -> bool:
        """One of `PEOPLE`."""
        return PEOPLE[person] >= (self.role or 0) and (person == "engineer" or not self.own)


def session(cast: Cast) -> dict[str, object]:
    return {"pk": make_resolved(cast).pk}


def attachment(cast: Cast) -> dict[str, object]:
    session = make_session(cast)
    return {"pk": session.pk, "file": make_attachment(session).pk}


def generated_script(cast: Cast) -> dict[str, object]:
    session = make_session(cast)
    return {"pk": session.pk, "script": make_script(session).pk}


def step(cast: Cast) -> dict[str, object]:
    session = make_resolved(cast)
    return {"pk": session.pk, "step": session.steps.get().pk}


def turn(cast: Cast) -> dict[str, object]:
    asked = make_turn(make_session(cast))
    return {"pk": asked.session_id, "turn": asked.pk}


def proposal(cast: Cast) -> dict[str, object]:
    return {"pk": make_proposal(cast).pk}


def evidence(cast: Cast) -> dict[str, object]:
    proposal = make_proposal(cast)
    return {"pk": proposal.pk, "session": proposal.evidence.get().session_id}


def flow(cast: Cast) -> dict[str, object]:
    return {"pk": make_version(cast).flow.pk}


def version(cast: Cast) -> dict[str, object]:
    return {**flow(cast), "number": 1}


def published(cast: Cast) -> dict[str, object]:
    return {"pk": make_version(cast).pk}


def person(cast: Cast) -> dict[str, object]:
    return {"pk": cast.engineer.pk}


def invitation(cast: Cast) -> dict[str, object]:
    made = Invitation.objects.filter(account=cast.account).first() or make_invitation(cast)
    return {"pk": made.pk}


def notification(cast: Cast) -> dict[str, object]:
    return {"pk": make_notification(cast.engineer).pk}


def kept_file(cast: Cast) -> dict[str, object]:
    """Its owner's alone, whatever the role."""
    made = IntakeFile.objects.filter(account=cast.account).first() or make_intake_file(cast.engineer)
    return {"file": made.pk}


def practice_ticket(cast: Cast) -> dict[str, object]:
    return {"number": make_practice_ticket(cast).number}


def with_practice(cast: Cast) -> dict[str, object]:
    make_practice_ticket(cast)
    return {}


def told(cast: Cast) -> dict[str, object]:
    made = make_push(cast)
    return {"pk": made.session_id, "push": made.pk}


def connection(cast: Cast) -> dict[str, object]:
    return {"pk": make_practice_ticket(cast).connection_id}


def push(cast: Cast) -> dict[str, object]:
    return {"pk": make_push(cast).pk}


def team(cast: Cast) -> dict[str, object]:
    return {"pk": cast.team.pk}


def card(cast: Cast) -> dict[str, object]:
    return {"key": "tiers"}


def gap(cast: Cast) -> dict[str, object]:
    return {"pk": make_gap(cast).pk}


def decided_gap(cast: Cast) -> dict[str, object]:
    return {**gap(cast), "verb": "dismiss"}


def client(cast: Cast) -> dict[str, object]:
    return {"pk": cast.client.pk}


def saved_view(cast: Cast) -> dict[str, object]:
    return {"pk": (SavedView.objects.filter(account=cast.account).first() or make_view(cast)).pk}


ADMIN = Role.TEAM_ADMIN
OWNER = Role.ACCOUNT_ADMIN
ROUTES: dict[str, Route] = {
    "home": Route(role=None),
    "healthz": Route(role=None),
    "readyz": Route(role=None),
    "favicon": Route(role=None),
    "console:home": Route(),
    "console:draft": Route(),
    "console:ticket": Route(),
    "console:file": Route(kept_file, None),
    "console:drop-file": Route(kept_file, None),
    "psa:practice": Route(),
    "psa:practice-ticket": Route(practice_ticket),
    "psa:new-practice-ticket": Route(with_practice),
    "psa:practice-note": Route(practice_ticket),
    "psa:change-practice-ticket": Route(practice_ticket),
    "psa:hook": Route(lambda cast: {"token": "none"}, None),
    "sessions:list": Route(),
    "sessions:detail": Route(session),
    "sessions:thread": Route(session),
    "sessions:say": Route(session),
    "sessions:next": Route(session),
    "sessions:draft": Route(session),
    "sessions:leave": Route(session),
    "sessions:come-back": Route(session),
    "sessions:change": Route(step),
    "sessions:stream": Route(turn),
    "sessions:said": Route(turn),
    "sessions:stop": Route(turn),
    "sessions:export": Route(),
    "sessions:inbox": Route(),
    "sessions:inbox-count": Route(),
    "sessions:pause": Route(session),
    "sessions:resume": Route(session),
    "sessions:escalate": Route(session),
    "sessions:package": Route(session),
    "sessions:cancel-escalation": Route(session),
    "sessions:accept": Route(session),
    "sessions:decline": Route(session),
    "sessions:resolve": Route(session),
    "sessions:abandon": Route(session),
    "sessions:note": Route(session),
    "sessions:reopen": Route(session),
    "sessions:rate": Route(session),
    "sessions:held": Route(person, ADMIN),
    "sessions:hand-over": Route(session, ADMIN),
    "sessions:attach": Route(session),
    "sessions:attachment": Route(attachment),
    "sessions:attachment-image": Route(attachment),
    "sessions:detach": Route(attachment),
    "sessions:matches": Route(session),
    "sessions:script": Route(session),
    "sessions:script-run": Route(generated_script),
    "sessions:script-download": Route(generated_script),
    "sessions:start": Route(session),
    "sessions:seen-before": Route(session),
    "sessions:told": Route(session),
    "sessions:told-retry": Route(told),
    "sessions:told-arrived": Route(told),
    "sessions:told-put-aside": Route(told),
    "sessions:told-count-again": Route(told),
    "finding:flow": Route(),
    "proposals:queue": Route(),
    "proposals:pulse": Route(),
    "proposals:bulk": Route(role=ADMIN),
    "proposals:tree": Route(proposal),
    "proposals:parts": Route(proposal),
    "proposals:detail": Route(proposal),
    "proposals:alike": Route(proposal),
    "proposals:replay": Route(proposal),
    "proposals:sources": Route(proposal),
    "proposals:version-sources": Route(published),
    "proposals:approve": Route(proposal, ADMIN),
    "proposals:dismiss": Route(proposal, ADMIN),
    "proposals:reject": Route(proposal, ADMIN),
    "proposals:reopen": Route(proposal, ADMIN),
    "proposals:duplicate": Route(proposal, ADMIN),
    "proposals:split": Route(proposal, ADMIN),
    "proposals:transcript": Route(evidence),
    "proposals:undo": Route(proposal, ADMIN),
    "proposals:edit": Route(proposal, ADMIN),
    "proposals:session-analysis": Route(session),
    "proposals:retry": Route(session, ADMIN),
    "proposals:propose": Route(session, ADMIN),
    "analytics:overview": Route(role=ADMIN),
    "analytics:flows": Route(role=ADMIN),
    "analytics:engineers": Route(role=ADMIN),
    "analytics:own": Route(),
    "analytics:card": Route(card, ADMIN),
    "analytics:export": Route(card, ADMIN),
    "analytics:gaps": Route(role=ADMIN),
    "analytics:gap": Route(gap, ADMIN),
    "analytics:draft": Route(gap, ADMIN),
    "analytics:decide": Route(decided_gap, ADMIN),
    "ai:use": Route(role=Role.ACCOUNT_ADMIN),
    "analysis:overview": Route(role=ADMIN),
    "analysis:now": Route(role=ADMIN),
    "analysis:run": Route(role=ADMIN),
    "analysis:retry": Route(session, ADMIN),
    "analysis:retry-all": Route(role=ADMIN),
    "flows:library": Route(),
    "flows:detail": Route(flow),
    "flows:version": Route(version),
    "flows:print": Route(version),
    "flows:new": Route(role=ADMIN),
    "flows:starters": Route(role=OWNER),
    "flows:exchange": Route(),
    "flows:export": Route(),
    "flows:schema": Route(),
    "flows:restore-version": Route(version, ADMIN),
    "flows:compare": Route(flow),
    "flows:try": Route(flow),
    "flows:edit": Route(flow, ADMIN),
    "flows:publish": Route(flow, ADMIN),
    "flows:discard": Route(flow, ADMIN),
    "flows:retire": Route(flow, ADMIN),
    "flows:restore": Route(flow, ADMIN),
    "flows:verify": Route(flow, ADMIN),
    "flows:fork": Route(flow, ADMIN),
    "flows:details": Route(flow, ADMIN),
    "sessions:of-flow": Route(flow),
    "sessions:flow-open": Route(flow),
    "flows:star": Route(flow),
    "accounts:audit": Route(role=OWNER),
    "accounts:audit-export": Route(role=OWNER),
    "people:list": Route(role=ADMIN),
    "people:person": Route(person, ADMIN),
    "people:role": Route(person, ADMIN),
    "people:admin": Route(person, OWNER),
    "people:deactivate": Route(person, OWNER),
    "people:reactivate": Route(person, OWNER),
    "people:reset-factor": Route(person, OWNER),
    "people:invitations": Route(role=OWNER),
    "people:invite-again": Route(invitation, OWNER),
    "people:revoke": Route(invitation, OWNER),
    "people:teams": Route(role=OWNER),
    "people:new-team": Route(role=OWNER),
    "people:team": Route(team, OWNER),
    "people:archive-team": Route(team, OWNER),
    "people:restore-team": Route(team, OWNER),
    "settings:account": Route(role=OWNER),
    "settings:clients": Route(role=OWNER),
    "settings:new-client": Route(role=OWNER),
    "settings:client": Route(client, OWNER),
    "settings:archive-client": Route(client, OWNER),
    "settings:restore-client": Route(client, OWNER),
    "connections:list": Route(role=OWNER),
    "connections:new": Route(lambda cast: {"provider": "practice"}, OWNER),
    "connections:one": Route(connection, OWNER),
    "connections:login": Route(connection, OWNER),
    "connections:check": Route(connection, OWNER),
    "connections:mapping": Route(connection, OWNER),
    "connections:note": Route(connection, OWNER),
    "connections:preview": Route(connection, OWNER),
    "connections:pause": Route(connection, OWNER),
    "connections:resume": Route(connection, OWNER),
    "connections:delete": Route(connection, OWNER),
    "connections:new-secret": Route(connection, OWNER),
    "connections:new-address": Route(connection, OWNER),
    "connections:pushes": Route(role=OWNER),
    "connections:push": Route(push, OWNER),
    "connections:retry": Route(push, OWNER),
    "connections:arrived": Route(push, OWNER),
    "connections:put-aside": Route(push, OWNER),
    "connections:count-again": Route(push, OWNER),
    "views:list": Route(),
    "views:save": Route(),
    "views:change": Route(saved_view),
    "views:delete": Route(saved_view),
    "notifications:list": Route(),
    "notifications:all-read": Route(),
    "notifications:open": Route(notification, own=True),
    "profile:own": Route(role=None),
    "profile:logins": Route(role=None),
    "profile:end-login": Route(role=None),
    "profile:end-others": Route(role=None),
    "invitation:join": Route(role=None),
    "invitation:link": Route(lambda cast: {"token": "none"}, None),
    "api-root": Route(),
    "api-session-list": Route(),
    "api-session-detail": Route(session),
    "api-proposal-list": Route(),
    "api-proposal-detail": Route(proposal),
    "api-flow-list": Route(),
    "api-flow-detail": Route(flow),
    "api-unknown": Route(role=None),
}
ROWS = (
    session,
    attachment,
    proposal,
    published,
    flow,
    version,
    person,
    invitation,
    notification,
    team,
    client,
    saved_view,
    gap,
    decided_gap,
    connection,
    push,
)
WITH_ROW = [name for name, route in ROUTES.items() if route.row in ROWS]
PEOPLE = {
    "engineer": Role.ENGINEER,
    "team_admin": Role.TEAM_ADMIN,
    "account_admin": Role.ACCOUNT_ADMIN,
}
FENCED = [name for name, route in ROUTES.items() if route.role is not None]


def routes(resolver: URLResolver, prefix: str = "", space: str = "") -> Iterator[tuple[str, str, URLPattern]]:
    """(address pattern, name with namespace, pattern) of every route of ours."""
    for entry in resolver.url_patterns:
        address = prefix + str(entry.pattern)
        if address.startswith(FOREIGN):
            continue
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from routes(entry, address, inner)
        else:
            yield address, f"{space}{entry.name}", entry


ALL = list(routes(get_resolver()))


def test_every_route_stands_in_the_table() -> None:
    missing = sorted({name for _address, name, _pattern in ALL} - set(ROUTES))
    assert missing == [], f"Say in ROUTES what these routes need and whom they admit: {missing}"


def undeclared(address: str, name: str, view: Any) -> str:
    """What to add to a view that does not say whom it admits; "" when it says so."""
    viewset = getattr(view, "cls", None)
    declared = (
        getattr(view, "public", False)
        or getattr(view, "any_user", False)
        or getattr(view, "required_role", None)
        or (viewset and any(hasattr(rule, "required_role") for rule in viewset.permission_classes))
    )
    sentence = f"/{address} ({name}) needs @requires(Role.…) or @public from flowpilot.accounts.roles."
    return "" if declared else sentence


@pytest.mark.parametrize(("address", "name", "pattern"), ALL, ids=[name for _a, name, _p in ALL])
def test_every_view_declares_whom_it_admits(address: str, name: str, pattern: URLPattern) -> None:
    view = pattern.callback
    assert undeclared(address, name, view) == ""
    if ROUTES[name].role is not None and getattr(view, "cls", None) is None:
        assert getattr(view, "required_role", None) == ROUTES[name].role


def test_a_new_view_without_its_decorator_is_told_what_to_add() -> None:
    def throwaway(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    found = [undeclared(address, name, view.callback) for address, name, view in routes(of(throwaway))]
    assert found == ["/new/ (new) needs @requires(Role.…) or @public from flowpilot.accounts.roles."]

    for decorate in (requires(Role.ENGINEER), public):
        found = [undeclared(*each[:2], each[2].callback) for each in routes(of(decorate(throwaway)))]
        assert found == [""]


def of(view: Callable[..., HttpResponse]) -> URLResolver:
    """A URL map with one route."""
    return URLResolver(RegexPattern(""), [path("new/", view, name="new")])


def answers(client: Client, name: str, arguments: dict[str, object]) -> list[int]:
    """The statuses of GET and POST; 405 where the route has no such meaning."""
    address = reverse(name, kwargs=arguments)
    return [client.get(address).status_code, client.post(address).status_code]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("name", FENCED)
def test_strangers_are_sent_to_the_login(cast: Cast, name: str) -> None:
    arguments = ROUTES[name].row(cast)

    for status in answers(Client(), name, arguments):
        assert status in (302, 401, 403, 405)
    response = Client().get(reverse(name, kwargs=arguments))
    assert response.status_code in (401, 403, 405) or response.url.startswith("/accounts/login/")  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", WITH_ROW)
def test_the_outsider_finds_nothing(cast: Cast, outsiders: Cast, name: str) -> None:
    arguments = ROUTES[name].row(cast)

    admitted = [who for who, role in PEOPLE.items() if role >= max(ADMIN, ROUTES[name].role or ADMIN)]
    for person in (getattr(outsiders, each) for each in admitted):
        for status in answers(signed_in(person), name, arguments):
            assert status in (404, 405)


@pytest.mark.parametrize("name", FENCED)
def test_superusers_belong_to_no_account_and_see_none(cast: Cast, name: str) -> None:
    superuser = make_user(None, "root", is_superuser=True, is_staff=True)
    arguments = ROUTES[name].row(cast)

    for status in answers(signed_in(superuser), name, arguments):
        assert status in (403, 404, 405)


@pytest.mark.parametrize("name", [name for name in FENCED if ROUTES[name].role == Role.ACCOUNT_ADMIN])
def test_team_admins_are_refused_what_account_admins_do(cast: Cast, name: str) -> None:
    for status in answers(signed_in(cast.team_admin), name, ROUTES[name].row(cast)):
        assert status in (403, 405)


@pytest.mark.parametrize("name", [name for name in FENCED if ROUTES[name].role == ADMIN])
def test_engineers_are_refused_what_admins_do(cast: Cast, name: str) -> None:
    arguments = ROUTES[name].row(cast)

    for status in answers(signed_in(cast.engineer), name, arguments):
        assert status in (403, 405)


@pytest.mark.parametrize(
    "name",
    [name for name in WITH_ROW if ROUTES[name].row in (session, attachment, proposal, gap, decided_gap)],
)
def test_admins_of_another_team_do_not_see_the_teams_rows(cast: Cast, name: str) -> None:
    arguments = ROUTES[name].row(cast)

    for status in answers(signed_in(cast.other_team_admin), name, arguments):
        assert status in (404, 405)


@pytest.mark.parametrize(
    ("name", "person"),
    [(name, person) for name in FENCED for person in PEOPLE if ROUTES[name].admits(person)],
)
def test_the_teams_own_people_get_in(cast: Cast, name: str, person: str) -> None:
    user: User = getattr(cast, person)

    read, write = answers(signed_in(user), name, ROUTES[name].row(cast))

    assert read in (200, 302, 303, 405)
    assert write in (200, 204, 302, 303, 403, 405, 409, 422)
    assert (read, write) != (405, 405)


@pytest.mark.parametrize("name", ["sessions:list", "proposals:queue", "flows:library"])
def test_lists_show_nothing_of_another_account(cast: Cast, outsiders: Cast, name: str) -> None:
    make_resolved(outsiders, problem_summary="Secret incident of a rival")
    make_proposal(outsiders, title="Secret finding of a rival")
    make_version(outsiders, title="Secret flow of a rival")

    page = signed_in(cast.account_admin).get(reverse(name))

    assert "rival" not in text(page).lower()


@pytest.mark.parametrize("name", ["api-session-list", "api-proposal-list", "api-flow-list"])
def test_api_lists_show_nothing_of_another_account(cast: Cast, outsiders: Cast, name: str) -> None:
    make_resolved(outsiders)
    make_proposal(outsiders)
    make_version(outsiders)

    response = signed_in(cast.account_admin).get(reverse(name))

    assert response.json()["results"] == []
