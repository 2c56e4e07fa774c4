"""Ways that a text names in passing, behind "or" and "an alternative": actions of their own."""

import pytest

from tests.ai.test_case_drafts import labels
from tests.ai.test_mine_one import mined
from tests.ai.test_safe_drafts import nodes, tree_of
from tests.ai.tickets import ticket


@pytest.mark.parametrize(
    ("told", "first", "second"),
    [
        (
            "To resolve this issue, have a ramp administrator activate or deactivate the reader at the ramp. "
            "Or, an administrator can add the porter to the Badge Managers group of the depot.",
            "Activate or deactivate the reader at the ramp",
            "Add the porter to the Badge Managers group of the depot",
        ),
        (
            "To display the badge, select a porter list from the box. If a porter list is selected "
            "and the badge is still not visible, verify that the badge is visible in the depot.",
            "Display the badge",
            "Verify that the badge is visible in the depot",
        ),
        (
            "Make sure that you print the badge on the card printer of the desk. If the mapping must exist, "
            "use the paper printer of the ramp instead.",
            "Print the badge on the card printer of the desk",
            "Use the paper printer of the ramp instead",
        ),
    ],
)
def test_a_way_named_in_the_next_sentence_follows_when_the_first_failed(
    told: str, first: str, second: str
) -> None:
    tree = tree_of(f"Resolution\n{told}")
    assert [node.title for node in nodes(tree, "action")] == [first, second]


def test_an_alternative_to_the_steps_is_a_way_of_its_own() -> None:
    tree = tree_of(
        """Resolution
To remove the old badge, follow these steps:

1. Open the badge box at the desk.
2. Click to clear the check box for the old badge.

An alternative to removing the badge is to restore the badge file to the folder of the depot.
"""
    )
    assert nodes(tree, "action")[1].title == "Restore the badge file to the folder of the depot"


def test_what_goes_on_about_the_cause_stands_at_its_question() -> None:
    tree = tree_of(
        """Cause
This issue occurs if the badge profile of the porter contains a red letter.

If the porter signs in at the ramp, the badge profile is made of his name. A red letter in it is in both.
Resolution
To fix this issue, print the name of the porter again, and renew the badge at the desk of the depot.
"""
    )
    assert "the badge profile is made of his name" in nodes(tree, "question")[1].body


def test_headings_that_repeat_what_fails_are_goals_to_choose_from() -> None:
    resolution = """Resolution
### Import from a badge file

To import data from a badge file, follow these steps:

1. Open the desk window, and then select the badge file.
2. Select Import, and then select OK.

### Export to a badge file

To export data to a badge file, follow these steps:

1. Open the ramp window, and then select the badge file.
2. Select Export, and then select OK.
"""
    told = "You may not be able to import or export a badge file in the depot, because the box is empty."
    tree = mined(ticket("You cannot connect to badge files in the depot", told, resolution))[1]
    question = nodes(tree, "question")[1]
    assert question.title == "What is to be done?"
    assert labels(question)[:2] == ["Import from a badge file", "Export to a badge file"]


def test_limits_are_no_causes_of_which_one_applies() -> None:
    tree = tree_of(
        """Cause
The depot has the following limitations:

- You can't print a badge from a list of porters.
- You can't use a list of porters as a deputy.

Workaround
To work around these limitations, take the following actions:

- Print the badge from a single porter instead of from a list of porters.
- Use a single porter as a deputy instead of a list of porters.
"""
    )
    assert len(nodes(tree, "question")) == 1
