"""Verbs of a session and its flow: pin a version, go on to its next step, leave it, come back to it."""

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from flowpilot.accounts.models import User
from flowpilot.ai.offline.guiding.telling import body_with_script, kind_of
from flowpilot.flows.document import Node, parse
from flowpilot.flows.models import Flow, FlowVersion
from sessions import actions, confidence
from sessions.actions.writing import lock, log, save, stop_turns, supersede
from sessions.confidence import Confidence
from sessions.models import SCORED, AISession, AISessionStep
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
    flow = Flow.objects.select_for_update(of=("self",), no_key=True).get(pk=version.flow_id)
    if flow.status == Flow.Status.RETIRED:
        raise Incomplete("flow", _("This flow was retired."))
    if locked.follows and locked.flow_version_id == version.pk:
        raise Incomplete("flow", _("This session follows that flow already."))
    locked.flow_version, locked.matched_flow = version, flow
    locked.match_score, locked.match_probability, locked.left_flow_at = score, probability, None
    fields = ("flow_version", "matched_flow", "match_score", "match_probability", "left_flow_at")
    _drop_what_waits(locked, session)
    save(locked, session, *fields)
    reason = f"{flow.title}, {_('version %(n)s') % {'n': version.number}}"
    # Taken up again, it goes on where it stood, and what it was told by then counts.
    sure = confidence.in_flow(probability, evidence(locked))
    rate(locked, session, sure, verb="follow", reason=reason, by=by)
    go_on(session, by=by)


@transaction.atomic
def leave(session: AISession, *, reason: str, by: User) -> None:
    """Go on without the flow. It stays pinned: where and why it was left is what it can learn from."""
    locked = _locked(session, "leave_flow", by)
    if not locked.follows:
        raise Incomplete("flow", _("This session follows no flow."))
    before = confidence.in_flow(locked.match_probability, evidence(locked)).score
    locked.left_flow_at = timezone.now()
    _drop_what_waits(locked, session)
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
    _drop_what_waits(locked, session)
    save(locked, session, "left_flow_at")
    sure = confidence.in_flow(locked.match_probability, evidence(locked))
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
    return [step for step in evidence(session) if step.source == AISessionStep.Source.FLOW]


def evidence(session: AISession) -> list[AISessionStep]:
    """What speaks for or against the pinned version, in its order: its answered steps, and the scripts that
    were run since its first one was shown."""
    pinned = (session.flow_version_id, None)
    of_flow = Q(source=AISessionStep.Source.FLOW)
    rows = session.steps.filter(of_flow | Q(kind=AISessionStep.Kind.SCRIPT), superseded_at__isnull=True)
    found: list[AISessionStep] = []
    begun = False
    for step in rows.order_by("step_order"):
        own = step.source == AISessionStep.Source.FLOW
        begun |= own and step.of_version in pinned
        if step.answered_at and begun and (not own or step.of_version in pinned):
            found.append(step)
    return found


def sure_with(session: AISession, step: AISessionStep) -> Confidence:
    """How sure it is with a step as it is about to be answered."""
    if session.follows:
        own = step.source == AISessionStep.Source.FLOW or step.kind == AISessionStep.Kind.SCRIPT
        return confidence.in_flow(session.match_probability, [*evidence(session), *[step][:own]])
    before = session.confidence_score if session.scored_at else confidence.UNSCORED
    return confidence.after_answer(before, step)


def rate(
    locked: AISession, session: AISession, sure: Confidence, *, verb: str = "", reason: str = "", by: User
) -> None:
    """Write how sure it is. A new tier leaves a line in the thread, as does every `verb`."""
    before = locked.confidence_tier if locked.scored_at else ""
    locked.be_scored(sure.score)
    locked.confidence_reason = sure.reason
    save(locked, session, "confidence_reason", *SCORED)
    moved = (before, locked.confidence_tier) if before != locked.confidence_tier else ("", "")
    if verb or moved[0]:
        log(locked, verb or "tier", locked.status, reason=reason or sure.reason, tiers=moved, by=by)


def _locked(session: AISession, verb: str, by: User) -> AISession:
    locked = lock(session)
    refuse_unless(locked, verb, ACTIVE)
    refuse_unless_holder(locked, by)
    return locked


def _drop_what_waits(locked: AISession, session: AISession) -> None:
    """A step that nobody answered, or that is still being thought of, is replaced by what comes now."""
    stop_turns(locked)
    waiting = locked.steps.filter(superseded_at__isnull=True, answered_at__isnull=True)
    supersede(locked, waiting)
    save(locked, session, "step_count")
