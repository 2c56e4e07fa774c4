import pytest

from flowpilot.ai.offline.single.asking import asked, clause_of, task_of
from flowpilot.ai.offline.single.solved import solved_title, way_around


@pytest.mark.parametrize(
    ("complaint", "question"),
    [
        ("Scans stop after page two", "Do you find that scans stop after page two?"),
        ("Outlook prompts for a PIN", "Do you find that Outlook prompts for a PIN?"),
        ("Can't open the tray", "Are you unable to open the tray?"),
        ("Delay when the tray opens", "Are you seeing a delay when the tray opens?"),
        ("Error when scanning to a folder", "Do you get an error when scanning to a folder?"),
        ("Tray icon missing from the panel", "Is the tray icon missing from the panel?"),
        ("A picture may not appear in the scan", "Do you find that a picture does not appear in the scan?"),
        ("High memory usage by the scanner", "Are you seeing high memory usage by the scanner?"),
    ],
)
def test_a_complaint_becomes_a_question_that_yes_confirms(complaint: str, question: str) -> None:
    assert asked(complaint) == question


@pytest.mark.parametrize(
    ("complaint", "true_now"),
    [
        ("Scans stop after page two", "Scans no longer stop after page two"),
        (
            "Scans that are sent by mail stop after page two",
            "Scans that are sent by mail no longer stop after page two",
        ),
        ("The tray is locked and the lamp blinks", "The tray is no longer locked and the lamp blinks"),
        ("You can't open the tray", "You can open the tray"),
        ("Missing icons in the panel", "Icons are there in the panel"),
        ("Delay when the tray opens", "Delay when the tray opens no longer occurs"),
        ("The users of lab 2 are unable to scan", "The users of lab 2 can scan"),
        ("Trays automatically close", "Trays no longer automatically close"),
    ],
)
def test_the_resolution_says_what_is_true_now(complaint: str, true_now: str) -> None:
    assert solved_title(complaint, "") == true_now


def test_an_error_that_is_gone_no_longer_appears() -> None:
    assert solved_title("Error when scanning", "Destination full") == '"Destination full" no longer appears'


def test_a_task_is_asked_for_and_done() -> None:
    assert task_of("Increasing the size of the tray", task=False) == "Increase the size of the tray"
    assert solved_title("Remove duplicate trays", "", task=True) == "Done: remove duplicate trays"


def test_a_noun_phrase_has_no_finite_verb() -> None:
    assert clause_of("Frequent password changes after the update") is None


@pytest.mark.parametrize(
    ("complaint", "true_now"),
    [
        ("Reminders can't be dismissed or keep coming back", "Reminders can be dismissed"),
        ("Some tills can't reach the server", "Tills can reach the server"),
        ("The till has insufficient rights to print", "The till has sufficient rights to print"),
        ("Devices still sync after the account is disabled", "after the account is disabled"),
    ],
)
def test_only_what_was_complained_of_is_turned_round(complaint: str, true_now: str) -> None:
    assert true_now in solved_title(complaint, "")


def test_both_verbs_of_a_way_are_told_as_done() -> None:
    assert way_around("Add and verify the missing domains") == "adding and verifying the missing domains"
    assert way_around("Uninstall Office Click-to-Run") == "uninstalling Office Click-to-Run"
