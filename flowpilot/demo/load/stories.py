"""One made-up session: its row, its steps and its events, as the verbs of `sessions` leave them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from flowpilot.demo.chance import weighted
from flowpilot.demo.history import dated_id
from flowpilot.demo.load.ground import Ground
from flowpilot.demo.load.problems import Problem
from flowpilot.demo.load.tables import Row
from flowpilot.flows.models import FlowVersion
from sessions.models import AISession, tier_for

Status = AISession.Status
ENDINGS: Sequence[tuple[str, float]] = [
    (Status.RESOLVED, 74),
    (Status.ESCALATED, 12),
    (Status.ABANDONED, 7),
    (Status.ACTIVE, 4),
    (Status.PAUSED, 2),
    (Status.REQUESTING_ESCALATION, 1),
]
INTAKES: Sequence[tuple[str, float]] = [
    (AISession.Intake.FREE_TEXT, 45),
    (AISession.Intake.PSA_TICKET, 40),
    (AISession.Intake.LOG_PASTE, 10),
    (AISession.Intake.COMBINED, 5),
]
TYPICAL_MINUTES, SPREAD = 3.3, 0.7
"""Of the logarithm of a duration in minutes: half of the sessions take less than 27."""
RATED, FOLLOWED, NOT_SCORED, WITHOUT_SUMMARY = 0.3, 0.6, 0.1, 0.03
ANSWERS = ("Done, no change", "Tried it", "As expected", "Same message again", "")
LABELS = {"question": ("Yes", "No"), "action": ("Solved", "Not solved")}
CHOICES = {
    kind: json.dumps([{"id": f"o{place}", "label": label} for place, label in enumerate(labels, 1)])
    for kind, labels in LABELS.items()
}


@dataclass(frozen=True)
class Plan:
    """What is decided about a session before it is told."""

    number: int
    problem: Problem
    created_at: datetime
    now: datetime
    is_pending: bool
    """Resolved and awaiting its analysis, whatever chance says."""
    is_first: bool
    """The first one about its problem is resolved as well, so that the problem can become known."""
    version: FlowVersion | None
    """The problem's flow as it was published before."""


@dataclass
class Story:
    session: Row
    steps: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)

    @property
    def is_resolved(self) -> bool:
        return bool(self.session["status"] == Status.RESOLVED)

    @property
    def minutes(self) -> float:
        return float((self.session["ended_at"] - self.session["created_at"]).total_seconds() / 60)


def tell(plan: Plan, ground: Ground, rng: Random) -> Story:
    crew = ground.crew(plan.problem.number)
    user = rng.choice(crew.people)
    status = Status.RESOLVED if plan.is_pending or plan.is_first else weighted(rng, ENDINGS)
    is_open = status in AISession.OPEN
    created = plan.now - timedelta(hours=rng.uniform(1, 90)) if is_open else plan.created_at
    ended = min(created + timedelta(minutes=1 + rng.lognormvariate(TYPICAL_MINUTES, SPREAD)), plan.now)
    version = plan.version if plan.version and not is_open and rng.random() < FOLLOWED else None
    score = 0.0 if rng.random() < NOT_SCORED else round(rng.betavariate(2.2, 1.6), 3)
    client = ground.client(rng)
    story = Story(
        {
            "id": dated_id(created, rng),
            "created_at": created,
            "updated_at": ended,
            "user_id": user.pk,
            "team_id": crew.team.pk,
            "client_id": client.pk if client else None,
            "problem_summary": None if rng.random() < WITHOUT_SUMMARY else plan.problem.title,
            "problem_domain": plan.problem.domain if rng.random() < 0.9 else None,
            "status": status,
            "confidence_score": score,
            "confidence_tier": tier_for(score),
            "scored_at": created + timedelta(seconds=2) if score else None,
            "matched_flow_id": version.flow_id if version else None,
            "flow_version_id": version.pk if version else None,
            "match_score": round(rng.uniform(0.55, 0.95), 3) if version else None,
            **_intake(plan, client.name if client else "", crew.team.name, rng),
            **_end(plan, status, created, ended, rng),
        }
    )
    story.steps = _steps(plan, story, ended, rng)
    story.session["step_count"] = len(story.steps)
    story.events = list(_events(story.session, user.pk, rng))
    return story


def _intake(plan: Plan, client: str, board: str, rng: Random) -> Row:
    kind = weighted(rng, INTAKES)
    text = rng.choice(plan.problem.reports)
    ticket, number = None, None
    if kind in (AISession.Intake.PSA_TICKET, AISession.Intake.COMBINED):
        number = str(100_000 + plan.number)
        ticket = {
            "number": number,
            "title": plan.problem.title,
            "body": text,
            "client": client,
            "board": board,
        }
    content: Row = {
        "text": text,
        "image_urls": [],
        "log_content": f"{plan.created_at:%H:%M:%S} error: {plan.problem.title}"
        if kind in (AISession.Intake.LOG_PASTE, AISession.Intake.COMBINED)
        else "",
        "ticket_data": ticket,
    }
    return {
        "intake_type": kind,
        "intake_content": json.dumps(content),
        "ticket_data": json.dumps(ticket) if ticket else None,
        "psa_ticket_id": number,
    }


