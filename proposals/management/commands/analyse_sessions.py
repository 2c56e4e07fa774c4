"""Run the learning job by hand."""

import json
import sys
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from flowpilot.accounts.models import Account
from flowpilot.core.scope import account_scope
from proposals import jobs
from proposals.models import AnalysisRun
from sessions.models import AISession


class Command(BaseCommand):
    help = "Analyse resolved sessions that wait for it; the same function that the schedule runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--account", metavar="SLUG", help="only this account")
        parser.add_argument("--limit", type=int, metavar="N", help="at most N sessions")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")
        parser.add_argument("--no-progress", action="store_true", help="no progress bar")

    def handle(self, *args: Any, **options: Any) -> None:
        account_id = None
        accounts = list(Account.objects.values_list("pk", flat=True))
        if slug := options["account"]:
            account_id = Account.objects.filter(slug=slug).values_list("pk", flat=True).first()
            if account_id is None:
                raise CommandError(f"There is no account with the slug “{slug}”.")
            accounts = [account_id]
        if options["limit"] is not None and options["limit"] < 1:
            raise CommandError("--limit must be at least 1.")
        total = sum(waiting(account) for account in accounts)
        columns = TextColumn("Analysing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        hidden = options["json"] or options["no_progress"] or not sys.stderr.isatty()
        with Progress(*columns, disable=hidden) as bar:
            task = bar.add_task("", total=min(total, options["limit"] or total))
            tally = jobs.run(
                account_id,
                limit=options["limit"],
                trigger=AnalysisRun.Trigger.COMMAND,
                progress=lambda done: bar.advance(task, done),
            )
        if options["json"]:
            self.stdout.write(json.dumps(tally.as_json()))
            return
        self.stdout.write(f"{tally} in {tally.seconds:.1f} s")
        for outcome, count in sorted(tally.outcomes.items()):
            self.stdout.write(f"  {outcome}: {count}")


def waiting(account_id: UUID) -> int:
    """Sessions of an account that await their analysis."""
    with account_scope(account_id):
        return AISession.objects.for_account(account_id).awaiting_analysis().count()
