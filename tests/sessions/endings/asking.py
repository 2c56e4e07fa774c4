"""How the tests of the endings ask: a session's verb by name, as HTMX or as a form."""

from typing import Any

from django.urls import reverse

from flowpilot.accounts.models import User
from sessions.models import AISession
from tests.screens import HTMX, signed_in


def at(name: str, session: AISession) -> str:
    return reverse(f"sessions:{name}", args=[session.pk])


def get(user: User, name: str, session: AISession, *, htmx: bool = True) -> Any:
    return signed_in(user).get(at(name, session), headers=HTMX if htmx else {})


def send(user: User, name: str, session: AISession, *, htmx: bool = True, **data: Any) -> Any:
    return signed_in(user).post(at(name, session), data, headers=HTMX if htmx else {})


def stands(session: AISession, *fields: str) -> tuple[Any, ...]:
    """The state in the database, and the columns named."""
    row = AISession.objects.get(pk=session.pk)
    return (row.status, *(getattr(row, field) for field in fields))
