"""What the thread shows: steps and lines in their order, the step that waits, what is being said, and where
the session stands in its flow."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from flowpilot.accounts.models import User
from flowpilot.core.models import TenantQuerySet
from flowpilot.core.web import find, visible
from flowpilot.flows.document import Node, Tree, parse
from sessions.models import AISession, AISessionStep, Attachment, SessionEvent, Turn
from sessions.walking import due, longest_from

FLOW_LINES: dict[str, str | Promise] = {
    "follow": _("Follows a flow from here"),
    "leave_flow": _("Left the flow"),
    "rejoin_flow": _("Back in the flow"),
    "tier": _("Confidence moved"),
    "ticket_changed": _("The ticket changed"),
}
"""Events that are lines of the thread."""
BASIS: dict[str, Callable[[int], str | Promise]] = {
    "flow": lambda n: ngettext("a flow", "%(n)d flows", n),
    "session": lambda n: ngettext("a past session", "%(n)d past sessions", n),
    "playbook": lambda n: ngettext("a general playbook", "%(n)d general playbooks", n),
    "rule": lambda n: ngettext("a rule", "%(n)d rules", n),
    "lexicon": lambda n: _("the words of the text"),
    "model": lambda n: _("what the model knows"),
}
"""What an answer can rest on, by the kind of its source's id."""
OUTCOME_KEYS: tuple[tuple[str, str, str | Promise], ...] = (
    ("w", "worked", _("Worked")),
    ("n", "did_not_work", _("Did not work")),
    ("u", "unclear", _("Unclear")),
    ("s", "skipped", _("Skipped")),
)


@dataclass(frozen=True)
class Said:
    """A step of the thread that was answered, or noted."""

    step: AISessionStep
    turn: Turn | None
    may_change: bool
    files: Sequence[Attachment] = ()
    """What shows it."""


@dataclass(frozen=True)
class Line:
    """A change of the way or of the tier, as a line."""

    event: SessionEvent
    words: str | Promise


@dataclass(frozen=True)
class Entry:
    """One of the three: a step, a line, or steps that a changed answer replaced."""

    at: datetime
    said: Said | None = None
    line: Line | None = None
    replaced: Sequence[AISessionStep] = ()


@dataclass(frozen=True)
class Progress:
    """The way through the followed flow. `at`: number of the step that is due; `most`: of the longest way."""

    answered: Sequence[AISessionStep]
    node: Node
    at: int
    most: int
    left: bool


@dataclass(frozen=True)
class Thread:
    session: AISession
    entries: list[Entry]
    current: AISessionStep | None
    turn: Turn | None
    """Of the current step; else the one that is running or ended without a step."""
    end: Node | None
    """The end of the flow, where it is reached."""
    progress: Progress | None
    holds: bool
    """Whether the reader may go on with it now."""
    files: Sequence[Attachment] = ()
    """What shows the current step already, before it is answered."""

    @property
    def basis(self) -> list[str]:
        """What the turn rests on, in words: each kind with its number."""
        kinds = Counter(source.partition(":")[0] for source in (self.turn.basis if self.turn else ()))
        return [str(BASIS[kind](n)) % {"n": n} for kind, n in kinds.items() if kind in BASIS]

    @property
    def thinking(self) -> bool:
        return self.turn is not None and self.turn.is_running and not self.turn.broke_off

    @property
    def has_ended(self) -> bool:
        return not self.session.is_open

    @property
    def has_begun(self) -> bool:
        return bool(self.entries or self.current or self.turn)

    @property
    def options(self) -> list[tuple[str, dict[str, str]]]:
        """The answers offered, each with its key; beyond nine without."""
        offered = self.current.options if self.current else []
        return [(str(n) if n < 10 else "", option) for n, option in enumerate(offered, start=1)]

    @property
    def outcomes(self) -> Sequence[tuple[str, str, str | Promise]]:
        """What can be said of the current step with one key; of a question only that it has no answer."""
        if self.current is None or self.current.kind == AISessionStep.Kind.NOTE:
            return ()
        return OUTCOME_KEYS[2:] if self.current.kind == AISessionStep.Kind.QUESTION else OUTCOME_KEYS


def session_of(user: User, pk: UUID) -> AISession:
    """With what the thread needs beside it; 404 when it is not the user's to see."""
    rows = AISession.objects.select_related(
        "account", "user", "escalated_to", "client", "team", "flow_version__flow", "matched_flow"
    ).defer("conversation_messages", "system_prompt_snapshot", "flow_version__grounding")
    return find(rows, user, pk)


