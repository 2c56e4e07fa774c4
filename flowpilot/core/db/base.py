"""The connection. Django finds this module by its name."""

import os
from typing import Any

from django.core.management.base import CommandError
from django.db.backends.postgresql import base
from django.db.utils import OperationalError

from flowpilot.core.db.validation import DatabaseValidation
from flowpilot.core.postgres import ClusterError, cluster_for


class DatabaseUnavailable(OperationalError, CommandError):
    """The embedded database cannot serve. Any manage.py command prints it as one sentence."""


class DatabaseWrapper(base.DatabaseWrapper):
    """With `EMBEDDED_HOME` in its settings (a Path), the cluster in that home is started on first need
    and connected to; otherwise HOST, PORT, USER and PASSWORD say where the server is."""

    validation_class = DatabaseValidation
    # Our own, not the parent's: see _leave_pools_to_the_parent.
    _connection_pools: dict[str, Any] = {}

    def get_connection_params(self) -> dict[str, Any]:
        if home := self.settings_dict.get("EMBEDDED_HOME"):
            try:
                server = cluster_for(home).ensure_running()
            except ClusterError as error:
                raise DatabaseUnavailable(str(error)) from None
            self.settings_dict.update(HOST=server.socket_dir, PORT=str(server.port))
        parameters: dict[str, Any] = super().get_connection_params()
        return parameters


_inherited: list[dict[str, Any]] = []


def _leave_pools_to_the_parent() -> None:
    """A pool's threads do not survive a fork, and closing its connections here would end the parent's:
    the child puts them out of sight and opens a pool of its own when it needs one."""
    _inherited.append(dict(DatabaseWrapper._connection_pools))
    DatabaseWrapper._connection_pools.clear()


os.register_at_fork(after_in_child=_leave_pools_to_the_parent)
