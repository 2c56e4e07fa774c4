"""Count all days anew."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from analytics.actions import rollups
from flowpilot.accounts.models import Account
from flowpilot.core.locks import single_instance
from flowpilot.core.scope import account_scope


class Command(BaseCommand):
    help = (
        "Count all days of the dashboard anew. What a break-off leaves over is counted by the schedule, or by"
        " --resume."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--account", metavar="SLUG", help="only this one (default: all)")
        parser.add_argument("--resume", action="store_true", help="only what an earlier run left over")

    def handle(self, *args: Any, **options: Any) -> None:
        with single_instance(rollups.LOCK) as alone:
            if not alone:
                raise CommandError(_("The days are being counted already; try again in a moment."))
            for account in self._accounts(options["account"]):
                with account_scope(account.pk):
                    self._count(account, resume=options["resume"])

    def _accounts(self, slug: str | None) -> list[Account]:
        found = list(Account.objects.filter(**({"slug": slug} if slug else {})).order_by("slug"))
        if slug and not found:
            raise CommandError(_("There is no account “%(slug)s”.") % {"slug": slug})
        return found

    def _count(self, account: Account, *, resume: bool) -> None:
        if not resume:
            rollups.mark_everything(account.pk)
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        with Progress(*columns, disable=not sys.stderr.isatty()) as bar:
            task = bar.add_task(account.name, total=rollups.waiting(account.pk))
            done = rollups.catch_up(account, progress=lambda days: bar.advance(task, days))
        self.stdout.write(
            _("%(account)s: %(count)s days counted.") % {"account": account.name, "count": done}
        )
