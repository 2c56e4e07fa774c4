"""Prose as steps: what is done is numbered; goals, examples, remarks and cases are not."""

from flowpilot.ai.contracts import NewFlow
from flowpilot.ai.offline.single.mining import mine_one
from flowpilot.flows.document import parse
from tests.ai.tickets import ticket


def bodies(resolution: str) -> list[str]:
    found = mine_one(ticket("The label press skips labels", "The press skips labels.", resolution))
    assert isinstance(found, NewFlow)
    return [node.body for node in parse(found.tree).nodes if node.kind == "action"]


def test_a_goal_and_its_example_are_no_steps() -> None:
    assert bodies(
        "Resolution\nRaise the feed limit of the label press in the hall. For example, you could set it to "
        "200 labels an hour. If you have multiple presses, you can raise all of them in the console.\n"
    ) == [
        "Raise the feed limit of the label press in the hall. For example, you could set it to "
        "200 labels an hour. If you have multiple presses, you can raise all of them in the console."
    ]


def test_a_goal_stands_above_the_steps_that_reach_it() -> None:
    assert bodies(
        "Resolution\nClean the feed sensor of the label press. Open the front cover of the press. Wipe the "
        "sensor with a dry cloth. Close the cover and restart the press.\n"
    ) == [
        "Clean the feed sensor of the label press.\n\n"
        "1. Open the front cover of the press.\n"
        "2. Wipe the sensor with a dry cloth.\n"
        "3. Close the cover and restart the press."
    ]


def test_acts_that_follow_one_another_stay_steps() -> None:
    assert bodies(
        "Resolution\nRemove the stale queue from the print server. Then, restart the spooler service on the "
        "print server. You should see the new queue within a minute.\n"
    ) == [
        "1. Remove the stale queue from the print server.\n"
        "2. Then, restart the spooler service on the print server. You should see the new queue within a "
        "minute."
    ]


def test_what_must_be_so_before_stands_before() -> None:
    body = bodies(
        "Resolution\nUnlink the label press from the console of the hall. Before you do this, make sure that "
        "no job is printing. If a job is printing, wait until it ends.\n"
    )[0]
    assert body == (
        "> **Important:** Before you do this, make sure that no job is printing. If a job is printing, wait "
        "until it ends.\n\nUnlink the label press from the console of the hall."
    )


def test_each_for_its_own_case_is_no_sequence() -> None:
    told = (
        "Use the console or the panel of the label press to change the tray. To change the upper tray, use "
        "the console of the hall. For any other tray, use the panel of the press."
    )
    assert bodies(f"Resolution\n{told}\n") == [told]


def test_fields_of_a_value_are_no_steps() -> None:
    assert bodies(
        "Resolution\nAdd the following value to the settings of the label press, and then restart the press "
        "in the hall twice so that it reads them.\n\nName: PressFeed\n\nType: Number\n"
    )[0].endswith("Name: `PressFeed`\n\nType: Number")


def test_a_caution_without_a_colon_stands_before_the_steps() -> None:
    body = bodies(
        "Resolution\nTo allow wide labels, follow these steps:\n\n1. Open the panel.\n2. Select Wide.\n"
        "3. Select Save.\n\nCaution This setting turns off the check of the tray.\n"
    )[0]
    assert body.startswith("> **Caution:** This setting turns off the check of the tray.\n\n1. Open")


def test_one_long_procedure_within_the_steps_is_an_action_of_its_own() -> None:
    inner = "\n".join(f"   {number}. Check shelf {number}." for number in range(1, 12))
    told = bodies(
        "Resolution\nTo restore the lost queue, follow these steps:\n\n1. Open the console.\n"
        f"2. Restore the queue by hand. Follow these steps:\n\n{inner}\n"
    )
    assert sum(body.count("Check shelf") for body in told) == 11
    assert max(body.count("Check shelf") for body in told) <= 9
