"""Verbs of a session and its flow: pin a version, go on to its next step, leave it, come back to it."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from flowpilot.accounts.models import User
from flowpilot.ai.offline.guiding.telling import body_with_script, kind_of
from flowpilot.flows.document import Node, parse
from flowpilot.flows.models import FlowVersion
from sessions import actions, confidence
from sessions.actions.writing import lock, log, save
from sessions.confidence import Confidence
from sessions.models import AISession, AISessionStep, tier_for
from sessions.rules import Incomplete, refuse_foreign, refuse_unless, refuse_unless_holder
from sessions.walking import due

ACTIVE = {AISession.Status.ACTIVE}


@transaction.atomic
def follow(
    session: AISession,
    *,
    version: FlowVersion,
    score: float | None = None,
    probability: float | None = None,
    by: User,
) -> None:
    """Pin a version of a flow and show its first step. Steps of a flow that was followed before stay as what
    was done; a step that waits for its answer is dropped.

    `score`: raw similarity of the match, 0.0–1.0; `probability`: calibrated, that the flow resolves it.
    """
    locked = _locked(session, "follow", by)
    refuse_foreign(by, team=None, client=None, flow_version=version)
    locked.flow_version, locked.matched_flow = version, version.flow
    locked.match_score, locked.match_probability, locked.left_flow_at = score, probability, None
    fields = ("flow_version", "matched_flow", "match_score", "match_probability", "left_flow_at")
    _drop_open_step(locked, session)
    save(locked, session, *fields)
    reason = f"{version.flow.title}, {_('version %(n)s') % {'n': version.number}}"
    rate(locked, session, confidence.in_flow(probability, ()), verb="follow", reason=reason, by=by)
    go_on(session, by=by)


@transaction.atomic
def leave(session: AISession, *, reason: str, by: User) -> None:
    """Go on without the flow. It stays pinned: where and why it was left is what it can learn from."""
    locked = _locked(session, "leave_flow", by)
    if not locked.follows:
        raise Incomplete("flow", _("This session follows no flow."))
    before = confidence.in_flow(locked.match_probability, answered_in_flow(locked)).score
    locked.left_flow_at = timezone.now()
    _drop_open_step(locked, session)
    save(locked, session, "left_flow_at")
    left = confidence.after_leaving(before)
    rate(locked, session, left, verb="leave_flow", reason=reason, by=by)


@transaction.atomic
def come_back(session: AISession, *, by: User) -> None:
    """Back to the flow, at the step at which it was left."""
    locked = _locked(session, "rejoin_flow", by)
    if locked.flow_version_id is None or locked.left_flow_at is None:
        raise Incomplete("flow", _("There is no flow to go back to."))
    locked.left_flow_at = None
    _drop_open_step(locked, session)
    save(locked, session, "left_flow_at")
    sure = confidence.in_flow(locked.match_probability, answered_in_flow(locked))
    rate(locked, session, sure, verb="rejoin_flow", by=by)
    go_on(session, by=by)


@transaction.atomic
def go_on(session: AISession, *, by: User) -> AISessionStep | None:
    """Show the step of the flow that is due. None where the way ends: in a resolution or an escalation."""
    node = node_due(session)
    if node is None or not node.options:
        return None
    return actions.add_step(
        session,
        kind=kind_of(node),
        source=AISessionStep.Source.FLOW,
        title=node.title,
        body=body_with_script(node),
        options=[{"id": option.id, "label": option.label} for option in node.options],
        node_id=node.id,
        by=by,
    )


def node_due(session: AISession) -> Node | None:
    """Where the session stands in the flow that it follows; None when it follows none."""
    if session.flow_version is None or not session.follows:
        return None
    taken = [(step.node_id, step.chosen_option or None) for step in answered_in_flow(session)]
    return due(parse(session.flow_version.tree_structure), taken)


def answered_in_flow(session: AISession) -> list[AISessionStep]:
    """Answered steps of the pinned version that count, in their order."""
    rows = session.steps.filter(
        source=AISessionStep.Source.FLOW, superseded_at__isnull=True, answered_at__isnull=False
    )
    pinned = (session.flow_version_id, None)
    return [step for step in rows.order_by("step_order") if step.of_version in pinned]


def rate(
    locked: AISession, session: AISession, sure: Confidence, *, verb: str = "", reason: str = "", by: User
) -> None:
    """Write how sure it is. A new tier leaves a line in the thread, as does every `verb`."""
    before = locked.confidence_tier if locked.scored_at else ""
    locked.confidence_score, locked.confidence_reason = sure.score, sure.reason
    locked.confidence_tier, locked.scored_at = tier_for(sure.score), timezone.now()
    save(locked, session, "confidence_score", "confidence_reason", "confidence_tier", "scored_at")
    moved = (before, locked.confidence_tier) if before != locked.confidence_tier else ("", "")
    if verb or moved[0]:
        log(locked, verb or "tier", locked.status, reason=reason or sure.reason, tiers=moved, by=by)


def _locked(session: AISession, verb: str, by: User) -> AISession:
    locked = lock(session)
    refuse_unless(locked, verb, ACTIVE)
    refuse_unless_holder(locked, by)
    return locked


def _drop_open_step(locked: AISession, session: AISession) -> None:
    """A step that nobody answered is replaced by what comes now."""
    waiting = locked.steps.filter(superseded_at__isnull=True, answered_at__isnull=True)
    locked.step_count -= waiting.update(superseded_at=timezone.now())
    save(locked, session, "step_count")
