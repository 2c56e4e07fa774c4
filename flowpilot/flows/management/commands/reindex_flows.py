"""`manage.py reindex_flows`: bring what matching finds in step with the published flows, now."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from flowpilot.accounts.models import Account
from flowpilot.core.retrieval import encoder
from flowpilot.core.retrieval.upkeep import catch_up, make_stale, waiting
from flowpilot.core.scope import account_scope
from flowpilot.flows.matching.library import FLOWS


class Command(BaseCommand):
    help = _(
        "Index published flows for matching, as the schedule does every minute. Interrupted, the next call"
        " goes on where this one stopped."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--account", metavar="SLUG", help=_("only this account"))
        parser.add_argument(
            "--all", action="store_true", help=_("anew from the start, also what is up to date")
        )
        parser.add_argument("--no-progress", action="store_true", help=_("show no progress bar"))

    def handle(self, *args: Any, **options: Any) -> None:
        state = encoder.status()
        if not state.available:
            self.stderr.write(_("By words alone: %(reason)s.") % {"reason": state.reason})
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        silent = options["no_progress"] or not sys.stderr.isatty()
        with Progress(*columns, transient=True, disable=silent) as bar:
            for account in _accounts(options["account"]):
                with account_scope(account.pk):
                    done = _reindexed(account, bar, everything=options["all"])
                self.stdout.write(
                    _("%(account)s: %(done)d steps done") % {"account": account.slug, "done": done}
                )


def _reindexed(account: Account, bar: Progress, *, everything: bool) -> int:
    if everything:
        make_stale(FLOWS, account.pk)
    task = bar.add_task(account.slug, total=waiting(FLOWS, account.pk))
    return catch_up(FLOWS, account.pk, progress=lambda done: bar.update(task, advance=done))


def _accounts(slug: str | None) -> list[Account]:
    rows = Account.objects.order_by("slug")
    found = list(rows if slug is None else rows.filter(slug=slug))
    if slug is not None and not found:
        known = ", ".join(rows.values_list("slug", flat=True)[:20]) or "–"
        message = _("There is no account “%(slug)s”. Accounts: %(known)s.")
        raise CommandError(message % {"slug": slug, "known": known}, returncode=2)
    return found
