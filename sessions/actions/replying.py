"""Verbs of the thread: answer the step that waits, note something of one's own, take an answer back.

Whoever answers names the step that they saw. If the thread has gone on since, nothing is written
(`StaleStep`): no double step on a double click, no answer to a question that nobody read.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from flowpilot.accounts.models import User
from flowpilot.ai.offline.guiding.answers import option_said, solved_option, unsolved_option
from flowpilot.core.redaction import mask_secrets
from flowpilot.core.uploads.intake import Prepared
from flowpilot.flows.document import Option, parse
from sessions import actions, confidence
from sessions.actions import following
from sessions.actions.attachments import attach, holds
from sessions.actions.writing import lock, save, stop_turns
from sessions.confidence import Confidence
from sessions.models import AISession, AISessionStep, Turn
from sessions.rules import Incomplete, StaleStep, refuse_unless, refuse_unless_holder

NONE_OF_THESE: Final = "none"
"""Stands for an option when none of those offered fits."""
DRAFT_LIMIT: Final = 20_000
TWICE_WITHIN: Final = timedelta(minutes=1)
"""The same words later are said again on purpose."""
Kind, Outcome = AISessionStep.Kind, AISessionStep.Outcome
PASSED_OVER: Final = (Outcome.UNCLEAR, Outcome.SKIPPED)


@dataclass(frozen=True)
class Reply:
    """What an engineer says to a step: an option's id or `NONE_OF_THESE`, free text, an outcome, files that
    show it, or all."""

    option: str = ""
    response: str = ""
    outcome: str = ""
    files: Sequence[Prepared] = ()

    @property
    def only_shows(self) -> bool:
        """Files without a word: evidence, and no answer yet."""
        return bool(self.files) and not (self.option or self.response.strip() or self.outcome)


@transaction.atomic
def reply(session: AISession, given: Reply, *, expected_step: int, by: User) -> None:
    """Answer the step that waits. In a flow the next step is there at once; without one, ask for a turn."""
    _locked(session, "answer", by)
    step = open_step(session)
    if step is None or step.step_order != expected_step:
        raise StaleStep
    if given.files:
        attach(session, files=given.files, step=step, by=by)
    if given.only_shows:
        return
    none_fits, loses_way = given.option == NONE_OF_THESE, False
    if none_fits:
        said = "\n".join((_("None of these"), given.response)).strip()
        given = replace(given, option="", response=said)
    elif session.follows and step.source == AISessionStep.Source.FLOW:
        given = _in_flow(session, step, given)
        loses_way = not given.option
    sure = _sure_after(session, step, given)
    actions.answer(
        step,
        option=given.option,
        response=given.response,
        outcome=given.outcome,
        confidence_after=sure.score,
        by=by,
    )
    _write_draft(session, "")
    if none_fits and session.follows:
        following.leave(session, reason=_left_because(step, given.response), by=by)
        return
    if loses_way:
        following.leave(session, reason=_passed_over(step), by=by)
        return
    following.rate(lock(session), session, sure, by=by)
    following.go_on(session, by=by)


@transaction.atomic
def note(
    session: AISession,
    *,
    text: str,
    outcome: str = "",
    action: bool = False,
    files: Sequence[Prepared] = (),
    expected_step: int | None = None,
    by: User,
) -> None:
    """Something of the engineer's own: a note, or what was done, with the files that show it. Doing something
    else leaves the flow. Files without a word are a note that is called after them. `expected_step`: as in
    `as_seen`."""
    locked = _locked(session, "add_step", by)
    text = text.strip()
    if not action:
        text, outcome = text or ", ".join(file.name for file in files), ""
    text = mask_secrets(text).text
    if _stands_last(session, Kind.ACTION if action else Kind.NOTE, text, outcome, files):
        return
    _refuse_unless_waiting(session, expected_step)
    lines = text.split("\n", 1)
    if not lines[0]:
        raise Incomplete("response", _("Write what you saw or did."))
    title = lines[0].strip()[: actions.TITLE_LIMIT]
    step = actions.add_step(
        session,
        kind=Kind.ACTION if action else Kind.NOTE,
        source=AISessionStep.Source.ENGINEER,
        title=title,
        body=text if len(lines) > 1 or title != lines[0].strip() else "",
        by=by,
    )
    actions.answer(step, response=text, outcome=outcome, by=by)
    if files:
        attach(session, files=files, step=step, by=by)
    if action and session.follows:
        following.leave(session, reason=_("Did something else: %(title)s") % {"title": title}, by=by)
    elif action:
        following.rate(locked, session, following.sure_with(locked, step), by=by)
    _write_draft(session, "")


@transaction.atomic
def redo(step: AISessionStep, *, by: User) -> None:
    """Take an answer back: it and all that came of it are kept as history, and it is asked again. A flow that
    was left since is followed again."""
    session = step.session
    if step.of_version is not None and step.of_version != session.flow_version_id:
        raise Incomplete("step", _("That step belongs to a flow that this session does not follow any more."))
    actions.change_answer(step, by=by)
    locked = lock(session)
    stop_turns(locked)
    if step.source == AISessionStep.Source.FLOW:
        locked.left_flow_at = None
        save(locked, session, "left_flow_at")
    sure = _sure_without(locked, step)
    if sure is not None:
        following.rate(locked, session, sure, by=by)


@transaction.atomic
def keep_draft(session: AISession, text: str, *, by: User) -> None:
    """What is being typed, so that it is there after signing in again. It touches nothing else. What comes
    late, after the words were sent, is no draft."""
    refuse_unless_holder(lock(session), by)
    draft = mask_secrets(text[:DRAFT_LIMIT]).text
    last = _said_last(session)
    if draft and last is not None and draft.strip() in last.response:
        return
    _write_draft(session, draft)


def _write_draft(session: AISession, draft: str) -> None:
    AISession.objects.filter(pk=session.pk).exclude(draft_answer=draft).update(draft_answer=draft)
    session.draft_answer = draft


def open_step(session: AISession) -> AISessionStep | None:
    """The step that waits for its answer."""
    waiting = session.steps.filter(superseded_at__isnull=True, answered_at__isnull=True)
    found: AISessionStep | None = waiting.order_by("-step_order").first()
    return found


@transaction.atomic
def as_seen(session: AISession, expected_step: int | None, verb: Callable[[], None]) -> None:
    """Carry a verb out on the thread as somebody saw it, whoever else is at it at the same moment.

    `expected_step`: order of the step that they saw wait, 0 for none, None where they were not asked.
    """
    lock(session)
    _refuse_unless_waiting(session, expected_step)
    verb()


def _refuse_unless_waiting(session: AISession, expected: int | None) -> None:
    step = open_step(session)
    if expected is not None and expected != (step.step_order if step else 0):
        raise StaleStep


def _stands_last(session: AISession, kind: str, text: str, outcome: str, files: Sequence[Prepared]) -> bool:
    """Whether the last step is just that, said a moment ago: a form that was sent twice says it once."""
    last = session.steps.filter(superseded_at__isnull=True).order_by("-step_order").first()
    if last is None or timezone.now() - last.created_at > TWICE_WITHIN:
        return False
    said = (last.source, last.kind, last.response, last.outcome)
    return said == (AISessionStep.Source.ENGINEER, kind, text, outcome) and holds(last.evidence.all(), files)


def _said_last(session: AISession) -> AISessionStep | None:
    """What was answered a moment ago."""
    since = timezone.now() - TWICE_WITHIN
    said = session.steps.filter(superseded_at__isnull=True, answered_at__gte=since)
    found: AISessionStep | None = said.order_by("-answered_at").first()
    return found


def _sure_without(session: AISession, step: AISessionStep) -> Confidence | None:
    """How sure it is when the answer to a step is taken back: without a flow as the engine said of its step.
    None where nobody said so."""
    if session.follows:
        return confidence.in_flow(session.match_probability, following.evidence(session))
    turn: Turn | None = getattr(step, "turn", None)
    if turn is None or turn.confidence is None:
        return None
    return confidence.without_flow(turn.confidence, turn.confidence_reason)


def _sure_after(session: AISession, step: AISessionStep, given: Reply) -> Confidence:
    """What the answer does to the confidence; the step is told what it will be when it is written."""
    step.chosen_option, step.response, step.outcome = given.option, given.response, given.outcome
    return following.sure_with(session, step)


def _in_flow(session: AISession, step: AISessionStep, given: Reply) -> Reply:
    """A flow goes on along an option: what was said, or came of it, is read as one; in doubt refused. A step
    that was passed over, or stayed unclear, may have none."""
    assert session.flow_version is not None
    tree = parse(session.flow_version.tree_structure)
    node = tree.node(step.node_id)
    solved, unsolved = solved_option(node, tree), unsolved_option(node, tree)
    option = next((each for each in node.options if each.id == given.option), None)
    if option is None and given.outcome:
        option = _option_after(step, given.outcome, solved, unsolved)
    elif option is None and given.response.strip():
        option = option_said(given.response, node, tree)
    if option is None and given.option == "" and not _tells_nothing(step, given.outcome):
        raise Incomplete("response", _unread(given))
    outcome = given.outcome or (_outcome_of(option, solved, unsolved) if step.kind != Kind.QUESTION else "")
    return replace(given, option=option.id if option else given.option, outcome=outcome)


def _option_after(
    step: AISessionStep, outcome: str, solved: Option | None, unsolved: Option | None
) -> Option | None:
    if outcome == Outcome.WORKED:
        return solved
    return None if step.kind == Kind.QUESTION and outcome in PASSED_OVER else unsolved


def _tells_nothing(step: AISessionStep, outcome: str) -> bool:
    """Whether an outcome says that there is no answer: the way on is not known then."""
    return outcome in PASSED_OVER or (step.kind == Kind.QUESTION and bool(outcome))


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


def _passed_over(step: AISessionStep) -> str:
    told = {"title": step.title, "outcome": step.get_outcome_display().lower()}
    return _("“%(title)s” has no answer (%(outcome)s), and the way on hangs on it.") % told


def _locked(session: AISession, verb: str, by: User) -> AISession:
    locked = lock(session)
    refuse_unless(locked, verb, {AISession.Status.ACTIVE})
    refuse_unless_holder(locked, by)
    # What the caller read may be older than the lock: a flow may have been left or followed since.
    for field in ("flow_version_id", "left_flow_at", "match_probability", "confidence_score"):
        setattr(session, field, getattr(locked, field))
    return locked
