"""allauth's hooks."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedSignup(DefaultAccountAdapter):
    """Nobody signs up by themselves: admins create people within their account."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
