"""How a session goes on from state to state and ends: the events, and what the verbs left behind.

Each function writes the trail that the verbs of `sessions.actions` would have written.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from flowpilot.demo.casting import Cast
from flowpilot.demo.chance import weighted
from flowpilot.demo.material import Problem, Voices
from flowpilot.demo.plots import Plot
from flowpilot.demo.shapes import DemoEnd, DemoEvent, DemoStep
from sessions.endings.worked import minutes_worked

_PAUSED = 0.08
_HANDED_OVER = 0.05
_CAME_BACK = 0.04
_RATED = 0.6
_IDLE_DAYS = 14
_RATINGS = {
    True: [(5, 0.55), (4, 0.35), (3, 0.08), (2, 0.02)],
    False: [(5, 0.2), (4, 0.35), (3, 0.25), (2, 0.15), (1, 0.05)],
}
"""With a flow that helped, and without."""


@dataclass
class Trail:
    """A session being told: its steps, its events and the state that it is in."""

    rng: Random
    cast: Cast
    voices: Voices
    start: datetime
    steps: list[DemoStep]
    now: datetime
    followed: bool = False
    """Whether it went by a flow, to its end or not."""
    events: list[DemoEvent] = field(default_factory=list)
    status: str = ""
    holder: str = ""

    def __post_init__(self) -> None:
        self.holder = self.cast.engineer
        self.move(self.start, "open", "active")

    @property
    def last(self) -> datetime:
        answered = [step.answered_at or step.asked_at for step in self.steps]
        return max([self.start, *answered, *(event.at for event in self.events)])

    def move(
        self, at: datetime, verb: str, after: str, *, reason: str = "", system: bool = False
    ) -> datetime:
        actor = None if system else self.holder
        self.events.append(DemoEvent(at, verb, self.status, after, reason, actor))
        self.status = after
        return at

    def later(self, low: float, high: float) -> datetime:
        """Some minutes after the last thing that happened, never beyond now."""
        return min(self.last + timedelta(minutes=self.rng.uniform(low, high)), self.now)

    def push_back(self, first: int, gap: timedelta) -> None:
        """Let the steps from place `first` on happen later."""
        self.steps[first:] = [_moved(step, gap) for step in self.steps[first:]]

    def interrupt(self) -> None:
        """Now and then work is paused between two steps, for some hours at most."""
        if len(self.steps) < 2 or self.rng.random() >= _PAUSED:
            return
        place = self.rng.randrange(1, len(self.steps))
        pause = timedelta(minutes=self.rng.uniform(20, 300))
        before = self.steps[place - 1].answered_at or self.start
        self.push_back(place, pause)
        reason = self.rng.choice(self.voices.pause_reasons)
        self.move(before + timedelta(seconds=1), "pause", "paused", reason=reason)
        self.move(before + pause, "resume", "active")

    def end(self, problem: Problem, plot: Plot, status: str) -> DemoEnd:
        """Bring the session to `status`, by the verbs that lead there."""
        if status == "resolved":
            return self._resolve(problem, plot)
        if status == "escalated":
            return self._escalate(problem, plot)
        if status == "abandoned":
            return self._abandon()
        if status == "paused":
            self.move(self.later(1, 5), "pause", "paused", reason=self.rng.choice(self.voices.pause_reasons))
        if status == "requesting_escalation":
            return self._request(problem, self.rng.choice(self.voices.handover_reasons))
        return DemoEnd(status)

    def _request(self, problem: Problem, reason: str) -> DemoEnd:
        at = self.move(self.later(1, 5), "request_escalation", "requesting_escalation", reason=reason)
        package = _package(problem, self.steps)
        return DemoEnd(
            "requesting_escalation",
            escalation_reason=reason,
            escalation_code=self.voices.escalation_codes.get(reason, ""),
            escalation_package=package,
            escalation_requested_at=at,
        )

    def _escalate(self, problem: Problem, plot: Plot) -> DemoEnd:
        """Handed outside; every second time a colleague was asked in vain before."""
        reason = plot.reason or self.rng.choice(problem.escalations)
        asked = DemoEnd("")
        if self.rng.random() < 0.5:
            asked = self._request(problem, reason)
        destination = self.rng.choice(self.voices.destinations)
        at = self.move(self.later(2, 25), "escalate", "escalated", reason=reason)
        return replace(
            asked,
            status="escalated",
            ended_at=at,
            escalation_reason=reason,
            escalation_code=self.voices.escalation_codes[destination],
            escalation_destination=destination,
            **self._rating(plot),
        )

    def _abandon(self) -> DemoEnd:
        """By hand, or by the sweep two weeks later."""
        if self.last + timedelta(days=_IDLE_DAYS, hours=8) < self.now and self.rng.random() < 0.5:
            at = self.last + timedelta(days=_IDLE_DAYS, hours=self.rng.uniform(0.1, 8))
            reason = f"Nothing happened for {_IDLE_DAYS} days."
            return DemoEnd("abandoned", self.move(at, "abandon", "abandoned", reason=reason, system=True))
        reason = self.rng.choice(self.voices.abandon_reasons)
        return DemoEnd("abandoned", self.move(self.later(5, 90), "abandon", "abandoned", reason=reason))

    def _resolve(self, problem: Problem, plot: Plot) -> DemoEnd:
        handed_over = self._hand_over(problem) if self.rng.random() < _HANDED_OVER else DemoEnd("")
        at = self._say_resolved(plot, self.later(1, 6))
        end = replace(
            handed_over,
            status="resolved",
            ended_at=at,
            resolved_at=at,
            resolution_no=1,
            resolution_summary=plot.summary,
            resolution_action=plot.action,
            root_cause=problem.root_cause,
            worked_minutes=self._worked(at),
            flow_helped=plot.guided if self.followed else None,
            **self._rating(plot),
        )
        if at + timedelta(days=4) < self.now and self.rng.random() < _CAME_BACK:
            return self._resolve_again(plot, end)
        return end

    def _say_resolved(self, plot: Plot, at: datetime) -> datetime:
        return self.move(at, "resolve", "resolved", reason=f"{plot.summary.strip()}\n{plot.action.strip()}")

    def _worked(self, until: datetime) -> int:
        """As the dialog of a resolution suggests it."""
        signs = [at for step in self.steps for at in (step.asked_at, step.answered_at) if at]
        return minutes_worked([(event.at, event.after) for event in self.events], signs, until)

    def _hand_over(self, problem: Problem) -> DemoEnd:
        """A colleague takes over before the last step and brings it to its end."""
        place = len(self.steps) - 1
        if place < 1 or len(self.events) > 1:
            return DemoEnd("")
        rest, gap = self.steps[place:], timedelta(minutes=self.rng.uniform(8, 70))
        del self.steps[place:]
        reason = self.rng.choice(self.voices.handover_reasons)
        asked = self._request(problem, reason)
        self.holder = self.cast.colleague
        self.move(min(self.last + gap, self.now), "accept_escalation", "active")
        self.steps += [_moved(step, self.last - step.asked_at + timedelta(minutes=1)) for step in rest]
        return replace(asked, escalated_to=self.cast.colleague)

    def _resolve_again(self, plot: Plot, end: DemoEnd) -> DemoEnd:
        """Reopened within days, a note of what was done, resolved for good."""
        reopened = self.move(
            self.later(600, 4000), "reopen", "active", reason=self.rng.choice(self.voices.reopen_reasons)
        )
        asked, answered = self.later(2, 6), self.later(10, 60)
        note = replace(
            self.steps[-1],
            kind="note",
            source="engineer",
            node_id="",
            title="What was done when it came back",
            body="",
            options=(),
            chosen=None,
            response=self.rng.choice(self.voices.came_back),
            outcome="",
            asked_at=asked,
            answered_at=max(asked, answered),
        )
        self.steps.append(note)
        at = self._say_resolved(plot, self.later(1, 5))
        return replace(
            end,
            worked_minutes=self._worked(at),
            ended_at=at,
            resolved_at=at,
            resolution_no=2,
            reopened_at=reopened,
        )

    def _rating(self, plot: Plot) -> dict[str, Any]:
        if self.rng.random() >= _RATED:
            return {}
        rating = weighted(self.rng, _RATINGS[plot.guided and bool(plot.summary)])
        words = self.voices.praise if rating >= 4 else self.voices.complaints
        return {"rating": rating, "feedback": self.rng.choice(words) if self.rng.random() < 0.4 else None}


def _moved(step: DemoStep, by: timedelta) -> DemoStep:
    answered = step.answered_at + by if step.answered_at else None
    return replace(step, asked_at=step.asked_at + by, answered_at=answered)


def _package(problem: Problem, steps: list[DemoStep]) -> dict[str, Any]:
    """The escalation package of SHAPES, as the rules would have put it together."""
    tried = [{"step": step.title, "outcome": step.outcome or _answer(step)} for step in steps]
    return {
        "summary": problem.summaries[0],
        "impact": "",
        "steps_tried": tried,
        "ruled_out": [step.title for step in steps if step.outcome == "did_not_work"],
        "hypotheses": [{"text": text, "confidence": 0.4} for text in problem.hypotheses],
        "suggestions": list(problem.suggestions),
        "missing_checks": [],
        "evidence": [],
        "engine": "offline",
    }


def _answer(step: DemoStep) -> str:
    return step.chosen.label if step.chosen else step.response
