"""What the navigation says beside its links, on every page that has one."""

from typing import Any

from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.http import Request
from flowpilot.accounts.models import User
from flowpilot.accounts.notifications import unread_count
from flowpilot.accounts.roles import Role, role_of
from proposals.reading import pending_count
from sessions.endings.reading import inbox_count

ROLES = {
    Role.ENGINEER: _("Engineer"),
    Role.TEAM_ADMIN: _("Team admin"),
    Role.ACCOUNT_ADMIN: _("Account admin"),
}


def navigation(request: Request) -> dict[str, Any]:
    """All is found out when a template asks: pages without navigation cost no query."""
    return {
        "nav_review_count": SimpleLazyObject(lambda: _review_count(request)),
        "nav_inbox_count": SimpleLazyObject(lambda: _inbox_count(request)),
        "nav_unread": SimpleLazyObject(lambda: _unread(request)),
        "nav_role": SimpleLazyObject(lambda: _role(request)),
        "nav_is_admin": SimpleLazyObject(lambda: _is_admin(request)),
    }


def _review_count(request: Request) -> str:
    user = getattr(request, "user", None)
    return pending_count(user) if isinstance(user, User) else ""


def _inbox_count(request: Request) -> str:
    user = getattr(request, "user", None)
    return inbox_count(user) if isinstance(user, User) else ""


def _unread(request: Request) -> str:
    user = getattr(request, "user", None)
    return unread_count(user) if isinstance(user, User) else ""


def _is_admin(request: Request) -> bool:
    user = getattr(request, "user", None)
    return isinstance(user, User) and (role_of(user) or 0) >= Role.TEAM_ADMIN


def _role(request: Request) -> str:
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return ""
    role = role_of(user)
    return str(ROLES[role]) if role else str(_("Superuser")) if user.is_superuser else ""
