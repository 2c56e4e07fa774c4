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
    ],
)
def test_what_can_be_said_shorter_is_not_cut(title: str, shown: str) -> None:
    assert flow_title(title, "") == shown
    assert len(shown) <= TITLE_LIMIT


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
    assert title.endswith(("Skype for Business 2016", "(Skype for Business)", "(Skype)"))


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
