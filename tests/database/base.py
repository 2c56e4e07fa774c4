"""FlowPilot's connection, logged in as the owner of the tables, who is not held by the policies.

As soon as the product is at work, statements run as the app role: within the scope of an account, and in
every request, job and command under test (`as_the_product`). So a scope that the product forgets to open
fails in a test as it would in production, while a test itself may look at everything. Other threads, the
live server among them, and other processes log in as the app role itself.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import pytest
from django.core.management import BaseCommand
from django.test.client import ClientHandler
from django.utils.module_loading import import_string

from flowpilot.core.db import base
from flowpilot.core.db.setting import AccountSetting
from flowpilot.core.scope import current_account_id
from flowpilot.schedules import SCHEDULES

P = ParamSpec("P")
R = TypeVar("R")

JOBS = [*(dotted for dotted, _minutes in SCHEDULES.values()), "proposals.jobs.run"]
OURS = ("flowpilot.", "sessions.", "proposals.", "analytics.")
OWNERS = ("migrate", "prepare_database", "evaluate_matching")
"""Commands that log in as the owner by themselves."""

# The one that runs the tests: under xdist that is not the process's main one.
_TESTS = threading.current_thread()
_product_at_work: ContextVar[bool] = ContextVar("product_at_work", default=False)


@contextmanager
def as_the_product() -> Iterator[None]:
    """Run a block as the app role, in whatever scope there is, or none."""
    token = _product_at_work.set(True)
    try:
        yield
    finally:
        _product_at_work.reset(token)


class RoleAndAccount(AccountSetting):
    """Says the role together with the account, in one statement."""

    def __init__(self, app_role: str) -> None:
        super().__init__()
        self._app_role = app_role

    def wanted(self) -> str:
        account_id = current_account_id()
        role = self._app_role if account_id or _product_at_work.get() else "none"
        account = f"set_config('app.account_id', '{account_id or ''}', false)"
        return f"SELECT set_config('role', '{role}', false), {account}"


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, settings_dict: dict[str, Any], alias: str = "default") -> None:
        super().__init__(settings_dict, alias)
        self.of_the_test = threading.current_thread() is _TESTS

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Only here: what else takes the parameters to connect by itself is the product."""
        owner = {"user": self.settings_dict["OWNER"]["USER"]} if self.of_the_test else {}
        return super().get_new_connection(conn_params | owner)

    def new_account_setting(self) -> AccountSetting:
        if not self.of_the_test or self.is_owner:
            return super().new_account_setting()
        return RoleAndAccount(self.settings_dict["USER"])

    def refuse_unsafe_role(self) -> None:
        if not self.of_the_test:
            super().refuse_unsafe_role()


def put_the_product_under_its_role(patch: pytest.MonkeyPatch) -> None:
    """Every way into the product that a test may take: requests, commands, jobs."""
    patch.setattr(ClientHandler, "__call__", _under_its_role(ClientHandler.__call__))
    patch.setattr(BaseCommand, "execute", _commands_under_their_role(BaseCommand.execute))
    for dotted in JOBS:
        patch.setattr(dotted, _under_its_role(import_string(dotted)))


def _under_its_role(entry: Callable[P, R]) -> Callable[P, R]:
    @wraps(entry)
    def entered(*args: P.args, **kwargs: P.kwargs) -> R:
        with as_the_product():
            return entry(*args, **kwargs)

    return entered


def _commands_under_their_role(execute: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(execute)
    def entered(command: BaseCommand, *args: Any, **options: Any) -> Any:
        module = type(command).__module__
        if module.startswith(OURS) and not module.endswith(OWNERS):
            with as_the_product():
                return execute(command, *args, **options)
        return execute(command, *args, **options)

    return entered
