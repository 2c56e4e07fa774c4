"""`manage.py import_flows FILE --account SLUG [--dry-run]`: take flows in from a JSON or Markdown file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from flowpilot.accounts.models import Account
from flowpilot.core.scope import account_scope
from flowpilot.flows.actions.importing import import_flows, planned
from flowpilot.flows.exchange import files
from flowpilot.flows.exchange.portable import FileRefused


class Command(BaseCommand):
    help = "Take flows in: new ones are published, changed ones become drafts, nothing is written over."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a .json or .md file as exported")
        parser.add_argument("--account", metavar="SLUG", required=True, help="the account's slug")
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")

    def handle(self, *args: Any, **options: Any) -> None:
        account = Account.objects.filter(slug=options["account"]).first()
        if account is None:
            raise CommandError(f"There is no account “{options['account']}”.")
        try:
            portables = files.read(options["file"].name, options["file"].read_bytes())
        except FileRefused as refusal:
            said = "\n".join(f"line {reason.line}: {reason.what}" for reason in refusal.reasons)
            raise CommandError(f"The file is refused; nothing was taken in.\n{said}") from None
        except OSError as error:
            raise CommandError(f"The file cannot be read: {error.strerror}.") from None
        act = planned if options["dry_run"] else import_flows
        with account_scope(account.pk):
            entries = act(account.pk, portables, by=None)
        for entry in entries:
            told = " (was made for one client)" if entry.what == "new" and entry.portable.one_client else ""
            self.stdout.write(f"{entry.what:7} {entry.portable.title}{told}")
