import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.core.internal.ratelimit import get_ip
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from flowpilot import settings as configured
from flowpilot.accounts.models import User
from tests.accounts.second_steps import with_app
from tests.addresses import of_others
from tests.factories import PASSWORD, Cast, make_user

LOGIN = reverse("account_login")
EMAIL = "engineer@acme.example"


def sign_in(client: Client, email: str = EMAIL, password: str = PASSWORD, **query: str) -> Any:
    return client.post(LOGIN, {"login": email, "password": password, **query})


def signed_in_as(client: Client) -> str | None:
    """Whom the server takes this browser for."""
    user = client.get(reverse("home"), follow=True).context["user"]
    return user.email if user.is_authenticated else None


def words(response: HttpResponse) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


@pytest.mark.parametrize("email", [EMAIL, "Engineer@ACME.example"])
def test_people_sign_in_with_their_email_address(cast: Cast, client: Client, email: str) -> None:
    answer = sign_in(client, email)

    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("home"))
    assert signed_in_as(client) == EMAIL


def test_people_who_were_entered_with_capitals_sign_in(cast: Cast, client: Client) -> None:
    root = Client()
    root.force_login(make_user(None, "root", is_superuser=True, is_staff=True))
    person = {"email": "New.Engineer@ACME.example", "name": "New", "account": cast.account.pk}
    given = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    none = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
    added = root.post(reverse("admin:accounts_user_add"), {**person, **given, **none})

    sign_in(client, "new.Engineer@acme.EXAMPLE")

    assert added.status_code == 302
    assert signed_in_as(client) == "new.engineer@acme.example"


def test_nobody_gets_a_twin_whose_address_differs_in_capitals(cast: Cast) -> None:
    twin = User(email="Engineer@Acme.Example", name="Twin")
    with pytest.raises(ValidationError) as refusal:
        twin.full_clean(exclude=["password"])
    assert refusal.value.message_dict == {"email": ["User with this E-mail already exists."]}

    with pytest.raises(IntegrityError, match="user_email_unique_in_any_case"), transaction.atomic():
        User.objects.filter(pk=cast.team_admin.pk).update(email="Engineer@Acme.Example")


def test_the_admin_sends_to_the_one_way_in(client: Client, db: None) -> None:
    answer = client.get(reverse("admin:index"), follow=True)

    assert [url for url, _status in answer.redirect_chain] == [
        "/admin/login/?next=/admin/",
        f"{LOGIN}?next=%2Fadmin%2F",
    ]
    assert client.post(reverse("admin:login"), {"username": "root"}).headers["Location"].startswith(LOGIN)


def test_whoever_guesses_passwords_has_to_wait(cast: Cast, client: Client) -> None:
    for _attempt in range(5):
        sign_in(client, password="wrong")

    assert "Too many failed login attempts." in words(sign_in(client))
    assert signed_in_as(client) is None


def test_guesses_are_counted_however_many_strangers_are(cast: Cast, client: Client) -> None:
    """The cache throws away what is too much for it; of a thousand others it keeps all."""
    others = "SELECT 'door-' || n, 'none', now() + interval '1 hour' FROM generate_series(1, 1000) AS n"
    for _attempt in range(5):
        sign_in(client, password="wrong")
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO core_cache (cache_key, value, expires) {others}")

    sign_in(Client(REMOTE_ADDR="192.0.2.7"), "nobody@acme.example")

    assert "Too many failed login attempts." in words(sign_in(client))


def test_every_process_of_the_web_counts_the_same_guesses(
    cast: Cast, client: Client, settings: Settings
) -> None:
    sign_in(client, password="wrong")

    with connection.cursor() as cursor:
        here = f"{settings.CACHES['default']['KEY_PREFIX']}%"
        cursor.execute("SELECT cache_key FROM core_cache WHERE cache_key LIKE %s", [here])
        kept = [key for (key,) in cursor.fetchall()]
    assert len([key for key in kept if ":login_failed:" in key]) == 2  # by address and by person


