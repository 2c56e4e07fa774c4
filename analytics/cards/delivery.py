"""Writing into the ticket systems. A push counts once, however many attempts it took."""

from django.db.models import Count
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from analytics.figures import Counts, total
from analytics.models import FATES
from analytics.parts import (
    Card,
    Cell,
    Fact,
    Table,
    count_fact,
    leading,
    measure_fact,
    number,
    share_fact,
    text_cell,
)
from analytics.scope import ONE_DAY, Scope
from analytics.seen import Seen
from analytics.sets import PUSH_SETS
from flowpilot.core.moments import midnight
from flowpilot.core.statistics import Share
from flowpilot.core.templatetags.text import label, seconds
from flowpilot.psa.metrics import GIVEN_UP, MOST, Delivery, delivery
from flowpilot.psa.models import PsaPush
from sessions.filters import UNSAID


def deliveries(scope: Scope, seen: Seen) -> Card:
    """What was to be written for the sessions that began in these days, in the whole account."""
    whole = scope.whole()
    counts, now = total(whole, names=FATES), _of(whole)
    if not now.made:
        return Card(empty=_("Nothing was to be written into a ticket for sessions of these days."))
    before = _of(whole.before()) if scope.compares else None
    facts = [
        leading(fact, whole.url(set=key), counts[key])
        for fact, key in [*_rates(now, before), *_counts(now, before), *_times(now, before)]
    ]
    tables = [_sessions(whole, counts), _given_up(whole, now)]
    note = _(
        "What waits and what nobody knows is on neither side of “in the end”. What arrived after a call"
        " without an answer is counted in its ticket five minutes later: a second one is “written twice”."
        " What was put aside before it was ever sent is “left out”, and no failure."
    )
    if now.made == MOST:
        note += " " + _("Pushes are the newest %(most)s.") % {"most": number_format(MOST)}
    return Card(facts, tables=[table for table in tables if table.rows], note=note)


def _of(whole: Scope) -> Delivery:
    """A push is made when its session ends, so not before the session's day."""
    since = midnight(whole.since, whole.zone)
    return delivery(whole.account.pk, since, whole.now + ONE_DAY, sessions=whole.sessions().values("pk"))


Led = tuple[Fact, str]
"""A figure, and the set of sessions that it is about."""


def _rates(now: Delivery, before: Delivery | None) -> list[Led]:
    first, ever = _("Written at the first attempt"), _("Written in the end")
    return [
        (share_fact(first, _first(now), _first(before) if before else None, good="up"), "push_first"),
        (share_fact(ever, _ever(now), _ever(before) if before else None, good="up"), "push_delivered"),
    ]


def _counts(now: Delivery, before: Delivery | None) -> list[Led]:
    doubled = count_fact(
        _("Written twice"), now.duplicates, before.duplicates if before else None, good="down"
    )
    return [
        (count_fact(_("Waiting"), now.pending, before.pending if before else None), "push_waiting"),
        (
            count_fact(_("Nobody knows"), now.unknown, before.unknown if before else None, good="down"),
            "push_unknown",
        ),
        (count_fact(_("Given up"), now.dead, before.dead if before else None, good="down"), "push_dead"),
        (
            count_fact(_("Left out"), now.left_out, before.left_out if before else None),
            "push_left_out",
        ),
        (doubled, "push_doubled"),
    ]


def _times(now: Delivery, before: Delivery | None) -> list[Led]:
    return [
        (measure_fact(name, took, earlier, seconds, n=now.delivered, good="down"), "push_delivered")
        for name, took, earlier in (
            (_("Ending to ticket, median"), now.median_seconds, before.median_seconds if before else None),
            (_("Nineteen of twenty within"), now.p95_seconds, before.p95_seconds if before else None),
        )
    ]


def _first(found: Delivery) -> Share:
    return Counts({"first": found.at_first, "n": found.attempted}).share("first", "n")


def _ever(found: Delivery) -> Share:
    decided = found.delivered + found.dead
    return Counts({"delivered": found.delivered, "n": decided}).share("delivered", "n")


def _given_up(whole: Scope, now: Delivery) -> Table:
    """Why pushes were given up, with the sessions of each reason."""
    sessions = now.sessions_by_class if now.made < MOST else _sessions_by_class(whole)
    cells = [
        [
            text_cell(label(name) or _("Not said")),
            number(sessions.get(name, 0), whole.url(set="push_dead", given_up=name or UNSAID)),
            number(n),
        ]
        for name, n in now.dead_by_class.items()
    ]
    return Table([_("Given up because of"), _("Sessions"), _("Pushes")], cells)


def _sessions_by_class(whole: Scope) -> dict[str, int]:
    """Those that the links lead to: of all pushes, not of the newest alone."""
    rows = PsaPush.objects.for_account(whole.account.pk).filter(GIVEN_UP).order_by()
    of_days = rows.filter(session_id__in=whole.sessions().values("pk")).values_list("error_class")
    return dict(of_days.annotate(n=Count("session_id", distinct=True)))


def _sessions(whole: Scope, counts: Counts) -> Table:
    """The sessions behind pushes, by what became of them; one with several may stand in several rows."""
    rows: list[list[Cell]] = [
        [text_cell(name), number(counts[key], whole.url(set=key))]
        for key, (name, _which) in PUSH_SETS.items()
    ]
    return Table([_("Sessions that began in these days"), _("Number")], rows)
