"""The own profile, and where one is signed in."""

from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse

from flowpilot.accounts.logins import browser_of
from flowpilot.accounts.models import Account, AuditEvent, User
from tests.accounts.second_steps import in_browser
from tests.addresses import superuser_within
from tests.factories import PASSWORD, Cast, make_user
from tests.screens import signed_in, words

PROFILE, LOGINS = reverse("profile:own"), reverse("profile:logins")


def told(cast: Cast) -> list[tuple[str, Any]]:
    rows = AuditEvent.objects.filter(account=cast.account).exclude(verb__startswith="signed")
    return list(rows.order_by("created_at", "id").values_list("verb", "changes"))


def is_in(client: Client) -> bool:
    return client.get(PROFILE).status_code == 200


def test_name_zone_and_shortcuts_are_ones_own(cast: Cast) -> None:
    sent = {"name": "Ella Fraser", "time_zone": "Asia/Tokyo"}

    signed_in(cast.engineer).post(PROFILE, sent)

    person = User.objects.get(pk=cast.engineer.pk)
    assert (person.name, person.time_zone, person.single_key_shortcuts) == (
        "Ella Fraser",
        "Asia/Tokyo",
        False,
    )
    assert told(cast) == [("changed", {"name": ["Engineer", "Ella Fraser"]})]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "E", "time_zone": "Mars"}, "time_zone"),
    ],
    ids=["none", "long", "zone"],
)
def test_what_does_not_fit_is_told(cast: Cast, sent: dict[str, str], field: str) -> None:
    answer = signed_in(cast.engineer).post(PROFILE, sent)

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert User.objects.get(pk=cast.engineer.pk).name == "Engineer"


@pytest.mark.parametrize("typed", ["Ella\r\nBcc: x", "Ella \u202eBcc: x", "Ella\tBcc: \u2066x\x07"])
def test_a_name_stands_on_one_line_and_turns_no_writing_around(cast: Cast, typed: str) -> None:
    signed_in(cast.engineer).post(PROFILE, {"name": typed})

    assert User.objects.get(pk=cast.engineer.pk).name == "Ella Bcc: x"


def test_a_zone_that_is_none_is_refused_by_the_admin_and_keeps_nobody_out(cast: Cast) -> None:
    """Zones are files, so "Europe" is there and is none."""
    root = superuser_within(cast)
    kept = {"email": cast.engineer.email, "name": "Engineer", "time_zone": "Europe"}
    page = root.post(reverse("admin:accounts_user_change", args=[cast.engineer.pk]), kept)
    assert page.context["adminform"].form.errors["time_zone"] == [
        "“Europe” is no time zone, such as Europe/Berlin."
    ]

    Account.objects.filter(pk=cast.account.pk).update(time_zone="Europe")
    assert signed_in(cast.engineer).get(reverse("sessions:list")).status_code == 200


def test_nobody_makes_oneself_an_admin_by_the_profile(cast: Cast) -> None:
    signed_in(cast.engineer).post(PROFILE, {"name": "E", "account_admin": "on", "is_superuser": "on"})

    person = User.objects.get(pk=cast.engineer.pk)
    assert (person.account_admin, person.is_superuser) == (False, False)


def test_superusers_have_a_profile_too(db: None) -> None:
    client = signed_in(make_user(None, "root", is_superuser=True, is_staff=True))

    assert client.post(PROFILE, {"name": "Root"}).status_code == 303
    assert is_in(client) is True


def test_strangers_have_none(db: None) -> None:
    for address in (PROFILE, LOGINS):
        assert Client().get(address).status_code == 302


def test_one_login_is_ended_from_the_list(cast: Cast) -> None:
    here, there = in_browser(cast.engineer), in_browser(cast.engineer)
    page = here.get(LOGINS)
    (other,) = [
        login for login, _browser in page.context["logins"] if login.session_key != page.context["here"]
    ]

    here.post(reverse("profile:end-login"), {"login": other.pk})
    again = here.post(reverse("profile:end-login"), {"login": other.pk}, follow=True)

    assert (is_in(here), is_in(there)) == (True, False)
    assert "That one was over already." in words(again)
    assert told(cast) == [("logins_ended", {})]


def test_all_others_are_ended_at_once(cast: Cast) -> None:
    here, *others = [in_browser(cast.engineer) for _browser in range(3)]

    answer = here.post(reverse("profile:end-others"), follow=True)

    assert "Signed out in 2 other browsers." in words(answer)
    assert [is_in(client) for client in (here, *others)] == [True, False, False]


@pytest.mark.parametrize("login", ["", "x", "-1", "9" * 30, "٣"])
def test_a_login_that_is_none_ends_nothing(cast: Cast, login: str) -> None:
    client = signed_in(cast.engineer)

    assert client.post(reverse("profile:end-login"), {"login": login}).status_code == 303
    assert is_in(client) is True


def test_nobody_ends_the_logins_of_others(cast: Cast) -> None:
    theirs = in_browser(cast.colleague)
    login = UserSession.objects.get(user=cast.colleague)

    signed_in(cast.engineer).post(reverse("profile:end-login"), {"login": login.pk})

    assert is_in(theirs) is True


def test_a_new_password_ends_the_other_logins(cast: Cast) -> None:
    here, there = in_browser(cast.engineer), in_browser(cast.engineer)
    new = "another long pass phrase"

    here.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )

    assert (is_in(here), is_in(there)) == (True, False)
    assert len(here.get(LOGINS).context["logins"]) == 1


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/130 Safari/537 Edg/130", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU OS 18 like Mac OS X) Version/18 Safari/604", "Safari, iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Firefox/132.0", "Firefox, Linux"),
        ("curl/8", "curl/8"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_is_named_as_people_call_it(agent: str, said: str) -> None:
    assert browser_of(UserSession(user_agent=agent)) == said
