"""Replay: sessions of a known truth, walked through trees that were edited with and without harm."""

import random
from collections.abc import Sequence
from functools import cache

from flowpilot.ai.contracts import Grounding, SessionFacts
from flowpilot.ai.offline.guiding.repeats import alike, words_of
from flowpilot.ai.offline.guiding.replaying import replay, traces_of
from flowpilot.flows.document import InvalidTree, Tree
from tests.ai.edits import HARMFUL, HARMLESS, Edit, fixes, pruned
from tests.ai.planted import Truth, follow
from tests.ai.test_planted_truth import Mined, mined

EDITS, TREES = 50, 20
FLAGGED, FALSELY = 0.95, 0.05


def lost(before: Tree, after: Tree, sessions: Sequence[SessionFacts], grounding: Grounding) -> int:
    """How many sessions fare worse after the edit. Of a step that says something else now, it is not known
    any more where it comes from."""
    kept = {
        key: spans
        for key, spans in grounding.items()
        if key in after and alike(words_of(before.node(key).title), words_of(after.node(key).title))
    }
    return sum(
        replay(each, after, traces_of(kept, each.id)).worse_than(
            replay(each, before, traces_of(grounding, each.id))
        )
        for each in sessions
    )


def leads_everybody_right(tree: Tree, truth: Truth) -> bool:
    return all(follow(tree, truth, cause).found for cause in truth.causes)


@cache
def known(seed: int) -> Mined:
    return mined(seed)


def edited(edits: Sequence[Edit], *, harmful: bool) -> list[tuple[Tree, Tree, list[SessionFacts], Grounding]]:
    """Mined trees before and after an edit, with the sessions that they stand on; the planted truth says
    whether the edit does harm, however it was meant."""
    found: list[tuple[Tree, Tree, list[SessionFacts], Grounding]] = []
    for seed in range(200):
        if len(found) == EDITS:
            break
        whole, rng = known(seed % TREES), random.Random(f"edit {seed}")
        if len(fixes(whole.tree)) < 2:
            continue
        try:
            after = pruned(edits[seed % len(edits)](whole.tree, rng))
        except InvalidTree:
            continue
        if leads_everybody_right(whole.tree, whole.truth) and harmful != leads_everybody_right(
            after, whole.truth
        ):
            resolved = [each for each in whole.sessions if each.outcome == "resolved"]
            found.append((whole.tree, after, resolved, whole.flow.grounding))
    return found


def test_harmful_edits_are_flagged() -> None:
    cases = edited(HARMFUL, harmful=True)

    flagged = [case for case in cases if lost(*case)]
    assert len(cases) == EDITS
    assert len(flagged) >= FLAGGED * EDITS


def test_harmless_edits_are_not() -> None:
    cases = edited(HARMLESS, harmful=False)

    flagged = [case for case in cases if lost(*case)]
    assert len(cases) == EDITS
    assert len(flagged) <= FALSELY * EDITS
