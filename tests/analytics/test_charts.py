"""Charts: bars and lines stand where their numbers say, and are drawn so that everybody can read them."""

from html import unescape

import pytest
from django.template import Context, Template

from analytics.charts import Column, Part, lines, pareto, rounded_up, scatter, spark, stacked, thinned
from analytics.drawing import cell_of
from analytics.parts import Cell


def drawn(chart: object) -> str:
    return Template("{% load charts %}{% chart chart %}").render(Context({"chart": chart}))


def test_bars_are_as_high_as_their_numbers_and_stand_on_each_other() -> None:
    columns = [Column("1 Jan", "1 Jan: 3", [Part("guided", 1), Part("exploring", 2)], "/sessions/?a=1")]
    bar = stacked(columns, sentence="3 sessions").bars[0]

    low, high = bar.boxes
    assert (low.series, high.series) == ("guided", "exploring")
    assert high.height == 2 * low.height
    assert round(high.y + high.height, 2) == low.y
    assert stacked([Column("", "", [Part("guided", 0)])], sentence="").bars[0].boxes == []


@pytest.mark.parametrize(
    ("highest", "axis"), [(0, (4, 1)), (4, (4, 1)), (7, (8, 2)), (35, (40, 10)), (900, (1000, 200))]
)
def test_an_axis_ends_at_a_round_number(highest: float, axis: tuple[float, float]) -> None:
    assert rounded_up(highest) == axis


def test_a_line_is_broken_where_there_is_no_value() -> None:
    chart = lines(
        [("linked", "Linked", [0.0, 1.0, None, 0.5])], ["a", "b", "c", "d"], sentence="", band=(0.6, 0.8)
    )
    trace = chart.traces[0]

    assert len(trace.paths) == 1
    assert len(trace.dots) == 1
    assert chart.band is not None


def test_the_sum_of_the_bars_is_a_share_of_the_whole() -> None:
    columns = [Column(str(n), "", [Part("gap", value)]) for n, value in enumerate((60, 20))]
    total = pareto(columns, sentence="", legend=[], whole=100).traces[0].paths[0]
    lines_of = lines([("x", "", [0.6, 0.8])], ["", ""], sentence="").traces[0].paths[0]

    heights = [point.split(",")[1] for point in total.split()]
    assert heights == [point.split(",")[1] for point in lines_of.split()]


def test_many_labels_are_thinned_and_a_line_of_one_value_is_none() -> None:
    assert len(thinned([(n, str(n)) for n in range(365)])) <= 8
    assert spark([1.0]) == ""
    assert spark([1.0, 3.0, 3.0]).count(",") == 3


def test_a_chart_says_in_words_what_it_shows_and_links_to_what_is_behind_it() -> None:
    column = Column("1 Jan", 'Tom & "Co": 3', [Part("guided", 3)], "/sessions/?a=1&b=2")
    html = drawn(stacked([column], sentence="3 sessions in 1 column", legend=[("guided", "Guided")]))

    assert 'aria-label="3 sessions in 1 column"' in html
    assert unescape(html).count('Tom & "Co": 3') == 2, "name of the link and title of the bar"
    assert 'href="/sessions/?a=1&amp;b=2"' in html
    assert "style=" not in html
    assert "Guided" in html
    dot = drawn(scatter([(0.5, 0.6, 10, "50% → 60%", "/sessions/")], sentence=""))
    assert "fp-chart__diagonal" in dot
    assert "50% → 60%" in dot


def test_a_cell_is_a_badge_a_link_or_its_escaped_text() -> None:
    assert cell_of(Cell("<b>")) == "&lt;b&gt;"
    assert cell_of(Cell("3", 3, "/sessions/")) == '<a class="fp-link" href="/sessions/">3</a>'
    assert "fp-badge--unknown" in cell_of(Cell("odd", "odd", html="severity"))
