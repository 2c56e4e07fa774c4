"""From an intake to summary, domain, entities and the question that is left."""

from typing import Final

from django.utils.translation import gettext as _

from flowpilot.ai.contracts import Entities, TriageRequest, TriageResult
from flowpilot.ai.offline import domains, logs
from flowpilot.ai.offline.intake.asking import missing_question
from flowpilot.ai.offline.intake.neighbours import by_neighbours
from flowpilot.ai.offline.intake.reading import addresses_a_machine, entities_in
from flowpilot.ai.offline.intake.summary import summary_of, symptom_of
from flowpilot.ai.offline.versions import RULES_VERSION

_SUSPECTED_IN: Final = 200_000
_EVIDENCE: Final = 5
_DETAILS: Final = 2_000
_LINE: Final = 160


def triage(request: TriageRequest) -> TriageResult:
    """The same intake always gives the same result, in every word from the intake itself."""
    title = request.ticket.title if request.ticket else ""
    text = "\n".join(
        part for part in (request.text, request.ticket.body if request.ticket else "") if part.strip()
    )
    found = logs.digest(request.log[-logs.LOG_READ :], limit=_EVIDENCE)
    entities = entities_in([title, text, "\n".join(line.text for line in found.lines)])
    evidence = "\n".join(line.text[:_LINE] for line in found.lines)
    guess, kind = domains.classify_problem(f"{title}\n{evidence}", text), "lexicon"
    if guess.domain not in request.domains:
        guess, kind = by_neighbours(request.neighbours, request.domains), "session"
    domain = guess.domain
    return TriageResult(
        engine="offline",
        basis=tuple(f"{kind}:{term}" for term in guess.terms[:8]) if domain else (),
        prompt_version=RULES_VERSION,
        summary=summary_of(title, text, found.lines),
        details=_details(text or title, entities, found),
        domain=domain,
        entities=entities,
        confidence=round(guess.confidence, 3) if domain else 0.0,
        missing_question=missing_question(f"{title}\n{text}", domain, entities, log=bool(found.lines)),
        notes=_notes(request),
        suspected_injection=addresses_a_machine("\n".join(_everything(request))),
    )


def _everything(request: TriageRequest) -> list[str]:
    ticket = request.ticket
    told = [ticket.title, ticket.body, *(note.text for note in ticket.notes)] if ticket else []
    return [part[:_SUSPECTED_IN] for part in (request.text, request.log, *told)]


def _details(text: str, entities: Entities, found: logs.LogDigest) -> str:
    rows = (
        (_("Symptom"), symptom_of(text)),
        (_("Affected"), entities.scope),
        (_("Since"), entities.onset),
        (_("Codes"), ", ".join(f"`{code}`" for code in entities.codes)),
        (_("Devices"), ", ".join(entities.hosts)),
        (_("Already tried"), "; ".join(entities.tried)),
    )
    told = [f"**{name}:** {value}" for name, value in rows if value]
    shown = [
        f"{line.number}: {line.text[:_LINE]}" for line in sorted(found.lines, key=lambda each: each.number)
    ]
    log = ["\n".join(("```text", *(line.replace("```", "'''") for line in shown), "```"))] if shown else []
    parts = [*told, *log]
    while len("\n\n".join(parts)) > _DETAILS:
        parts.pop()
    return "\n\n".join(parts)


def _notes(request: TriageRequest) -> tuple[str, ...]:
    notes = []
    if request.screenshots:
        notes.append(_("The screenshot was not read: the rules read text only. Type the error text from it."))
    if len(request.log) > logs.LOG_READ:
        notes.append(_("Only the last %(count)d characters of the log were read.") % {"count": logs.LOG_READ})
    return tuple(notes)
