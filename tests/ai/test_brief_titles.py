"""Titles of actions that can be read out, and what is handed over agrees with the nodes."""

from flowpilot.ai.contracts import NewFlow
from flowpilot.ai.offline.single.mining import mine_one
from flowpilot.flows.document import parse
from tests.ai.tickets import ticket


def test_what_each_version_does_its_way_is_handed_over_as_it_was_done() -> None:
    ways = "\n\n".join(
        f"### Label Tool {year}\n\n1. Open the Feeder tab.\n2. Select Mode {year}, and then restart the tool."
        for year in (2016, 2019)
    )
    resolution = (
        f"## Resolution\n\nReset the feeder mode. To do this, follow the steps for your version.\n\n{ways}\n"
    )
    found = mine_one(ticket("Label printer skips every second label", "", resolution))
    assert isinstance(found, NewFlow)
    nodes = parse(found.tree).nodes
    done = [node.title for node in nodes if node.kind == "action"]
    bodies = [node.body for node in nodes if node.kind == "escalation"]
    assert len(done) == 2
    assert any(all(f"- {title}" in body for title in done) for body in bodies)


_LONG_TITLE = (
    "Use the Feeder wizard to set the margin of all label printers in the hall when you print labels with "
    "a rough edge on the left side"
)


def test_a_long_title_is_short_and_its_rest_stands_in_the_body() -> None:
    steps = "1. Open the wizard.\n2. Select Next.\n3. Select Finish.\n"
    found = mine_one(
        ticket("Label printer skips every second label", "", f"## Resolution\n\n### {_LONG_TITLE}\n\n{steps}")
    )
    assert isinstance(found, NewFlow)
    act = next(node for node in parse(found.tree).nodes if node.kind == "action")
    assert act.title == "Use the Feeder wizard to set the margin of all label printers in the hall"
    assert act.body.startswith(f"{_LONG_TITLE}.")


def test_what_the_next_sentence_goes_on_about_stays() -> None:
    resolution = (
        "## Resolution\n\nReset the feeder of the printer. This empties its queue.\n\n"
        "Here's how to reset the feeder:\n\n1. Open the Feeder tab.\n2. Select Reset.\n3. Select OK.\n"
    )
    found = mine_one(ticket("Label printer skips every second label", "", resolution))
    assert isinstance(found, NewFlow)
    act = next(node for node in parse(found.tree).nodes if node.kind == "action")
    assert act.body.startswith("Reset the feeder of the printer. This empties its queue.")


def test_how_it_comes_about_and_what_it_does_are_one_cause() -> None:
    resolution = (
        "## Cause\n\nThis issue may occur when you open the roll calendar in this way:\n\n1. Open the tool.\n"
        "2. Select Rolls > From Book.\n\nWhen you do this, the roll is treated as a list, and every second "
        "label is skipped.\n\n## Resolution\n\nOpen the roll calendar from the page of the printer in the "
        "label tool.\n"
    )
    found = mine_one(ticket("Label printer skips every second label", "", resolution))
    assert isinstance(found, NewFlow)
    act = next(node for node in parse(found.tree).nodes if node.kind == "action")
    assert (
        "in this way: open the tool; select Rolls > From Book. When you do this, the roll is treated as"
        in act.body
    )
