"""Why incidents are passed on, and to whom: out of FlowPilot, or to a colleague who took them over."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, F, Q, TextField, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.metrics import ESCALATED
from analytics.parts import Card, Cell, Table, Text, count_fact, number, text_cell
from analytics.scope import Scope, for_rows
from analytics.seen import Seen
from flowpilot.accounts.models import Team, User
from flowpilot.core.templatetags.text import clipped
from sessions import sets
from sessions.filters import DESTINATION_LENGTH, REASON_LENGTH, UNSAID
from sessions.models.ending import EscalationCode

LONGEST_LIST: Final = 10
SHOWN_OF_A_VALUE: Final = 120
"""Characters of what people wrote; the file has all of it."""
Values = Collection[Any]
WORDS: Final = Coalesce("escalation_reason", Value("", output_field=TextField()))
"""Nothing written is one value, whichever way it is kept."""


@dataclass(frozen=True)
class Cut:
    """A table of the sessions of a set by their values. `told` names the values, `asked` says how a parameter
    of the list asks for one: empty for what cannot be asked for. `nothing` stands for what has no name."""

    heading: Text
    of: str
    value: F | Coalesce
    parameter: str
    told: Callable[[Values], dict[Any, Cell]]
    asked: Callable[[Any], str]
    nothing: Text = gettext_lazy("Not said")


def escalations(scope: Scope, seen: Seen) -> Card:
    """What was escalated, ended so or handed over and accepted, as the detectors of gaps count it, too."""
    scope, note = for_rows(scope)
    passed_on = _rows(scope, "passed_on").count()
    if not passed_on:
        return Card(empty=_("Nothing was escalated in these days."))
    seen, former = Seen(scope), scope.before() if scope.compares else None
    facts = [
        count_fact(
            _("Escalated or handed over"),
            passed_on,
            _rows(former, "passed_on").count() if former else None,
            good="down",
            url=scope.url(set="passed_on"),
        ),
        ESCALATED.fact(seen),
        count_fact(
            _("Handed over"),
            seen.now["handed_over"],
            seen.before["handed_over"] if seen.before else None,
            url=scope.url(set="handed_over"),
        ),
    ]
    tables = [_counted(scope, cut) for cut in _cuts(scope)]
    both = _("What a colleague took over and then handed out of FlowPilot stands under both destinations.")
    return Card(facts, tables=[table for table in tables if table.rows], note=f"{both} {note}".strip())


def _cuts(scope: Scope) -> list[Cut]:
    outside = Cut(
        _("Handed out of FlowPilot to"),
        "escalated",
        F("escalation_destination"),
        "destination",
        _in_words,
        lambda value: value if len(value) <= DESTINATION_LENGTH else "",
    )
    people = Cut(_("Taken over by"), "handed_over", F("escalated_to"), "taker", _people(scope), str)
    teams = Cut(
        _("Now with the team"), "handed_over", F("team"), "team", _teams(scope), str, nothing=_("No team")
    )
    return [
        Cut(_("Reason"), "passed_on", F("escalation_code"), "code", _codes, lambda value: value or UNSAID),
        Cut(
            _("Reason in words"),
            "passed_on",
            WORDS,
            "reason",
            _in_words,
            lambda value: value if len(value) <= REASON_LENGTH else "",
        ),
        outside,
        people,
        *([] if scope.team else [teams]),
    ]


def _rows(scope: Scope, name: str) -> Any:
    return scope.sessions().filter(sets.named(name).condition(scope.now)).order_by()


def _by_value(scope: Scope, cut: Cut) -> Any:
    rows = _rows(scope, cut.of).annotate(value=cut.value)
    return rows.values_list("value").annotate(n=Count("pk"))


def _counted(scope: Scope, cut: Cut) -> Table:
    """The most frequent values, each with the sessions behind it."""
    found = dict(_by_value(scope, cut).order_by("-n", "value")[:LONGEST_LIST])
    before, names = _before(scope, cut, found), cut.told(found)
    rows = []
    for value, n in found.items():
        asked = cut.asked(value) if value is not None else ""
        url = scope.url(set=cut.of, **{cut.parameter: asked}) if asked else ""
        earlier = [number(before.get(value, 0))] if before is not None else []
        rows.append([names.get(value) or text_cell(cut.nothing), number(n, url), *earlier])
    return Table([cut.heading, _("Sessions"), *([_("Before")] if before is not None else [])], rows)


def _before(scope: Scope, cut: Cut, values: Values) -> dict[Any, int] | None:
    """How often these were there in the days before; None when nothing is compared."""
    if not scope.compares:
        return None
    there = Q(value__in=[value for value in values if value is not None]) | Q(value__isnull=True)
    return dict(_by_value(scope.before(), cut).filter(there))


def _codes(values: Values) -> dict[Any, Cell]:
    names: dict[str, Text] = dict(EscalationCode.choices)
    return {value: text_cell(names.get(value, str(value))) for value in values if value}


def _in_words(values: Values) -> dict[Any, Cell]:
    return {value: Cell(clipped(value, SHOWN_OF_A_VALUE), value) for value in values if value}


def _people(scope: Scope) -> Callable[[Values], dict[Any, Cell]]:
    people = User.objects.for_account(scope.account.pk)
    return lambda values: {
        pk: text_cell(person.name or person.email)
        for pk, person in people.in_bulk([value for value in values if value]).items()
    }


def _teams(scope: Scope) -> Callable[[Values], dict[Any, Cell]]:
    teams = Team.objects.for_account(scope.account.pk)
    return lambda values: {
        pk: text_cell(team.name) for pk, team in teams.in_bulk([value for value in values if value]).items()
    }
