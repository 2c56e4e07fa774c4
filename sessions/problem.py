"""The problem of a session as flows and past sessions are looked for with it, and as it is found later."""

from typing import Final

from flowpilot.ai.offline.logs import LOG_READ, excerpt
from sessions.models import AISession
from sessions.snapshots import text_in

TEXT_LIMIT: Final = 20_000
"""Characters of a problem that is looked for with."""
LOG_LINES: Final = 10


def problem_of(session: AISession) -> str:
    """What was typed, what the ticket says, and the log's lines worth reading."""
    ticket = session.ticket_data if isinstance(session.ticket_data, dict) else {}
    log = excerpt(text_in(session.intake_content, "log_content")[-LOG_READ:], limit=LOG_LINES)
    parts = (
        text_in(session.intake_content, "text"),
        text_in(ticket, "title"),
        text_in(ticket, "body"),
        log,
    )
    return "\n".join(part for part in parts if part)[:TEXT_LIMIT] or session.title
