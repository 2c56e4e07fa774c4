"""What every page may say about models to those who answer for the account."""

from typing import Any

from django.utils.functional import SimpleLazyObject

from flowpilot.accounts.http import Request
from flowpilot.accounts.models import User
from flowpilot.ai.reading import notice_for


def notices(request: Request) -> dict[str, Any]:
    """Found out when a template asks, and only for admins of the account."""
    return {"ai_notice": SimpleLazyObject(lambda: _notice(request))}


def _notice(request: Request) -> str:
    user = getattr(request, "user", None)
    if not isinstance(user, User) or not user.account_admin or user.account is None:
        return ""
    return notice_for(user.account)
