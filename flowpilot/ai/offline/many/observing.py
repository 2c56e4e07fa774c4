"""From the steps of sessions to observations: what was asked and answered, what was tried and helped.

A step is either a *test* (it was answered, and answers may tell causes apart) or a *remedy* (an act that
helped or did not). Notes are neither. The fix of a resolved session is the remedy that its resolution
names, else the last that worked; where steps say nothing, the resolution itself is the remedy.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal
from uuid import UUID

from flowpilot.ai.contracts import SessionFacts, StepFacts
from flowpilot.ai.offline.many.words import SAME_MEANING, answer_key, read, similarity, verdict_of

Role = Literal["test", "remedy"]
Verdict = Literal["worked", "failed", "listed"]
Field = Literal[
    "title", "text", "resolution", "resolution_action", "step.title", "step.body", "step.response"
]

_METHOD: Final = re.compile(
    r"^\s*(?:(?:method|option|solution|resolution|workaround|step|fix|way)\s*#?\d*\s*[:.)–-]+|\d+[.)])\s*",
    re.IGNORECASE,
)
_BARE_METHOD: Final = re.compile(
    r"^\s*(?:method|option|solution|resolution|workaround|step|fix|way)s?\s*#?\d*\s*$", re.IGNORECASE
)
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+(?=[A-Z])|\n")
_LONGEST_WORDING: Final = 160


@dataclass(frozen=True)
class Observation:
    """One test or remedy in one session. `session` is its place in the sorted cluster."""

    session: int
    order: int
    role: Role
    kind: str
    wording: str
    also: tuple[str, ...] = ()
    """Other wordings of the same thing in this session (the resolution that names the step)."""
    body: str = ""
    step: UUID | None = None
    field: Field = "step.title"
    length: int = 0
    """Characters of that field."""
    flow_node: tuple[str, str] | None = None
    """Flow and node that the step came from."""
    answer: str | None = None
    """As it was said; None if there was no answer or nobody could tell."""
    options: tuple[str, ...] = ()
    response_length: int = 0
    verdict: Verdict | None = None

    @property
    def answer_key(self) -> str:
        """What the answer says, see `many_words.answer_key`; "" if there is none."""
        return answer_key(self.answer or "", self.options)

    @property
    def offered(self) -> frozenset[str]:
        """What each of the offered answers says."""
        return frozenset(answer_key(option, self.options) for option in self.options) - {""}

    @property
    def told(self) -> bool:
        """Whether only the resolution tells of it, as something done, and no step does."""
        return self.step is None


@dataclass(frozen=True)
class Observed:
    """A session as the miner sees it. `fixes` are indices into `observations`; several if it is not known
    which of the listed methods helped."""

    session: SessionFacts
    observations: tuple[Observation, ...]
    fixes: tuple[int, ...]


def observe(sessions: Sequence[SessionFacts]) -> list[Observed]:
    """Sessions sorted by id, each with its tests, remedies and fix."""
    ordered = sorted(sessions, key=lambda session: session.id)
    return [_observed(place, session) for place, session in enumerate(ordered)]


def wording_of(step: StepFacts) -> str:
    """The step's title without "Method 2:"; where that leaves nothing, the first sentence of its body."""
    title = _METHOD.sub("", step.title).strip()
    if (title and not _BARE_METHOD.match(title)) or not step.body.strip():
        return title or step.title.strip()
    return first_sentence(step.body)


def first_sentence(text: str) -> str:
    """The first sentence or line with words in it, without list marks, at most 160 characters."""
    lines = (re.sub(r"^[\s>*#-]+|^\s*\d+[.)]\s*", "", line).strip() for line in _SENTENCE.split(text))
    line = next((line for line in lines if line and not _BARE_METHOD.match(line.rstrip(":"))), "")
    if len(line) <= _LONGEST_WORDING:
        return line
    return line[:_LONGEST_WORDING].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def _observed(place: int, session: SessionFacts) -> Observed:
    steps = sorted(session.steps, key=lambda step: (step.order, step.id))
    found = [seen for order, step in enumerate(steps) if (seen := _from_step(place, order, session, step))]
    if session.outcome != "resolved":
        return Observed(session, tuple(_doubted(found)), ())
    return _with_fix(session, found, place, len(steps))


def _doubted(observations: list[Observation]) -> list[Observation]:
    """A method that an unresolved session merely lists has not helped."""
    return [replace(seen, verdict="failed") if seen.verdict is not None else seen for seen in observations]


