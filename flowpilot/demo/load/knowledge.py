"""Flows, proposals and what the learning job noted: as if one pass had looked at all ended sessions."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from django.db import connection
from django.utils.text import slugify

from flowpilot.ai.contracts import Grounding, SessionFacts, SourceSpan, StepFacts
from flowpilot.demo.chance import weighted
from flowpilot.demo.history import dated_id
from flowpilot.demo.load.ground import Ground
from flowpilot.demo.load.problems import Problem
from flowpilot.demo.load.stories import Story
from flowpilot.demo.load.tables import Row
from flowpilot.flows.models import Flow, FlowVersion, VersionSource
from proposals.grounding import grounding_json
from proposals.groups import Group
from proposals.models import FlowProposal, ProposalDecision, SessionAnalysis

Status = FlowProposal.Status
Verb = ProposalDecision.Verb
Outcome = SessionAnalysis.Outcome

STANDINGS = [(Status.PENDING, 6.0), (Status.REJECTED, 1.0), (Status.DISMISSED, 1.5), (Status.EXPIRED, 0.5)]
DECIDED = {
    Status.APPROVED: Verb.APPROVE,
    Status.REJECTED: Verb.REJECT,
    Status.DISMISSED: Verb.DISMISS,
    Status.EXPIRED: Verb.EXPIRE,
}
REVIEWED_AFTER = timedelta(days=1)
SLEEPS_UNTIL = 1000
THIN = "Too little is said about what was done. What exactly fixed it?"


@dataclass
class Known:
    """What is known about one problem."""

    version: FlowVersion | None = None
    proposal_id: UUID | None = None


@dataclass
class Learned:
    """Rows of one stretch of sessions."""

    flows: list[Row] = field(default_factory=list)
    versions: list[Row] = field(default_factory=list)
    proposals: list[Row] = field(default_factory=list)
    drafts: list[Row] = field(default_factory=list)
    decisions: list[Row] = field(default_factory=list)
    analyses: list[Row] = field(default_factory=list)
    evidence: list[Row] = field(default_factory=list)


class Learner:
    """Goes through the told sessions in their order: the first resolved one of a problem may open its
    proposal, those after it are evidence, and from its publication on they follow the flow or do not.

    So many problems get a flow, so many of these from a proposal that was approved, and so many others a
    proposal that was not.
    """

    def __init__(
        self, ground: Ground, rng: Random, *, flows: int, approved: int, proposals: int, now: datetime
    ) -> None:
        self._ground, self._rng, self._now = ground, rng, now
        self._flows, self._approved, self._proposals = flows, approved, proposals
        self._known: dict[int, Known] = {}

    def version_for(self, problem: Problem, at: datetime) -> FlowVersion | None:
        """The problem's flow, if it was published by then."""
        known = self._known.get(problem.number)
        version = known.version if known else None
        return version if version and version.published_at <= at else None

    def learn(self, problem: Problem, story: Story, into: Learned) -> None:
        if not story.is_resolved or story.session["analysis_status"] != "completed":
            return
        known = self._known.get(problem.number)
        if known is None:
            known = self._known[problem.number] = self._open(problem, story, into)
        outcome, reason = self._verdict(problem, known, story)
        speaks = outcome == Outcome.NEW_FLOW
        ended = story.session["ended_at"]
        after = min(ended + timedelta(minutes=5), self._now)
        claim = {
            "id": dated_id(after, self._rng),
            "created_at": after,
            "session_id": story.session["id"],
            "resolution_no": 1,
        }
        into.analyses.append(
            claim
            | {
                "outcome": outcome,
                "reason": reason,
                "proposal_id": known.proposal_id if speaks else None,
                "finished_at": after,
            }
        )
        if speaks:
            into.evidence.append(claim | {"id": dated_id(after, self._rng), "proposal_id": known.proposal_id})

    def _verdict(self, problem: Problem, known: Known, story: Story) -> tuple[str, str]:
        if story.session["flow_version_id"]:
            return Outcome.REINFORCED, f"Followed “{problem.title}” v1 to its resolution."
        if self.version_for(problem, story.session["created_at"]):
            return (
                Outcome.NOTHING,
                f"“{problem.title}” is published already and covers this, but was not followed.",
            )
        if known.proposal_id:
            return Outcome.NEW_FLOW, ""
        return Outcome.NOTHING, THIN

    def _open(self, problem: Problem, story: Story, into: Learned) -> Known:
        """The first resolved session of a problem: a proposal and a flow, as long as some are wanted."""
        wants_flow = self._flows > 0
        wants_proposal = (self._approved if wants_flow else self._proposals) > 0
        self._flows -= wants_flow
        self._approved -= wants_flow and wants_proposal
        self._proposals -= wants_proposal and not wants_flow
        seen = story.session["ended_at"]
        at = min(seen + REVIEWED_AFTER, self._now)
        group = Group(story.session["team_id"], (facts_of(story, problem),))
        grounding = json.dumps(_grounding(group.members[0], problem))
        source = VersionSource.PROPOSAL if wants_proposal else VersionSource.EDIT
        version = self._publish(problem, story, grounding, source, at, into) if wants_flow else None
        if not wants_proposal:
            return Known(version)
        proposal = self._propose(problem, group, grounding, version, at, into)
        return Known(version, proposal)

    def _publish(
        self,
        problem: Problem,
        story: Story,
        grounding: str,
        source: VersionSource,
        at: datetime,
        into: Learned,
    ) -> FlowVersion:
        flow_id = dated_id(at, self._rng)
        version = FlowVersion(id=dated_id(at, self._rng), flow_id=flow_id, number=1, published_at=at)
        owner = self._ground.admin.pk
        into.flows.append(
            {
                "id": flow_id,
                "created_at": at,
                "updated_at": at,
                "title": problem.title,
                "slug": slugify(problem.title)[:70],
                "summary": problem.summary,
                "domain": problem.domain,
                "team_id": story.session["team_id"],
                "status": Flow.Status.PUBLISHED,
                "current_version_id": version.pk,
                "owner_id": owner,
            }
        )
        into.versions.append(
            {
                "id": version.pk,
                "created_at": at,
                "flow_id": flow_id,
                "number": 1,
                "tree_structure": problem.tree_json,
                "grounding": grounding,
                "source": source,
                "published_by_id": owner,
                "published_at": at,
            }
        )
        return version

    def _propose(
        self,
        problem: Problem,
        group: Group,
        grounding: str,
        version: FlowVersion | None,
        at: datetime,
        into: Learned,
    ) -> UUID:
        status = Status.APPROVED if version else weighted(self._rng, STANDINGS)
        proposal_id, draft_id = dated_id(at, self._rng), dated_id(at, self._rng)
        texts = {"title": problem.title, "summary": problem.summary, "why": "Came up in resolved sessions."}
        person = self._ground.admin.pk if status in DECIDED and status != Status.EXPIRED else None
        into.proposals.append(
            texts
            | {
                "id": proposal_id,
                "created_at": at,
                "updated_at": at,
                "proposal_type": FlowProposal.Type.NEW_FLOW,
                "status": status,
                "problem_domain": problem.domain,
                "team_id": group.team_id,
                "current_draft_id": draft_id,
                "confidence": round(self._rng.uniform(0.3, 0.95), 3),
                "fingerprint": group.fingerprint,
                "terms": group.terms,
                "wake_at_evidence": SLEEPS_UNTIL if status == Status.DISMISSED else None,
                "expires_at": self._now + timedelta(days=self._rng.randint(1, 90)),
                "reviewed_by_id": person,
                "reviewed_at": at if person else None,
                "published_version_id": version.pk if version else None,
            }
        )
        into.drafts.append(
            texts
            | {
                "id": draft_id,
                "created_at": at,
                "proposal_id": proposal_id,
                "number": 1,
                "tree": problem.tree_json,
                "grounding": grounding,
                "engine": "offline",
                "basis": json.dumps([str(group.members[0].id)]),
                "made_at": at,
            }
        )
        if status in DECIDED:
            into.decisions.append(
                {
                    "id": dated_id(at, self._rng),
                    "created_at": at,
                    "proposal_id": proposal_id,
                    "draft_id": draft_id,
                    "verb": DECIDED[Status(status)],
                    "actor_id": person,
                    "reason_code": "wrong_fix" if status == Status.REJECTED else "",
                    "published_tree": problem.tree_json if version else None,
                    "published_version_id": version.pk if version else None,
                }
            )
        return proposal_id


