"""The doors of the own profile, for everybody who is signed in."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from flowpilot.accounts import logins
from flowpilot.accounts.actions import own
from flowpilot.accounts.forms import ProfileForm
from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import any_user
from flowpilot.accounts.second_factor import has_second_factor
from flowpilot.core.web import see_other


@require_http_methods(["GET", "POST"])
@any_user
def profile(request: Request) -> HttpResponse:
    """Name, time zone and shortcuts; and the way to password, second factor and logins."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        own.change_profile(request.user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return see_other(reverse("profile:own"))
    context = {"form": form, "second_factor": has_second_factor(request.user)}
    return render(request, "accounts/profile.html", context, status=422 if request.method == "POST" else 200)


@require_GET
@any_user
def own_logins(request: Request) -> HttpResponse:
    found = [(login, logins.browser_of(login)) for login in logins.logins_of(request.user)]
    context = {"logins": found, "here": request.session.session_key}
    return render(request, "accounts/logins.html", context)


@require_POST
@any_user
def end_login(request: Request) -> HttpResponse:
    """`login`: which one. Ending the one here is signing out."""
    given = request.POST.get("login", "")
    if given.isdecimal() and len(given) < 19 and own.end_login(request.user, int(given)):
        messages.success(request, _("Signed out there."))
    else:
        messages.info(request, _("That one was over already."))
    return see_other(reverse("profile:logins"))


@require_POST
@any_user
def end_other_logins(request: Request) -> HttpResponse:
    count = own.end_other_logins(request.user, kept=request.session.session_key or "")
    said = ngettext("Signed out in %s other browser.", "Signed out in %s other browsers.", count)
    messages.success(request, said % count)
    return see_other(reverse("profile:logins"))
