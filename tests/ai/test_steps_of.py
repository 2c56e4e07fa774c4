from flowpilot.ai.offline.parsing import steps_of
from tests.ai.tickets import SCANNER


def test_causes_are_notes_and_methods_are_actions() -> None:
    assert [(step.kind, step.title) for step in steps_of(SCANNER)] == [
        ("note", "Cause: This issue occurs if the scan folder is larger than 2 GB"),
        ("action", "Raise the quota"),
        ("action", "Empty the scan folder"),
        ("note", "Background: The limit is set by the file server"),
    ]


def test_sub_steps_stay_in_the_body_and_offsets_fit() -> None:
    raise_quota = steps_of(SCANNER)[1]
    assert "2. Run the following command:" in raise_quota.body
    assert SCANNER[raise_quota.start : raise_quota.end].startswith("1. Open a PowerShell window")


def test_reported_work_becomes_an_action() -> None:
    (step,) = steps_of("Hi Ben,\n\nReplaced the cable of the scanner.\n\nThanks,\nAda")
    assert (step.kind, step.title, step.body) == (
        "action",
        "Replace the cable of the scanner",
        "Replaced the cable of the scanner.",
    )


def test_text_without_any_work_is_one_note() -> None:
    (step,) = steps_of("The user was happy.")
    assert (step.kind, step.body, step.start, step.end) == ("note", "The user was happy.", 0, 19)


def test_empty_text_has_no_steps() -> None:
    assert steps_of(" \n") == []
