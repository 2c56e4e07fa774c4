"""The account on whose behalf the current code runs.

Every door (request, job, command) opens a scope before it touches tenant rows. The scope follows
the context: threads and asyncio tasks that Django starts for a request inherit it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

_account_id: ContextVar[UUID | None] = ContextVar("flowpilot_account_id", default=None)


def current_account_id() -> UUID | None:
    """The account of the innermost open scope, or None outside of any."""
    return _account_id.get()


@contextmanager
def account_scope(account_id: UUID | None) -> Iterator[None]:
    """Run a block on behalf of one account; scopes nest and the former one returns afterwards."""
    token = _account_id.set(account_id)
    try:
        yield
    finally:
        _account_id.reset(token)
