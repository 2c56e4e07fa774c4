"""A ticket with four kinds of secrets: from the intake to the vendor, a note in its system and an export."""

import json

from django.urls import reverse

from flowpilot.accounts.models import Account
from flowpilot.psa.jobs import deliver_all
from sessions import actions
from sessions.models import AISession
from tests.ai.wire.vendor import SCRIPT, Vendor
from tests.factories import Cast, make_practice_ticket
from tests.screens import HTMX, signed_in, text, words

SECRETS = {
    "password": "Gr4nd-Hotel!77",
    "token": "ghp_R7kQ2mZx9LtV4bNc8HwJ3pYs6GdF1aEu5oTi",
    "connection": "kz8#Lq2vTr",
    "wireless": "blue-kettle-4711",
}
TICKET = f"""The spooler stops on PRN-0815. The admin password is {SECRETS["password"]}
Script uses the token {SECRETS["token"]}
Server=sql01;Database=crm;User Id=sa;Password={SECRETS["connection"]};
WLAN key: {SECRETS["wireless"]}"""


def left_in(said: object) -> list[str]:
    """The kinds of secrets that are in a text, or in anything that becomes one."""
    whole = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False, default=str)
    return [kind for kind, secret in SECRETS.items() if secret in whole]


def test_no_secret_is_kept_sent_written_or_exported(cast: Cast, vendor: Vendor) -> None:
    Account.objects.filter(pk=cast.account.pk).update(ai_mode=Account.AiMode.ANTHROPIC)
    browser = signed_in(cast.engineer)
    looked = browser.post(reverse("console:draft"), {"problem": TICKET}, headers=HTMX)
    assert "Masked before anything is stored or sent" in words(looked)

    vendor.says({**SCRIPT, "explanation": f"The password was {SECRETS['password']}."})
    ticket = make_practice_ticket(cast, body=TICKET)
    typed = {"problem": TICKET, "ticket": str(ticket.number), "start": "on"}
    started = browser.post(reverse("console:home"), typed, follow=True)
    session = AISession.objects.get()
    asked = {"purpose": f"Use {SECRETS['token']} to look at the spooler", "shell": "powershell"}
    panel = browser.post(reverse("sessions:script", args=[session.pk]), asked, headers=HTMX)
    script = session.scripts.get()
    run = {"outcome": "worked", "result": f"wlan key: {SECRETS['wireless']}"}
    browser.post(reverse("sessions:script-run", args=[session.pk, script.pk]), run, headers=HTMX)
    session.refresh_from_db()
    ended = f"The password was {SECRETS['password']}"
    actions.resolve(session, summary=ended, action="Restarted", by=cast.engineer)

    assert script.engine == "anthropic"
    assert left_in(vendor.asked) == []
    assert left_in(text(started)) == []
    assert "&lt;SECRET_1&gt;" in text(started)
    assert left_in(text(panel)) == []
    assert (
        left_in(
            [list(AISession.objects.values()), list(session.steps.values()), list(session.scripts.values())]
        )
        == []
    )
    assert deliver_all() == "delivered 1"
    note = ticket.notes.get().text
    assert "What fixed it: The password was <SECRET_" in note
    assert left_in(note) == []
    export = browser.post(reverse("sessions:export"), {"query": "", "format": "json"})
    assert session.title in text(export)
    assert left_in(text(export)) == []