def _end(plan: Plan, status: str, created: datetime, ended: datetime, rng: Random) -> Row:
    if status == Status.RESOLVED:
        pending, done = AISession.AnalysisStatus.PENDING, AISession.AnalysisStatus.COMPLETED
        return {
            "resolution_summary": plan.problem.summary,
            "resolution_action": plan.problem.fix,
            "resolution_no": 1,
            "resolved_at": ended,
            "ended_at": ended,
            "analysis_status": pending if plan.is_pending else done,
            "session_rating": rng.choice((3, 4, 4, 5, 5)) if rng.random() < RATED else None,
        }
    if status == Status.ESCALATED:
        return {
            "escalation_reason": "Needs the vendor.",
            "escalation_code": "provider",
            "escalation_destination": "Vendor support",
            "ended_at": ended,
        }
    if status == Status.ABANDONED:
        return {"ended_at": ended}
    if status == Status.REQUESTING_ESCALATION:
        return {
            "escalation_reason": "Needs somebody with access to the server.",
            "escalation_code": "access",
            "escalation_requested_at": created + (ended - created) / 2,
        }
    return {}


def _steps(plan: Plan, story: Story, ended: datetime, rng: Random) -> list[Row]:
    """What was asked and tried: in the order of the flow where one is followed, else as it came to mind."""
    problem, session = plan.problem, story.session
    followed = session["flow_version_id"] is not None
    tries = list(problem.tries)
    if not followed:
        rng.shuffle(tries)
        tries = tries[: rng.randint(1, len(tries))]
    done = [("question", problem.question), *(("action", title) for title in tries)]
    if story.is_resolved:
        done.append(("action", problem.fix))
    pace = (ended - session["created_at"]) / (len(done) + 1)
    rows = []
    for order, (kind, title) in enumerate(done, start=1):
        asked = session["created_at"] + pace * (order - 1)
        helped = story.is_resolved and order == len(done)
        rows.append(
            {
                "id": dated_id(asked, rng),
                "created_at": asked,
                "session_id": session["id"],
                "step_order": order,
                "kind": kind,
                "source": "flow" if followed else "engineer" if kind == "action" else "offline",
                "node_id": f"n{order}" if followed else "",
                "title": title,
                "options": CHOICES[kind] if followed or kind == "question" else "[]",
                **_answer(kind, helped, followed, asked + pace * 0.9, rng),
                "answered_by_id": session["user_id"],
            }
        )
    if not followed and session["status"] == Status.ACTIVE:
        rows[-1] |= _UNANSWERED
    return rows


_UNANSWERED: Row = {
    "chosen_option": "",
    "response": "",
    "outcome": "",
    "confidence_after": None,
    "answered_at": None,
    "answered_by_id": None,
}


def _answer(kind: str, helped: bool, followed: bool, at: datetime, rng: Random) -> Row:
    if kind == "question":
        return {"chosen_option": "o1", "answered_at": at, "confidence_after": 0.5}
    return {
        "chosen_option": ("o1" if helped else "o2") if followed else "",
        "outcome": "worked" if helped else "did_not_work",
        "response": "Works again" if helped else rng.choice(ANSWERS),
        "confidence_after": 0.95 if helped else round(rng.uniform(0.3, 0.8), 2),
        "answered_at": at,
    }


def _events(session: Row, user: UUID, rng: Random) -> Sequence[Row]:
    """From opening it to where it stands."""
    start, status = session["created_at"], session["status"]
    end = session["ended_at"] if "ended_at" in session else session["updated_at"]
    told = [("open", "", Status.ACTIVE, "", start)]
    if status == Status.PAUSED:
        told.append(("pause", Status.ACTIVE, status, "", end))
    elif rng.random() < 0.15:
        middle = start + (end - start) / 3
        told.append(("pause", Status.ACTIVE, Status.PAUSED, "Lunch", middle))
        told.append(("resume", Status.PAUSED, Status.ACTIVE, "", middle + (end - start) / 3))
    verbs = {
        Status.RESOLVED: ("resolve", ""),
        Status.ESCALATED: ("escalate", "Needs the vendor."),
        Status.ABANDONED: ("abandon", "The user did not answer."),
        Status.REQUESTING_ESCALATION: ("request_escalation", "Needs somebody with access to the server."),
    }
    if status in verbs:
        verb, reason = verbs[status]
        told.append((verb, Status.ACTIVE, status, reason, end))
    return [
        {
            "id": dated_id(at, rng),
            "created_at": at,
            "session_id": session["id"],
            "actor_id": user,
            "verb": verb,
            "from_status": before,
            "to_status": after,
            "reason": reason,
        }
        for verb, before, after, reason, at in told
    ]