def facts_of(story: Story, problem: Problem) -> SessionFacts:
    """The session as the learning job sees it."""
    session = story.session
    return SessionFacts(
        id=session["id"],
        title=session["problem_summary"] or json.loads(session["intake_content"])["text"],
        text=json.loads(session["intake_content"])["text"],
        domain=session["problem_domain"],
        steps=tuple(
            StepFacts(
                id=step["id"],
                order=step["step_order"],
                kind=step["kind"],
                source=step["source"],
                title=step["title"],
                response=step.get("response", ""),
                outcome=step.get("outcome") or None,
            )
            for step in story.steps
        ),
        resolution=problem.summary,
        resolution_action=problem.fix,
        ended_at=session["ended_at"],
        minutes=story.minutes,
    )


def _grounding(facts: SessionFacts, problem: Problem) -> dict[str, object]:
    """Every step of the tree that the session took, from the very step."""
    steps = {step.title: step for step in facts.steps}
    spans: Grounding = {
        str(node["id"]): (
            SourceSpan(
                session=facts.id,
                step=steps[node["title"]].id,
                field="step.title",
                start=0,
                end=len(node["title"]),
            ),
        )
        for node in problem.tree["nodes"]
        if node["title"] in steps
    }
    return grounding_json(spans, [facts])


COUNT = """
WITH counted AS (
  SELECT evidence.proposal_id, count(*) AS sessions, count(DISTINCT session.client_id) AS clients,
    max(session.ended_at) AS last,
    percentile_cont(0.5) WITHIN GROUP (
      ORDER BY extract(epoch FROM session.ended_at - session.created_at) / 60) AS minutes
  FROM proposals_proposalevidence evidence JOIN ai_sessions session ON session.id = evidence.session_id
  WHERE evidence.account_id = %(account)s AND evidence.created_at >= %(since)s GROUP BY 1
)
UPDATE proposals_flowproposal proposal SET evidence_count = sessions, client_count = clients,
  last_seen_at = last, impact = round((sessions * minutes)::numeric, 1),
  wake_at_evidence = CASE WHEN status = 'dismissed' THEN 2 * sessions END
FROM counted WHERE counted.proposal_id = proposal.id
"""
TELL = """
UPDATE proposals_sessionanalysis analysis SET reason =
  'Proposed from ' || evidence_count || CASE evidence_count WHEN 1 THEN ' session.' ELSE ' sessions.' END
FROM proposals_flowproposal proposal
WHERE analysis.proposal_id = proposal.id AND analysis.account_id = %(account)s AND analysis.reason = ''
"""


def count(account_id: UUID, since: datetime) -> None:
    """What the proposals and the analyses say about the number of their sessions."""
    with connection.cursor() as cursor:
        for command in (COUNT, TELL):
            cursor.execute(command, {"account": account_id, "since": since})
