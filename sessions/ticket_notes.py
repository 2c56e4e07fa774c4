"""What is written into the ticket when a session ends: plain text, for whoever reads the ticket next."""

from collections.abc import Iterator
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from flowpilot.accounts.models import User
from flowpilot.ai.contracts import StepFacts
from sessions.models import AISession, AISessionStep
from sessions.telling import steps_of

NOTE_LENGTH: Final = 8_000
"""Characters; less than the shortest limit of the ticket systems, the marker's line included."""
STEP_LENGTH: Final = 300

Outcome = AISessionStep.Outcome


def note_on(session: AISession, *, by: User | None) -> str:
    """How the session ended, what was done, how long it took. Cut where it is too long for a note."""
    parts = [_headline(session, by), *_ending(session), *_steps(session)]
    text = "\n\n".join(part for part in parts if part)
    return text if len(text) <= NOTE_LENGTH else text[: NOTE_LENGTH - 1].rstrip() + "…"


def _headline(session: AISession, by: User | None) -> str:
    status = session.get_status_display()
    ended = _("%(status)s by %(name)s.") % {"status": status, "name": by} if by else f"{status}."
    minutes = session.worked_minutes
    took = ngettext("%(n)d minute of work.", "%(n)d minutes of work.", minutes) if minutes else ""
    return " ".join(filter(None, (ended, took % {"n": minutes} if minutes else "")))


def _ending(session: AISession) -> Iterator[str]:
    yield _labelled(_("Problem"), session.title)
    if session.status == AISession.Status.RESOLVED:
        yield _labelled(_("What fixed it"), session.resolution_summary or "")
        yield _labelled(_("The step that did"), session.resolution_action or "")
    elif session.status == AISession.Status.ESCALATED:
        yield _labelled(_("Handed over to"), session.escalation_destination)
        yield _labelled(_("Reason"), session.escalation_reason or "")


def _steps(session: AISession) -> Iterator[str]:
    steps = steps_of(session.account_id, [session.pk]).get(session.pk, [])
    taken = [step for step in steps if step.chosen or step.response or step.outcome]
    if taken:
        lines = [f"{number}. {_line(step)}" for number, step in enumerate(taken, 1)]
        yield "\n".join([_("Steps taken:"), *lines])


def _line(step: StepFacts) -> str:
    outcome = str(Outcome(step.outcome).label) if step.outcome else ""
    said = " · ".join(filter(None, (step.chosen, outcome, " ".join(step.response.split()))))
    line = f"{step.title} — {said}" if said else step.title
    return line if len(line) <= STEP_LENGTH else line[: STEP_LENGTH - 1] + "…"


def _labelled(label: str, text: str) -> str:
    return f"{label}: {text.strip()}" if text.strip() else ""
