"""Sentences that only point elsewhere say nothing here; facts and acts around them stay."""

import pytest

from flowpilot.ai.offline.single.render import prose, render_all
from flowpilot.ai.offline.text.parse import parse_document


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Add the queue. For the steps, see Add a queue to the press.", "Add the queue."),
        ("To change the tray, see Changing trays of the press.", ""),
        ("If you use the old press, see Reset the old press.", ""),
        ("To see the trays, select View.", "To see the trays, select View."),
        ("Restart the press. If the error still occurs, try the next method.", "Restart the press."),
        ("If the labels are still skipped, go to Method 2.", ""),
        ("If the tray isn't listed, go to step 4.", "If the tray isn't listed, go to step 4."),
        ('Follow the steps in the "Clean the feeder" section of this article.', ""),
        ("Follow the steps in How to clean a feeder.", ""),
        ("Check whether the problem is fixed. If the problem is fixed, you are finished.", ""),
        ("Go to the following website to sign in: https://press.example/login", None),
        ("To download this update, go to Updates for the press.", ""),
        ("The following figure shows the trays:", ""),
        ("See the following articles for the old presses:", ""),
        ("There's another article that tells of the old press.", ""),
        ("To fix this, try Method 1. If Method 1 doesn't fix the press, use Method 2.", ""),
        ("Pull the lever. This includes, but isn't limited to, all warranties.", "Pull the lever."),
        ("This includes, but is not limited to, the following trays:", None),
        ("Pull the lever.For more help, see the guide of the press.", "Pull the lever."),
        ("The following article lists the trays:\nTrays of the old press", ""),
        ("Select Next (The screenshot for this step is listed below):", "Select Next"),
        (
            "Follow the steps in this section carefully. Serious problems might occur if the key is wrong.",
            "Serious problems might occur if the key is wrong.",
        ),
    ],
)
def test_what_points_elsewhere_is_left_out(text: str, kept: str | None) -> None:
    assert prose(text) == (text if kept is None else kept)


def test_titles_of_pages_go_with_the_sentence_that_leads_to_them() -> None:
    document = parse_document(
        "Clean the press.\n\nFor information about the press, see:\n\n- Notes on the press\n- Trays\n"
    )
    assert render_all(document.sections[0].blocks) == "Clean the press."


def test_a_sentence_that_is_left_begins_with_a_capital() -> None:
    told = "This section contains steps that tell you how to modify it. However, serious problems may occur."
    assert prose(told) == "Serious problems may occur."


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Select the button below to launch a diagnostic in the", 'Run the diagnostic "Gate Checks" in the'),
        (
            "1. Select the following Run Tests button to open the diagnostic in the",
            '1. Run the diagnostic "Gate Checks" in the',
        ),
    ],
)
def test_a_button_of_the_page_is_named_where_it_is_to_be_selected(said: str, told: str) -> None:
    pad = " " * (said.index("Select"))
    text = f'{said} depot center.\n\n{pad}> [!div class="nextstepaction"]\n{pad}> Run Tests: Gate Checks\n'
    assert render_all(parse_document(text).sections[0].blocks) == f"{told} depot center."
