"""What stands around the plan: title, first question, what is true at the end, what is handed over."""

from uuid import UUID

import pytest

from flowpilot.ai.contracts import NewFlow, SessionFacts
from flowpilot.ai.offline.parsing import steps_of
from flowpilot.ai.offline.single.complaint import without_cause
from flowpilot.ai.offline.single.flow_title import TITLE_LIMIT, flow_title
from flowpilot.ai.offline.single.mining import mine_one
from flowpilot.ai.offline.single.solved import gerund, solved_title, way_around
from flowpilot.ai.offline.single.symptom import read_symptom
from flowpilot.ai.offline.text.parse import parse_document
from flowpilot.ai.offline.texts import mine_texts
from flowpilot.flows.document import Node, parse
from tests.ai.tickets import step, ticket


def question(title: str, text: str) -> str:
    return read_symptom(title, parse_document(text)).question


def ends(session: SessionFacts) -> dict[str, Node]:
    flow = mine_one(session)
    assert isinstance(flow, NewFlow)
    return {node.kind: node for node in parse(flow.tree).nodes}


@pytest.mark.parametrize(
    ("title", "named"),
    [
        ('You receive a "Tray is full" when you scan', '"Tray is full" when you scan'),
        ("Tray is full error when you scan", '"Tray is full" error when you scan'),
        ('"Tray is full"', '"Tray is full" error'),
    ],
)
def test_a_title_names_the_error_in_quotes_without_who_received_it(title: str, named: str) -> None:
    assert flow_title(title, 'You receive the following error:\n\n> "Tray is full"') == named


def test_a_long_title_is_cut_before_a_phrase_and_keeps_its_verb() -> None:
    title = flow_title(
        "Labels that are sent from the warehouse to the printers of the second building come out blank "
        "when the ribbon was replaced by one of another maker",
        "",
    )
    assert title == "Labels sent from warehouse to printers of second building come out blank"
    assert len(title) <= TITLE_LIMIT


def test_the_product_of_a_title_is_the_one_that_the_text_names_most() -> None:
    text = "In Windows, open Visio. Visio prints the label twice."
    assert flow_title("Labels print twice", text) == "Labels print twice (Visio)"
    office = "Labels that are made in Word, Excel or PowerPoint print twice."
    assert flow_title("Labels print twice", office) == "Labels print twice (Office)"


def test_the_clause_of_a_question_is_the_one_that_introduces_the_error() -> None:
    text = (
        "You scan a page. You receive the following error message:\n\n> Cannot reach the scan server.\n\n"
        "After you select OK, the following error message is displayed:\n\n> Stopped.\n"
    )
    assert question("Pages aren't stored", text) == (
        'Do you find that pages aren\'t stored, for example with "Cannot reach the scan server"?'
    )


def test_a_list_of_versions_is_not_cut_at_its_first_comma() -> None:
    text = (
        "When users open the tray in Scanner 2010, Scanner 2013, or Scanner 2016 mode, the users receive the "
        "following error message:\n\n> Cannot open the tray.\n"
    )
    assert question("Tray stays shut", text) == (
        "When users open the tray in Scanner 2010, Scanner 2013, or Scanner 2016 mode, "
        'do you get "Cannot open the tray"?'
    )


def test_all_codes_of_a_title_are_asked_for() -> None:
    assert question("Error 0x80AA01 or 0x80AA02 when scanning to mail", "Scanning to mail ends early.") == (
        'Do you get "0x80AA01" or "0x80AA02" when scanning to mail?'
    )


def test_the_name_of_a_command_is_no_error() -> None:
    text = 'When you scan, you receive an error about the "Set-ScanTray" command.'
    assert question("Pages aren't stored", text) == "Do you find that pages aren't stored?"


def test_what_is_to_be_found_out_is_not_asked_first() -> None:
    cause = ["This happens if the firmware of the tray isn't upgraded."]
    assert without_cause("Scans of letters fail because of a full tray", [], asked=False) == (
        "Scans of letters fail"
    )
    told = "Scans of letters fail if the firmware of the tray isn't upgraded"
    assert without_cause(told, cause, asked=True) == "Scans of letters fail"
    assert without_cause(told, cause, asked=False) == told


