"""Import a log of changes of tickets, for comparing figures with another system."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from flowpilot.accounts.models import Account
from flowpilot.core.moments import zone_named
from flowpilot.core.scope import account_scope
from sessions.importing.errors import UnusableFile
from sessions.importing.lifecycle import COLUMNS, read_log, write_lives
from sessions.importing.write import Target
from sessions.management.commands.import_tickets import Refused, account_named, engineer, team_named

SHOWN = 20


class Command(BaseCommand):
    help = _(
        "Import a log with a line for each change of a ticket (CSV, plain or .gz, days first). Importing it"
        " again adds only what is new. Columns: "
    ) + ", ".join(COLUMNS)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, metavar="PATH")
        parser.add_argument("--account", required=True, metavar="SLUG")
        parser.add_argument("--user", metavar="E-MAIL", help=_("default: the first account admin"))
        parser.add_argument("--team", metavar="NAME", help=_("default: none"))
        parser.add_argument("--source", default="event log", metavar="NAME")

    def handle(self, *args: Any, **options: Any) -> None:
        account: Account = account_named(options["account"])
        with account_scope(account.pk):
            user, team = engineer(account, options["user"]), team_named(account, options["team"])
            target = Target(account, user, team, options["source"][:60], {})
            try:
                log = read_log(options["path"], zone_named(account.time_zone))
            except UnusableFile as error:
                raise Refused(str(error)) from error
            columns = TextColumn(_("Tickets")), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
            with Progress(*columns, disable=not sys.stderr.isatty()) as bar:
                task = bar.add_task("", total=len(log.lives))
                written = write_lives(log.lives, target, lambda done: bar.advance(task, done))
        told = {"lines": log.lines, "tickets": len(log.lives), "new": written, "bad": len(log.rejected)}
        self.stdout.write(
            _("%(lines)s lines, %(tickets)s tickets, %(new)s of them new, %(bad)s lines rejected.") % told
        )
        for rejected in log.rejected[:SHOWN]:
            self.stdout.write(f"  {rejected.line}: {rejected.error}")
