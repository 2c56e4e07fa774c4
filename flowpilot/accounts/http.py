"""The request as our views see it."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from flowpilot.accounts.models import User


class Request(HttpRequest):
    """A request that passed the login middleware: the user is known and is ours."""

    user: User
    htmx: HtmxDetails
