"""What stands in the ending and around it: the cause alone, no pointer to what did not come along."""

import pytest

from flowpilot.ai.offline.single.bodies import guarded
from flowpilot.ai.offline.text.debris import plain_words
from tests.ai.test_true_endings import FIX, ending, told, tree_of


def test_a_cause_never_begins_with_what_also_can_be_one() -> None:
    assert "also" not in told("You may also see it if the badge of the ramp is worn out.")
    alone = (
        f"Cause\n- The limit of the ramp is 0.\n\nYou may also see this error if the badge is worn.\n{FIX}"
    )
    assert "also" not in ending(tree_of(alone, "The ramp rejects parcels")).body


def test_counted_causes_are_not_told_at_the_ending_of_them_all() -> None:
    resolution = (
        "Cause\n### Cause 1\n\nThe ramp was moved by the night shift.\n\n### Cause 2\n\n"
        f"The badge of the driver is worn out.\n{FIX}"
    )
    assert "night shift" not in ending(tree_of(resolution, "The ramp rejects parcels")).body


def test_a_sentence_about_what_was_shown_before_is_no_cause_alone() -> None:
    cause = "```\nSet-Ramp -Limit 40\n```\n\nIn large depots, this command may be stopped by the gate."
    assert "this command" not in told(cause)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("The number is wrong. For example,", "The number is wrong."),
        ("Open the card, as in the following screenshot:", "Open the card"),
        (
            'The address in the "Symptoms" section resembles a number.',
            "The address resembles a number.",
        ),
    ],
)
def test_a_pointer_goes_with_what_it_led_to(text: str, shown: str) -> None:
    assert plain_words(text) == shown


def test_a_note_is_one_whatever_its_mark() -> None:
    tree = tree_of(
        f"{FIX}\n   > [NOTE!]\n   > The ramp is locked while it starts.\n", "The ramp rejects parcels"
    )
    body = next(node.body for node in tree.nodes if node.kind == "action")
    assert "[NOTE!]" not in body
    assert "**Note:** The ramp is locked" in body


def test_a_cmdlet_is_asked_for_once_however_it_is_written() -> None:
    steps = FIX.replace("Open the depot console", "Run `Get-RampList`").replace(
        "Restart", "Run `get-ramplist`. Restart"
    )
    body = ending(
        tree_of(
            steps.replace("get-", "Get-").replace("Get-ramplist", "Get-Ramplist"), "The ramp rejects parcels"
        ),
        "escalation",
    ).body
    assert body.lower().count("the output of `get-ramplist`") == 1


def test_a_warning_against_a_command_stands_before_it_also_in_an_entry() -> None:
    note = "> **Warning:** Do not run this cmdlet while the ramp moves."
    step = f"Use one way:\n\n- Close it by running this:\n\n  ```\n  Close-Ramp\n  ```\n\n  {note}"
    assert guarded(step).index(note) < guarded(step).index("Close-Ramp")


def test_how_a_step_goes_in_another_version_stands_after_it() -> None:
    note = "> **Note:** In Depot 2007, click the Gate tab. Make sure that the option is not selected."
    assert guarded(f"Set the limit to 40.\n\n{note}") == f"Set the limit to 40.\n\n{note}"


def test_what_limits_all_of_a_way_stands_before_its_first_step() -> None:
    note = "   NOTE:\n   > This workaround is applicable only if the same ramp is used every time."
    tree = tree_of(f"{FIX}\n{note}\n", "The ramp rejects parcels")
    body = next(node.body for node in tree.nodes if node.kind == "action")
    assert body.index("applicable only") < body.index("1. Open")


def test_a_message_that_is_one_of_several_is_not_the_only_one_that_is_gone() -> None:
    text = (
        "When you sign in to the ramp, one of the following issues occurs:\n\n"
        "- You receive the following error message:\n\n  > The gate of the ramp could not be found.\n\n"
        "- You receive the following error message:\n\n  > The badge of the driver is not known here.\n\n"
        "- You receive the following error message:\n\n  > The depot is closed for the night.\n"
    )
    tree = tree_of(FIX, "Authentication problems at the ramp", text)
    assert (
        ending(tree).title
        == '"The gate of the ramp could not be found" and the other messages no longer appear'
    )
