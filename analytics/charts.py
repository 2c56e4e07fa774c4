"""Charts as numbers: where bars, lines and marks stand in a drawing of fixed size, whose width the page
scales. Templates draw them as SVG; nothing here knows of HTML."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Final

from django.utils.functional import Promise

Text = str | Promise
WIDTH: Final = 720
HEIGHT: Final = 220
LEFT, RIGHT, TOP, BOTTOM = 48, 10, 10, 26
INNER_WIDTH: Final = WIDTH - LEFT - RIGHT
INNER_HEIGHT: Final = HEIGHT - TOP - BOTTOM
LABELS: Final = 8
"""At most so many labels stand under a chart."""
GAP: Final = 0.2
"""Share of a column's room that stays empty."""


@dataclass(frozen=True)
class Part:
    """A piece of a bar. `series` names its colour in the style sheet."""

    series: str
    value: float


@dataclass(frozen=True)
class Column:
    label: str
    title: str
    """What is said of it as a whole."""
    parts: Sequence[Part]
    url: str = ""


@dataclass(frozen=True)
class Box:
    series: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Bar:
    title: str
    url: str
    boxes: Sequence[Box]


@dataclass(frozen=True)
class Tick:
    at: float
    text: str


@dataclass(frozen=True)
class Trace:
    """A line; where a value is missing it is broken, a value alone is a dot."""

    series: str
    name: Text
    paths: Sequence[str]
    dots: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Mark:
    """A dot with something to say, as big as its weight."""

    x: float
    y: float
    radius: float
    title: str
    url: str


@dataclass(frozen=True)
class Chart:
    """`sentence` says what the picture shows, for who does not see it."""

    sentence: str
    legend: Sequence[tuple[str, Text]] = ()
    bars: Sequence[Bar] = ()
    traces: Sequence[Trace] = ()
    marks: Sequence[Mark] = ()
    across: Sequence[Tick] = ()
    up: Sequence[Tick] = ()
    band: tuple[float, float] | None = None
    """Top and height of a shaded range."""
    diagonal: bool = False

    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    inner_width: int = INNER_WIDTH
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def stacked(columns: Sequence[Column], *, sentence: str, legend: Sequence[tuple[str, Text]] = ()) -> Chart:
    """Bars of pieces on top of each other."""
    highest = max((sum(part.value for part in column.parts) for column in columns), default=0)
    top, step = rounded_up(highest)
    room = INNER_WIDTH / max(len(columns), 1)
    bars = [_bar(column, LEFT + place * room, room, top) for place, column in enumerate(columns)]
    up = [Tick(_y(step * n / top), f"{step * n:g}") for n in range(int(round(top / step)) + 1)]
    across = thinned([(LEFT + (place + 0.5) * room, column.label) for place, column in enumerate(columns)])
    return Chart(sentence, legend, bars=bars, across=across, up=up)


def _bar(column: Column, left: float, room: float, top: float) -> Bar:
    boxes, base = [], 0.0
    for part in column.parts:
        if part.value > 0:
            height = INNER_HEIGHT * part.value / top
            y = _y((base + part.value) / top)
            box = Box(
                part.series, round(left + room * GAP / 2, 2), y, round(room * (1 - GAP), 2), round(height, 2)
            )
            boxes.append(box)
            base += part.value
    return Bar(column.title, column.url, boxes)


def lines(
    series: Sequence[tuple[str, Text, Sequence[float | None]]],
    labels: Sequence[str],
    *,
    sentence: str,
    band: tuple[float, float] | None = None,
) -> Chart:
    """Shares from 0 to 1 over time, one line each; `band` is a range that is shaded."""
    places = [_x((n + 0.5) / max(len(labels), 1)) for n in range(len(labels))]
    traces = [_trace(name, label, list(zip(places, values, strict=True))) for name, label, values in series]
    legend = [(name, label) for name, label, _values in series]
    shaded = (_y(band[1]), round(_y(band[0]) - _y(band[1]), 2)) if band else None
    across = thinned(list(zip(places, labels, strict=True)))
    return Chart(sentence, legend, traces=traces, across=across, up=percentages(), band=shaded)


def _trace(series: str, name: Text, points: Sequence[tuple[float, float | None]]) -> Trace:
    runs: list[list[tuple[float, float]]] = [[]]
    for x, value in points:
        if value is None:
            runs.append([])
        else:
            runs[-1].append((x, _y(value)))
    paths = [" ".join(f"{x:g},{y:g}" for x, y in run) for run in runs if len(run) > 1]
    return Trace(series, name, paths, [run[0] for run in runs if len(run) == 1])


def scatter(points: Sequence[tuple[float, float, int, str, str]], *, sentence: str) -> Chart:
    """Points (x, y, weight, title, url) with both axes from 0 to 1, and the diagonal on which they agree."""
    heaviest = max((weight for _x, _y, weight, _title, _url in points), default=1)
    marks = [
        Mark(_x(x), _y(y), round(4 + 8 * (weight / heaviest) ** 0.5, 2), title, url)
        for x, y, weight, title, url in points
    ]
    across = [Tick(_x(n / 5), f"{n * 20}%") for n in range(6)]
    return Chart(sentence, marks=marks, across=across, up=percentages(), diagonal=True)


def pareto(
    columns: Sequence[Column], *, sentence: str, legend: Sequence[tuple[str, Text]], whole: float
) -> Chart:
    """Bars from the highest, as shares of the whole, the line of what they make together, that of 80 %."""
    room, so_far, points, bars = INNER_WIDTH / max(len(columns), 1), 0.0, [], []
    for place, column in enumerate(columns):
        left = LEFT + place * room
        so_far += sum(part.value for part in column.parts)
        points.append((left + room / 2, so_far / whole if whole else None))
        bars.append(_bar(column, left, room, whole or 1))
    across = thinned([(left, column.label) for (left, _share), column in zip(points, columns, strict=True)])
    trace = _trace("total", "", points)
    line = Trace("limit", "", [f"{LEFT},{_y(0.8):g} {WIDTH - RIGHT},{_y(0.8):g}"], [])
    return Chart(sentence, legend, bars=bars, traces=[trace, line], across=across, up=percentages())


def spark(values: Sequence[float]) -> str:
    """The points of a small line, 100 wide and 24 high; nothing for fewer than two values."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    step, span = 100 / (len(values) - 1), (high - low) or 1
    return " ".join(f"{n * step:.1f},{22 - 20 * (value - low) / span:.1f}" for n, value in enumerate(values))


def percentages() -> list[Tick]:
    return [Tick(_y(n / 4), f"{n * 25}%") for n in range(5)]


def rounded_up(highest: float) -> tuple[float, float]:
    """The end of an axis and its step: 1, 2 or 5 times a power of ten, some four steps, whole numbers."""
    if highest <= 4:
        return 4, 1
    power = 10 ** floor(log10(highest / 4))
    step = next(power * n for n in (1, 2, 5, 10) if power * n * 4.5 >= highest)
    return ceil(highest / step) * step, step


def thinned(labels: Sequence[tuple[float, str]]) -> list[Tick]:
    """So few labels that each has room."""
    every = max(1, ceil(len(labels) / LABELS))
    return [Tick(round(at, 2), text) for at, text in labels[::every]]


def _x(share: float) -> float:
    return round(LEFT + INNER_WIDTH * share, 2)


def _y(share: float) -> float:
    return round(TOP + INNER_HEIGHT * (1 - share), 2)
