"""The doors of the people of an account: who they are, what they may, whether they can sign in."""

from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from flowpilot.accounts import reading
from flowpilot.accounts.actions import people
from flowpilot.accounts.doing import do
from flowpilot.accounts.filters import PeopleFilter
from flowpilot.accounts.forms import RoleForm
from flowpilot.accounts.http import Request
from flowpilot.accounts.models import User
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.web import list_page, see_other


@require_GET
@requires(Role.TEAM_ADMIN)
def list_people(request: Request) -> HttpResponse:
    """Those whom the reader may see to; under HTMX the rows, with the filters around them."""
    rows = reading.people(request.user)
    return list_page(
        request, PeopleFilter, rows, page="accounts/people.html", fragment="accounts/_people.html"
    )


@require_GET
@requires(Role.TEAM_ADMIN)
def person(request: Request, pk: UUID) -> HttpResponse:
    return render(request, "accounts/person.html", {"shown": reading.person_page(request.user, pk)})


@require_POST
@requires(Role.TEAM_ADMIN)
def set_role(request: Request, pk: UUID) -> HttpResponse:
    """The role in one team, or none."""
    found, form = reading.person(request.user, pk), RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("That is not a team and a role."))
        return see_other(_page(pk))
    team = reading.team_of(request.user, form.cleaned_data["team"])
    role, seen = form.cleaned_data["role"], form.cleaned_data["seen"]
    return do(
        request,
        lambda: people.set_role(found, team, role=role, seen=seen, by=request.user),
        said=_("Saved. It holds from the next click of %s on.") % found,
        then=_page(pk),
    )


@require_POST
@requires(Role.ACCOUNT_ADMIN)
def set_account_admin(request: Request, pk: UUID) -> HttpResponse:
    """`admin=1` makes the person an account admin; without it no more."""
    found, admin = reading.person(request.user, pk), request.POST.get("admin") == "1"
    said = _("%s administers the account now.") if admin else _("%s is no account admin any more.")
    then = reverse("home") if found == request.user else _page(pk)
    return do(
        request,
        lambda: people.set_account_admin(found, admin=admin, by=request.user),
        said=said % found,
        then=then,
    )


@require_POST
@requires(Role.ACCOUNT_ADMIN)
def deactivate(request: Request, pk: UUID) -> HttpResponse:
    found = reading.person(request.user, pk)
    return do(
        request,
        lambda: people.deactivate(found, by=request.user),
        said=_(
            "%s is signed out everywhere and cannot sign in any more. Open invitations of theirs are revoked."
        )
        % found,
        then=_page(pk),
    )


@require_POST
@requires(Role.ACCOUNT_ADMIN)
def reactivate(request: Request, pk: UUID) -> HttpResponse:
    found = reading.person(request.user, pk)
    return do(
        request,
        lambda: people.reactivate(found, by=request.user),
        said=_("%s can sign in again.") % found,
        then=_page(pk),
    )


@require_POST
@requires(Role.ACCOUNT_ADMIN)
def reset_second_factor(request: Request, pk: UUID) -> HttpResponse:
    """Asks for the password first: else somebody at an open browser could take the own factor away, too."""
    return _without_second_factor(request, reading.person(request.user, pk))


@reauthentication_required
def _without_second_factor(request: Request, found: User) -> HttpResponse:
    return do(
        request,
        lambda: people.reset_second_factor(found, by=request.user),
        said=_("%s signs in with the password alone now, until a new second factor is set up.") % found,
        then=_page(found.pk),
    )


def _page(pk: UUID) -> str:
    return reverse("people:person", args=[pk])
