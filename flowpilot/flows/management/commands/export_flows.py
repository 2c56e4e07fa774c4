"""`manage.py export_flows --account SLUG [--format json|md|mmd]`: published flows on standard output."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from flowpilot.accounts.models import Account
from flowpilot.core.scope import account_scope
from flowpilot.flows.exchange.files import WRITERS
from flowpilot.flows.exchange.portable import PortableFlow
from flowpilot.flows.models import Flow


class Command(BaseCommand):
    help = "Write an account's published flows to standard output."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", metavar="SLUG", required=True, help="the account's slug")
        parser.add_argument("--format", choices=sorted(WRITERS), default="json")

    def handle(self, *args: Any, **options: Any) -> None:
        account = Account.objects.filter(slug=options["account"]).first()
        if account is None:
            raise CommandError(f"There is no account “{options['account']}”.")
        with account_scope(account.pk):
            rows = Flow.objects.for_account(account.pk).filter(current_version__isnull=False)
            flows = rows.select_related("current_version").order_by("title", "id")
            self.stdout.write(WRITERS[options["format"]](PortableFlow.of(flow) for flow in flows), ending="")
