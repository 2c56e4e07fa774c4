"""Fill an installation with two service providers and their last quarter."""

import sys
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from flowpilot.demo import actions
from flowpilot.demo.logins import DEMO_LOGINS

SEED = 20
LARGEST = 50.0


class Command(BaseCommand):
    help = "Load the demo: two accounts, their flows and sessions, and what the learning job makes of them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--seed", type=int, default=SEED, metavar="N", help="the same seed, the same demo"
        )
        parser.add_argument("--reset", action="store_true", help="remove the demo's accounts first")
        parser.add_argument("--size", type=_size, default=1.0, metavar="X", help="1.0: some 320 sessions")
        parser.add_argument("--no-analysis", action="store_true", help="leave the sessions to the schedule")
        parser.add_argument("--no-logins", action="store_true", help="do not print the logins")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if self._is_there(reset=options["reset"]):
                self.stdout.write(_("The demo is loaded already; --reset removes it and loads it anew."))
            else:
                self._load(options["seed"], options["size"], analysis=not options["no_analysis"])
        except actions.NotTheDemo as error:
            raise CommandError(str(error)) from error
        if not options["no_logins"]:
            self._print_logins()

    def _is_there(self, *, reset: bool) -> bool:
        if reset:
            removed = actions.remove()
            self.stdout.write(_("Demo accounts removed: %(count)s.") % {"count": removed})
        return bool(actions.demo_accounts())

    def _load(self, seed: int, size: float, *, analysis: bool) -> None:
        count = actions.load(seed=seed, now=timezone.now(), size=size)
        self.stdout.write(_("Sessions written: %(count)s.") % {"count": count})
        if not analysis:
            return
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
        with Progress(*columns, disable=not sys.stderr.isatty()) as bar:
            task = bar.add_task(_("Analysing"), total=actions.waiting())
            tallies = actions.analyse(lambda done: bar.advance(task, done))
        actions.settle()
        for account, tally in tallies:
            outcomes = ", ".join(f"{name} {number}" for name, number in sorted(tally.outcomes.items()))
            self.stdout.write(f"{account.name}: {tally} ({outcomes or '–'}; {tally.seconds:.1f} s)")

    def _print_logins(self) -> None:
        self.stdout.write(_("Demo logins:"))
        for role, email, password in DEMO_LOGINS:
            self.stdout.write(f"  {role:<14} {email:<36} {password}")


def _size(value: str) -> float:
    try:
        size = float(value)
    except ValueError:
        size = 0.0
    if not 0 < size <= LARGEST:
        raise ArgumentTypeError(
            _("%(value)s is no size: expected a number above 0, at most %(largest)s")
            % {"value": repr(value), "largest": LARGEST}
        )
    return size
