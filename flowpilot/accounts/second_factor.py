"""Who must sign in with a second factor, and the code that is typed."""

from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from django.core.cache import cache

from flowpilot.accounts.models import User

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""What counts as one. Recovery codes only stand in for them."""


def lacks_second_factor(user: User) -> bool:
    """Whether the person must set one up before anything else."""
    return user.must_have_second_factor and not has_second_factor(user)


def has_second_factor(user: User) -> bool:
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exists())


class _EachCodeOnce:
    """A code is taken for its whole life once: with a clock that may be a step off, that is three steps, and
    allauth remembers it for one."""

    user: User

    def clean_code(self) -> Any:
        code: str = super().clean_code()  # type: ignore[misc]
        key = f"second-factor:{self.user.pk}:{''.join(code.split())}"
        steps = 2 * app_settings.TOTP_TOLERANCE + 1
        if not cache.add(key, "used", timeout=steps * app_settings.TOTP_PERIOD):
            raise get_adapter().validation_error("incorrect_code")
        return code


class CodeForm(_EachCodeOnce, AuthenticateForm):
    """The second step of signing in."""


class CodeAgainForm(_EachCodeOnce, ReauthenticateForm):
    """Asked of somebody who is signed in, before the login is changed."""
