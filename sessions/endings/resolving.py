"""A resolution with its rating: one dialog, one transaction."""

from typing import Any

from django.db import transaction

from flowpilot.accounts.models import User
from sessions import actions
from sessions.models import AISession


@transaction.atomic
def resolve_and_rate(
    session: AISession, *, rating: int | None = None, feedback: str = "", by: User, **resolution: Any
) -> None:
    """`resolution` is what `actions.resolve` takes. Without a rating the one that is there stays."""
    actions.resolve(session, **resolution, by=by)
    if rating is not None:
        actions.rate(session, rating=rating, feedback=feedback, by=by)
