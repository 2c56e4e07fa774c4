"""The sessions of each engineer: for the people who look after them, as a ground for a talk, not as a list of
the best."""

from collections import defaultdict
from uuid import UUID

from django.utils.translation import gettext as _

from analytics.figures import NONE, Counts, read, together
from analytics.metrics import DURABLE, ESCALATED, LINKED, RESOLVED
from analytics.parts import Card, Cell, Table, number, share_cell, text_cell
from analytics.scope import WIDEST_ROWS, Scope
from analytics.seen import Seen
from flowpilot.accounts.models import User


def engineers(scope: Scope, seen: Seen) -> Card:
    """In the order of their names; a session counts for who began it and for who took it over."""
    scope = scope.shortened()
    people = User.objects.looked_after_by(scope.user).order_by("name", "pk")
    if scope.engineer is not None:
        people = people.filter(pk=scope.engineer.pk)
    found, before = _in_hands(scope), _in_hands(scope.before()) if scope.compares else None
    rows = [_row(scope, person, found[person.pk], before) for person in people if person.pk in found]
    if not rows:
        return Card(empty=_("None of the people that you look after had a session in these days."))
    rates = (RESOLVED, DURABLE, ESCALATED, LINKED)
    earlier = [_("Before")] if before is not None else []
    header = [_("Engineer"), _("Sessions"), *earlier, *(rate.label for rate in rates)]
    note = _("At most %(days)s days. Seen by admins of their teams, and by everybody of themselves.")
    return Card(tables=[Table(header, rows)], note=note % {"days": WIDEST_ROWS})


def _in_hands(scope: Scope) -> dict[UUID, Counts]:
    found: defaultdict[UUID, list[Counts]] = defaultdict(list)
    for (began, took), counts in read(scope, "user_id", "escalated_to_id"):
        for person in {began, took} - {None}:
            found[person].append(counts)
    return {person: together(cells) for person, cells in found.items()}


def _row(scope: Scope, person: User, counts: Counts, before: dict[UUID, Counts] | None) -> list[Cell]:
    earlier = [] if before is None else [number(before.get(person.pk, NONE)["sessions"])]
    return [
        text_cell(person.name or person.email),
        number(counts["sessions"], scope.url(engineer=person.pk)),
        *earlier,
        *(
            share_cell(
                rate.of(counts),
                rate.url(scope, engineer=person.pk),
                None if before is None else rate.of(before.get(person.pk, NONE)),
            )
            for rate in (RESOLVED, DURABLE, ESCALATED, LINKED)
        ),
    ]
