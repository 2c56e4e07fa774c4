"""The first question names the message that the caller sees, as the program shows it."""

import pytest

from flowpilot.ai.offline.single.symptom import Symptom, read_symptom
from flowpilot.ai.offline.text.parse import parse_document


def asked(title: str, text: str) -> Symptom:
    return read_symptom(title, parse_document(text))


@pytest.mark.parametrize(
    ("title", "shown", "question"),
    [
        (
            "412 Ramp Is Closed when you weigh a parcel in Outlook",
            "> 412\n> Ramp Is Closed :(",
            'Do you get "412 Ramp Is Closed" when you weigh a parcel in Outlook?',
        ),
        (
            "The label could not be checked for a ribbon when you run the label wizard",
            "> ERROR: The wizard failed: The label could not be checked for a ribbon.",
            'Do you get "The label could not be checked for a ribbon" when you run the label wizard?',
        ),
        (
            "Ribbons are removed in lists that are printed in Outlook",
            "> Lists show a bar as soon as the ribbons are removed.",
            "Are ribbons removed in lists that are printed in Outlook",
        ),
    ],
)
def test_a_title_that_is_a_shown_message_is_asked_for_in_quotes(
    title: str, shown: str, question: str
) -> None:
    assert asked(title, f"You see this:\n\n{shown}\n").question.startswith(question)


def test_an_error_that_the_title_only_names_is_asked_for_in_its_own_words() -> None:
    text = (
        "When you weigh a parcel, you see the following message:\n\n"
        "> The parcel could not be saved:\n> Error met with the ribbon service. The service is "
        "either not running or not there at all: ask the clerk of the ramp for more about it.\n"
    )
    question = asked('"Ribbon service" error message when weighing a parcel', text).question
    assert question == 'Do you get "Error met with the ribbon service" when weighing a parcel?'


def test_a_message_of_one_word_is_asked_for_with_the_sentence_after_it() -> None:
    text = (
        "When you start the scale, you receive the following error message:\n\n> Oops.. The ribbon is lost. "
        "Please visit the clerk of the ramp to find out whether another one is there and wait until it is.\n"
    )
    assert '"Oops.. The ribbon is lost"' in asked("The scale doesn't start", text).question


def test_a_sentence_that_breaks_over_lines_is_one() -> None:
    text = (
        "You see the following error:\n\n```\nEvent ID: 8311\nErrors:\\n\\n The root of the label chain\n"
        "is not a trusted root.\n```\n"
    )
    seen = asked("How to print the root label again", text)
    assert seen.question == 'Do you get "The root of the label chain is not a trusted root"?'
    assert seen.title.startswith('"The root of the label chain is not a trusted root" error')


def test_symptoms_in_a_list_are_no_messages() -> None:
    text = (
        "This forces messages through the scale. You see one or more of these symptoms:\n\n"
        "- Lists of the night are printed twice.\n- Parcels are lost.\n"
    )
    assert asked("Lists are wrongly printed", text).question == "Are lists wrongly printed?"


def test_a_label_above_a_message_is_not_the_message() -> None:
    text = (
        "The scale may display the following errors:\n\nThe northern weighing console (NWC):\n\n"
        "> The ramp is broken and cannot be read.\n"
    )
    assert "console (NWC)" not in asked("Weighing might display errors", text).question


def test_of_messages_announced_without_a_colon_the_others_are_asked_for_too() -> None:
    text = (
        "When starting lists by a click, one of the following error messages appears. Lists work.\n\n"
        '> "The list of the <ramp> is not a valid list"\n\n-OR-\n\n'
        '> "This list has no ribbon for performing this action. Create one in the panel of ribbons."\n'
    )
    question = asked("List errors opening parcels by a click", text).question
    assert "or another of the messages below" in question or 'or "This list' in question


def test_an_example_of_what_is_wrong_is_no_message() -> None:
    text = "The receipt might contain the following text:\n\n> Your parcel\n>\n> Sent: 2/13/2023 3:53 PM\n"
    assert (
        asked("Scale receipt shows wrong facts", text).question == "Does the scale receipt show wrong facts?"
    )


def test_a_complaint_before_a_message_that_only_some_get_is_asked_for_itself() -> None:
    title = (
        "The label tool of the northern ramp cannot fetch ribbons or you receive a "
        '"Your scale is not allowed to fetch them" error message'
    )
    seen = asked(title, f"{title}.")
    assert seen.question.startswith("Is the label tool of the northern ramp unable to fetch ribbons")
    assert seen.title.startswith("Label tool of the northern ramp") or "can't fetch" in seen.title


def test_what_somebody_wants_to_get_rid_of_is_what_is_seen() -> None:
    seen = asked("How to remove duplicate labels in Outlook", "Labels are there twice.")
    assert seen.title == "Duplicate labels in Outlook"
    assert seen.question == "Are you seeing duplicate labels in Outlook?"


