"""How a row of settings is changed: on top of what was seen, and with what was and is in the audit."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction

from flowpilot.accounts import audit
from flowpilot.accounts.models import User
from flowpilot.accounts.refusals import Changed


def state_of(row: models.Model, fields: Iterable[str]) -> str:
    """What a form shows of a row, in short: it goes along with the form and tells whether it still stands."""
    values = [getattr(row, name) for name in fields]
    return hashlib.sha256(json.dumps(values, cls=DjangoJSONEncoder).encode()).hexdigest()


@transaction.atomic
def change(
    row: models.Model, values: Mapping[str, Any], *, seen: str, account_id: UUID, by: User
) -> list[str]:
    """Write what differs; returns the names of those fields. `seen` is the `state_of` the same fields."""
    locked = type(row)._default_manager.select_for_update().get(pk=row.pk)
    if state_of(locked, values) != seen:
        raise Changed
    changed = [name for name, value in values.items() if getattr(locked, name) != value]
    if not changed:
        return []
    changes = {name: (_text(getattr(locked, name)), _text(values[name])) for name in changed}
    for name in changed:
        setattr(locked, name, values[name])
    locked.save(update_fields=changed)
    audit.record(audit.Verb.CHANGED, account_id=account_id, subject=locked, changes=changes, by=by)
    return changed


def _text(value: object) -> str:
    return "" if value is None else str(value)
