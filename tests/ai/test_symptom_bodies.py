"""What the first question shows to compare on the phone: every message, whole, as the program says it."""

import pytest

from flowpilot.ai.contracts import NewFlow
from flowpilot.ai.offline.single.mining import mine_one
from flowpilot.ai.offline.single.symptom import Symptom, read_symptom
from flowpilot.ai.offline.text.parse import parse_document
from flowpilot.flows.document import parse
from tests.ai.tickets import ticket


def seen(text: str, title: str = "The scale doesn't weigh") -> Symptom:
    return read_symptom(title, parse_document(text))


def test_a_second_message_stays_however_long_the_first_is() -> None:
    long = "\n".join(f"> Ramp {number} was asked and did not answer within the time." for number in range(30))
    body = seen(f"You receive one of these messages:\n\n{long}\n\n> Scale 7 is locked by a clerk.\n").body
    assert "> Ramp 29 was asked" in body
    assert body.endswith("> Scale 7 is locked by a clerk.")


def test_what_is_seen_ends_where_the_text_tells_what_to_do() -> None:
    seen_first = "The ramp is busy. " * 80
    body = seen(
        f"{seen_first}\n\nThe scale shows nothing.\n\nTo resolve this issue, empty the ramp.\n\nThen weigh.\n"
    ).body
    assert body.endswith("The scale shows nothing.")


def test_the_calls_of_a_program_go_where_there_is_no_room_for_them() -> None:
    calls = "\n".join(
        f"at Scale.Ramp.Weighing.Run{number}(Int32 parcel, Boolean again)" for number in range(120)
    )
    text = f"This event is logged:\n\n```console\nID: 17\n{calls}\nID: 18\nThe scale is gone.\n```\n"
    body = seen(text).body
    assert "```console\nID: 17\n```\n\n```console\nID: 18\nThe scale is gone.\n```" in body
    assert "at Scale" not in body


def test_two_scenarios_that_begin_alike_are_both_told() -> None:
    alike = "- You put a parcel on the scale of the northern ramp and wait for its label to be printed.\n"
    body = seen(
        f"Scenario 1\n\n{alike}- You read it in Outlook.\n\nScenario 2\n\n{alike}- You read it on the web.\n"
    ).body
    assert "- You read it in Outlook." in body
    assert "- You read it on the web." in body


def test_what_stands_between_two_messages_stays() -> None:
    body = seen("You receive this message:\n\n> Or is closed.\n\nor\n\n> Ramp 7 is full.\n").body
    assert body.endswith("> Or is closed.\n\nor\n\n> Ramp 7 is full.")


def test_a_message_keeps_the_sentences_that_point_elsewhere() -> None:
    said = "The ramp is full. See the clerk of the ramp. For more information, see the help of the scale."
    assert f"> {said}" in seen(f"You receive this message:\n\n> {said}\n").body


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "The cmdlet fails and returns this error message:\n\n> WARNING: Only 300 parcels are weighed.\n"
            "> The label was not saved.\n    + CategoryInfo          : InvalidParcel\n",
            "> WARNING: Only 300 parcels are weighed.\n> The label was not saved.\n"
            "> + CategoryInfo : InvalidParcel",
        ),
        (
            "You receive one of these messages:\n\n- The ramp is full.\n- Warning: The label was torn.\n",
            "- The ramp is full.\n- Warning: The label was torn.",
        ),
    ],
)
def test_a_warning_that_a_program_prints_is_no_warning_of_the_text(text: str, shown: str) -> None:
    assert seen(text).body.endswith(shown)


def test_a_warning_is_not_the_error_that_is_asked_for() -> None:
    text = (
        "When you weigh a parcel, the scale cmdlet returns this error message:\n\n"
        "> WARNING: The scale cmdlet weighs up to 300 parcels.\n> The label could not be saved.\n"
    )
    assert '"The label could not be saved"' in seen(text, "Error when using the scale cmdlet").question


def test_a_sentence_right_below_a_message_that_leads_to_a_list_is_no_part_of_it() -> None:
    text = "You receive this message:\n\n> Ramp 7 is full.\nThen you see this:\n\n- The scale is red.\n"
    assert "> Ramp 7 is full.\n\nThen you see this:\n\n- The scale is red." in seen(text).body


def test_events_keep_the_headings_by_which_they_are_known() -> None:
    text = (
        "These events are logged:\n\n### Event ID 17\n\n```\nFull.\n```\n\n### Event 18\n\n```\nEmpty.\n```\n"
    )
    body = seen(text).body
    assert "**Event ID 17**\n\n```\nFull.\n```\n\n**Event 18**\n\n```\nEmpty.\n```" in body


def test_entries_told_below_the_resolution_are_shown_with_what_is_seen() -> None:
    resolution = (
        "Resolution\nTo fix this, follow these steps:\n\n1. Open the scale.\n2. Replace the ribbon of the "
        "northern ramp.\n3. Close the scale and start the service of the ramp again.\n\n"
        "## More information\n\nRibbons wear out. When this issue "
        "occurs, you find an event that resembles the following in the log:\n\n"
        "> Event ID: 300\n> The ribbon is torn.\n\nRamps are green.\n"
    )
    flow = mine_one(ticket("The scale prints blank labels", "The scale prints blank labels.", resolution))
    assert isinstance(flow, NewFlow)
    body = parse(flow.tree).nodes[0].body
    assert body.endswith("in the log:\n\n> Event ID: 300\n> The ribbon is torn.")
    assert "wear out" not in body
