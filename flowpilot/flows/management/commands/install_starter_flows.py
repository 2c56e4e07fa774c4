"""`manage.py install_starter_flows --account SLUG [--dry-run]`: the starter library for one account."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from flowpilot.accounts.models import Account
from flowpilot.core.scope import account_scope
from flowpilot.flows.actions.starters import install_starters, planned, tally


class Command(BaseCommand):
    help = (
        "Install the starter library in an account, or bring it up to date. Edited flows are not overwritten."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", metavar="SLUG", required=True, help="the account's slug")
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")

    def handle(self, *args: Any, **options: Any) -> None:
        account = Account.objects.filter(slug=options["account"]).first()
        if account is None:
            raise CommandError(f"There is no account “{options['account']}”.")
        with account_scope(account.pk):
            steps = planned(account.pk) if options["dry_run"] else install_starters(account.pk, by=None)
        for step in steps:
            if step.what != "current":
                self.stdout.write(f"{step.what:8} {step.starter.key} {step.starter.version}")
        counted = ", ".join(f"{what} {number}" for what, number in tally(steps).items())
        self.stdout.write(f"{'Would be: ' if options['dry_run'] else ''}{counted}")
