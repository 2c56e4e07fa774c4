"""`manage.py export_flows --account SLUG [--format json|md|mmd] [--part N]`: published flows on standard
output, as many as a file may hold."""

from math import ceil
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from flowpilot.accounts.models import Account
from flowpilot.core.scope import account_scope
from flowpilot.flows.exchange.files import WRITERS
from flowpilot.flows.exchange.portable import MOST_FLOWS, PortableFlow, published
from flowpilot.flows.models import Flow


class Command(BaseCommand):
    help = "Write an account's published flows to standard output."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", metavar="SLUG", required=True, help="the account's slug")
        parser.add_argument("--format", choices=sorted(WRITERS), default="json")
        parser.add_argument("--part", type=int, metavar="N", help=f"the Nth {MOST_FLOWS} flows, by title")

    def handle(self, *args: Any, **options: Any) -> None:
        account = Account.objects.filter(slug=options["account"]).first()
        if account is None:
            raise CommandError(f"There is no account “{options['account']}”.")
        with account_scope(account.pk):
            flows = published(Flow.objects.for_account(account.pk))
            parts = max(ceil(flows.count() / MOST_FLOWS), 1)
            part = options["part"] or 1
            if not 1 <= part <= parts or (parts > 1 and options["part"] is None):
                raise CommandError(f"A file holds {MOST_FLOWS} flows: say which --part, from 1 to {parts}.")
            asked = flows[(part - 1) * MOST_FLOWS : part * MOST_FLOWS]
            self.stdout.write(WRITERS[options["format"]](PortableFlow.of(flow) for flow in asked), ending="")
