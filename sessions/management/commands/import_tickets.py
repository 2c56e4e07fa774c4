"""`manage.py import_tickets PATH --account SLUG`: a file of resolved tickets becomes history."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from flowpilot.accounts.models import Account, Team, User
from flowpilot.core.moments import zone_named
from flowpilot.core.scope import account_scope
from flowpilot.core.text import clean_line
from sessions.importing.columns import SYNONYMS, parse_map
from sessions.importing.encoding import TextFile
from sessions.importing.errors import UnusableFile
from sessions.importing.rows import Reading
from sessions.importing.run import Options, Report, import_file
from sessions.importing.write import Target, clients_of

DEFAULT_SOURCE = "import"
SOURCE_LIMIT = 60
SHOWN = 20
"""So many rejected rows are printed; --json has them all."""
USAGE_ERROR = 2


class Refused(CommandError):
    """Something about the call or the file is wrong; the process ends with 2."""

    def __init__(self, message: str) -> None:
        super().__init__(message, returncode=USAGE_ERROR)


class Command(BaseCommand):
    help = _(
        "Import resolved tickets from a CSV, TSV, JSONL or JSON file (plain or .gz). Importing a file again"
        " adds only what is new."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, metavar="PATH")
        parser.add_argument(
            "--account", required=True, metavar="SLUG", help=_("the account that gets the tickets")
        )
        parser.add_argument(
            "--user", metavar="E-MAIL", help=_("their engineer (default: the first account admin)")
        )
        parser.add_argument("--team", metavar="NAME", help=_("their team (default: none)"))
        parser.add_argument(
            "--source",
            default=DEFAULT_SOURCE,
            metavar="NAME",
            help=_("the system they come from; ticket ids are unique within it (default: %(default)s)"),
        )
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="FIELD=COLUMN",
            help=_("take a field from this column; may be repeated. Fields: ") + ", ".join(SYNONYMS),
        )
        parser.add_argument("--day-first", action="store_true", help=_("read 3/4/2025 as 3 April"))
        parser.add_argument(
            "--any-status", action="store_true", help=_("take tickets that are not closed, too")
        )
        parser.add_argument("--dry-run", action="store_true", help=_("check and count, write nothing"))
        parser.add_argument("--json", action="store_true", help=_("print the result as JSON"))
        parser.add_argument("--no-progress", action="store_true", help=_("show no progress bar"))

    def handle(self, *args: Any, **options: Any) -> None:
        account = account_named(options["account"])
        with account_scope(account.pk):
            report = self._import(account, options)
        self.stdout.write(
            _as_json(report) if options["json"] else _as_text(report, dry_run=options["dry_run"])
        )
        if report.stopped:
            raise Refused(report.stopped)

    def _import(self, account: Account, options: dict[str, Any]) -> Report:
        target = Target(
            account=account,
            user=engineer(account, options["user"]),
            team=team_named(account, options["team"]),
            source=_source(options["source"]),
            clients=clients_of(account),
        )
        reading = Reading(
            zone_named(account.time_zone), day_first=options["day_first"], any_status=options["any_status"]
        )
        silent = options["no_progress"] or not sys.stderr.isatty()
        try:
            chosen = Options(reading, parse_map(options["map"]), dry_run=options["dry_run"])
            return _with_bar(options["path"], target, chosen, silent=silent)
        except UnusableFile as error:
            raise Refused(str(error)) from error


def _with_bar(path: Path, target: Target, options: Options, *, silent: bool) -> Report:
    if silent:
        return import_file(path, target, options)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task(path.name, total=None)

        def advance(source: TextFile) -> None:
            bar.update(task, total=source.size, completed=source.position)

        return import_file(path, target, options, advance)


def account_named(slug: str) -> Account:
    account = Account.objects.filter(slug=slug).first()
    if account is None:
        known = ", ".join(Account.objects.order_by("slug").values_list("slug", flat=True)[:20]) or "–"
        raise Refused(
            _("There is no account “%(slug)s”. Accounts: %(known)s.")
            % {"slug": clean_line(slug, limit=80), "known": known}
        )
    return account


def engineer(account: Account, email: str | None) -> User:
    users = User.objects.for_account(account.pk)
    if email is None:
        admin = users.account_admins().order_by("date_joined", "id").first()
        if admin is None:
            raise Refused(
                _("The account “%(slug)s” has no admin; name a user with --user.") % {"slug": account.slug}
            )
        return admin
    user = users.filter(email__iexact=clean_line(email, limit=254)).first()
    if user is None:
        raise Refused(
            _("Nobody in the account “%(slug)s” has the e-mail address %(email)s.")
            % {"slug": account.slug, "email": clean_line(email, limit=254)}
        )
    return user


def team_named(account: Account, name: str | None) -> Team | None:
    if name is None:
        return None
    teams = Team.objects.for_account(account.pk)
    team = teams.filter(name__iexact=clean_line(name, limit=200)).order_by("name").first()
    if team is None:
        known = ", ".join(teams.order_by("name").values_list("name", flat=True)[:20]) or "–"
        raise Refused(
            _("The account “%(slug)s” has no team “%(team)s”. Teams: %(known)s.")
            % {"slug": account.slug, "team": clean_line(name, limit=200), "known": known}
        )
    return team


def _source(name: str) -> str:
    source = clean_line(name, limit=SOURCE_LIMIT + 1).lower()
    if not 0 < len(source) <= SOURCE_LIMIT:
        raise Refused(_("--source takes a name of 1 to %(limit)d characters.") % {"limit": SOURCE_LIMIT})
    return source


def _as_json(report: Report) -> str:
    return json.dumps(
        {
            "read": report.read,
            "imported": report.imported,
            "duplicates": report.duplicates,
            "rejected": [{"line": each.line, "error": each.error} for each in report.rejected],
            "rejected_count": report.rejected_count,
            "unread_dates": report.unread_dates,
            "stopped": report.stopped,
        },
        ensure_ascii=False,
    )


def _as_text(report: Report, *, dry_run: bool) -> str:
    lines = [
        _("Dry run: nothing was written.") if dry_run else "",
        _("%(read)d read, %(imported)d imported, %(duplicates)d already there, %(rejected)d rejected")
        % {
            "read": report.read,
            "imported": report.imported,
            "duplicates": report.duplicates,
            "rejected": report.rejected_count,
        },
        *(
            _("  line %(line)d: %(error)s") % {"line": each.line, "error": each.error}
            for each in report.rejected[:SHOWN]
        ),
    ]
    if report.rejected_count > SHOWN:
        lines.append(_("  and %(more)d more (--json lists them)") % {"more": report.rejected_count - SHOWN})
    if report.unread_dates:
        lines.append(
            _(
                "%(count)d dates could not be read and were left out, the first: “%(first)s”."
                " --day-first reads 31/12/2025."
            )
            % {"count": report.unread_dates, "first": report.first_unread_date}
        )
    return "\n".join(line for line in lines if line)
