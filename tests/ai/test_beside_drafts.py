"""What the text tells beside the fix stays in the draft: conditions, checks, the reasons of a cause."""

from tests.ai.test_safe_drafts import nodes, tree_of


def test_steps_under_a_condition_keep_the_sentence_that_says_for_whom_they_are() -> None:
    tree = tree_of(
        "Workaround\nUse the gate at the rear of the depot, and lock the ramp.\n\n"
        "If you must use the ramp, follow these steps:\n\n"
        "1. Replace the lamp of the ramp.\n2. Renew the badge of the clerk at the desk.\n"
    )
    assert any(node.body.startswith("If you must use the ramp") for node in nodes(tree, "action"))


RESOLUTION = """Resolution
To resolve this issue, renew the badge of the clerk at the desk of the depot.

More information
{}
"""


def test_what_some_have_to_do_besides_stands_with_the_act() -> None:
    told = "If you have several desks in the depot, you must renew the badge at each desk."
    action, *_ = nodes(tree_of(RESOLUTION.format(told)), "action")
    assert told in action.body


def test_how_to_find_out_stands_with_the_act() -> None:
    told = (
        "To check the badge of the clerk, run the following command:\n\n```powershell\nGet-Badge Clerk\n```"
    )
    action, *_ = nodes(tree_of(RESOLUTION.format(told)), "action")
    assert "Get-Badge Clerk" in action.body


def test_another_wish_is_not_told_with_the_act() -> None:
    told = "If you want to paint the desk of the depot, use a badge of the painter."
    action, *_ = nodes(tree_of(RESOLUTION.format(told)), "action")
    assert "paint" not in action.body


def test_long_reasons_are_told_by_what_they_begin_with() -> None:
    long = "The porter of the depot tells the clerk of it in the morning. " * 12
    tree = tree_of(
        "Cause\nThis issue can occur for the following reasons:\n\n"
        f"- The badge of the clerk was cut\n\n  {long}\n\n- The lamp of the ramp was sold\n\n  {long}\n\n"
        "Resolution\nRenew the locks of the depot at the desk, and send the porter home.\n"
    )
    action, *_ = nodes(tree, "action")
    assert "- The badge of the clerk was cut\n- The lamp of the ramp was sold" in action.body
    assert "in the morning" not in action.body


def test_conditions_told_after_the_cause_are_kept() -> None:
    tree = tree_of(
        "Cause\nThe depot opens the ramp only for plain carts.\n\n"
        "The following conditions prevent a cart from being let in:\n\n"
        "- It has three wheels\n- It is painted in red\n\n"
        "Resolution\nRenew the badge of the cart at the desk of the depot, and restart the ramp.\n"
    )
    action, *_ = nodes(tree, "action")
    assert "- It has three wheels\n- It is painted in red" in action.body


TWICE = """Workaround
Use one of the following methods.

### Method 1: Renew the badge

For Outlook 2010 and later versions:

1. Open the desk.
2. Renew the badge of the clerk.

For Outlook 2007 and earlier versions:

1. Open the cellar.
2. Renew the badge of the porter.

### Method 2: Replace the lamp

For Outlook 2010 and later versions:

1. Open the ramp.
2. Replace the lamp of the ramp.

For Outlook 2007 and earlier versions:

1. Open the gate.
2. Replace the lamp of the gate.
"""


def test_ways_that_begin_with_the_same_question_ask_it_once() -> None:
    tree = tree_of(TWICE)
    asked = [node for node in nodes(tree, "question") if "version" in node.title]
    assert [option.label for option in asked[0].options][:2] == [
        "Outlook 2010 and later versions",
        "Outlook 2007 and earlier versions",
    ]
    assert len(asked) == 1
    assert len(nodes(tree, "action")) == len(asked[0].options) + 1


def test_what_somebody_does_not_want_is_no_question() -> None:
    tree = tree_of(
        "Resolution\nIf you do not want the ramp to lock the carts, renew the badge of the clerk.\n\n"
        "1. Open the desk of the depot.\n2. Renew the badge of the clerk.\n"
        "3. Print the badge at the printer of the cellar.\n4. Close the desk and the hatch of the cellar.\n"
    )
    assert len(nodes(tree, "question")) == 1


EDITIONS = """Resolution
To fix this issue, use one of the following methods, depending on your edition.

### For Lync 2013 MSI clients

Renew the badge of the clerk at the desk of the depot.

### For Lync 2013 Click-to-Run clients

Replace the lamp of the ramp by a lamp with 60 watts.

### For Skype for Business 2016 Click-to-Run clients

Clear the cellar of the depot, and close the hatch of the cellar.

More information
To determine whether your installation is Click-to-Run or MSI-based, follow these steps:

1. Start the depot.
2. Look at the door of the depot.
"""


def test_how_one_tells_editions_apart_stands_at_their_question() -> None:
    question = nodes(tree_of(EDITIONS), "question")[1]
    assert "Look at the door of the depot." in question.body
