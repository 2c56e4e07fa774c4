"""Who may what, and who may sign in: verbs, pages and what happens to open tabs."""

import threading
from copy import copy
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from flowpilot.accounts.actions import people
from flowpilot.accounts.models import AuditEvent, Team, TeamMembership, User
from flowpilot.accounts.refusals import Changed, LastAdmin, OwnLogin, Refused, StillInUse
from flowpilot.accounts.roles import NotAllowed
from flowpilot.core.scope import account_scope
from tests.accounts.second_steps import in_browser, with_app
from tests.factories import PASSWORD, Cast, join, make_session, make_user
from tests.screens import HTMX, signed_in, words

ENGINEER, TEAM_ADMIN = TeamMembership.Role.ENGINEER, TeamMembership.Role.TEAM_ADMIN
LOGIN = reverse("account_login")


def role(person: User, team: Team) -> str:
    found = TeamMembership.objects.filter(user=person, team=team).values_list("role", flat=True)
    return found.first() or ""


def told(cast: Cast) -> list[tuple[str, str, Any]]:
    """What stands in the audit beside sign-ins."""
    rows = AuditEvent.objects.filter(account=cast.account).exclude(verb__startswith="signed")
    return list(rows.order_by("created_at", "id").values_list("verb", "subject_name", "changes"))


@pytest.mark.parametrize("by", ["team_admin", "account_admin"])
def test_a_role_is_changed_by_the_teams_and_the_accounts_admins(cast: Cast, by: str) -> None:
    people.set_role(cast.engineer, cast.team, role=TEAM_ADMIN, seen=ENGINEER, by=getattr(cast, by))

    assert role(cast.engineer, cast.team) == TEAM_ADMIN
    assert told(cast) == [("role_changed", "Engineer", {"Service desk": ["Engineer", "Team admin"]})]


def test_account_admins_take_people_into_teams_and_out_of_them(cast: Cast) -> None:
    people.set_role(cast.engineer, cast.other_team, role=ENGINEER, seen="", by=cast.account_admin)
    people.set_role(cast.engineer, cast.team, role="", seen=ENGINEER, by=cast.account_admin)

    assert (role(cast.engineer, cast.team), role(cast.engineer, cast.other_team)) == ("", ENGINEER)
    assert [changes for _verb, _who, changes in told(cast)] == [
        {"Projects": ["", "Engineer"]},
        {"Service desk": ["Engineer", ""]},
    ]


@pytest.mark.parametrize(
    ("by", "team", "wanted", "seen"),
    [
        ("engineer", "team", TEAM_ADMIN, ENGINEER),
        ("other_team_admin", "team", TEAM_ADMIN, ENGINEER),
        ("team_admin", "other_team", ENGINEER, ""),
        ("team_admin", "team", "", ENGINEER),
    ],
)
def test_others_do_not_change_roles(cast: Cast, by: str, team: str, wanted: str, seen: str) -> None:
    with pytest.raises(NotAllowed):
        people.set_role(cast.colleague, getattr(cast, team), role=wanted, seen=seen, by=getattr(cast, by))

    assert role(cast.colleague, cast.team) == ENGINEER
    assert told(cast) == []


def test_nobody_changes_roles_of_another_account(cast: Cast, outsiders: Cast) -> None:
    with pytest.raises(NotAllowed):
        people.set_role(cast.engineer, cast.team, role=TEAM_ADMIN, seen=ENGINEER, by=outsiders.account_admin)
    for verb in (people.deactivate, people.reactivate, people.reset_second_factor):
        with pytest.raises(NotAllowed):
            verb(cast.engineer, by=outsiders.account_admin)
    with pytest.raises(NotAllowed):
        people.set_account_admin(cast.engineer, admin=True, by=outsiders.account_admin)


@pytest.mark.parametrize(("seen", "wanted"), [(TEAM_ADMIN, ENGINEER), ("", ENGINEER), (TEAM_ADMIN, "")])
def test_a_role_that_somebody_else_changed_meanwhile_stays(cast: Cast, seen: str, wanted: str) -> None:
    with pytest.raises(Changed):
        people.set_role(cast.engineer, cast.team, role=wanted, seen=seen, by=cast.account_admin)

    assert role(cast.engineer, cast.team) == ENGINEER
    assert told(cast) == []


