"""The connection. Django finds this module by its name."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, ClassVar

from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base

from flowpilot.core.db.cursor import TenantCursor, tell
from flowpilot.core.db.refusals import DatabaseUnavailable, NoOwner, UnsafeRole
from flowpilot.core.db.roles import why_it_bypasses
from flowpilot.core.db.setting import AccountSetting
from flowpilot.core.db.validation import DatabaseValidation
from flowpilot.core.postgres import ClusterError, cluster_for


class DatabaseWrapper(base.DatabaseWrapper):
    """With `EMBEDDED_HOME` in its settings (a Path), the cluster in that home is started on first need
    and connected to; otherwise HOST, PORT, USER and PASSWORD say where the server is.

    Everybody connects as the app role, for which the policies hold, and every statement runs with the
    account of the current scope. `OWNER` in the settings (a dict of the same keys) is the role for
    `acting_as_owner` and for making and dropping whole databases.
    """

    validation_class = DatabaseValidation
    # Our own, not the parent's: see _leave_pools_to_the_parent.
    _connection_pools: ClassVar[dict[str, Any]] = {}
    _roles_found_safe: ClassVar[set[tuple[str, str]]] = set()

    def __init__(self, settings_dict: dict[str, Any], alias: str = "default") -> None:
        super().__init__(settings_dict, alias)
        self.is_owner = alias == NO_DB_ALIAS
        self.account_setting = AccountSetting()

    @contextmanager
    def acting_as_owner(self) -> Iterator[None]:
        """Run a block as the role that owns the tables, on a connection of its own. Raises NoOwner."""
        if not self.settings_dict.get("OWNER"):
            raise NoOwner(
                "This needs the role that owns the tables: set DATABASE_OWNER_URL to its address "
                "(postgresql://USER:PASSWORD@HOST:PORT/DATABASE)."
            )
        self.close()
        self.is_owner = True
        try:
            yield
        finally:
            self.close()
            self.is_owner = False

    @property
    def pool(self) -> Any:
        return None if self.is_owner else super().pool

    def get_connection_params(self) -> dict[str, Any]:
        if home := self.settings_dict.get("EMBEDDED_HOME"):
            try:
                server = cluster_for(home).ensure_running()
            except ClusterError as error:
                raise DatabaseUnavailable(str(error)) from None
            self.settings_dict.update(HOST=server.socket_dir, PORT=str(server.port))
        parameters: dict[str, Any] = super().get_connection_params()
        if self.is_owner:
            owner = self.settings_dict.get("OWNER") or {}
            parameters |= {name.lower(): value for name, value in owner.items()}
        return parameters

    def init_connection_state(self) -> None:
        """For every connection that is opened or taken from the pool: nothing of its past counts."""
        self.account_setting = self.new_account_setting()
        self.connection.cursor_factory = partial(TenantCursor, setting=self.account_setting)
        if not self.is_owner:
            self.refuse_unsafe_role()
        super().init_connection_state()

    def new_account_setting(self) -> AccountSetting:
        return AccountSetting()

    def refuse_unsafe_role(self) -> None:
        """Ask once in a process. Raises UnsafeRole: there is no serving without the policies."""
        asked = (str(self.settings_dict["USER"]), str(self.settings_dict["NAME"]))
        if asked in self._roles_found_safe:
            return
        if why := why_it_bypasses(self.connection):
            raise UnsafeRole(why)
        self._roles_found_safe.add(asked)

    def create_cursor(self, name: str | None = None) -> Any:
        if name:
            tell(self.connection, self.account_setting)
        return super().create_cursor(name)

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]
        except Exception:
            self.account_setting.forget()
            raise

    def _rollback(self) -> None:
        self.account_setting.forget()
        super()._rollback()  # type: ignore[misc]


_inherited: list[dict[str, Any]] = []


def _leave_pools_to_the_parent() -> None:
    """A pool's threads do not survive a fork, and closing its connections here would end the parent's:
    the child puts them out of sight and opens a pool of its own when it needs one."""
    _inherited.append(dict(DatabaseWrapper._connection_pools))
    DatabaseWrapper._connection_pools.clear()


os.register_at_fork(after_in_child=_leave_pools_to_the_parent)