def test_the_message_that_others_only_pass_on_is_asked_for() -> None:
    text = (
        "When you run the scale wizard, you receive the following error message:\n\n"
        "> Weighing on the northern ramp failed with the following error message: Reaching the scale "
        "failed with error 'The ribbon of the northern scale is torn and has to be replaced.'\n"
    )
    question = asked("Scale wizard can't weigh", text).question
    assert 'do you get "The ribbon of the northern scale is torn and has to be replaced' in question


def test_what_a_log_says_comes_after_what_is_shown() -> None:
    text = (
        "You see the following error:\n\n> The list of ramps does not exist.\n\nThe log displays "
        "the following details:\n\n```\n"
        "01:13:15.80 scale.exe (0x85F8) Weighing failed: name of the list: ramps\n```\n"
    )
    question = asked("Error when configuring a scale", text).question
    assert question == 'Do you get "The list of ramps does not exist" when configuring a scale?'


def test_the_circumstances_follow_the_scenario_that_they_are_told_in() -> None:
    text = (
        "Some scales keep no ribbon. In this scenario, when clicking the list, you receive the following "
        "error:\n\n> The list could not be opened.\n"
    )
    question = asked("Outlook: Wrong ribbon key", text).question
    assert question == 'When clicking the list, do you get "The list could not be opened"?'


_SYMPTOMS = """You may experience one or more of the following symptoms:

- When you weigh a parcel, you receive the following error message:
  > Ramp closed
- Labels are printed without a ribbon.
"""


def test_a_message_that_is_one_of_several_symptoms_is_not_all_that_is_asked_for() -> None:
    symptom = asked('"Ramp closed" error when you weigh a parcel', _SYMPTOMS)
    assert symptom.question == (
        'Do you get "Ramp closed" when you weigh a parcel, or another of the symptoms below?'
    )
    assert symptom.solved == '"Ramp closed" and the other symptoms no longer appear'


def test_a_message_that_comes_with_every_scenario_is_asked_for_alone() -> None:
    text = (
        "### Scenario 1\n\nYou weigh a parcel, and you get the following error:\n\n> Ramp closed\n\n"
        "### Scenario 2\n\nYou print a label, and you get the same error message.\n"
    )
    assert asked('"Ramp closed" error', text).question == 'Do you get "Ramp closed"?'


@pytest.mark.parametrize(
    "text",
    [
        "You get one of the following error messages:\n\nError message 1\n\nThe ramp is closed.\n\n"
        "Error message 2\n\nThe scale cannot be found.\n",
        'You get one of the following error messages:\n\n"The ramp is closed"\n\nOr\n\n"No scale found"\n\n'
        'Or\n\n"Label denied"\n',
        "You receive an error message that resembles one of the following:\n\n"
        "> The ramp is closed\n>\n> No scale found\n",
        "You get one of the following error messages:\n\n- Error message 1:\n\n    > The ramp is closed\n\n"
        "- Error message 2:\n\n    > No scale found\n",
    ],
)
def test_one_of_several_messages_is_asked_for_along_with_the_others(text: str) -> None:
    question = asked('"The ramp is closed" error when you weigh a parcel', text).question
    assert question.startswith('Do you get "The ramp is closed" or ')


@pytest.mark.parametrize(
    ("title", "question"),
    [
        (
            '"Ramp is closed" when print or open a parcel',
            'Do you get "Ramp is closed" when you print or open a parcel?',
        ),
        (
            "Error (ramp denied) for night-shift accounts in the parcel center",
            'Do you get "Ramp denied" for night-shift accounts in the parcel center?',
        ),
        (
            "Parcel doesn't fit the open ramp when using the old scale",
            'Do you get "Parcel does not fit the open ramp" when using the old scale?',
        ),
        (
            "Ramp could not be opened because scale check failed when weighing a parcel",
            'Do you get "Ramp could not be opened because the scale check failed" when weighing a parcel?',
        ),
        (
            "Unable to create a label after a move with Event 1234 in the parcel log",
            "Are you unable to create a label after a move with Event 1234 in the parcel log?",
        ),
    ],
)
def test_what_is_done_when_the_message_comes_stays_in_the_question(title: str, question: str) -> None:
    shown = {
        '"Ramp is': "Ramp is closed",
        "Error (r": "Ramp denied",
        "Parcel d": "Parcel does not fit the open ramp",
        "Ramp cou": "Ramp could not be opened because the scale check failed",
        "Unable t": "Event 1234",
    }[title[:8]]
    assert asked(title, f"You receive the following error message:\n\n> {shown}\n").question == question


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        (
            "You're repeatedly prompted for passwords when using blue night scales in Outlook 2016 for Mac",
            "Repeatedly prompted for passwords",
        ),
        (
            '"You cannot close the ramp" error when you try to remove or make a change to a list of older '
            "parcels at night",
            '"You cannot close the ramp" when you remove or change',
        ),
    ],
)
def test_a_title_too_long_keeps_what_its_verb_is_about(title: str, shown: str) -> None:
    assert asked(title, "It happens.").title.startswith(shown)


def test_a_thing_named_in_a_message_is_no_product() -> None:
    text = "When you print a parcel list in Excel, Excel shows this."
    assert asked('"The printer tray is full"', text).title == '"The printer tray is full" error (Excel)'
