"""Titles within their limit: what is said shorter, what is left out, and what stays."""

import pytest

from flowpilot.ai.contracts import NewFlow
from flowpilot.ai.offline.single.flow_title import TITLE_LIMIT, flow_title, with_error
from flowpilot.ai.offline.single.mining import mine_one
from tests.ai.tickets import ticket


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        (
            "Labels aren't printed in Outlook on the web when some manager of our second warehouse signs in",
            "Labels aren't printed in OWA when some manager of our second warehouse signs in",
        ),
        (
            "Labels can't be removed from a roll that has more than 300 labels in the Exchange admin center",
            "Labels can't be removed from a roll with more than 300 labels in the Exchange admin center",
        ),
        (
            '"Tray is full" error when a user tries to print the second page of a parcel list in Excel today',
            '"Tray is full" error when a user prints the second page of a parcel list in Excel today',
        ),
        (
            "Labels come out blank in an Exchange Server 2013 environment after the blue ribbon was replaced",
            "Labels come out blank in Exchange Server 2013 after the blue ribbon was replaced",
        ),
        (
            "Users who print with the blue ribbon on Outlook and on Teams (ABQ) printers are unexpectedly "
            "quarantined",
            "Users who print with blue ribbon on Outlook and on Teams printers are quarantined",
        ),
        (
            '"The roll of labels was not found on this ramp" error when you print a list of parcels in Excel',
            '"The roll of labels was not found on this ramp" when you print a list of parcels in Excel',
        ),
        (
            '"Ribbon is missing" error when a night shift user tries to print the second '
            "page of a list in Excel",
            '"Ribbon is missing" when a night shift user prints the second page of a list in Excel',
        ),
        (
            '"The ribbon was not found. Insert another one" when you print the list of all '
            "parcels in PowerPoint",
            '"The ribbon was not found" when you print the list of all parcels in PowerPoint',
        ),
        (
            "Labels of a parcel list aren't printed to the second tray of the parcel list "
            "in Outlook for the Mac",
            "Labels of a parcel list aren't printed to the second tray in Outlook for the Mac",
        ),
        (
            "Owners of a parcel list that is kept on the ramp can't print the parcel list "
            "in Outlook on any day",
            "Owners of a parcel list that is kept on the ramp can't print it in Outlook on any day",
        ),
        (
            "401 error when you use the ribbon tool to print list with location-based label rules on Outlook",
            "401 error when using ribbon tool to print list with location-based label rules on Outlook",
        ),
        (
            "Outlook can't print the lists for clerks after you install Security Bulletin "
            "MS16-999 on two ramps",
            "Outlook can't print the lists for clerks after you install MS16-999 on two ramps",
        ),
    ],
)
def test_what_can_be_said_shorter_is_not_cut(title: str, shown: str) -> None:
    assert flow_title(title, "") == shown
    assert len(shown) <= TITLE_LIMIT


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        (
            "The first label of a list in the other northern depot displays in a language "
            "other than the language of Excel",
            "First label of list displays in language other than language of Excel",
        ),
        (
            "Outlook crashes when trying to print labels because of a missing second ribbon "
            "location setting in your list",
            "Outlook crashes when printing labels because of missing second ribbon location setting",
        ),
        (
            '"Ramp 7 is closed" and "8004789A" error when a clerk of the night shift weighs '
            "parcels in Excel on "
            "the northern ramp",
            '"Ramp 7 is closed" and "8004789A" error (Excel)',
        ),
        (
            "Lync 2013 clerks at all of the northern and southern ramps are prompted with "
            '"You now work at ramp 7" notice that was previously dismissed',
            '"You now work at ramp 7" notice that was previously dismissed (Lync)',
        ),
    ],
)
def test_what_is_cut_is_neither_what_the_verb_is_about_nor_what_tells_the_fault(
    title: str, shown: str
) -> None:
    assert flow_title(title, "") == shown


def test_a_product_is_not_called_by_the_name_of_another() -> None:
    title = "Labels come out blank for all clerks of the two ramps when they meet in Skype for Business again"
    assert "Skype for Business" in flow_title(title, "")
    assert flow_title("Labels come out blank in Excel Services", "").endswith("in Excel Services")


def test_a_place_to_look_at_is_not_the_product() -> None:
    text = (
        "In the Microsoft Entra admin center, Exchange shows no labels. Entra lists them. Entra prints them."
    )
    assert flow_title("Labels are not printed", text) == "Labels are not printed (Exchange)"


def test_the_only_product_stays_when_a_title_is_cut() -> None:
    title = flow_title(
        "Packing lists of the second warehouse are printed twice for every one of the parcels when the night "
        "shift uses PowerPivot",
        "",
    )
    assert "PowerPivot" in title
    assert len(title) <= TITLE_LIMIT


def test_a_products_name_is_never_torn() -> None:
    title = flow_title(
        "The window of the meeting closes by itself for all of the users on the second floor in Skype for "
        "Business 2016",
        "",
    )
    assert title.endswith(("Skype for Business 2016", "(Skype for Business)"))


def test_an_error_without_words_is_named_by_its_text() -> None:
    assert with_error("Error message when you scan a page", "Tray is full.") == (
        '"Tray is full" error when you scan a page'
    )
    assert with_error("Error message when you scan a page", "x" * 80) == "Error message when you scan a page"


def test_a_long_action_in_two_parts_is_counted_once() -> None:
    steps = "\n".join(f"{number}. Check shelf {number} and note its label." for number in range(1, 14))
    flow = mine_one(
        ticket("Search finds nothing", "Search finds nothing.", f"Resolution\nRebuild it:\n\n{steps}")
    )
    assert isinstance(flow, NewFlow)
    assert "with one action;" in flow.why
