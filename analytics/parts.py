"""What a card is made of: facts, charts and tables. One table serves the page, its chart and the CSV."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from analytics.charts import Chart
from flowpilot.core.statistics import Share
from flowpilot.core.templatetags.text import NOTHING, minutes, rate

Text = str | Promise
GOOD: Final = "good"
BAD: Final = "bad"
NEUTRAL: Final = ""


@dataclass(frozen=True)
class Former:
    """A figure of the days before, for people and for files."""

    text: Text
    value: float | None


@dataclass(frozen=True)
class Cell:
    """`value` goes into files, `text` onto the page; `url` leads to the sessions that were counted."""

    text: Text
    value: Any = None
    url: str = ""
    count: int | None = None
    """How many sessions that link leads to."""
    former: Former | None = None
    """Where days are compared."""
    html: str = ""
    """The name of a badge of `core.templatetags.ui`, for the value."""


@dataclass(frozen=True)
class Table:
    header: Sequence[Text]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True)
class Fact:
    """A figure with its name; `change` says in words how it differs from the days before."""

    label: Text
    text: Text
    value: Any = None
    n: int | None = None
    """Of how many, for a rate."""
    url: str = ""
    change: Text = ""
    mood: str = NEUTRAL
    count: int | None = None
    """How many sessions that link leads to."""
    former: Any = None
    """The figure in the days before."""
    trend: Sequence[float] = ()
    """The figure by period, for a small line."""

    @property
    def trend_told(self) -> str:
        return _("%(figure)s over time") % {"figure": self.label}


@dataclass(frozen=True)
class Card:
    facts: Sequence[Fact] = ()
    charts: Sequence[Chart] = ()
    tables: Sequence[Table] = ()
    note: Text = ""
    empty: Text = ""
    """What is said when there is nothing to show."""
    action: tuple[Text, str] | None = None
    """Label and address of the one thing to do then."""
    newer: int = 0
    older: int = 0
    """The pages of the card beside this one; 0 where there is none."""


@dataclass(frozen=True)
class Spec:
    """A card before it is filled. Heavy ones are loaded after the page."""

    key: str
    title: Text
    build: Callable[..., Card]
    hint: Text = ""
    wide: bool = False
    account_only: bool = False
    """For account admins: it is about the account as a whole."""


def number(value: int | None, url: str = "") -> Cell:
    """A count; one of nothing leads nowhere."""
    if value is None:
        return Cell(NOTHING)
    return Cell(number_format(value, use_l10n=True, force_grouping=True), value, url if value else "", value)


def share_cell(share: Share, url: str = "", former: Share | None = None) -> Cell:
    """A rate with its n; its link leads to the hits."""
    was = Former(share_told(former), _rounded(former)) if former else None
    hits = share.hits if share.n else None
    return Cell(share_told(share), _rounded(share), url if hits else "", hits, former=was)


def _rounded(share: Share) -> float | None:
    return None if share.rate is None else round(share.rate, 4)


def share_told(share: Share) -> str:
    if not share.n:
        return NOTHING
    return _("%(rate)s of %(n)s") % {"rate": rate(share.rate), "n": number_format(share.n)}


def minutes_cell(value: float | None, former: Former | None = None) -> Cell:
    return Cell(minutes(value), None if value is None else round(value, 1), former=former)


def minutes_before(value: float | None) -> Former:
    return Former(minutes(value), None if value is None else round(value, 1))


def share_fact(label: Text, now: Share, before: Share | None, *, good: str = "", url: str = "") -> Fact:
    """A rate; `good` is "up" or "down" when one direction is better than the other."""
    change, mood = "", NEUTRAL
    if before is not None and now.rate is not None:
        change, mood = points(now.rate, before.rate, good)
    former = before.rate if before else None
    link = url if now.hits else ""
    return Fact(label, rate(now.rate), now.rate, now.n, link, change, mood, now.hits, former)


def points(now: float, before: float | None, good: str) -> tuple[str, str]:
    """The change of a rate in words, and whether it is good news."""
    if before is None:
        return _("nothing to compare with"), NEUTRAL
    by = round((now - before) * 100, 1)
    if not by:
        return _("as before: %(rate)s") % {"rate": rate(before)}, NEUTRAL
    said = (
        _("%(by)s points more than before: %(rate)s")
        if by > 0
        else _("%(by)s points less than before: %(rate)s")
    )
    told = {"by": number_format(abs(by), decimal_pos=1), "rate": rate(before)}
    return said % told, mood_of(by, good)


def count_fact(label: Text, now: int, before: int | None, *, good: str = "", url: str = "") -> Fact:
    text = number_format(now, use_l10n=True, force_grouping=True)
    if before is None:
        return Fact(label, text, now, url=url if now else "", count=now)
    if not before:
        change = _("none before") if now else _("as before")
    elif now == before:
        change = _("as before: %(count)s") % {"count": before}
    else:
        by = number_format(abs(now - before) / before * 100, decimal_pos=1)
        said = (
            _("%(by)s%% more than before: %(count)s")
            if now > before
            else _("%(by)s%% fewer than before: %(count)s")
        )
        change = said % {"by": by, "count": number_format(before, force_grouping=True)}
    return Fact(label, text, now, None, url if now else "", change, mood_of(now - before, good), now, before)


def minutes_fact(label: Text, now: float | None, before: float | None, n: int) -> Fact:
    """A time; less of it is better."""
    change, mood = "", NEUTRAL
    if now is not None and before is not None:
        by = now - before
        if abs(by) < 1:
            change = _("as before: %(time)s") % {"time": minutes(before)}
        else:
            said = (
                _("%(by)s slower than before: %(time)s")
                if by > 0
                else _("%(by)s faster than before: %(time)s")
            )
            change, mood = said % {"by": minutes(abs(by)), "time": minutes(before)}, mood_of(by, "down")
    return Fact(label, minutes(now), now, n, change=change, mood=mood, former=before)


def measure_fact(
    label: Text,
    now: float | None,
    before: float | None,
    told: Callable[[float | None], str],
    *,
    n: int | None = None,
    good: str = "",
) -> Fact:
    """A figure that is no count and no rate, told in its own words; `before` None: nothing is compared."""
    change, mood = "", NEUTRAL
    if now is not None and before is not None:
        figure = told(before)
        same = figure == told(now)
        said = _("as before: %(figure)s") if same else _("before: %(figure)s")
        change, mood = said % {"figure": figure}, NEUTRAL if same else mood_of(now - before, good)
    return Fact(label, told(now), now, n, change=change, mood=mood, former=before)


def leading(fact: Fact, url: str, count: int | None = None) -> Fact:
    """The fact with a link to the rows behind it; `count` is how many, for sessions."""
    there = bool(url) and count != 0
    return replace(fact, url=url if there else "", count=count if there else None)


def mood_of(by: float, good: str) -> str:
    """Neutral for what is neither good nor bad."""
    if not good or not by:
        return NEUTRAL
    return GOOD if (by > 0) == (good == "up") else BAD


def text_cell(text: Text, url: str = "") -> Cell:
    return Cell(text, str(text), url)


def badge_cell(kind: str, value: str) -> Cell:
    return Cell(value, value, html=kind)


def file_rows(card: Card) -> list[list[object]]:
    """A card as the lines of a file: its figures, then its tables, with an empty line between."""
    lines: list[list[object]] = [[_("Figure"), _("Value"), _("Of"), _("Before"), _("Change")]]
    lines += [[fact.label, fact.value, fact.n, fact.former, fact.change] for fact in card.facts]
    for table in card.tables:
        lines += [[], *_table_rows(table)]
    return lines if card.facts else lines[2:] or lines


def _table_rows(table: Table) -> list[list[object]]:
    """Beside a column of rates with a former one stands a column of those."""
    before = {place for row in table.rows for place, cell in enumerate(row) if cell.former is not None}
    header: list[object] = []
    for place, name in enumerate(table.header):
        header += [name, _("%(figure)s before") % {"figure": name}] if place in before else [name]
    lines = [header]
    for row in table.rows:
        line: list[object] = []
        for place, cell in enumerate(row):
            former = [cell.former.value if cell.former else None] if place in before else []
            line += [cell.value, *former]
        lines.append(line)
    return lines