@pytest.mark.parametrize("trusted", [0, 1])
def test_limits_count_the_address_that_a_trusted_proxy_saw(
    rf: RequestFactory, settings: Settings, trusted: int
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = trusted
    request = rf.get("/", REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": "192.0.2.66, 192.0.2.1"})

    assert get_ip(request) == ["10.0.0.1", "192.0.2.1"][trusted]


@pytest.mark.parametrize(
    ("peer", "counted"),
    [("::ffff:192.0.2.1", "192.0.2.1"), ("2001:db8::1", "2001:db8::"), ("192.0.2.1", "192.0.2.1")],
)
def test_who_comes_by_version_4_is_counted_apart_on_a_socket_of_both(
    rf: RequestFactory, peer: str, counted: str
) -> None:
    assert get_ip(rf.get("/", REMOTE_ADDR=peer)) == counted


@pytest.mark.parametrize(
    ("person", "room"),
    [
        ("engineer", "console:home"),
        ("team_admin", "proposals:queue"),
        ("account_admin", "proposals:queue"),
    ],
)
def test_the_start_page_leads_to_where_the_work_is(
    cast: Cast, client: Client, person: str, room: str
) -> None:
    sign_in(client, getattr(cast, person).email)

    assert client.get(reverse("home")).headers["Location"] == reverse(room)


def test_superusers_start_in_the_admin(client: Client, db: None) -> None:
    make_user(None, "root", is_superuser=True, is_staff=True)
    sign_in(client, "root@flowpilot.example")

    assert client.get(reverse("home")).headers["Location"] == reverse("admin:index")


def test_after_signing_in_one_gets_what_one_asked_for(cast: Cast, client: Client) -> None:
    asked = client.get(reverse("flows:library"))
    assert asked.headers["Location"] == f"{LOGIN}?next=/flows/"

    answer = sign_in(client, next="/flows/")

    assert answer.headers["Location"] == "/flows/"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://elsewhere.example/",
        "//elsewhere.example",
        "////elsewhere.example",
        "/\\elsewhere.example",
        "\t//elsewhere.example",
        "javascript:alert(1)",
        "http://[",
        "//[",
        "http://a\u2100b/",
    ],
)
def test_nobody_is_sent_to_another_site(cast: Cast, client: Client, elsewhere: str) -> None:
    """Neither after signing in nor after signing out, whatever it is that stands for an address."""
    assert client.get(LOGIN, {"next": elsewhere}).status_code == 200
    assert sign_in(client, next=elsewhere).headers["Location"] == reverse("home")

    answer = client.post(reverse("account_logout"), {"next": elsewhere})
    assert answer.headers["Location"] == "/"
    asked = client.get(reverse("admin:login"), {"next": elsewhere}, follow=True)
    assert asked.request["PATH_INFO"] == LOGIN


@pytest.mark.parametrize(("email", "password"), [(EMAIL, "wrong"), ("nobody@acme.example", PASSWORD)])
def test_a_wrong_password_is_told_the_same_way_as_an_unknown_person(
    cast: Cast, client: Client, email: str, password: str
) -> None:
    answer = sign_in(client, email, password)

    assert "The email address and/or password you specified are not correct." in words(answer)
    assert f'value="{email}"' in answer.content.decode()
    assert password not in answer.content.decode()
    assert signed_in_as(client) is None


def test_the_sign_in_page_takes_what_password_managers_fill_in(client: Client, db: None) -> None:
    page = client.get(LOGIN).content.decode()

    assert re.findall(r'autocomplete="([^"]+)"', page) == ["email", "current-password"]


def test_deactivated_people_cannot_sign_in(cast: Cast, client: Client) -> None:
    User.objects.filter(pk=cast.engineer.pk).update(is_active=False)

    sign_in(client)

    assert signed_in_as(client) is None


def test_a_person_who_is_deactivated_while_signed_in_is_out_at_once(cast: Cast, client: Client) -> None:
    sign_in(client)
    User.objects.filter(pk=cast.engineer.pk).update(is_active=False)

    answer = client.get(reverse("sessions:list"))

    assert answer.headers["Location"] == f"{LOGIN}?next=/sessions/"


def test_nobody_signs_up_by_oneself(client: Client, db: None) -> None:
    address = reverse("account_signup")
    form = {"email": "new@acme.example", "password1": PASSWORD, "password2": PASSWORD}

    page, answer = client.get(address), client.post(address, form)

    assert "Sign-up is closed" in words(page)
    assert "Sign-up is closed" in words(answer)
    assert User.objects.filter(email="new@acme.example").exists() is False


def test_signing_out_takes_a_post(cast: Cast, client: Client) -> None:
    sign_in(client)

    client.get(reverse("account_logout"))
    assert signed_in_as(client) == EMAIL
    answer = client.post(reverse("account_logout"))
    assert signed_in_as(client) is None
    assert answer.headers["Clear-Site-Data"] == '"cache"'


def test_a_forgotten_password_is_set_anew_through_a_mailed_link(cast: Cast, client: Client) -> None:
    client.post(reverse("account_reset_password"), {"email": EMAIL})
    assert [message.to for message in mail.outbox] == [[EMAIL]]
    link = re.findall(r"https?://[^/\s]+(/accounts/password/reset/key/\S+)", str(mail.outbox[0].body))[0]

    form = client.get(link, follow=True)
    address = form.request["PATH_INFO"]
    new = "another long pass phrase"
    client.post(address, {"password1": new, "password2": new})

    sign_in(client, password=new)
    assert signed_in_as(client) == EMAIL
    used = Client().get(link, follow=True)
    assert "This link does not work any more" in words(used)


def test_the_link_of_a_reset_leads_to_where_flowpilot_is_said_to_be(
    cast: Cast, client: Client, settings: Settings
) -> None:
    """And not to whatever name the one who asks gives in the request."""
    settings.ALLOWED_HOSTS, settings.MAILED_URL = ["*"], "https://flowpilot.example.com"

    client.post(reverse("account_reset_password"), {"email": EMAIL}, headers={"host": "elsewhere.example"})

    assert "https://flowpilot.example.com/accounts/password/reset/key/" in str(mail.outbox[0].body)
    assert "elsewhere.example" not in str(mail.outbox[0].body)


