"""Signing in in two steps, and accounts that ask for it."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from flowpilot.accounts.models import Account, AuditEvent, User
from flowpilot.core.sealing import SECOND_FACTORS, WrongKey, opened
from tests.accounts.second_steps import code_of, with_app, with_recovery_codes
from tests.factories import PASSWORD, Cast, make_user
from tests.screens import HTMX, signed_in, words

LOGIN, SECOND = reverse("account_login"), reverse("mfa_authenticate")
SET_UP = reverse("mfa_index")


def first_step(person: User) -> Client:
    client = Client()
    answer = client.post(LOGIN, {"login": person.email, "password": PASSWORD})
    assert answer.headers["Location"].startswith(SECOND)
    return client


def second_step(client: Client, code: str) -> Any:
    return client.post(SECOND, {"code": code})


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def require(cast: Cast) -> None:
    Account.objects.filter(pk=cast.account.pk).update(mfa_required=True)


def told(cast: Cast) -> list[tuple[str, str]]:
    rows = AuditEvent.objects.filter(account=cast.account).order_by("created_at", "id")
    return list(rows.values_list("verb", "note"))


def test_the_password_alone_is_half_the_way(cast: Cast) -> None:
    with_app(cast.engineer)
    client = first_step(cast.engineer)

    assert client.get(reverse("sessions:list")).headers["Location"].startswith(LOGIN)
    assert is_in(client) is False


def test_the_code_of_the_app_is_the_other_half(cast: Cast) -> None:
    secret = with_app(cast.engineer)
    client = first_step(cast.engineer)

    answer = second_step(client, code_of(secret))

    assert answer.headers["Location"] == reverse("home")
    assert client.get(reverse("sessions:list")).status_code == 200


def test_a_code_signs_in_once(cast: Cast) -> None:
    secret = with_app(cast.engineer)
    code = code_of(secret, later=1)
    second_step(first_step(cast.engineer), code)

    again = first_step(cast.engineer)
    answer = second_step(again, code)

    assert "Incorrect code." in words(answer)
    assert is_in(again) is False


def test_a_recovery_code_signs_in_once(cast: Cast) -> None:
    with_app(cast.engineer)
    code = with_recovery_codes(cast.engineer)[3]
    first = first_step(cast.engineer)
    second_step(first, code)

    again = first_step(cast.engineer)
    answer = second_step(again, code)

    assert (is_in(first), is_in(again)) == (True, False)
    assert "Incorrect code." in words(answer)
    assert ("code_used", "") in told(cast)


def test_guessed_codes_are_slowed(cast: Cast) -> None:
    secret = with_app(cast.engineer)
    client = first_step(cast.engineer)
    for _attempt in range(5):
        second_step(client, "000000x")

    answer = second_step(client, code_of(secret))

    assert "Too many failed login attempts." in words(answer)
    assert is_in(client) is False
    assert told(cast).count(("sign_in_failed", "second factor")) == 5


def test_secrets_of_second_factors_are_sealed_and_rotated(
    cast: Cast, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = with_app(cast.engineer)
    with_recovery_codes(cast.engineer)
    kept = Authenticator.objects.get(type="totp").data["secret"]
    assert secret not in kept
    assert opened(kept, SECOND_FACTORS) == secret

    old, new = settings.FIELD_KEYS[0], "c2l4dGVlbiBieXRlcyBhbmQgc2l4dGVlbiBtb3JlISE="
    settings.FIELD_KEYS = [new, old]
    call_command("rotate_field_keys", no_progress=True)
    assert "2 sealed anew" in capsys.readouterr().out

    settings.FIELD_KEYS = [new]
    client = first_step(cast.engineer)
    second_step(client, code_of(secret))
    assert is_in(client) is True
    settings.FIELD_KEYS = [old]
    with pytest.raises(WrongKey):
        opened(Authenticator.objects.get(type="totp").data["secret"], SECOND_FACTORS)


@pytest.mark.parametrize(
    "address", ["sessions:list", "proposals:queue", "home", "people:list", "profile:own"]
)
def test_whoever_lacks_a_required_factor_sets_one_up_before_anything_else(cast: Cast, address: str) -> None:
    require(cast)
    client = signed_in(cast.account_admin)

    page, fragment = client.get(reverse(address)), client.get(reverse(address), headers=HTMX)

    assert (page.status_code, page.headers["Location"]) == (302, SET_UP)
    assert (fragment.status_code, fragment.headers["HX-Redirect"]) == (200, SET_UP)


def test_the_api_says_that_a_factor_is_missing(cast: Cast) -> None:
    require(cast)
    answer = signed_in(cast.engineer).get(reverse("api-session-list"))

    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "application/problem+json")
    assert "requires a second factor" in answer.json()["detail"]
    assert Client().get(reverse("api-session-list")).status_code == 401


def test_whoever_has_it_goes_on_and_whoever_loses_it_does_not(cast: Cast) -> None:
    require(cast)
    with_app(cast.engineer)
    client = signed_in(cast.engineer)
    assert client.get(reverse("sessions:list")).status_code == 200

    Authenticator.objects.all().delete()

    assert client.get(reverse("sessions:list")).headers["Location"] == SET_UP


def test_recovery_codes_alone_are_no_second_factor(cast: Cast) -> None:
    require(cast)
    with_recovery_codes(cast.engineer)

    assert signed_in(cast.engineer).get(reverse("sessions:list")).headers["Location"] == SET_UP


def test_the_pages_to_set_it_up_and_the_way_out_stay_open(cast: Cast) -> None:
    require(cast)
    client = signed_in(cast.engineer)

    assert "A second factor is required here." in words(client.get(SET_UP))
    assert client.get(reverse("account_reauthenticate")).status_code == 200
    assert client.post(reverse("account_logout")).status_code == 302
    assert is_in(client) is False


@pytest.mark.parametrize(("exempt", "page"), [(True, reverse("admin:index")), (False, SET_UP)])
def test_superusers_need_one_unless_they_were_exempted(db: None, exempt: bool, page: str) -> None:
    root = make_user(None, "root", is_superuser=True, is_staff=True, mfa_exempt=exempt)
    client = signed_in(root)

    asked = client.get(reverse("admin:index"), follow=True)

    assert asked.request["PATH_INFO"] == page


def test_a_new_superuser_is_not_exempt(db: None) -> None:
    assert User.objects.create_superuser("new@flowpilot.example", PASSWORD, name="New").mfa_exempt is False


def test_superusers_take_the_same_two_steps(db: None) -> None:
    root = make_user(None, "root", is_superuser=True, is_staff=True)
    secret = with_app(root)
    client = first_step(root)
    assert client.get(reverse("admin:index")).headers["Location"].startswith("/admin/login/")

    second_step(client, code_of(secret))

    assert client.get(reverse("admin:index")).status_code == 200


def test_the_only_required_factor_is_not_removed(cast: Cast) -> None:
    require(cast)
    with_app(cast.engineer)
    client = first_step_done_anew(cast.engineer)

    page = client.get(reverse("mfa_deactivate_totp"))
    client.post(reverse("mfa_deactivate_totp"))

    assert "It is your only second factor" in words(page)
    assert Authenticator.objects.filter(user=cast.engineer).count() == 1


ODD_ANSWERS = {
    "no-json": "{",
    "no-object": "[1]",
    "nothing": "{}",
    "half-an-answer": '{"id": "AAAA"}',
    "other-types": '{"id": [], "rawId": {}, "response": 1}',
    "broken-data": '{"id": "AAAA", "rawId": "AAAA", "response": {"clientDataJSON": "e30", "signature": "!"}}',
    "deep": "[" * 100_000,
    "a-long-number": "9" * 10_000,
}
"""What a browser never says for a security key."""


@pytest.mark.parametrize("answer", ODD_ANSWERS.values(), ids=ODD_ANSWERS)
def test_what_is_no_answer_of_a_key_is_refused(cast: Cast, answer: str) -> None:
    with_app(cast.engineer)
    halfway, within = first_step(cast.engineer), first_step_done_anew(cast.team_admin)

    second = halfway.post(SECOND, {"credential": answer})
    added = within.post(reverse("mfa_add_webauthn"), {"credential": answer, "name": "Key"})

    assert (second.status_code, second.context["webauthn_form"].is_valid()) == (200, False)
    assert is_in(halfway) is False
    assert (added.status_code, list(added.context["form"].errors)) == (200, ["credential"])
    assert Authenticator.objects.filter(user=cast.team_admin).exists() is False


def test_the_name_of_a_key_has_an_end(cast: Cast) -> None:
    added = first_step_done_anew(cast.engineer).post(reverse("mfa_add_webauthn"), {"name": "a" * 101})

    assert "at most 100 characters" in words(added)


def first_step_done_anew(person: User) -> Client:
    """Signed in, and having shown the password again a moment ago."""
    client = signed_in(person)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def test_setting_up_asks_for_the_password_again(cast: Cast) -> None:
    asked = signed_in(cast.engineer).get(reverse("mfa_activate_totp"))

    assert asked.headers["Location"].startswith(reverse("account_reauthenticate"))


@pytest.mark.django_db(transaction=True)
def test_setting_up_and_removing_stands_in_the_audit(cast: Cast, mailoutbox: list[Any]) -> None:
    client = first_step_done_anew(cast.engineer)
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    assert secret in words(page)

    with_codes = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)}, follow=True)
    assert len(with_codes.context["unused_codes"]) == 10
    client.post(reverse("mfa_deactivate_totp"))

    verbs = [verb for verb, _note in told(cast) if verb in ("factor_added", "codes_made", "factor_removed")]
    assert sorted(verbs) == ["codes_made", "factor_added", "factor_removed", "factor_removed"]
    assert [mail.to for mail in mailoutbox] == [[cast.engineer.email]] * 2
