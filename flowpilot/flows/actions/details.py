"""Whose a flow is, for whom, and when somebody looked whether it is still true."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from flowpilot.accounts import audit
from flowpilot.accounts.actions.changing import state_of
from flowpilot.accounts.models import Client, Team, User
from flowpilot.accounts.refusals import Changed
from flowpilot.flows.models import Flow

REVIEW_AFTER = timedelta(days=180)
_STATE = ("team_id", "client_id", "owner_id", "review_due_at")


@dataclass(frozen=True)
class Details:
    """What is changed of a flow without a new version."""

    team: Team | None
    client: Client | None
    owner: User | None
    review_due_at: datetime | None


def details_state(flow: Flow) -> str:
    """What a form shows of the details, in short: it goes along and tells whether they still stand."""
    return state_of(flow, _STATE)


@transaction.atomic
def change_details(flow: Flow, details: Details, *, seen: str, by: User) -> None:
    """Write what differs. Raises `Changed` when somebody else wrote after `seen`."""
    locked = (
        Flow.objects.select_for_update(of=("self",)).select_related("team", "client", "owner").get(pk=flow.pk)
    )
    if details_state(locked) != seen:
        raise Changed
    names = [field.name for field in fields(details)]
    pairs = {name: (getattr(locked, name), getattr(details, name)) for name in names}
    changed = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    for name, (_was, value) in changed.items():
        setattr(locked, name, value)
        setattr(flow, name, value)
    if changed:
        locked.save(update_fields=[*changed, "updated_at"])
        told = {name: (_text(was), _text(value)) for name, (was, value) in changed.items()}
        audit.record(audit.Verb.CHANGED, account_id=flow.account_id, subject=flow, changes=told, by=by)


@transaction.atomic
def verify(flow: Flow, *, by: User, now: datetime | None = None) -> None:
    """Somebody read the flow and found it true; it is due again after half a year."""
    at = now or timezone.now()
    was, flow.verified_at, flow.review_due_at = flow.verified_at, at, at + REVIEW_AFTER
    flow.save(update_fields=["verified_at", "review_due_at"])
    dates = (was.date().isoformat() if was else "", at.date().isoformat())
    audit.record(
        audit.Verb.CHANGED, account_id=flow.account_id, subject=flow, changes={"verified": dates}, by=by
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)
