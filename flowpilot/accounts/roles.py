"""Who may do what: predicates on people, and the decorator that every view wears."""

from collections.abc import Callable
from enum import IntEnum
from functools import wraps
from typing import Any, Protocol, TypeVar
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from flowpilot.accounts.models import User

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class Role(IntEnum):
    """Roles within an account, each including the ones before it. Superusers have none of them."""

    ENGINEER = 1
    TEAM_ADMIN = 2
    ACCOUNT_ADMIN = 3


class NotAllowed(PermissionDenied):
    """The person may see the thing but not do this to it; the message says why."""


def role_of(user: User) -> Role | None:
    """The highest role a person has in the account; None for superusers and deactivated people."""
    if user.account_id is None or not user.is_active:
        return None
    if user.account_admin:
        return Role.ACCOUNT_ADMIN
    return Role.TEAM_ADMIN if user.admin_team_ids else Role.ENGINEER


class OfTeam(Protocol):
    """A row that belongs to an account and perhaps to one of its teams."""

    account_id: UUID
    team_id: UUID | None


def administers(user: User, row: OfTeam) -> bool:
    """Team admins answer for their teams' rows; those without a team are the account admins'."""
    if user.account_id != row.account_id:
        return False
    return user.account_admin or (row.team_id is not None and row.team_id in user.admin_team_ids)


def requires(role: Role) -> Callable[[View], View]:
    """Let only people with at least this role in; the fence test reads `required_role` off the view."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            actual = role_of(request.user)  # type: ignore[arg-type]
            if actual is None or actual < role:
                raise NotAllowed(_("Your role does not include this page."))
            return view(request, *args, **kwargs)

        guarded.required_role = role  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate


def any_user(view: View) -> View:
    """Declare a view open to everybody who is signed in, superusers too."""
    view.any_user = True  # type: ignore[attr-defined]
    return view


def public(view: View) -> View:
    """Declare a view open to everybody, signed in or not."""
    view.public = True  # type: ignore[attr-defined]
    return login_not_required(view)
