"""Work that is queued when a session is opened: the rules have said at once what they make of it, a model may
say it better a little later."""

from uuid import UUID

from django_q.tasks import async_task

from flowpilot.ai.contracts import Screenshot
from flowpilot.ai.router import engine_for, hindrance, wants_claude
from flowpilot.core.scope import account_scope
from flowpilot.core.uploads import store
from sessions.actions.opening import describe_better, note_warnings
from sessions.models import AISession
from sessions.triaging import triage_request

TASK = "sessions.triage_jobs.triage_again"


def queue_triage(session: AISession) -> None:
    """Have a model look at the intake, where the account has one; nobody waits for it."""
    account = session.account
    if wants_claude(account) and hindrance(account) is None:
        async_task(TASK, str(account.pk), str(session.pk))


def triage_again(account_id: str, session_id: str) -> str:
    """Ask the account's engine about an intake, pictures included, and keep what it says better."""
    with account_scope(UUID(account_id)):
        session = AISession.objects.select_related("account", "client").filter(pk=session_id).first()
        if session is None or not session.is_open:
            return "gone"
        request = triage_request(
            session.intake_content,
            session.ticket_data,
            client=session.client.name if session.client else "",
            session=session.pk,
            screenshots=_screenshots(session),
        )
        told = engine_for(session.account).triage(request)
        if told.engine == "offline":
            note_warnings(session, told)
            return "the rules spoke again"
        return "described" if describe_better(session, told) else "left as it is"


def _screenshots(session: AISession) -> tuple[Screenshot, ...]:
    """The session's pictures; the engine asks whether the account sends them."""
    found = []
    for each in session.attachments.all():
        if each.is_image:
            try:
                data = store.read(each.account_id, each.stored_as)
            except store.NotThere:
                continue
            found.append(Screenshot(id=each.pk, media_type=each.media_type, data=data))
    return tuple(found)
