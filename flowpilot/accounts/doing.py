"""How the doors of accounts answer to a button: with the page behind it, which says what came of it."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse

from flowpilot.accounts.refusals import Refused
from flowpilot.core.web import see_other


def do(request: HttpRequest, verb: Callable[[], object], *, said: str, then: str) -> HttpResponse:
    """Call the verb and lead to the address `then`, with what was done, or with why it was not."""
    try:
        verb()
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, said)
    return see_other(then)
