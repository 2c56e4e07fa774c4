"""`manage.py worker`: the queue's cluster, supervised."""

import logging
from argparse import SUPPRESS
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils.translation import gettext as _
from django_q.conf import Conf

from flowpilot.core.db.refusals import UnsafeRole
from flowpilot.core.processes import ending_signals
from flowpilot.core.worker.evidence import Evidence
from flowpilot.core.worker.heartbeat import is_recent, last_beat
from flowpilot.core.worker.process import ClusterProcess, is_alive, serve
from flowpilot.core.worker.queue import DATABASE_ERRORS, WorkQueue
from flowpilot.core.worker.supervisor import Supervisor

log = logging.getLogger(__name__)

# A server that is gone without a word must not keep the supervisor from its duties.
IMPATIENT = {"connect_timeout": 5, "tcp_user_timeout": 10_000}


class Command(BaseCommand):
    help = "Run scheduled and queued work until told to stop; restart what no longer works."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="say when a worker last answered; exit 1 if not recently"
        )
        # How the supervisor starts the cluster's main process: two pipes that it holds the other ends of.
        parser.add_argument("--pipes", nargs=2, type=int, help=SUPPRESS)

    def handle(self, *, check: bool, pipes: list[int] | None, **_options: Any) -> None:
        if pipes:
            serve(*pipes)
        elif check:
            self._check()
        else:
            _supervise()

    def _check(self) -> None:
        seen = last_beat()
        when = seen.isoformat(timespec="seconds") if seen else _("never")
        if not is_recent(seen):
            problem = _("No worker is at work; last heartbeat: %(when)s. Start one: manage.py worker")
            raise CommandError(problem % {"when": when})
        self.stdout.write(_("Last heartbeat: %(when)s.") % {"when": when})


def _refuse_unsafe_role() -> None:
    """Before anything is started. A database that cannot be asked yet is waited for, as later ones are."""
    try:
        connection.ensure_connection()
    except UnsafeRole:
        raise
    except DATABASE_ERRORS as error:
        log.warning("The database cannot be reached yet: %s", " ".join(str(error).split()))
        connection.close()


def _supervise() -> None:
    connection.settings_dict["OPTIONS"] = {**IMPATIENT, **connection.settings_dict["OPTIONS"]}
    _refuse_unsafe_role()
    evidence = partial(
        Evidence,
        workers=Conf.WORKERS,
        timeout=Conf.TIMEOUT,
        alive=is_alive,
    )
    supervisor = Supervisor(ClusterProcess, WorkQueue(), evidence)
    with ending_signals() as received:
        supervisor.run(lambda: bool(received))
    log.info("The cluster has stopped.")