@pytest.mark.parametrize(
    ("complaint", "error", "true_now"),
    [
        ("Scans fail when the lid is open", "", "Scans no longer fail"),
        ('"You can\'t scan because the lid is open" error', "You can't scan because the lid is open",
         '"You can\'t scan because the lid is open" no longer appears'),
        ("Sometimes the tray is locked", "", "The tray is no longer locked"),
    ],
)  # fmt: skip
def test_the_condition_of_a_complaint_is_not_claimed_to_be_gone(
    complaint: str, error: str, true_now: str
) -> None:
    assert solved_title(complaint, error) == true_now


def test_a_way_around_is_told_as_what_was_done() -> None:
    assert [gerund(verb) for verb in ("use", "set", "open", "tie", "format")] == [
        "using", "setting", "opening", "tying", "formatting"
    ]  # fmt: skip
    assert way_around("Disable the tray, and then enable it again") == "disabling the tray"
    assert way_around("Do not use the second tray") == "not using the second tray"
    assert way_around("Second tray") == ""


def test_a_fix_below_a_resolution_is_no_way_around() -> None:
    text = (
        "Resolution\nTo resolve this issue, install the newest firmware on the scanner from the service menu "
        "and restart the scanner before you scan the next page of the letter.\n"
        "Workaround\nScan with the other tray.\n"
    )
    assert ends(ticket("Scans fail", "Scans fail.", text))["resolution"].title == "Scans no longer fail"


def test_the_note_of_a_resolution_is_short_and_points_nowhere() -> None:
    text = (
        "Cause\nThe tray reports a size that the driver does not know. The methods in the Resolution section "
        "apply to both trays. The size is read at start. The driver keeps it. It is written to a log.\n"
        "Resolution\n1. Open the service menu of the scanner.\n2. Set the size of the tray to A4.\n"
        "3. Restart the scanner and scan a page.\n"
    )
    assert ends(ticket("Scans fail", "Scans fail.", text))["resolution"].body == (
        "**Cause:** The tray reports a size that the driver does not know. The size is read at start. "
        "The driver keeps it."
    )


def test_a_hand_over_names_product_and_output() -> None:
    text = (
        "Resolution\nRun the following command in Exchange Management Shell to see which size is set for the "
        "mailbox of the scanner:\n\n```powershell\nGet-Mailbox scanner | fl *size*\n```\n\n"
        "Then set the size to 50 MB for the mailbox of the scanner in the admin center and scan again.\n"
    )
    flow = mine_one(ticket("Scans don't arrive in Outlook", "Scans don't arrive in Outlook.", text))
    assert isinstance(flow, NewFlow)
    handed = {node.title: node.body for node in parse(flow.tree).nodes if node.kind == "escalation"}
    exhausted = handed["Known fixes do not apply or did not help"]
    assert "- the version of Outlook, and the affected users or devices" in exhausted
    assert "- the output of `Get-Mailbox`" in exhausted


def test_a_title_with_quotes_stands_in_the_summary_in_other_quotes() -> None:
    text = (
        "Resolution\n1. Open the service menu.\n2. Empty the tray of the scanner.\n3. Close the lid again.\n"
    )
    flow = mine_one(ticket('"Tray is full" error when you scan', "You can't scan.", text * 2))
    assert isinstance(flow, NewFlow)
    assert flow.summary.startswith('For tickets like ‘"Tray is full" error when you scan’, this offers: ')
    assert flow.summary.endswith(". Based on the resolution of one ticket.")


def test_twins_that_are_only_texts_follow_the_one_that_tells_most() -> None:
    short = "Resolution\n1. Open the menu.\n2. Empty the tray of the scanner.\n3. Close the lid again.\n"
    long = short + (
        "Resolution 2\n1. Open the service menu of the scanner.\n2. Raise the quota of the scan folder.\n"
        "3. Restart the scanner.\n"
    )
    twins = [
        imported("Scans stop after page two", text, UUID(int=n)) for n, text in enumerate((short, long), 1)
    ]
    flow = mine_texts(twins)
    assert flow is not None
    tree = parse(flow.tree)
    assert "- Scans stop after page two" in tree.node(tree.root).body
    assert {span.session for span in flow.grounding[tree.root]} == {UUID(int=1), UUID(int=2)}
    assert [node.title for node in tree.nodes if node.kind == "action"] == [
        node.title for node in parse(mined_alone(twins[1]).tree).nodes if node.kind == "action"
    ]
    assert flow.summary.endswith("Based on the resolution of one ticket; one more reports the same.")


