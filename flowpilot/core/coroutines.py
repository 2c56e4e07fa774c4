"""From coroutines to what blocks."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import close_old_connections, connection

P = ParamSpec("P")
R = TypeVar("R")


def in_database(verb: Callable[P, R]) -> Callable[P, "asyncio.Future[R]"]:
    """A verb for use in coroutines; its thread gives the connection back at once, unless it is that of a
    caller who blocks and has a transaction open."""

    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return verb(*args, **kwargs)
        finally:
            if not connection.in_atomic_block:
                close_old_connections()

    return sync_to_async(run)  # type: ignore[return-value]
