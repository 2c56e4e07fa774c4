"""`manage.py reset_second_factor E-MAIL`: for those whose phone or key is lost and whom no admin can help."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from flowpilot.accounts.actions.people import reset_second_factor
from flowpilot.accounts.models import User
from flowpilot.accounts.refusals import Changed


class Command(BaseCommand):
    help = _("Take somebody's second factors away, superusers' too: the password alone signs in then.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help=_("whose"))

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        person = User.objects.filter(email=User.normalize_username(email)).first()
        if person is None:
            raise CommandError(_("There is no user with the e-mail “%s”.") % email)
        try:
            reset_second_factor(person, by=None)
        except Changed as refusal:
            raise CommandError(_("%s has no second factor.") % person.email) from refusal
        self.stdout.write(_("%s signs in with the password alone now.") % person.email)
