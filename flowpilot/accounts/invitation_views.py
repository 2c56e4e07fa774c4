"""The doors of invitations: those of account admins, and the one through which a stranger joins."""

from uuid import UUID

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from flowpilot.accounts import mail, reading
from flowpilot.accounts.actions import invitations as verbs
from flowpilot.accounts.doing import do
from flowpilot.accounts.forms import InviteForm, JoinForm
from flowpilot.accounts.http import Request
from flowpilot.accounts.models import Invitation
from flowpilot.accounts.refusals import LinkDead, Refused
from flowpilot.accounts.roles import Role, public, requires
from flowpilot.core.paging import page_of
from flowpilot.core.web import find, page_or_fragment, see_other

_KEPT = "invitation"
"""Where the browser's session keeps the token, so that it stands in no address but the first."""


@require_http_methods(["GET", "POST"])
@requires(Role.ACCOUNT_ADMIN)
def invitations(request: Request) -> HttpResponse:
    """The open ones, and the form of a new one; 422 when it does not fit."""
    if request.method == "GET":
        return _page(request, InviteForm(by=request.user))
    form = InviteForm(request.POST, by=request.user)
    if not form.is_valid():
        return _page(request, form, status=422)
    given = form.cleaned_data
    try:
        invitation, token = verbs.invite(
            given["email"], roles=form.roles(), account_admin=given["account_admin"], by=request.user
        )
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _page(request, form, status=422)
    return _sent(request, invitation, token)


@require_POST
@requires(Role.ACCOUNT_ADMIN)
def send_again(request: Request, pk: UUID) -> HttpResponse:
    """A new link to the same address."""
    invitation = find(Invitation, request.user, pk)
    try:
        token = verbs.send_again(invitation, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return see_other(reverse("people:invitations"))
    return _sent(request, find(Invitation, request.user, pk), token)


@require_POST
@requires(Role.ACCOUNT_ADMIN)
def revoke(request: Request, pk: UUID) -> HttpResponse:
    invitation = find(Invitation, request.user, pk)
    return do(
        request,
        lambda: verbs.revoke(invitation, by=request.user),
        said=_("The invitation of %s is revoked.") % invitation,
        then=reverse("people:invitations"),
    )


@never_cache
@require_GET
@public
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """The link of the mail: remembers the token and leads on to an address without it."""
    try:
        verbs.offered(token)
    except LinkDead:
        return _dead(request)
    request.session[_KEPT] = token
    return see_other(reverse("invitation:join"))


@sensitive_post_parameters("password1", "password2")
@never_cache
@require_http_methods(["GET", "POST"])
@public
def join(request: HttpRequest) -> HttpResponse:
    """Name and password, then straight in; 410 when the link does not work (any more)."""
    if request.user.is_authenticated:
        return render(request, "accounts/join_signed_in.html", status=200 if request.method == "GET" else 409)
    token = request.session.get(_KEPT, "")
    try:
        invitation = verbs.offered(token)
        form = JoinForm(request.POST or None, invitation=invitation)
        if request.method == "GET" or not form.is_valid():
            context = {"form": form, "invitation": invitation}
            return render(
                request, "accounts/join.html", context, status=200 if request.method == "GET" else 422
            )
        return _joined(request, token, form)
    except LinkDead:
        request.session.pop(_KEPT, None)
        return _dead(request)


def _joined(request: HttpRequest, token: str, form: JoinForm) -> HttpResponse:
    """Signed in by the password just chosen, so a second factor can be set up without asking for it again."""
    person = verbs.accept(token, name=form.cleaned_data["name"], password=form.cleaned_data["password1"])
    request.session.pop(_KEPT, None)
    record_authentication(request, person, method="password", reauthenticated=True)
    answer: HttpResponse = perform_login(request, Login(user=person))
    return answer


def _dead(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/join_dead.html", status=410)


def _sent(request: Request, invitation: Invitation, token: str) -> HttpResponse:
    """When no mail went out, the link is shown: this once, for nothing of it is kept."""
    url = mail.link(request.build_absolute_uri(reverse("invitation:link", args=[token])))
    if mail.invite(invitation, url):
        messages.success(request, _("The invitation is on its way to %s.") % invitation)
        return see_other(reverse("people:invitations"))
    return render(request, "accounts/invitation_link.html", {"invitation": invitation, "url": url})


def _page(request: Request, form: InviteForm, *, status: int = 200) -> HttpResponse:
    cursor = request.GET.get("after", "")
    context = {
        "form": form,
        "page": page_of(reading.invitations(request.user), cursor),
        "following_page": cursor,
    }
    page, fragment = "accounts/invitations.html", "accounts/_invitations.html"
    return page_or_fragment(request, page, fragment, context, status=status)
