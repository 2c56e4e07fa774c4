"""A drawn tree is one nested list: every node once, ways that rejoin are links, changes marked in words."""

import re
from html.parser import HTMLParser
from typing import Any

from django.template import Context, Template

from flowpilot.flows.changes import diff, merged
from flowpilot.flows.document import Tree, parse
from flowpilot.flows.nested import nested
from flowpilot.flows.templatetags.flow_tree import drawn


class Balance(HTMLParser):
    """Fails on a tag that closes what is not open; `deepest` counts nested lists."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.deepest = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.open.append(tag)
        self.deepest = max(self.deepest, self.open.count("ol"))

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        """Opens and closes itself: nothing to balance."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def node(node_id: str, kind: str, title: str, *options: tuple[str, str], **more: Any) -> dict[str, Any]:
    listed = [{"id": f"o{n}", "label": label, "next": to} for n, (label, to) in enumerate(options, start=1)]
    return {
        "id": node_id,
        "kind": kind,
        "title": title,
        "body": "",
        "script": None,
        "options": listed,
        **more,
    }


def tree(*nodes: dict[str, Any]) -> Tree:
    return parse({"schema": 1, "root": "n1", "nodes": list(nodes)})


PRINTER = tree(
    node("n1", "question", "Is the spooler running?", ("Yes", "n2"), ("No", "n3")),
    node("n2", "action", "Print a test page", ("Prints", "n4"), ("Does not print", "n5")),
    node("n3", "action", "Start the spooler", ("Runs", "n2"), body="Use **services.msc**."),
    node("n4", "resolution", "Solved"),
    node("n5", "escalation", "Hand over <to> the vendor"),
)


def shown(**context: Any) -> str:
    source = "{% load flow_tree %}{% flow_tree tree marks counts=counts prefix='step' %}"
    return Template(source).render(Context({"marks": None, "counts": None, **context}))


def checked(html: str) -> Balance:
    balance = Balance()
    balance.feed(html)
    assert balance.open == []
    return balance


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_lists_are_nested_as_deep_as_the_tree() -> None:
    assert checked(shown(tree=PRINTER)).deepest == 3


def test_every_node_is_drawn_once() -> None:
    assert re.findall(r'id="(step-n\d)"', shown(tree=PRINTER)) == [
        "step-n1",
        "step-n2",
        "step-n4",
        "step-n5",
        "step-n3",
    ]


def test_a_way_that_rejoins_is_a_link_to_the_step() -> None:
    html = shown(tree=PRINTER)
    assert re.findall(r'class="fp-rejoin" href="([^"]+)"', html) == ["#step-n2"]
    assert "Go to step 2: Print a test page" in text_of(html)


def test_steps_are_numbered_in_reading_order_and_links_name_the_number() -> None:
    rows = list(drawn(nested(PRINTER), {}))
    assert [(each.number, each.row.node.id, each.row.link) for each in rows] == [
        (1, "n1", False),
        (2, "n2", False),
        (3, "n4", False),
        (4, "n5", False),
        (5, "n3", False),
        (2, "n2", True),
    ]


def test_a_single_way_on_is_known() -> None:
    rows = list(drawn(nested(PRINTER), {}))
    assert [each.row.node.id for each in rows if each.single] == ["n3"]


def test_a_step_with_several_ways_folds_the_steps_below_it() -> None:
    html = shown(tree=PRINTER)
    folds = re.findall(
        r'<details class="fp-fold fp-node__fold" id="([^"]+)" open><summary>(.*?)</summary>', html
    )
    assert [(name, text_of(words)) for name, words in folds] == [
        ("step-n1-ways", "4 steps follow"),
        ("step-n2-ways", "2 steps follow"),
    ]
    assert [each.below for each in drawn(nested(PRINTER), {})] == [4, 2, 0, 0, 0, 0]


def test_what_was_counted_stands_at_node_and_option() -> None:
    html = shown(tree=PRINTER, counts={"n1": {"reached": 14, "resolved": 9}, "n1/o2": {"chosen": 8}})
    assert "9 of 14 resolved" in text_of(html)
    assert re.findall(r'title="([^"]+)">(\d+)×', html) == [("Chosen in 8 sessions", "8")]


def test_titles_are_escaped_and_guidance_is_rendered() -> None:
    html = shown(tree=PRINTER)
    assert "Hand over &lt;to&gt; the vendor" in html
    assert "<p>Use <strong>services.msc</strong>.</p>" in html


def test_changes_are_marked_in_words() -> None:
    new = tree(
        node("n1", "question", "Is the spooler service running?", ("Yes", "n2"), ("No", "n3")),
        node("n2", "action", "Print a test page", ("Prints", "n4"), ("Still nothing", "n6")),
        node("n3", "action", "Start the spooler", ("Runs", "n2"), body="Use **services.msc**."),
        node("n4", "resolution", "Solved"),
        node("n6", "escalation", "Hand over to the print team"),
    )
    marks = merged(PRINTER, diff(PRINTER, new))
    html = shown(tree=new, marks=marks)
    checked(html)
    assert set(re.findall(r'is-(added|changed|removed)" id="step-(n\d)"', html)) == {
        ("changed", "n1"),
        ("added", "n6"),
        ("removed", "n5"),
    }
    assert "<del>Is the spooler running?</del>" in html
    legend = Template("{% load flow_tree %}{% flow_tree_legend marks %}").render(Context({"marks": marks}))
    assert text_of(legend) == "+ 1 added ± 1 changed − 1 removed"


def test_a_tree_without_changes_has_no_legend() -> None:
    legend = Template("{% load flow_tree %}{% flow_tree_legend marks %}").render(Context({"marks": None}))
    assert text_of(legend) == ""


def test_the_deepest_tree_that_is_allowed_can_be_drawn() -> None:
    steps = [
        node(f"n{n}", "question", f"Step {n}", ("On", f"n{n + 1}"), ("Stop", "end")) for n in range(1, 49)
    ]
    ends = [node("n49", "resolution", "Solved"), node("end", "escalation", "Stopped")]
    assert checked(shown(tree=tree(*steps, *ends))).deepest == 49


def test_the_card_switches_layouts_and_shows_the_tree() -> None:
    html = Template("{% include 'components/_tree_card.html' %}").render(Context({"tree": PRINTER}))
    checked(html)
    assert re.findall(r'data-tree-view="(\w+)" aria-pressed="(\w+)"', html) == [
        ("map", "false"),
        ("outline", "true"),
    ]
    assert "data-tree-find" not in html


def test_a_large_tree_is_searched_and_folded_from_its_card() -> None:
    steps = [node(f"n{n}", "action", f"Step {n}", ("On", f"n{n + 1}")) for n in range(1, 12)]
    large = tree(*steps, node("n12", "resolution", "Solved"))

    html = Template("{% include 'components/_tree_card.html' %}").render(Context({"tree": large}))

    assert html.count("data-tree-find") == html.count('data-action="tree-fold"') == 1
