"""Verbs of the thread: answer the step that waits, note something of one's own, take an answer back.

Whoever answers names the step that they saw. If the thread has gone on since, nothing is written
(`StaleStep`): no double step on a double click, no answer to a question that nobody read.
"""

from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from flowpilot.accounts.models import User
from flowpilot.ai.offline.guiding.answers import option_said, solved_option, unsolved_option
from flowpilot.core.redaction import mask_secrets
from flowpilot.flows.document import Option, parse
from sessions import actions, confidence
from sessions.actions import following, turns
from sessions.actions.writing import lock, save
from sessions.confidence import Confidence
from sessions.models import AISession, AISessionStep
from sessions.rules import Incomplete, StaleStep, refuse_unless, refuse_unless_holder

NONE_OF_THESE: Final = "none"
"""Stands for an option when none of those offered fits."""
DRAFT_LIMIT: Final = 20_000
Kind, Outcome = AISessionStep.Kind, AISessionStep.Outcome


@dataclass(frozen=True)
class Reply:
    """What an engineer says to a step: an option's id or `NONE_OF_THESE`, free text, an outcome, or all."""

    option: str = ""
    response: str = ""
    outcome: str = ""


@transaction.atomic
def reply(session: AISession, given: Reply, *, expected_step: int, by: User) -> None:
    """Answer the step that waits. In a flow the next step is there at once; without one, ask for a turn."""
    _locked(session, "answer", by)
    step = open_step(session)
    if step is None or step.step_order != expected_step:
        raise StaleStep
    none_fits = given.option == NONE_OF_THESE
    if none_fits:
        said = "\n".join((_("None of these"), given.response)).strip()
        given = Reply(response=said, outcome=given.outcome)
    elif session.follows and step.source == AISessionStep.Source.FLOW:
        given = _in_flow(session, step, given)
    sure = _sure_after(session, step, given)
    actions.answer(
        step,
        option=given.option,
        response=given.response,
        outcome=given.outcome,
        confidence_after=sure.score,
        by=by,
    )
    keep_draft(session, "", by=by)
    if none_fits and session.follows:
        following.leave(session, reason=_left_because(step, given.response), by=by)
        return
    following.rate(lock(session), session, sure, by=by)
    following.go_on(session, by=by)


@transaction.atomic
def note(session: AISession, *, text: str, outcome: str = "", action: bool = False, by: User) -> None:
    """Something of the engineer's own: a note, or what was done. Doing something else leaves the flow."""
    locked = _locked(session, "add_step", by)
    lines = text.strip().split("\n", 1)
    if not lines[0]:
        raise Incomplete("response", _("Write what you saw or did."))
    title = lines[0].strip()[: actions.TITLE_LIMIT]
    step = actions.add_step(
        session,
        kind=Kind.ACTION if action else Kind.NOTE,
        source=AISessionStep.Source.ENGINEER,
        title=title,
        body=text.strip() if len(lines) > 1 or title != lines[0].strip() else "",
        by=by,
    )
    actions.answer(step, response=text.strip(), outcome=outcome if action else "", by=by)
    if action and session.follows:
        following.leave(session, reason=_("Did something else: %(title)s") % {"title": title}, by=by)
    elif action:
        following.rate(locked, session, confidence.after_answer(locked.confidence_score, step), by=by)
    keep_draft(session, "", by=by)


@transaction.atomic
def redo(step: AISessionStep, *, by: User) -> None:
    """Take an answer back: it and all that came of it are kept as history, and it is asked again. A flow that
    was left since is followed again."""
    session = step.session
    if step.of_version is not None and step.of_version != session.flow_version_id:
        raise Incomplete("step", _("That step belongs to a flow that this session does not follow any more."))
    actions.change_answer(step, by=by)
    turns.stop_all(session)
    locked = lock(session)
    if step.source != AISessionStep.Source.FLOW:
        return
    locked.left_flow_at = None
    save(locked, session, "left_flow_at")
    sure = confidence.in_flow(locked.match_probability, following.answered_in_flow(locked))
    following.rate(locked, session, sure, by=by)


def keep_draft(session: AISession, text: str, *, by: User) -> None:
    """What is being typed, so that it is there after signing in again. It touches nothing else."""
    refuse_unless_holder(session, by)
    draft = mask_secrets(text[:DRAFT_LIMIT]).text
    AISession.objects.filter(pk=session.pk).exclude(draft_answer=draft).update(draft_answer=draft)
    session.draft_answer = draft


def open_step(session: AISession) -> AISessionStep | None:
    """The step that waits for its answer."""
    waiting = session.steps.filter(superseded_at__isnull=True, answered_at__isnull=True)
    found: AISessionStep | None = waiting.order_by("-step_order").first()
    return found


def _sure_after(session: AISession, step: AISessionStep, given: Reply) -> Confidence:
    """What the answer does to the confidence; the step is told what it will be when it is written."""
    step.chosen_option, step.response, step.outcome = given.option, given.response, given.outcome
    if not session.follows:
        return confidence.after_answer(session.confidence_score, step)
    return confidence.in_flow(session.match_probability, [*following.answered_in_flow(session), step])


def _in_flow(session: AISession, step: AISessionStep, given: Reply) -> Reply:
    """A flow goes on along an option: what was said, or came of it, is read as one; in doubt refused."""
    assert session.flow_version is not None
    tree = parse(session.flow_version.tree_structure)
    node = tree.node(step.node_id)
    solved, unsolved = solved_option(node, tree), unsolved_option(node, tree)
    option = next((each for each in node.options if each.id == given.option), None)
    if option is None and given.outcome:
        option = solved if given.outcome == Outcome.WORKED else unsolved
    elif option is None and given.response.strip():
        option = option_said(given.response, node, tree)
    if option is None and given.option == "":
        raise Incomplete("response", _unread(given))
    outcome = given.outcome or (_outcome_of(option, solved, unsolved) if step.kind != Kind.QUESTION else "")
    return Reply(option.id if option else given.option, given.response, outcome)


def _unread(given: Reply) -> str:
    if given.outcome:
        return _("The way on hangs on this step: choose the answer that fits best, or none of these.")
    if given.response.strip():
        return _("That could not be read as one of the answers: choose the one that fits, or none of these.")
    return _("Choose an answer or write one.")


def _outcome_of(option: Option | None, solved: Option | None, unsolved: Option | None) -> str:
    if option is None:
        return ""
    return Outcome.WORKED if option == solved else Outcome.DID_NOT_WORK if option == unsolved else ""


def _left_because(step: AISessionStep, said: str) -> str:
    return _("None of the answers fitted at “%(title)s”. %(said)s") % {
        "title": step.title,
        "said": said.split("\n", 1)[1] if "\n" in said else "",
    }


def _locked(session: AISession, verb: str, by: User) -> AISession:
    locked = lock(session)
    refuse_unless(locked, verb, {AISession.Status.ACTIVE})
    refuse_unless_holder(locked, by)
    # What the caller read may be older than the lock: a flow may have been left or followed since.
    for field in ("flow_version_id", "left_flow_at", "match_probability", "confidence_score"):
        setattr(session, field, getattr(locked, field))
    return locked
