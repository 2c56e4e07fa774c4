"""Signing in for tests: second factors set up as allauth keeps them, and the codes that go with them."""

import time

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.conf import settings
from django.test import Client
from django.urls import reverse

from flowpilot.accounts.models import User
from tests.factories import PASSWORD

PERIOD = 30


def code_of(secret: str, *, later: int = 0) -> str:
    """What the app shows; `later` steps from now. One step to either side is taken, so no test hangs on when
    the clock turns."""
    assert settings.MFA_TOTP_TOLERANCE == 1
    return format_hotp_value(hotp_value(secret, int(time.time()) // PERIOD + later))


def in_browser(person: User) -> Client:
    """Signed in by the page, which notes the browser, as `force_login` does not."""
    client = Client()
    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    return client


def with_app(person: User) -> str:
    """Give the person an authenticator app; returns its secret."""
    secret = generate_totp_secret()
    TOTP.activate(person, secret)
    return secret


def with_recovery_codes(person: User) -> list[str]:
    codes: list[str] = RecoveryCodes.activate(person).get_unused_codes()
    return codes