def turn_of(user: User, session_pk: UUID, pk: UUID) -> Turn:
    """A turn of a session that the user may see; else 404."""
    found: Turn | None = turns_of(user).filter(session=session_pk, pk=pk).first()
    if found is None:
        raise Http404
    return found


def turns_of(user: User) -> TenantQuerySet:
    """Those of all sessions that the user may see."""
    rows: TenantQuerySet = Turn.objects.for_account(user.account_id)
    return rows.filter(session__in=visible(AISession, user))


def thread(
    session: AISession,
    user: User,
    *,
    events: Sequence[SessionEvent] | None = None,
    files: Sequence[Attachment] | None = None,
) -> Thread:
    """`events` and `files` of the session, where the page has read them already."""
    steps = list(session.steps.select_related("turn", "answered_by").order_by("step_order"))
    if events is None:
        events = list(session.events.order_by("created_at", "id"))
    shows = _by_step(session.attachments.exclude(step=None) if files is None else files)
    holds = session.status == AISession.Status.ACTIVE and session.holder_id == user.pk
    current = next((step for step in reversed(steps) if _waits(step)), None)
    progress = _progress(session, steps)
    end = progress.node if progress and not progress.node.options and not progress.left else None
    return Thread(
        session=session,
        entries=_entries(session, steps, events, shows, may_change=holds),
        current=current,
        turn=_turn_of(current) if current else _turn_without_step(session, user),
        end=end if current is None else None,
        progress=progress,
        holds=holds,
        files=shows.get(current.pk, ()) if current else (),
    )


def _waits(step: AISessionStep) -> bool:
    return step.answered_at is None and step.superseded_at is None


def _entries(
    session: AISession,
    steps: Iterable[AISessionStep],
    events: Sequence[SessionEvent],
    shows: Mapping[UUID, Sequence[Attachment]],
    *,
    may_change: bool,
) -> list[Entry]:
    found: list[Entry] = []
    for replaced, group in groupby((step for step in steps if not _waits(step)), _is_replaced):
        members = list(group)
        if replaced:
            found.append(Entry(members[0].created_at, replaced=members))
            continue
        for step in members:
            redo = may_change and _can_be_redone(session, step)
            shown = shows.get(step.pk, ())
            said = Said(step, _turn_of(step), redo, shown)
            found.append(Entry(step.created_at, said=said))
    lines = (Line(event, FLOW_LINES[event.verb]) for event in events if event.verb in FLOW_LINES)
    found.extend(Entry(line.event.created_at, line=line) for line in lines)
    return sorted(found, key=lambda entry: entry.at)


def _is_replaced(step: AISessionStep) -> bool:
    return step.superseded_at is not None


def _can_be_redone(session: AISession, step: AISessionStep) -> bool:
    of_former_flow = step.of_version is not None and step.of_version != session.flow_version_id
    return step.source != AISessionStep.Source.ENGINEER and not of_former_flow


def _by_step(files: Iterable[Attachment]) -> dict[UUID, list[Attachment]]:
    found: dict[UUID, list[Attachment]] = {}
    for file in files:
        if file.step_id is not None:
            found.setdefault(file.step_id, []).append(file)
    return found


def _turn_of(step: AISessionStep) -> Turn | None:
    turn: Turn | None = getattr(step, "turn", None)
    return turn


def _turn_without_step(session: AISession, user: User) -> Turn | None:
    """The one under way, or that ended without a step: for whoever waits for it, the holder."""
    if not session.is_open or session.holder_id != user.pk:
        return None
    last: Turn | None = session.turns.order_by("-created_at", "-id").first()
    return last if last is not None and last.step_id is None else None


def _progress(session: AISession, steps: Sequence[AISessionStep]) -> Progress | None:
    if session.flow_version is None:
        return None
    tree: Tree = parse(session.flow_version.tree_structure)
    answered = [
        step for step in steps if _of_flow(session, step) and step.answered_at and not step.superseded_at
    ]
    taken: list[tuple[str, Any]] = [(step.node_id, step.chosen_option) for step in answered]
    node = due(tree, taken)
    passed = len({step.node_id for step in answered if step.node_id != node.id})
    return Progress(
        answered=[step for step in answered if step.chosen_option],
        node=node,
        at=passed + 1 if node.options else passed,
        most=passed + longest_from(tree, node.id),
        left=not session.follows,
    )


def _of_flow(session: AISession, step: AISessionStep) -> bool:
    return step.source == AISessionStep.Source.FLOW and step.of_version in (session.flow_version_id, None)
