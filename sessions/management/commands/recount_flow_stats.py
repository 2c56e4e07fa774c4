"""`manage.py recount_flow_stats`: count anew how sessions that followed flows ended."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from flowpilot.accounts.models import Account
from flowpilot.core.scope import account_scope
from sessions import flow_stats


class Command(BaseCommand):
    help = "Count anew, for each step and answer of each flow, how the sessions that followed it ended."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", metavar="SLUG", help="only this account")

    def handle(self, *args: Any, **options: Any) -> None:
        accounts = Account.objects.order_by("slug")
        if options["account"]:
            accounts = accounts.filter(slug=options["account"])
        for account in accounts:
            with account_scope(account.pk):
                number = flow_stats.recount(account.pk)
            self.stdout.write(f"{account.slug}: {number} sessions counted")
