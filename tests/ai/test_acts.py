"""How much of what was asked and done in two sessions is the same."""

from uuid import UUID

from flowpilot.ai.contracts import SessionFacts, StepFacts
from flowpilot.ai.offline.acts import NONE_ALIKE, acts_of, agreement

LISTED = "1. Open *ProfileList* in the registry.\n2. Compare the keys that end in `.bak`."


def told(*steps: tuple[str, str], kind: str = "action", action: str = "") -> SessionFacts:
    facts = [
        StepFacts.model_validate(
            {"id": UUID(int=n), "order": n, "kind": kind, "source": "engineer", "title": t, "body": b}
        )
        for n, (t, b) in enumerate(steps)
    ]
    return SessionFacts(
        id=UUID(int=1), title="Temporary profile", text="", steps=tuple(facts), resolution_action=action
    )


FULL = told(("Compare the ProfileList keys", LISTED), ("Rename the .bak key back", ""))


def test_same_steps_agree_wholly_and_symmetrically() -> None:
    one, other = acts_of(FULL), acts_of(told(("rename the .bak key back.", ""), *_first(FULL)))
    assert agreement(one, other) == agreement(other, one)
    assert agreement(one, other).share == 1.0


def test_step_under_another_title_is_known_by_its_body() -> None:
    other = told(("Is the SID listed twice?", LISTED), ("Rename the .bak key back", ""))
    assert agreement(acts_of(FULL), acts_of(other)).share == 1.0


def test_one_act_in_common_is_no_agreement() -> None:
    other = told(("Install the September update", ""), ("Rename the .bak key back", ""))
    assert agreement(acts_of(FULL), acts_of(other)) == NONE_ALIKE


def test_first_questions_in_common_are_no_agreement() -> None:
    first = ("Does the sign-in fail on other PCs?", "")
    one, other = (
        told(first, *_first(FULL), ("Free disk space", "")),
        told(first, *_first(FULL), ("Run SFC", "")),
    )
    assert agreement(acts_of(one), acts_of(other)) == NONE_ALIKE


def test_notes_are_not_acts_and_the_named_fix_is_one() -> None:
    assert acts_of(told(("User is on leave", ""), kind="note")) == ()
    (act,) = acts_of(told(action="Renamed the .bak key"))
    assert act.wordings == {"renamed the .bak key"}


def test_what_everybody_does_is_not_looked_up() -> None:
    (restart,) = acts_of(told(("Restart the PC", "")))
    (rename,) = acts_of(told(("Rename the .bak key back", "")))
    assert (restart.keys, len(rename.keys)) == ([], 1)


def _first(session: SessionFacts) -> list[tuple[str, str]]:
    return [(step.title, step.body) for step in session.steps[:1]]