def test_nobody_joins_a_team_that_somebody_has_just_archived(cast: Cast) -> None:
    Team.objects.filter(pk=cast.other_team.pk).update(archived_at=cast.team.created_at)

    with pytest.raises(StillInUse, match="“Projects” is archived"):
        people.set_role(cast.engineer, cast.other_team, role=ENGINEER, seen="", by=cast.account_admin)


def test_somebody_else_becomes_an_account_admin_and_the_former_one_steps_back(cast: Cast) -> None:
    people.set_account_admin(cast.engineer, admin=True, by=cast.account_admin)
    people.set_account_admin(cast.account_admin, admin=False, by=cast.engineer)

    admins = User.objects.filter(account=cast.account).account_admins()
    assert [admin.pk for admin in admins] == [cast.engineer.pk]
    assert told(cast) == [
        ("role_changed", "Engineer", {"account": ["", "Account admin"]}),
        ("role_changed", "Owner", {"account": ["Account admin", ""]}),
    ]


def test_the_last_account_admin_stays(cast: Cast) -> None:
    with pytest.raises(LastAdmin):
        people.set_account_admin(cast.account_admin, admin=False, by=cast.account_admin)
    second = make_user(cast.account, "second", account_admin=True)
    people.deactivate(second, by=cast.account_admin)
    with pytest.raises(LastAdmin):
        people.set_account_admin(cast.account_admin, admin=False, by=cast.account_admin)

    assert User.objects.get(pk=cast.account_admin.pk).account_admin is True


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_demote_each_other_at_once_leave_one(cast: Cast) -> None:
    second = make_user(cast.account, "second", account_admin=True)
    refused: list[type[Exception]] = []

    def demote(person: User, by: User) -> None:
        try:
            with account_scope(cast.account.pk):
                people.set_account_admin(person, admin=False, by=by)
        except Refused as refusal:
            refused.append(type(refusal))
        finally:
            connection.close()

    # As in two requests, each has read both people before the other has written.
    pairs = [(second, cast.account_admin), (cast.account_admin, second)]
    threads = [threading.Thread(target=demote, args=(copy(person), copy(by))) for person, by in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert refused == [LastAdmin]
    assert User.objects.filter(account=cast.account).account_admins().count() == 1


def test_a_login_that_is_switched_off_ends_everywhere_at_once(cast: Cast) -> None:
    tabs = [in_browser(cast.engineer), in_browser(cast.engineer)]

    people.deactivate(cast.engineer, by=cast.account_admin)

    page = tabs[0].get(reverse("sessions:list"))
    current = {**HTMX, "HX-Current-URL": "http://testserver/review/?status=pending"}
    fragment = tabs[1].get(reverse("proposals:queue"), headers=current)
    api = tabs[0].get(reverse("api-session-list"))
    assert page.headers["Location"] == f"{LOGIN}?next=/sessions/"
    assert fragment.headers["HX-Redirect"] == f"{LOGIN}?next=%2Freview%2F%3Fstatus%3Dpending"
    assert (fragment.status_code, fragment.content) == (200, b"")
    assert api.status_code == 401
    people.reactivate(cast.engineer, by=cast.account_admin)
    assert tabs[0].get(reverse("sessions:list")).status_code == 302, "the old login does not come back"
    assert [verb for verb, _who, _changes in told(cast)] == ["deactivated", "reactivated"]


def test_nobody_switches_the_own_login_off(cast: Cast) -> None:
    with pytest.raises(OwnLogin):
        people.deactivate(cast.account_admin, by=cast.account_admin)


def test_switching_off_twice_is_told(cast: Cast) -> None:
    people.deactivate(cast.engineer, by=cast.account_admin)
    with pytest.raises(Changed):
        people.deactivate(cast.engineer, by=cast.account_admin)


@pytest.mark.parametrize("verb", [people.deactivate, people.reactivate, people.reset_second_factor])
def test_team_admins_see_to_no_logins(cast: Cast, verb: Any) -> None:
    with pytest.raises(NotAllowed, match="account admin"):
        verb(cast.engineer, by=cast.team_admin)
    with pytest.raises(NotAllowed, match="account admin"):
        people.set_account_admin(cast.engineer, admin=True, by=cast.team_admin)


def test_a_lost_phone_is_helped_by_an_account_admin(cast: Cast) -> None:
    tab = in_browser(cast.engineer)
    with_app(cast.engineer)

    people.reset_second_factor(cast.engineer, by=cast.account_admin)

    assert tab.get(reverse("sessions:list")).status_code == 302
    client = Client()
    answer = client.post(LOGIN, {"login": cast.engineer.email, "password": PASSWORD})
    assert answer.headers["Location"] == reverse("home")
    with pytest.raises(Changed):
        people.reset_second_factor(cast.engineer, by=cast.account_admin)


def test_whom_no_admin_can_help_is_helped_on_the_server(
    cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make_user(None, "root", is_superuser=True, is_staff=True)
    for person in (root, cast.account_admin):
        with_app(person)
        call_command("reset_second_factor", person.email.upper())

    assert Authenticator.objects.count() == 0
    assert "signs in with the password alone now." in capsys.readouterr().out
    assert [(verb, who) for verb, who, _changes in told(cast)] == [("factor_removed", "Owner")]
    with pytest.raises(CommandError, match="has no second factor"):
        call_command("reset_second_factor", root.email)
    with pytest.raises(CommandError, match="There is no user"):
        call_command("reset_second_factor", "nobody@acme.example")


def test_a_role_that_is_taken_away_is_gone_with_the_next_request(cast: Cast) -> None:
    tab = signed_in(cast.team_admin)
    assert tab.get(reverse("people:list")).status_code == 200

    people.set_role(cast.team_admin, cast.team, role=ENGINEER, seen=TEAM_ADMIN, by=cast.account_admin)

    assert tab.get(reverse("people:list")).status_code == 403
    assert tab.get(reverse("sessions:list")).status_code == 200


# --- pages ---


def shown(client: Client, **query: str) -> list[str]:
    """The names in the list of people."""
    return sorted(person.name for person in client.get(reverse("people:list"), query).context["page"].rows)


def test_account_admins_see_everybody_and_team_admins_their_teams(cast: Cast, outsiders: Cast) -> None:
    everybody = ["Colleague", "Engineer", "Lead", "Otherlead", "Owner"]

    assert shown(signed_in(cast.account_admin)) == everybody
    assert shown(signed_in(cast.team_admin)) == ["Colleague", "Engineer", "Lead"]
    assert shown(signed_in(cast.other_team_admin)) == ["Otherlead"]


def test_people_are_searched_and_narrowed(cast: Cast) -> None:
    people.deactivate(cast.colleague, by=cast.account_admin)
    client = signed_in(cast.account_admin)

    assert shown(client, q="OTHER") == ["Otherlead"]
    assert shown(client, q="engineer@") == ["Engineer"]
    assert shown(client, team=str(cast.other_team.pk)) == ["Otherlead"]
    assert shown(client, login="off") == ["Colleague"]
    assert shown(client, admins="on") == ["Owner"]
    assert shown(client, team="no such team") == ["Colleague", "Engineer", "Lead", "Otherlead", "Owner"]


def test_a_page_of_people_costs_the_same_for_one_and_for_many(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    client = signed_in(cast.account_admin)
    client.get(reverse("people:list"))
    for number in range(30):
        join(make_user(cast.account, f"more{number}"), cast.team)

    with django_assert_num_queries(7):
        answer = client.get(reverse("people:list"))

    assert (len(answer.context["page"].rows), bool(answer.context["page"].next_cursor)) == (25, True)


def test_a_team_admin_opens_people_of_the_team_only(cast: Cast) -> None:
    client = signed_in(cast.team_admin)

    page = client.get(reverse("people:person", args=[cast.engineer.pk]))

    assert [(each.team, each.role) for each in page.context["shown"].roles] == [(cast.team, ENGINEER)]
    assert "Switch the login off" not in words(page)
    assert client.get(reverse("people:person", args=[cast.other_team_admin.pk])).status_code == 404


def test_the_page_sets_a_role_and_says_when_somebody_was_first(cast: Cast) -> None:
    client, address = signed_in(cast.team_admin), reverse("people:role", args=[cast.engineer.pk])
    sent = {"team": cast.team.pk, "role": TEAM_ADMIN, "seen": ENGINEER}

    first = client.post(address, sent, follow=True)
    second = client.post(address, sent, follow=True)

    assert role(cast.engineer, cast.team) == TEAM_ADMIN
    assert "Saved. It holds from the next click" in words(first)
    assert "Somebody else changed this meanwhile." in words(second)


@pytest.mark.parametrize("sent", [{}, {"team": "x", "role": "engineer"}, {"role": "king"}])
def test_a_role_that_cannot_be_read_changes_nothing(cast: Cast, sent: dict[str, str]) -> None:
    given = {"team": str(cast.team.pk), **sent} if "role" in sent and "team" not in sent else sent
    answer = signed_in(cast.account_admin).post(
        reverse("people:role", args=[cast.engineer.pk]), given, follow=True
    )

    assert "That is not a team and a role." in words(answer)
    assert role(cast.engineer, cast.team) == ENGINEER


def test_a_role_in_a_foreign_team_is_not_found(cast: Cast, outsiders: Cast) -> None:
    sent = {"team": outsiders.team.pk, "role": ENGINEER, "seen": ""}

    answer = signed_in(cast.account_admin).post(reverse("people:role", args=[cast.engineer.pk]), sent)

    assert answer.status_code == 404


def test_the_pages_buttons_switch_logins_and_admins(cast: Cast) -> None:
    client = signed_in(cast.account_admin)

    def press(name: str, **sent: str) -> User:
        client.post(reverse(f"people:{name}", args=[cast.engineer.pk]), sent)
        return User.objects.get(pk=cast.engineer.pk)

    assert press("deactivate").is_active is False
    assert press("reactivate").is_active is True
    assert press("admin", admin="1").account_admin is True
    assert press("admin").account_admin is False


@pytest.mark.parametrize("whose", ["engineer", "account_admin"])
def test_a_second_factor_is_reset_after_showing_the_password_again(cast: Cast, whose: str) -> None:
    """Also the own one: an open browser is not enough to take it away."""
    person = getattr(cast, whose)
    with_app(person)
    client = signed_in(cast.account_admin)

    asked = client.post(reverse("people:reset-factor", args=[person.pk]))
    assert asked.headers["Location"].startswith(reverse("account_reauthenticate"))
    assert Authenticator.objects.filter(user=person).exists() is True

    client.post(asked.headers["Location"], {"password": PASSWORD})
    assert Authenticator.objects.filter(user=person).exists() is False


def test_open_sessions_of_somebody_who_left_are_handed_over(cast: Cast) -> None:
    session = make_session(cast)
    people.deactivate(cast.engineer, by=cast.account_admin)
    client = signed_in(cast.team_admin)

    page = client.get(reverse("sessions:held", args=[cast.engineer.pk]))
    assert [one.session.pk for one in page.context["held"]] == [session.pk]
    assert [one.name for one in page.context["held"][0].receivers] == ["Colleague", "Lead"]
    answer = client.post(
        reverse("sessions:hand-over", args=[session.pk]), {"to": cast.colleague.pk}, follow=True
    )

    session.refresh_from_db()
    assert session.escalated_to == cast.colleague
    assert "has no open session in hand." in words(answer)


def test_a_session_goes_to_nobody_who_could_not_open_it(cast: Cast, outsiders: Cast) -> None:
    session = make_session(cast)
    client = signed_in(cast.team_admin)

    for to in (cast.other_team_admin.pk, outsiders.engineer.pk, ""):
        client.post(reverse("sessions:hand-over", args=[session.pk]), {"to": to})

    session.refresh_from_db()
    assert session.escalated_to is None


def test_the_open_sessions_of_another_teams_people_are_not_shown(cast: Cast) -> None:
    make_session(cast)

    page = signed_in(cast.other_team_admin).get(reverse("sessions:held", args=[cast.engineer.pk]))

    assert page.context["held"] == []