def test_recorded_steps_are_not_read_as_texts_only() -> None:
    text = "Resolution\n1. Open the menu.\n2. Empty the tray of the scanner.\n3. Close the lid again.\n"
    told = imported("Scans stop", text, UUID(int=1))
    more = step(1, "action", "Replace the fuser of the photocopier", outcome="worked")
    assert mine_texts([told, told.model_copy(update={"id": UUID(int=2), "steps": (more,)})]) is None


def imported(title: str, resolution: str, session: UUID) -> SessionFacts:
    steps = tuple(
        step(n, read.kind, read.title, body=read.body) for n, read in enumerate(steps_of(resolution), 1)
    )
    told = ticket(title, f"{title}.", resolution)
    return told.model_copy(update={"id": session, "steps": steps})


def mined_alone(session: SessionFacts) -> NewFlow:
    flow = mine_one(session)
    assert isinstance(flow, NewFlow)
    return flow


@pytest.mark.parametrize(
    ("told", "action"),
    [
        ("The best solution to this is to re-create the profile of the tray on the label server.",
         "Re-create the profile of the tray on the label server"),
        ("If you change the order of the trays in the menu of the scanner, the issue will be resolved.",
         "Change the order of the trays in the menu of the scanner"),
        ("If it is a rented scanner, advise the customer to create a new quota for the folder of the scans.",
         "Create a new quota for the folder of the scans"),
    ],
)  # fmt: skip
def test_a_fix_that_is_only_implied_is_an_action(told: str, action: str) -> None:
    text = f"Cause\nThe tray and the label server keep two sizes for one sheet.\nResolution\n{told}\n"
    assert ends(ticket("Scans fail", "Scans fail.", text))["action"].title == action


def test_pointers_to_sections_and_disclaimers_are_left_out() -> None:
    text = (
        "Resolution\n1. Open the service menu of the scanner.\n"
        "2. Empty the second tray that is mentioned in the Symptoms section.\n"
        "3. Close the lid of the scanner again and scan the first page.\n\n"
        "This contact information may change without notice.\n"
    )
    body = ends(ticket("Scans fail", "Scans fail.", text))["action"].body
    assert body == (
        "1. Open the service menu of the scanner.\n2. Empty the second tray.\n"
        "3. Close the lid of the scanner again and scan the first page."
    )


def test_a_sentence_about_a_message_does_not_end_the_text_like_a_mail() -> None:
    text = (
        "When you save a label, you receive the following message:\n\nToo many labels.\n\n"
        "This message is followed by:\n\nNothing was saved.\n\nYou see both with fewer than ten labels."
    )
    body = read_symptom('"Too many labels" error when you save a label', parse_document(text)).body
    assert "This message is followed by:\n\nNothing was saved.\n\nYou see both" in body


def test_of_several_scenarios_the_error_is_asked_for_without_the_circumstances_of_one() -> None:
    text = (
        "### Scenario 1\n\nWhen you print, you receive the following error:\n\n> The tray is locked.\n\n"
        "### Scenario 2\n\nWhen you scan, you receive the following error:\n\n> The tray is locked.\n"
    )
    symptom = read_symptom('"The tray is locked" error when you print a label', parse_document(text))
    assert symptom.question == 'Do you get "The tray is locked"?'
    assert symptom.body.count("> The tray is locked.") == 2


def test_the_name_of_a_warning_is_not_what_the_warning_says() -> None:
    text = "You receive the following ribbon security warning:\n\n> The name on the ribbon does not match.\n"
    symptom = read_symptom("Ribbon security warning when you start the press", parse_document(text))
    assert symptom.title == "Ribbon security warning when you start the press"
    assert '"The name on the ribbon does not match"' in symptom.question


def test_a_control_that_is_not_there_is_no_error_text() -> None:
    text = "You start the press. The menu of the tray never includes the command.\n"
    symptom = read_symptom('"Empty the tray" isn\'t available on the press', parse_document(text))
    assert symptom.question == 'Do you find that "Empty the tray" isn\'t available on the press?'


def test_the_word_between_two_quoted_codes_is_no_error_text() -> None:
    symptom = read_symptom(
        'Repeated codes "401" and "200" on the press', parse_document("The press shows codes.")
    )
    assert '"and"' not in symptom.question
