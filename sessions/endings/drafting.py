"""What a resolution's dialog is filled with before anybody types: drawn from the thread alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from sessions.models import AISessionStep

ANSWERS: Final = 3
"""Answers that the draft repeats: the last ones, which led to what helped."""
SAID: Final = 400
_TELLING = (AISessionStep.Kind.QUESTION, AISessionStep.Kind.CHECK, AISessionStep.Kind.SCRIPT)
"""What a step of these kinds found is worth telling; a script mostly looks."""


@dataclass(frozen=True)
class Draft:
    summary: str
    action: str


def draft(title: str, steps: Sequence[AISessionStep]) -> Draft:
    """A summary and the step that did it, of the steps that count, in their order.

    The step is the last that worked, else the last thing that was done. Nothing is claimed that the thread
    does not say: without such a step its field is empty.
    """
    answered = [step for step in steps if step.answered_at and not step.superseded_at]
    did = _step_that_did(answered)
    found = [_told(step) for step in answered if step.kind in _TELLING and step is not did]
    parts = [_sentence(title)]
    if found:
        parts.append(_("Found: %(answers)s") % {"answers": "; ".join(found[-ANSWERS:])} + ".")
    if did is not None and did.outcome == AISessionStep.Outcome.WORKED:
        parts.append(_("What fixed it: %(step)s") % {"step": _told(did)} + ".")
    return Draft(summary="\n".join(parts), action=did.title if did else "")


def _step_that_did(answered: Sequence[AISessionStep]) -> AISessionStep | None:
    worked = [step for step in answered if step.outcome == AISessionStep.Outcome.WORKED]
    acts = [step for step in answered if step.kind == AISessionStep.Kind.ACTION and not step.outcome]
    found = worked or acts
    return found[-1] if found else None


def _told(step: AISessionStep) -> str:
    """ "Is the spooler running? – No, stopped since 8": the step, its answer, what was written."""
    said = " ".join(step.response.split())[:SAID].rstrip(".")
    return " – ".join(part for part in (step.title.rstrip("."), step.chosen_label or "", said) if part)


def _sentence(text: str) -> str:
    plain = text.strip()
    return plain if plain.endswith((".", "!", "?")) else f"{plain}."
