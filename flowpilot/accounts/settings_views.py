"""The door of the account's settings."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from flowpilot.accounts.actions.changing import state_of
from flowpilot.accounts.actions.settings import FIELDS, change_settings
from flowpilot.accounts.forms import SettingsForm
from flowpilot.accounts.http import Request
from flowpilot.accounts.models import Account
from flowpilot.accounts.reading import account_of
from flowpilot.accounts.refusals import Changed
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.web import see_other


@require_http_methods(["GET", "POST"])
@requires(Role.ACCOUNT_ADMIN)
def account_settings(request: Request) -> HttpResponse:
    """422 when something does not fit, 409 when somebody else changed them first; what was typed stays."""
    account = account_of(request.user)
    if request.method == "GET":
        return _page(request, account, SettingsForm(instance=account))
    # A copy: the form writes what is typed into its instance, also what is refused.
    form = SettingsForm(request.POST, instance=account_of(request.user))
    if not form.is_valid():
        return _page(request, account, form, status=422)
    try:
        change_settings(account, form.cleaned_data, seen=request.POST.get("seen", ""), by=request.user)
    except Changed as refusal:
        form.add_error(None, str(refusal))
        return _page(request, account, form, status=409)
    messages.success(request, _("Saved."))
    return see_other(reverse("settings:account"))


def _page(request: Request, account: Account, form: SettingsForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "account": account, "seen": state_of(account, FIELDS)}
    return render(request, "accounts/settings.html", context, status=status)
