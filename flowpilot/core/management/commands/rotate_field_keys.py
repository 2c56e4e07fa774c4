"""`manage.py rotate_field_keys`: seal every secret anew under the first of the field keys."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import models, transaction
from django.utils.translation import gettext as _
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from flowpilot.core.fields import EncryptedField, Sealed
from flowpilot.core.scope import account_scope
from flowpilot.core.sealing import SECOND_FACTORS, CannotOpen, is_under_first_key, resealed


@dataclass
class Tally:
    sealed: int = 0
    there: int = 0
    failed: list[str] = field(default_factory=list)


class Command(BaseCommand):
    help = _(
        "Seal every secret anew under the first key of FLOWPILOT_FIELD_KEYS: put the new key before the old"
        " ones, restart web and worker, run this, then take the old ones away. Interrupted, it goes on"
        " where it stopped when called again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-progress", action="store_true", help=_("show no progress bar"))

    def handle(self, *args: Any, no_progress: bool, **options: Any) -> None:
        tally = Tally()
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, transient=True, disable=no_progress or not sys.stderr.isatty()) as bar:
            for account in apps.get_model("accounts", "Account")._default_manager.order_by("slug"):
                with account_scope(account.pk):
                    _rotate(account, bar, tally)
            _rotate_second_factors(bar, tally)
        said = _("%(sealed)d sealed anew, %(there)d were under the first of %(keys)d keys already")
        counts = {"sealed": tally.sealed, "there": tally.there, "keys": len(settings.FIELD_KEYS)}
        self.stdout.write(said % counts)
        if tally.failed:
            raise CommandError(
                "\n".join([_("These could not be opened and stay as they are:"), *tally.failed])
            )


def _rotate(account: models.Model, bar: Progress, tally: Tally) -> None:
    for column in _columns():
        rows = column.model._default_manager.filter(account=account, **{f"{column.name}__isnull": False})
        keys = list(rows.order_by("pk").values_list("pk", flat=True))
        for pk in bar.track(keys, description=f"{account} · {column.model._meta.verbose_name}"):
            _rotate_row(rows, pk, column, tally)


def _rotate_second_factors(bar: Progress, tally: Tally) -> None:
    """allauth's rows, which belong to people and no account, and hold what is sealed within JSON."""
    rows = apps.get_model("mfa", "Authenticator")._default_manager.all()
    keys = list(rows.order_by("pk").values_list("pk", flat=True))
    for pk in bar.track(keys, description=SECOND_FACTORS):
        _rotate_factor(rows, pk, tally)


@transaction.atomic
def _rotate_factor(rows: models.QuerySet[Any], pk: int, tally: Tally) -> None:
    row = rows.select_for_update().filter(pk=pk).first()
    if row is None:
        return
    held = [name for name in ("secret", "seed") if name in row.data]
    old = [name for name in held if not is_under_first_key(row.data[name])]
    tally.there += len(held) - len(old)
    try:
        fresh = {name: resealed(row.data[name], SECOND_FACTORS) for name in old}
    except CannotOpen as problem:
        tally.failed.append(f"{problem} ({pk})")
        return
    if fresh:
        rows.filter(pk=pk).update(data={**row.data, **fresh})
        tally.sealed += len(fresh)


def _columns() -> Iterator[Any]:
    for model in apps.get_models():
        yield from (each for each in model._meta.concrete_fields if isinstance(each, EncryptedField))


@transaction.atomic
def _rotate_row(rows: models.QuerySet[Any], pk: Any, column: Any, tally: Tally) -> None:
    """One row, locked, so that a secret that somebody sets at this moment is not lost."""
    row = rows.select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:
        return
    token, place = column.kept_by(row), column.place_in(row)
    if is_under_first_key(token):
        tally.there += 1
        return
    try:
        rows.filter(pk=pk).update(**{column.name: Sealed(resealed(token, place))})
    except CannotOpen as problem:
        tally.failed.append(str(problem))
    else:
        tally.sealed += 1
