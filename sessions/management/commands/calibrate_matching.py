"""`manage.py calibrate_matching --account SLUG`: fit the probabilities to what the account's sessions say."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from flowpilot.accounts.models import Account
from flowpilot.core.scope import account_scope
from flowpilot.flows.matching.calibration import (
    ENOUGH,
    ENOUGH_OF_EACH,
    Quality,
    TooFewOutcomes,
    put_in_force,
    refit,
)
from sessions.outcomes import outcomes


class Command(BaseCommand):
    help = _(
        "Fit the probabilities of matching to the outcomes of an account's sessions. Takes the new"
        " coefficients only if they are better on outcomes that they were not fitted to; keeps the old ones."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--account", required=True, metavar="SLUG")
        parser.add_argument("--dry-run", action="store_true", help=_("show before and after, change nothing"))

    def handle(self, *args: Any, **options: Any) -> None:
        account = Account.objects.filter(slug=options["account"]).first()
        if account is None:
            message = _("There is no account “%(slug)s”.") % {"slug": options["account"]}
            raise CommandError(message, returncode=2)
        with account_scope(account.pk):
            self._calibrate(account, dry_run=options["dry_run"])

    def _calibrate(self, account: Account, *, dry_run: bool) -> None:
        engine, found = outcomes(account.pk)
        try:
            new = refit(account.pk, engine, found)
        except TooFewOutcomes as few:
            message = _(
                "Too few outcomes: %(helped)d helped, %(not)d did not; %(enough)d are needed,"
                " %(each)d of each."
            )
            numbers = {"helped": few.helped, "not": few.did_not, "enough": ENOUGH, "each": ENOUGH_OF_EACH}
            self.stdout.write(message % numbers)
            return
        self.stdout.write(_("before: %(quality)s") % {"quality": _told(new.before)})
        self.stdout.write(_("after: %(quality)s") % {"quality": _told(new.after)})
        if dry_run:
            self.stdout.write(_("Dry run: nothing was changed."))
        elif new.is_better:
            put_in_force(account.pk, new)
            self.stdout.write(_("The new coefficients are in force."))
        else:
            self.stdout.write(_("The new coefficients are no better; the old ones stay."))


def _told(quality: Quality) -> str:
    return _(
        "guided right %(right)d of %(guided)d, %(outcomes)d outcomes, calibration error %(error).3f,"
        " surprise %(loss).3f"
    ) % {
        "right": quality.guided_right,
        "guided": quality.guided,
        "outcomes": quality.outcomes,
        "error": quality.calibration_error,
        "loss": quality.log_loss,
    }