def test_asking_for_a_reset_does_not_tell_who_has_a_login(cast: Cast, client: Client) -> None:
    known = client.post(reverse("account_reset_password"), {"email": EMAIL}, follow=True)
    unknown = client.post(reverse("account_reset_password"), {"email": "nobody@acme.example"}, follow=True)

    assert words(known) == words(unknown)


def test_mail_is_printed_where_no_server_is_configured() -> None:
    assert configured.EMAIL_BACKEND == "django.core.mail.backends.console.EmailBackend"


def test_a_form_without_its_token_is_refused(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)

    answer = sign_in(client)

    assert answer.status_code == 403
    assert signed_in_as(client) is None


def test_limits_are_by_person_and_address_together(cast: Cast, client: Client) -> None:
    """An attacker elsewhere keeps nobody out: neither of a new login nor of one that exists."""
    inside = Client()
    sign_in(inside)
    attacker = Client(REMOTE_ADDR="203.0.113.9")
    for _attempt in range(6):
        answer = sign_in(attacker, password="wrong")
    assert "Too many failed login attempts." in words(answer)

    asked = inside.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    sign_in(client)

    assert asked.status_code == 302
    assert signed_in_as(inside) == EMAIL
    assert signed_in_as(client) == EMAIL


def test_one_address_does_not_try_many_people(cast: Cast, client: Client) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        for number in range(10):
            sign_in(client, f"person{number}@acme.example", "wrong")

        assert "Too many failed login attempts." in words(sign_in(client))


def test_limits_end(cast: Cast, client: Client) -> None:
    for _attempt in range(6):
        sign_in(client, password="wrong")
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        sign_in(client)
        assert signed_in_as(client) == EMAIL


def test_more_than_enough_requests_are_answered_with_a_page(cast: Cast, client: Client) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        for _attempt in range(31):
            answer = sign_in(client, password="wrong")

    assert answer.status_code == 429
    assert "Wait a few minutes, then try again." in words(answer)


@pytest.mark.parametrize("person", ["known", "unknown", "without_password", "deactivated"])
def test_every_wrong_password_costs_one_hash(
    cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch, person: str
) -> None:
    """So the time that the answer takes does not tell whether there is a login."""
    User.objects.create_user("unset@acme.example", None, name="Unset", account=cast.account)
    User.objects.filter(pk=cast.colleague.pk).update(is_active=False)
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(hasher: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(hasher, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    emails = {"known": EMAIL, "without_password": "unset@acme.example", "deactivated": cast.colleague.email}

    answer = sign_in(client, emails.get(person, "nobody@acme.example"), "wrong")

    assert len(hashed) == 1
    assert "The email address and/or password you specified are not correct." in words(answer)


def test_asking_for_a_reset_mails_known_and_unknown_alike(cast: Cast, client: Client) -> None:
    for email in (EMAIL, "nobody@acme.example"):
        client.post(reverse("account_reset_password"), {"email": email})

    assert [message.to[0] for message in mail.outbox] == [EMAIL, "nobody@acme.example"]
    assert [message.subject for message in mail.outbox] == ["[FlowPilot] Password reset"] * 2
    assert ["/password/reset/key/" in str(message.body) for message in mail.outbox] == [True, False]
    assert "signup" not in str(mail.outbox[1].body)


def test_a_mail_server_that_is_down_changes_no_answer(cast: Cast, client: Client, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "tests.accounts.test_invitations.Down"

    answer = client.post(reverse("account_reset_password"), {"email": EMAIL})

    assert answer.headers["Location"] == reverse("account_reset_password_done")


def test_a_reset_link_does_not_go_round_the_second_factor(cast: Cast, client: Client) -> None:
    with_app(cast.engineer)
    client.post(reverse("account_reset_password"), {"email": EMAIL})
    link = re.findall(r"https?://[^/\s]+(/accounts/password/reset/key/\S+)", str(mail.outbox[0].body))[0]
    address = client.get(link, follow=True).request["PATH_INFO"]
    new = "another long pass phrase"

    client.post(address, {"password1": new, "password2": new})
    answer = sign_in(client, password=new)

    assert answer.headers["Location"].startswith(reverse("mfa_authenticate"))


def test_the_sign_in_has_these_addresses_and_no_others() -> None:
    """No sign-up, no second e-mail address, no mailed codes, and no way in by a key alone."""
    names = {each.name for each in of_others("accounts/")}

    assert names == {
        "account_login",
        "account_inactive",
        "account_signup",
        "account_reauthenticate",
        "account_change_password",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_authenticate",
        "mfa_deactivate_totp",
        "mfa_download_recovery_codes",
        "mfa_edit_webauthn",
        "mfa_generate_recovery_codes",
        "mfa_index",
        "mfa_list_webauthn",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "mfa_remove_webauthn",
        "mfa_view_recovery_codes",
    }
