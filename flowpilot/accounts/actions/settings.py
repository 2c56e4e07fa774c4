"""The account's own settings."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from flowpilot.accounts.actions.changing import change
from flowpilot.accounts.models import Account, User
from flowpilot.accounts.roles import NotAllowed

FIELDS = (
    "name",
    "time_zone",
    "ai_mode",
    "ai_daily_budget_usd",
    "ai_monthly_budget_usd",
    "ai_send_screenshots",
    "ai_batch_allowed",
    "redact_identifiers",
    "idle_abandon_days",
    "reopen_days",
    "proposal_expiry_days",
    "mfa_required",
)
"""What account admins set; the slug is the installation's."""


def change_settings(account: Account, values: Mapping[str, Any], *, seen: str, by: User) -> list[str]:
    """Write what differs of `FIELDS`; returns the names of those."""
    if not by.account_admin or by.account_id != account.pk:
        raise NotAllowed(_("That takes an account admin."))
    return change(account, {name: values[name] for name in FIELDS}, seen=seen, account_id=account.pk, by=by)
