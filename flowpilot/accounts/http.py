"""The request as our views see it."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from flowpilot.accounts.models import SavedView, User


class Request(HttpRequest):
    """A request that passed the login middleware: the user is known and is ours."""

    user: User
    htmx: HtmxDetails
    saved_view: SavedView | None
    """Of a list whose address names one: its saved filters (`restoring.restores_view`)."""
    saved_views: list[SavedView]
    """Of a page whose address names one: all that its menu offers."""