def _from_step(place: int, order: int, session: SessionFacts, step: StepFacts) -> Observation | None:
    wording = wording_of(step)
    if not wording or (step.kind == "note" and step.outcome != "worked"):
        return None
    seen = Observation(
        session=place,
        order=order,
        role="remedy",
        kind=step.kind,
        wording=wording,
        body=step.body.strip(),
        step=step.id,
        length=len(step.title),
        flow_node=_flow_node(session, step),
        response_length=len(step.response),
    )
    answer = step.chosen or first_sentence(step.response)
    if _is_test(step, answer):
        return replace(seen, role="test", answer=answer or _outcome_as_answer(step), options=step.options)
    return replace(seen, verdict=_verdict(step))


def _flow_node(session: SessionFacts, step: StepFacts) -> tuple[str, str] | None:
    if session.flow is None or step.source != "flow" or step.node_id is None:
        return None
    return str(session.flow.flow_id), step.node_id


def _is_test(step: StepFacts, answer: str) -> bool:
    if step.kind in ("question", "check"):
        return True
    if step.kind == "note" or step.outcome in ("worked", "did_not_work"):
        return False
    return bool(step.chosen) and verdict_of(answer) is None


def _outcome_as_answer(step: StepFacts) -> str | None:
    return {"worked": "Yes", "did_not_work": "No"}.get(step.outcome or "")


def _verdict(step: StepFacts) -> Verdict | None:
    if step.outcome in ("skipped", "unclear"):
        return None
    said = verdict_of(step.chosen) if step.chosen else None
    if step.outcome == "worked" or (step.outcome is None and said is True):
        return "worked"
    if step.outcome == "did_not_work" or said is False:
        return "failed"
    return "listed"


def _with_fix(session: SessionFacts, found: list[Observation], place: int, length: int) -> Observed:
    candidates = [i for i, seen in enumerate(found) if seen.verdict in ("worked", "listed")]
    worked = [i for i in candidates if found[i].verdict == "worked"]
    named = session.resolution_action.strip()
    if named:
        return _with_named_fix(session, found, candidates, worked, place, length)
    if worked:
        return Observed(session, tuple(found), (worked[-1],))
    if candidates:
        return Observed(session, tuple(found), tuple(candidates))
    told = _told(session, place, length)
    return Observed(session, (*found, *told), tuple(range(len(found), len(found) + len(told))))


def _with_named_fix(
    session: SessionFacts,
    found: list[Observation],
    candidates: list[int],
    worked: list[int],
    place: int,
    length: int,
) -> Observed:
    """The step that the resolution names; else the last that worked, which it tells in other words."""
    named = first_sentence(session.resolution_action)
    meant = _meant(named, found, candidates)
    if meant is None and not worked:
        told = _told(session, place, length)
        return Observed(session, (*found, *told), tuple(range(len(found), len(found) + len(told))))
    fix = worked[-1] if meant is None else meant
    also = (named,) if meant is not None or _may_be_reworded(named, found[fix]) else ()
    helped = replace(found[fix], verdict="worked", also=also)
    return Observed(session, (*found[:fix], helped, *found[fix + 1 :]), (fix,))


def _meant(named: str, found: list[Observation], candidates: list[int]) -> int | None:
    """The remedy whose wording is closest to the one that the resolution names; the latest of equals."""
    scored = [(similarity(read(named), read(found[i].wording), {}), i) for i in candidates]
    best = max(scored, default=(0.0, 0))
    return best[1] if best[0] >= SAME_MEANING else None


def _may_be_reworded(named: str, last: Observation) -> bool:
    """Whether these can be two wordings of one act: one holds no known word, or they share one."""
    one, other = read(named), read(last.wording)
    return one.opaque or other.opaque or not one.concepts.isdisjoint(other.concepts)


def _told(session: SessionFacts, place: int, order: int) -> tuple[Observation, ...]:
    """The remedy as the resolution tells it, for a session whose steps do not hold it."""
    field: Field = "resolution_action" if session.resolution_action.strip() else "resolution"
    text = getattr(session, field)
    wording = first_sentence(text)
    if not wording:
        return ()
    body = text.strip() if len(text.strip()) > len(wording) else ""
    return (
        Observation(
            session=place,
            order=order,
            role="remedy",
            kind="action",
            wording=wording,
            body=body,
            field=field,
            length=len(text),
            verdict="worked",
        ),
    )
