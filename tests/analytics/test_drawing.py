"""Charts and tables are written out as HTML: whatever text is in them stays text."""

from html.parser import HTMLParser

from analytics.charts import Bar, Box, Chart, Mark, Tick, Trace
from analytics.drawing import BADGES, rows_of, svg_of
from analytics.parts import Cell, Table

HOSTILE = """</title></a><script>alert(1)</script><img src=x onerror='a'> " onload="b" &amp; <b>"""
CHART = Chart(
    sentence=HOSTILE,
    bars=[Bar(HOSTILE, HOSTILE, [Box("guided", 1, 2, 3, 4)])],
    traces=[Trace("guided", HOSTILE, ["1,2 3,4"], [(1, 2)])],
    marks=[Mark(1, 2, 3, HOSTILE, HOSTILE)],
    across=[Tick(1, HOSTILE)],
    up=[Tick(1, HOSTILE)],
    band=(1, 2),
    diagonal=True,
)
TABLE = Table(
    header=[HOSTILE],
    rows=[[Cell(HOSTILE), Cell(HOSTILE, url=HOSTILE), *(Cell("", HOSTILE, html=name) for name in BADGES)]],
)


class Read(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _value in attrs}
        self.texts += [value for _name, value in attrs if value == HOSTILE]

    def handle_data(self, data: str) -> None:
        self.texts += [data] if data == HOSTILE else []


def test_texts_of_a_chart_stay_texts() -> None:
    read = Read(svg_of(CHART))

    assert read.elements == {"rect", "line", "text", "a", "g", "title", "polyline", "circle"}
    assert {name for name in read.attributes if name.startswith("on")} == set()
    assert len(read.texts) == 2 + 3 + 3, "two ticks; title, address and label of the bar and of the mark"


def test_texts_of_a_table_stay_texts() -> None:
    read = Read(rows_of(TABLE))

    assert read.elements == {"tr", "th", "td", "a", "span", "svg", "use"}
    assert {name for name in read.attributes if name.startswith("on")} == set()
    assert HOSTILE in read.texts
