"""Resolution text to steps."""

import pytest

from flowpilot.ai.offline.parsing import ParsedStep, steps_of


def step(kind: str, title: str, body: str = "") -> ParsedStep:
    return ParsedStep(kind, title, body)


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("Restarted the spooler", [step("action", "Restarted the spooler")]),
        (
            "1. Checked the cable.\n2. Moved it to port 14\n3. Renewed the lease",
            [
                step("check", "Checked the cable"),
                step("action", "Moved it to port 14"),
                step("action", "Renewed the lease"),
            ],
        ),
        (
            "- Restart the switch\n  1. Log on\n  2. Type reload\n- Wait",
            [step("action", "Restart the switch", "1. Log on\n2. Type reload"), step("action", "Wait")],
        ),
        (
            "Cause\nThe cable was bad.\n\nResolution 1\nReplace it.\n\nResolution 2\nUse another port.",
            [
                step("note", "The cable was bad"),
                step("action", "Replace it"),
                step("action", "Use another port"),
            ],
        ),
        (
            "Follow these steps:\n\n1. Open a prompt.\n\n   ```\n   ipconfig /flushdns\n   ```\n",
            [step("script", "Open a prompt", "```\nipconfig /flushdns\n```")],
        ),
        (
            "<p>Cleared the cache.</p><ol><li>Open Teams</li><li>Sign out</li></ol>",
            [
                step("action", "Cleared the cache"),
                step("action", "Open Teams"),
                step("action", "Sign out"),
            ],
        ),
        (
            "Reset the MFA methods. User enrolled again.",
            [step("action", "Reset the MFA methods", "Reset the MFA methods. User enrolled again.")],
        ),
        ("Workaround\n\nMethod 1\nUse the web client.", [step("action", "Use the web client")]),
        ("1. Reset it to <SECRET_1>", [step("action", "Reset it to <SECRET_1>")]),
        (" \n", []),
        ("The user was happy.", [step("action", "The user was happy")]),
        (
            "Hi Ben,\n\nReplaced the cable of the scanner.\n\nThanks,\nAda",
            [step("action", "Replaced the cable of the scanner")],
        ),
        ("Still need help? Go to Microsoft Community.", []),
    ],
)
def test_resolution_becomes_steps(text: str, steps: list[ParsedStep]) -> None:
    assert steps_of(text) == steps


@pytest.mark.parametrize("bait", ["> ", "[", "- ", "<div>", "(", "`", "```\n", "\n> ", "1. ", "# "])
def test_pasted_nonsense_is_read_without_an_error(bait: str) -> None:
    assert all(step.title for step in steps_of(bait * 20_000))


def test_title_that_is_too_long_is_cut_and_the_whole_text_kept() -> None:
    (only,) = steps_of("1. Opened the console " + "and looked at the settings " * 20)
    assert len(only.title) <= 200
    assert only.body.startswith(only.title)
    assert only.body.count("settings") == 20
