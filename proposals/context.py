"""What the navigation says beside its links, on every page that has one."""

from typing import Any

from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.http import Request
from flowpilot.accounts.models import Notification, User
from flowpilot.accounts.roles import Role, role_of
from flowpilot.core.asking import asked_by
from flowpilot.core.counting import beside, counted
from proposals.reading import waiting_for_review
from sessions.endings.reading import waiting_for_others

ROLES = {
    Role.ENGINEER: _("Engineer"),
    Role.TEAM_ADMIN: _("Team admin"),
    Role.ACCOUNT_ADMIN: _("Account admin"),
}
NUMBERS = ("review", "inbox", "unread")


def navigation(request: Request) -> dict[str, Any]:
    """All is found out when a template asks: pages without navigation cost no query, those with it one."""
    return {
        "nav_here": _here(request),
        "nav_counts": SimpleLazyObject(lambda: _counts(request)),
        "nav_role": SimpleLazyObject(lambda: _role(request)),
        "nav_is_admin": SimpleLazyObject(lambda: _is_admin(request)),
    }


def _here(request: Request) -> str:
    """Which of the navigation's entries the page belongs to."""
    match = getattr(request, "resolver_match", None)
    if match is None:
        return ""
    return "inbox" if match.view_name == "sessions:inbox" else match.namespace


def expect_counts(request: Request) -> None:
    """For doors whose page shows the numbers and that ask for other values before: all are one statement."""
    user = request.user
    rows = {
        "review": waiting_for_review(user),
        "inbox": waiting_for_others(user),
        "unread": Notification.objects.visible_to(user).unread(),
    }
    for name in NUMBERS:
        asked_by(request).expect(("beside a link", name), counted(rows[name]))


def _counts(request: Request) -> dict[str, str]:
    """`review`, `inbox` and `unread`, each "", "7" or "999+"; superusers have none of them."""
    user = getattr(request, "user", None)
    if not isinstance(user, User) or user.account_id is None:
        return {}
    expect_counts(request)
    return {name: beside(asked_by(request).answer(("beside a link", name))) for name in NUMBERS}


def _is_admin(request: Request) -> bool:
    user = getattr(request, "user", None)
    return isinstance(user, User) and (role_of(user) or 0) >= Role.TEAM_ADMIN


def _role(request: Request) -> str:
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return ""
    role = role_of(user)
    return str(ROLES[role]) if role else str(_("Superuser")) if user.is_superuser else ""
