"""The door of the page on the use of models."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, requires
from flowpilot.ai.reading import use_of


@require_GET
@requires(Role.ACCOUNT_ADMIN)
def use(request: Request) -> HttpResponse:
    """What models were asked in this account, and what it cost."""
    account = request.user.account
    assert account is not None
    return render(request, "ai/use.html", {"use": use_of(account)})
