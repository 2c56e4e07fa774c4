"""Requests to engines, as small as they may be."""

from uuid import UUID

from flowpilot.ai.contracts import (
    AnalyseRequest,
    EscalateRequest,
    GuideRequest,
    OpenSession,
    ScriptRequest,
    SessionFacts,
    StepFacts,
    TriageRequest,
)
from flowpilot.flows.domains import DOMAINS

KEYS = tuple(domain.key for domain in DOMAINS)
SESSION = UUID("00000000-0000-7000-8000-00000000aaaa")


def a_triage(
    text: str = "Outlook asks for the password since the change of MFA. 0x800CCC0E", **more: object
) -> TriageRequest:
    return TriageRequest(session_id=SESSION, text=text, domains=KEYS, **more)


def a_session(
    *steps: StepFacts, text: str = "The tunnel does not come up since this morning.", **more: object
) -> OpenSession:
    return OpenSession(
        id=SESSION, title="VPN does not connect", text=text, domain="vpn_remote_access", steps=steps, **more
    )


def a_step(
    order: int = 1, title: str = "Is the internet line up?", chosen: str = "Yes", **more: object
) -> StepFacts:
    return StepFacts(
        id=UUID(int=order),
        order=order,
        kind="question",
        source="ai",
        title=title,
        options=("Yes", "No"),
        chosen=chosen,
        **more,
    )


def a_guide(*steps: StepFacts, **more: object) -> GuideRequest:
    return GuideRequest(session=a_session(*steps, **more))


def a_script(purpose: str = "Show whether the spooler runs") -> ScriptRequest:
    return ScriptRequest(purpose=purpose, shell="powershell", session=a_session())


def an_escalation(*steps: StepFacts) -> EscalateRequest:
    return EscalateRequest(session=a_session(*steps), reason="No rights on the firewall.")


def an_analysis() -> AnalyseRequest:
    """Two sessions of one problem that say what was seen, done and what came of it."""
    return AnalyseRequest(sessions=(a_resolved(1), a_resolved(2)))


def a_resolved(number: int) -> SessionFacts:
    return SessionFacts(
        id=UUID(int=number),
        title="Printer says that toner is empty",
        text="The display of the printer says “Toner low”, and pages come out blank since this morning.",
        steps=(a_step(10 * number + 1, "Is the toner cartridge empty?"),),
        resolution="The toner cartridge was empty. Replaced the toner cartridge; test page printed fine.",
        resolution_action="Replace the toner cartridge",
    )
