"""No secret is kept: planted wherever a session takes text, looked for in every column of its tables."""

import io
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import models
from django.urls import reverse
from pytest_django import Settings

from flowpilot.core.uploads import store
from sessions import actions
from sessions.actions.replying import keep_draft
from sessions.briefing import escalate_request, guide_request
from sessions.models import AISession
from tests.factories import Cast, make_session
from tests.screens import signed_in

CANARY = "Kan4rie-Vogel!"
PLANTED = f"Seen before. The admin password is {CANARY}"

NO_PROSE = {
    ("AISession", "intake_type"),
    ("AISession", "problem_domain"),
    ("AISession", "described_by"),
    ("AISession", "psa_ticket_id"),
    ("AISession", "source"),
    ("AISession", "external_id"),
    ("AISession", "status"),
    ("AISession", "confidence_tier"),
    ("AISession", "analysis_status"),
    ("AISession", "system_prompt_snapshot"),
    ("AISession", "conversation_messages"),
    ("AISession", "root_cause"),
    ("AISession", "escalation_code"),
    ("AISession", "confidence_reason"),
    ("AISessionStep", "kind"),
    ("AISessionStep", "source"),
    ("AISessionStep", "node_id"),
    ("AISessionStep", "chosen_option"),
    ("AISessionStep", "outcome"),
    ("SessionEvent", "verb"),
    ("SessionEvent", "from_status"),
    ("SessionEvent", "to_status"),
    ("SessionEvent", "from_tier"),
    ("SessionEvent", "to_tier"),
    ("Attachment", "kind"),
    ("Attachment", "media_type"),
    ("Attachment", "stored_as"),
}
"""Columns that hold names of ours or of other systems; what was said to a vendor has a test of its own."""

TABLES = ("AISession", "AISessionStep", "SessionEvent", "Attachment")


@pytest.fixture(autouse=True)
def uploads(settings: Settings, tmp_path: Path) -> None:
    settings.UPLOADS = tmp_path / "uploads"


def texts() -> dict[tuple[str, str], list[str]]:
    """What stands in each column that can hold text, by table and column."""
    found: dict[tuple[str, str], list[str]] = {}
    for table in TABLES:
        model = apps.get_model("ai_sessions", table)
        for field in model._meta.concrete_fields:
            if isinstance(field, models.CharField | models.TextField | models.JSONField):
                values = model._default_manager.values_list(field.name, flat=True)
                found[table, field.name] = [json.dumps(value, ensure_ascii=False) for value in values]
    return found


def lived_through(cast: Cast) -> AISession:
    """A session with the canary in everything that its verbs take."""
    ticket: dict[str, Any] = {
        "number": "4711",
        "title": PLANTED,
        "body": PLANTED,
        "notes": [{"text": PLANTED}],
    }
    content = {"text": PLANTED, "log_content": PLANTED}
    session = make_session(cast, intake_content=content, ticket_data=ticket, problem_summary=PLANTED)
    step = actions.add_step(
        session,
        kind="question",
        source="ai",
        title=PLANTED,
        body=PLANTED,
        options=[{"id": "o1", "label": PLANTED}],
        by=cast.engineer,
    )
    actions.answer(step, response=PLANTED, by=cast.engineer)
    keep_draft(session, f"And now: {PLANTED}", by=cast.engineer)  # the very words just sent are no draft
    actions.request_escalation(session, reason=PLANTED, package={"summary": PLANTED}, by=cast.engineer)
    actions.cancel_escalation(session, by=cast.engineer)
    return session


def test_no_column_of_a_session_keeps_a_secret_that_was_planted_in_all_of_them(cast: Cast) -> None:
    session = lived_through(cast)
    file = SimpleUploadedFile("app.log", PLANTED.encode())
    signed_in(cast.engineer).post(reverse("sessions:attach", args=[session.pk]), {"uploads": [file]})
    attachment = session.attachments.get()
    actions.rate(session, rating=3, feedback=PLANTED, by=cast.engineer)
    actions.resolve(session, summary=PLANTED, action=PLANTED, root_cause_note=PLANTED, by=cast.engineer)
    other = make_session(cast)
    actions.escalate(other, reason=PLANTED, destination=PLANTED, by=cast.engineer)

    columns = texts()
    assert [place for place, values in columns.items() if any(CANARY in value for value in values)] == []
    unreached = {place for place, values in columns.items() if not any("<SECRET_" in each for each in values)}
    assert unreached - NO_PROSE == {("Attachment", "name")}
    kept = store.read(attachment.account_id, attachment.stored_as).decode()
    assert kept == PLANTED.replace(CANARY, "<SECRET_1>")
    assert attachment.size == len(kept)


def test_what_engines_are_asked_with_holds_no_secret(cast: Cast) -> None:
    session = lived_through(cast)
    for request in (guide_request(session, cast.engineer), escalate_request(session, cast.engineer)):
        told = request.model_dump_json()
        assert CANARY not in told
        assert "<SECRET_1>" in told


def test_the_page_and_the_api_show_the_mask_where_the_secret_was(cast: Cast) -> None:
    session = lived_through(cast)
    client = signed_in(cast.engineer)
    page = client.get(reverse("sessions:detail", args=[session.pk])).content.decode()
    told = client.get(f"/api/v1/sessions/{session.pk}/").content.decode()
    assert (CANARY in page, CANARY in told) == (False, False)
    assert ("&lt;SECRET_1&gt;" in page, "<SECRET_1>" in told) == (True, True)


def test_an_import_keeps_no_secret_of_any_column(cast: Cast, tmp_path: Path) -> None:
    ticket = {
        "ticket_id": "T1",
        "title": PLANTED,
        "description": PLANTED,
        "resolution": PLANTED,
        "category": PLANTED,
        "status": "Closed",
    }
    file = tmp_path / "tickets.jsonl"
    file.write_text(json.dumps(ticket) + "\n")
    call_command(
        "import_tickets", str(file), account=cast.account.slug, user=cast.engineer.email, stdout=io.StringIO()
    )
    columns = texts()
    assert AISession.objects.count() == 1
    assert [place for place, values in columns.items() if any(CANARY in value for value in values)] == []


def test_no_line_of_the_log_tells_a_secret(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        lived_through(cast)
    assert CANARY not in caplog.text
