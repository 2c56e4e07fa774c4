"""The product on a page: history comes in, the job learns from it, a person decides, the library has it."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from flowpilot.accounts.models import Account
from flowpilot.flows.models import Flow
from proposals.models import FlowProposal
from sessions.models import AISession
from tests.factories import PASSWORD

TICKETS = [
    {
        "ticket_id": "T-1",
        "title": "Accounting client closes with error 4711 after the update",
        "description": "Since the update of Tuesday the accounting client closes on start. It shows "
        '"Error 4711: session database is locked". Restarting the PC does not help.',
        "resolution": "Cause\nThe service ContosoLedger keeps the session database open after the update.\n"
        "Resolution\nTo release the database, follow these steps:\n\n"
        "1. Open an elevated PowerShell on the application server.\n"
        "2. Run `Stop-Service ContosoLedger`.\n"
        "3. Delete the file `C:\\ProgramData\\Contoso\\session.lck`.\n"
        "4. Run `Start-Service ContosoLedger`.\n"
        "5. Start the accounting client and open a ledger.",
        "category": "Applications",
        "status": "resolved",
    },
    {
        "ticket_id": "T-2",
        "title": "Thanks",
        "description": "Thank you!",
        "resolution": "Done.",
        "status": "resolved",
    },
]


def run(command: str, *arguments: str) -> dict[str, object]:
    output = StringIO()
    call_command(command, *arguments, "--json", stdout=output)
    result: dict[str, object] = json.loads(output.getvalue())
    return result


@pytest.mark.django_db(transaction=True)
def test_from_imported_tickets_to_a_flow_in_the_library(tmp_path: Path) -> None:
    call_command("create_account", "acme", "--name", "Acme", "--admin", "owner@acme.example")
    owner = Account.objects.get(slug="acme").users.get()
    owner.set_password(PASSWORD)
    owner.save()
    history = tmp_path / "tickets.jsonl"
    history.write_text("\n".join(json.dumps(ticket) for ticket in TICKETS))

    imported = run("import_tickets", str(history), "--account", "acme")
    again = run("import_tickets", str(history), "--account", "acme")
    learned = run("analyse_sessions", "--account", "acme")
    nothing_left = run("analyse_sessions", "--account", "acme")

    assert (imported["imported"], again["imported"], again["duplicates"]) == (2, 0, 2)
    assert (learned["claimed"], learned["outcomes"]) == (2, {"new_flow": 1, "nothing": 1})
    assert nothing_left["claimed"] == 0
    assert run("check_flows") == {"checked": 1, "invalid": []}

    browser = Client()
    browser.post(reverse("account_login"), {"login": owner.email, "password": PASSWORD})
    queue = browser.get(reverse("proposals:queue"))
    proposal = FlowProposal.objects.get()
    assert proposal.title in queue.content.decode()
    page = browser.get(reverse("proposals:detail", args=[proposal.pk])).content.decode()
    assert "4711" in page
    assert "Stop-Service ContosoLedger" in page

    approved = browser.post(
        reverse("proposals:approve", args=[proposal.pk]),
        {"draft": str(proposal.current_draft_id)},
        follow=True,
    )

    assert approved.status_code == 200
    flow = Flow.objects.get()
    assert (flow.status, flow.current_version.number, flow.title) == ("published", 1, proposal.title)
    library = browser.get(reverse("flows:library")).content.decode()
    assert flow.title in library
    flow_page = browser.get(reverse("flows:detail", args=[flow.pk])).content.decode()
    assert "session.lck" in flow_page
    session = AISession.objects.get(external_id="T-1")
    assert (
        session.problem_summary in browser.get(reverse("sessions:detail", args=[session.pk])).content.decode()
    )
