"""What of a hand-over is counted and not thought: the same for every engine.

Steps tried, checks that similar sessions had and this one has not, and the ids that all of it rests on come
from the request alone; an engine adds words, causes and suggestions.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from flowpilot.ai.contracts import (
    EscalateRequest,
    MissingCheck,
    OpenSession,
    SimilarSession,
    StepFacts,
    TriedStep,
)
from flowpilot.ai.offline.guiding.repeats import Done, alike, done_before, is_answered, words_of

MISSING: Final = 10
"""Checks that are named at most."""
_SAID: Final = 300
"""Characters of an engineer's words that go along."""


def steps_tried(session: OpenSession) -> tuple[TriedStep, ...]:
    """What was tried before the session, then its answered steps, in their order."""
    before = [TriedStep(step=text, outcome=_("Tried before the session")) for text in session.entities.tried]
    taken = [step for step in session.steps if is_answered(step) and step.kind != "note"]
    return (*before, *(TriedStep(step=step.title, outcome=outcome_of(step)) for step in taken))


def outcome_of(step: StepFacts) -> str:
    """The chosen answer or the outcome in words, and what the engineer wrote."""
    outcomes = {
        "worked": _("Worked"),
        "did_not_work": _("Did not work"),
        "unclear": _("Unclear"),
        "skipped": _("Skipped"),
    }
    told = step.chosen or outcomes.get(step.outcome or "", "")
    said = " ".join(step.response.split())[:_SAID]
    return " – ".join(part for part in (told, said) if part)


def missing_checks(request: EscalateRequest) -> tuple[MissingCheck, ...]:
    """What the similar sessions did and this one did not, the most common first; alike steps are one."""
    done = done_before(request.session)
    found: list[tuple[Done, set[UUID]]] = []
    for similar in sorted(request.similar, key=lambda each: each.id):
        for title in _acts(similar):
            each = Done(title, words_of(title), frozenset())
            if any(alike(each.words, known.words) for known in done):
                continue
            home = next((ids for known, ids in found if alike(known.words, each.words)), None)
            if home is None:
                found.append((each, {similar.id}))
            else:
                home.add(similar.id)
    checks = [MissingCheck(text=each.text, done_in_similar=len(ids)) for each, ids in found]
    return tuple(sorted(checks, key=lambda check: (-check.done_in_similar, check.text))[:MISSING])


def evidence(request: EscalateRequest) -> tuple[UUID, ...]:
    """Ids of the answered steps and of the similar sessions."""
    taken = (step.id for step in request.session.steps if is_answered(step))
    return (*taken, *(similar.id for similar in request.similar))


def _acts(similar: SimilarSession) -> Sequence[str]:
    """What a similar session asked and did, its fix included, each once."""
    steps = (step.title for step in similar.steps if step.kind != "note" and step.outcome != "skipped")
    titles = (*steps, " ".join(similar.resolution_action.split()))
    return tuple(dict.fromkeys(title for title in titles if words_of(title).concepts))
