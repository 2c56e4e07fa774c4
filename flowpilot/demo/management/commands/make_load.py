"""Fill an account with made-up sessions, flows and proposals in any number, for measuring."""

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError
from dataclasses import asdict
from time import monotonic
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_slug
from django.utils import timezone
from django.utils.translation import gettext as _
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from flowpilot.demo.load.actions import NotEmpty, Size, make
from flowpilot.demo.load.ground import NobodyThere

SEED = 7


class Command(BaseCommand):
    help = (
        "Fill an account, made if there is none, with made-up sessions, flows and proposals, for measuring."
        " The same seed makes the same ones. Nobody it makes has a password."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--account", required=True, metavar="SLUG", help="whose they are")
        parser.add_argument("--sessions", type=_number, default=10_000, metavar="N")
        parser.add_argument("--flows", type=_number, default=0, metavar="N", help="published ones")
        parser.add_argument("--proposals", type=_number, default=0, metavar="N", help="of every status")
        parser.add_argument(
            "--pending", type=_number, default=0, metavar="N", help="sessions that await the learning job"
        )
        parser.add_argument(
            "--problems", type=_number, metavar="N", help="different problems (default: one in 50 sessions)"
        )
        parser.add_argument("--seed", type=int, default=SEED, metavar="N")
        parser.add_argument("--append", action="store_true", help="add to what the account has already")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        size = Size(**{name: options[name] for name in Size.__dataclass_fields__})
        slug = options["account"]
        self._check(slug, size)
        began = monotonic()
        columns = TextColumn(_("Sessions")), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        with Progress(*columns, disable=options["json"] or not sys.stderr.isatty()) as bar:
            task = bar.add_task("", total=size.sessions)
            try:
                made = make(
                    slug,
                    size,
                    seed=options["seed"],
                    now=timezone.now(),
                    append=options["append"],
                    progress=lambda done: bar.advance(task, done),
                )
            except NotEmpty as error:
                raise CommandError(f"{error} {_('--append adds to them.')}") from error
            except NobodyThere as error:
                raise CommandError(str(error)) from error
        seconds = monotonic() - began
        if options["json"]:
            self.stdout.write(json.dumps({**asdict(made), "seconds": round(seconds, 1)}))
            return
        told = ", ".join(f"{number:,} {name}" for name, number in asdict(made).items())
        self.stdout.write(f"{slug}: {told} in {seconds:.1f} s")

    def _check(self, slug: str, size: Size) -> None:
        try:
            validate_slug(slug)
        except ValidationError as error:
            raise CommandError(f"--account {slug}: {' '.join(error.messages)}") from error
        if size.pending > size.sessions:
            raise CommandError(_("--pending is more than --sessions."))
        done = size.sessions - size.pending
        if done < size.known:
            told = _("%(known)s problems with a flow or proposal need as many done sessions, not %(done)s.")
            raise CommandError(told % {"known": size.known, "done": done})


def _number(value: str) -> int:
    if value.isdecimal():
        return int(value)
    raise ArgumentTypeError(f"{value!r} is not a whole number of at least 0")
