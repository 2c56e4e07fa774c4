"""Create an MSP's account with its first admin."""

import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from flowpilot.accounts.actions import CannotCreate, create_account


class Command(BaseCommand):
    help = "Create an account and its first admin."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", metavar="SLUG", help="short name: letters, digits, hyphens")
        parser.add_argument("--name", required=True, help="the MSP's name")
        parser.add_argument("--admin", required=True, metavar="E-MAIL", help="the first account admin")
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the admin's password from standard input"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            account, admin = create_account(
                options["slug"],
                name=options["name"],
                admin_email=options["admin"],
                password=self.password(options["password_stdin"]),
            )
        except CannotCreate as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Account {account.slug} created; {admin.email} is its admin.")

    def password(self, from_stdin: bool) -> str | None:
        if from_stdin:
            if given := sys.stdin.readline().rstrip("\n"):
                return given
            raise CommandError("--password-stdin was given, but standard input is empty.")
        if sys.stdin.isatty():
            return getpass("Password of the admin (empty: by reset link): ") or None
        return None
