"""allauth's hooks: signing in, the mails about it, and the second factor."""

import logging
from ipaddress import IPv6Address, ip_address
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.internal.ratelimit import get_ip
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString

from flowpilot.accounts.mail import link
from flowpilot.accounts.models import User
from flowpilot.accounts.second_factor import FACTORS
from flowpilot.core.sealing import SECOND_FACTORS, opened, seal

log = logging.getLogger(__name__)


class ClosedSignup(DefaultAccountAdapter):
    """Nobody signs up by themselves: admins invite people into their account."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """One of version 4 that a socket of both versions tells as `::ffff:192.0.2.1` is itself. All of those
        are one network of version 6, so everybody would share one limit."""
        told: str = super().get_client_ip(request)
        address = ip_address(told)
        return str(address.ipv4_mapped or told) if isinstance(address, IPv6Address) else told

    def get_reset_password_from_key_url(self, key: str) -> str:
        return link(super().get_reset_password_from_key_url(key))

    def is_safe_url(self, url: str) -> bool:
        """Whether `next` may lead there: to pages of ours, under the name by which we were asked."""
        return url_has_allowed_host_and_scheme(url, allowed_hosts={context.request.get_host()})

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A mail that cannot be sent undoes nothing and tells nothing about whom it was for."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException):
            log.exception("A mail could not be sent: %s", template_prefix)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Wrong passwords count for a person and an address of the net together: counted by person alone,
        whoever knows somebody's e-mail address could keep them out."""
        key: str = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{key}:{get_ip(request)}"


class SecondFactor(DefaultMFAAdapter):
    def get_totp_issuer(self) -> str:
        return "FlowPilot"

    def build_totp_svg(self, url: str) -> SafeString:
        """To be put into the page itself: its policy loads no pictures from `data:` addresses."""
        svg: str = super().build_totp_svg(url)
        return SafeString(svg[svg.index("<svg") :])

    def encrypt(self, text: str) -> str:
        return seal(text, SECOND_FACTORS)

    def decrypt(self, encrypted_text: str) -> str:
        text: str = opened(encrypted_text, SECOND_FACTORS)
        return text

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """The last one stays where the account requires one."""
        user: User = authenticator.user
        others = Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exclude(pk=authenticator.pk)
        return not user.must_have_second_factor or bool(others.exists())
