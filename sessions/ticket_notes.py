"""What is written into the ticket when a session ends: plain text, for whoever reads the ticket next."""

from typing import Final

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from flowpilot.accounts.models import User
from flowpilot.ai.contracts import StepFacts
from flowpilot.core.redaction import mask_secrets
from flowpilot.psa.ports import NOTE_LENGTH
from flowpilot.psa.templating import Template, TemplateError, default_template, parsed
from sessions.models import AISession, AISessionStep
from sessions.telling import steps_of

STEP_LENGTH: Final = 300

Outcome = AISessionStep.Outcome


def note_on(session: AISession, *, by: User | None, reason: str = "", template: str = "") -> str:
    """How the session ended, in the words of a template, or of the one that comes with the product. Cut where
    it is too long for a note. `reason`: why it was handed over or abandoned."""
    text = _template(template).filled(values_of(session, by=by, reason=reason))
    return text if len(text) <= NOTE_LENGTH else text[: NOTE_LENGTH - 1].rstrip() + "…"


def values_of(session: AISession, *, by: User | None, reason: str = "") -> dict[str, str]:
    """What stands for each placeholder of `flowpilot.psa.templating`; "" for what does not apply."""
    return {
        "ending": _ended(session, by),
        "time": _took(session.worked_minutes),
        "status": str(session.get_status_display()),
        "engineer": str(by) if by else "",
        "minutes": str(session.worked_minutes or ""),
        "problem": session.title,
        "client": str(session.client) if session.client else "",
        "ticket": session.psa_ticket_id or "",
        "cause": str(session.get_root_cause_display()) if session.root_cause else "",
        "steps": _steps(session),
        "link": _link(session),
        "reason": mask_secrets(reason).text.strip(),
        **_outcome(session),
    }


def _template(text: str) -> Template:
    """What was saved has been read; should it not be readable any more, a note is not lost for that."""
    try:
        return parsed(text or default_template())
    except TemplateError:
        return parsed(default_template())


def _ended(session: AISession, by: User | None) -> str:
    status = session.get_status_display()
    return _("%(status)s by %(name)s.") % {"status": status, "name": by} if by else f"{status}."


def _took(minutes: int | None) -> str:
    if not minutes:
        return ""
    return ngettext("%(n)d minute of work.", "%(n)d minutes of work.", minutes) % {"n": minutes}


def _outcome(session: AISession) -> dict[str, str]:
    """Of a former ending nothing is told."""
    told = {"summary": "", "action": "", "destination": ""}
    if session.status == AISession.Status.RESOLVED:
        told["summary"] = (session.resolution_summary or "").strip()
        told["action"] = (session.resolution_action or "").strip()
    elif session.status == AISession.Status.ESCALATED:
        told["destination"] = session.escalation_destination.strip()
    return told


def _steps(session: AISession) -> str:
    steps = steps_of(session.account_id, [session.pk]).get(session.pk, [])
    taken = [step for step in steps if step.chosen or step.response or step.outcome]
    return "\n".join(f"{number}. {_line(step)}" for number, step in enumerate(taken, 1))


def _line(step: StepFacts) -> str:
    outcome = str(Outcome(step.outcome).label) if step.outcome else ""
    said = " · ".join(filter(None, (step.chosen, outcome, " ".join(step.response.split()))))
    line = f"{step.title} — {said}" if said else step.title
    return line if len(line) <= STEP_LENGTH else line[: STEP_LENGTH - 1] + "…"


def _link(session: AISession) -> str:
    """ "" where the installation has not been told its own address."""
    page = reverse("sessions:detail", args=[session.pk])
    return f"{settings.PUBLIC_URL}{page}" if settings.PUBLIC_URL else ""
