"""Escalate: what the engineer who takes over has to know."""

from uuid import UUID

from flowpilot.ai.contracts.base import Frozen, Probability, Spoken
from flowpilot.ai.contracts.facts import OpenSession, SimilarSession


class EscalateRequest(Frozen):
    session: OpenSession
    reason: str = ""
    """Why the engineer hands it over, in the engineer's words."""
    similar: tuple[SimilarSession, ...] = ()
    """Resolved ones, the most similar first, with their steps."""


class TriedStep(Frozen):
    step: str
    """Title of the step, or what was tried before the session."""
    outcome: str
    """In words: the chosen answer or the outcome, and what the engineer wrote."""


class Hypothesis(Frozen):
    text: str
    confidence: Probability


class MissingCheck(Frozen):
    """Something that similar sessions did and this one did not."""

    text: str
    done_in_similar: int
    """In how many of the request's `similar` sessions it was done: counted by code, in both engines."""


class EscalateResult(Spoken):
    """`steps_tried`, `missing_checks` and `evidence` are drawn from the request by code, in both engines."""

    summary: str
    """What is the matter and where it stands, at most 2,000 characters of Markdown."""
    impact: str
    """Who is affected and how badly; empty: not known."""
    steps_tried: tuple[TriedStep, ...]
    ruled_out: tuple[str, ...]
    """Causes that the steps exclude, one sentence each."""
    hypotheses: tuple[Hypothesis, ...]
    """Likeliest first."""
    suggestions: tuple[str, ...]
    """What to do next, the best first."""
    missing_checks: tuple[MissingCheck, ...]
    """The most common first."""
    evidence: tuple[UUID, ...]
    """Ids of the steps, and of the similar sessions, that the above rests on; all from the request."""
