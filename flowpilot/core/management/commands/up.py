"""`manage.py up`, what `make run` runs: from nothing to a working FlowPilot, in the foreground."""

import errno
import http.client
import socket
import threading
import time
from argparse import ArgumentTypeError
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from django.utils.translation import gettext as _

from flowpilot.core import processes
from flowpilot.core.db.base import DatabaseWrapper
from flowpilot.core.processes import Address

HEALTH_PATH = "/healthz"
ANSWER_WITHIN_SECONDS = 60
HIGHEST_PORT = 65535


class Command(BaseCommand):
    help = "Prepare the database and run web and worker until Ctrl-C."
    # The checks run inside `handle`, with those of the database among them.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=settings.WEB_HOST, help="address to listen on (%(default)s)")
        parser.add_argument("--port", type=_port, default=settings.WEB_PORT, help="port (%(default)s)")
        parser.add_argument(
            "--no-demo", dest="demo", action="store_false", help="leave an empty database empty"
        )

    def handle(self, *, host: str, port: int, demo: bool, **_options: Any) -> None:
        address = Address(host, port)
        _refuse_if_taken(address)
        try:
            self._prepare(demo=demo)
        except KeyboardInterrupt:
            raise CommandError(_("Interrupted; nothing is running."), returncode=130) from None
        logins = _demo_logins()
        _let_go_of_the_database()
        threading.Thread(target=self._announce, args=(address, logins), daemon=True).start()
        programs = [processes.web(address), processes.worker()]
        if ended := processes.run(programs, settings.BASE_DIR):
            raise CommandError(
                _(
                    "%(name)s ended by itself (exit code %(exit_code)s), so everything was stopped; what it "
                    "said stands above."
                )
                % {"name": ended.name, "exit_code": ended.exit_code}
            )
        self._say(_("Stopped."))

    def _prepare(self, *, demo: bool) -> None:
        self._say(_("Starting the database …"))
        self.check(databases=["default"])
        self._say(_("Bringing the database up to date …"))
        call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        call_command("sync_schedules")
        if demo and not apps.get_model("accounts", "Account")._default_manager.exists():
            self._say(_("Loading the demo …"))
            call_command("load_demo", no_logins=True)

    def _announce(self, address: Address, logins: list[tuple[str, str, str]]) -> None:
        if not _answers(address.here):
            self._say(_("The web server has not answered %(url)s yet.") % {"url": address.url + HEALTH_PATH})
            return
        widths = [max((len(text) for text in column), default=0) for column in zip(*logins, strict=True)]
        lines = [
            "  ".join(text.ljust(width) for text, width in zip(login, widths, strict=True))
            for login in logins
        ]
        head = _("FlowPilot is ready at %(url)s — Ctrl-C stops it.") % {"url": address.url}
        self._say("\n".join(["", head, *lines, ""]))

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _port(value: str) -> int:
    if value.isdecimal() and 0 < int(value) <= HIGHEST_PORT:
        return int(value)
    raise ArgumentTypeError(_("%(value)r is no port: expected 1 to 65535") % {"value": value})


def _refuse_if_taken(address: Address) -> None:
    """Say it now, in one sentence, instead of later from the depths of the web server."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
        except OSError as error:
            where = {"host": address.host, "port": address.port, "reason": error.strerror}
            if error.errno == errno.EADDRINUSE:
                problem = _(
                    "Port %(port)s on %(host)s is in use: stop what listens there, or choose another "
                    "one (PORT=8001 make run)."
                )
            else:
                problem = _("Cannot listen on %(host)s port %(port)s: %(reason)s.")
            raise CommandError(problem % where) from None


def _demo_logins() -> list[tuple[str, str, str]]:
    """Role, e-mail and password of the demo's people; none when this database has no demo."""
    emails = [email for _role, email, _password in settings.DEMO_LOGINS]
    here = set(get_user_model()._default_manager.filter(email__in=emails).values_list("email", flat=True))
    return [login for login in settings.DEMO_LOGINS if login[1] in here]


def _let_go_of_the_database() -> None:
    """The supervisor only waits: it needs no connection, but stays a user of the embedded server."""
    for connection in connections.all():
        connection.close()
        if isinstance(connection, DatabaseWrapper):
            connection.close_pool()


def _answers(address: Address) -> bool:
    deadline = time.monotonic() + ANSWER_WITHIN_SECONDS
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection(address.host, address.port, timeout=5)
        try:
            connection.request("GET", HEALTH_PATH)
            if connection.getresponse().status < http.client.BAD_REQUEST:
                return True
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.1)
    return False
