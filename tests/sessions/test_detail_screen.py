import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from flowpilot.accounts.models import Account
from flowpilot.flows.actions import publish_version
from flowpilot.psa.models import PsaConnection
from sessions import actions
from sessions.actions.ticketing import take_over_ticket
from sessions.models import AISession, AISessionStep
from sessions.snapshots import package_of, ticket_of
from tests.factories import (
    Cast,
    add_answered,
    make_practice_ticket,
    make_resolved,
    make_session,
    make_version,
    small_tree,
)
from tests.screens import signed_in, text, words

TICKET: dict[str, Any] = {
    "provider": "connectwise",
    "id": "9",
    "number": "48211",
    "url": "https://psa.example/tickets/48211",
    "title": "Printer is offline",
    "body": "The printer on the second floor prints nothing.",
    "status": "New",
    "priority": "2 - High",
    "board": "Service desk",
    "client": "Northwind",
    "contact": "Uma Quist",
    "assignee": "",
    "opened_at": "2026-03-01T08:00:00+00:00",
    "notes": [
        {"at": "2026-03-01T08:30:00+00:00", "by": "Dispatch", "text": "Called back.", "internal": True}
    ],
    "assets": ["PC-7"],
}


def page_of(session: AISession, client: Client) -> Any:
    return client.get(reverse("sessions:detail", args=[session.pk]))


def part_html(response: HttpResponse, name: str) -> str:
    """One card of the page."""
    found = re.search(rf'<section class="fp-card" id="{name}".*?</section>', text(response), flags=re.S)
    return found.group() if found else ""


def part(response: HttpResponse, name: str) -> str:
    """The words of one card of the page."""
    return " ".join(re.sub(r"<[^>]+>", " ", part_html(response, name)).split())


def test_the_head_says_what_it_is_about_how_it_stands_and_how_sure_it_is(cast: Cast) -> None:
    session = make_session(cast, problem_summary="Printer is offline", problem_domain="printing")
    actions.score(session, confidence=0.84)

    page = page_of(session, signed_in(cast.team_admin))

    head = re.search(r'<div class="fp-pagehead">.*?</h1>', text(page), flags=re.S)
    assert head
    assert " ".join(re.sub(r"<[^>]+>", " ", head.group()).split()) == (
        "Sessions Active Guided Printing &amp; scanning Printer is offline"
    )
    assert "Confidence 84.0% Guided:" in part(page, "facts")


def test_a_session_that_nothing_scored_says_so_instead_of_a_low_tier(cast: Cast) -> None:
    page = page_of(make_session(cast), signed_in(cast.engineer))

    assert "Confidence Not scored" in part(page, "facts")
    assert "Discovery" not in words(page)


def test_the_facts_name_people_times_flow_and_rating(cast: Cast) -> None:
    version = make_version(cast, title="Printer prints nothing")
    session = make_resolved(cast, flow_version=version)
    began = timezone.now() - timedelta(minutes=120, seconds=30)
    AISession.objects.filter(pk=session.pk).update(created_at=began, ended_at=began + timedelta(minutes=32))
    actions.rate(session, rating=4, feedback="Straight to the point.", by=cast.engineer)
    publish_version(version.flow, small_tree("Is it switched on?"), base=version, by=cast.team_admin)

    page = page_of(session, signed_in(cast.team_admin))

    assert part(page, "facts") == (
        "Facts Confidence Not scored Flow Printer prints nothing version 1, now 2 "
        "Summary and domain Found by the rules where nobody wrote them Client Northwind "
        "Engineer Engineer Team Service desk Started 2 h ago Ended 1 h ago Duration 32 min "
        "Rating 4 of 5 Feedback: Straight to the point."
    )
    assert f'href="{reverse("flows:version", args=[version.flow_id, 1])}"' in text(page)


def test_the_intake_is_shown_as_it_came_with_the_log_in_a_box_of_its_own(cast: Cast) -> None:
    content = {"text": "Prints nothing\nsince <today>", "log_content": "Event ID: 372", "ticket_data": TICKET}
    session = make_session(cast, intake_type="combined", intake_content=content, ticket_data=TICKET)

    page = page_of(session, signed_in(cast.engineer))

    assert part(page, "problem") == (
        "Problem Combined Prints nothing since &lt;today&gt; Log The whole log, 1 line 1 Event ID: 372"
    )
    assert '<details class="fp-fold mt-2" open>' in text(page)
    assert part(page, "ticket") == (
        "Ticket #48211 opens in a new tab Title Printer is offline Status New Priority 2 - High "
        "Board Service desk Client Northwind Contact Uma Quist System connectwise Opened 1 Mar 2026 "
        "Devices PC-7 As it was just now Called back. Dispatch · 1 Mar 2026 · internal note"
    )


def test_whoever_takes_over_sees_the_lines_of_a_long_log_that_are_worth_reading(cast: Cast) -> None:
    lines = [f"10:{n:02} INFO poll {n}" for n in range(40)]
    lines[17] = "10:17 ERROR cannot open the spool"
    session = make_session(cast, intake_content={"text": "x", "log_content": "\n".join(lines)})

    page = page_of(session, signed_in(cast.colleague))

    said = part(page, "problem")
    assert (
        "Lines worth reading 1 Info 10:00 INFO poll 0 ×39 18 Error 10:17 ERROR cannot open the spool" in said
    )
    assert "The whole log, 40 lines" in said
    assert '<details class="fp-fold mt-2">' in text(page)
    assert "\n39\n40</pre><pre>10:00 INFO poll 0\n10:01 INFO poll 1\n" in text(page)


def test_the_body_of_the_ticket_stands_in_for_a_text(cast: Cast) -> None:
    session = make_session(cast, intake_content={}, ticket_data=TICKET)

    page = page_of(session, signed_in(cast.engineer))

    assert "prints nothing." in part(page, "problem")


def test_the_ticket_says_when_it_was_read_and_that_its_system_is_out_of_reach(cast: Cast) -> None:
    connection = make_practice_ticket(cast).connection
    ticket = {"id": "4711", "number": "4711", "title": "Printer"}
    session = make_session(cast, psa_connection=connection, ticket_data=ticket)
    engineer = signed_in(cast.engineer)
    AISession.objects.update(created_at=timezone.now() - timedelta(hours=3))
    assert "As it was 3 h ago" in part(page_of(session, engineer), "ticket")

    take_over_ticket(session, {**ticket, "status": "Waiting"})
    PsaConnection.objects.update(state="failed")

    page = part(page_of(session, engineer), "ticket")
    assert "Practice PSA cannot be reached now: this is what is known." in page
    assert "As it was just now" in page


@pytest.mark.parametrize(
    ("mode", "key", "told"),
    [
        ("auto", "", "This installation has no key for Claude."),
        ("offline", "test-key", "This account works by the rules alone."),
        ("auto", "test-key", ""),
    ],
)
def test_the_console_says_when_no_model_suggests_anything(
    cast: Cast, settings: Settings, mode: str, key: str, told: str
) -> None:
    settings.ANTHROPIC_API_KEY = key
    Account.objects.update(ai_mode=mode)
    session = make_session(cast)

    page = words(page_of(session, signed_in(cast.engineer)))

    assert ("AI suggestions are off:" in page) == bool(told)
    assert told in page
    assert "AI suggestions" not in words(page_of(session, signed_in(cast.colleague)))


def test_steps_stand_in_order_with_what_was_offered_chosen_and_came_of_it(cast: Cast) -> None:
    session = make_session(cast)
    options = [{"id": "o1", "label": "Yes"}, {"id": "o2", "label": "No"}]
    question = actions.add_step(
        session, kind="question", source="flow", title="Is it on?", options=options, by=cast.engineer
    )
    actions.answer(question, option="o2", confidence_after=0.5, by=cast.engineer)
    action = actions.add_step(
        session, kind="action", source="ai", title="Switch it on", body="Press **Power**", by=cast.engineer
    )
    actions.answer(action, outcome="worked", response="It hums", by=cast.engineer)

    page = page_of(session, signed_in(cast.team_admin))

    assert (
        "Is it on? Question · Flow · confidence then 50.0% Yes Chosen: No No Engineer, just now "
        "Switch it on Press Power Action · Claude It hums Worked Engineer, just now"
    ) in words(page)
    assert "<strong>Power</strong>" in text(page)
    assert re.findall(r'<li class="is-chosen">.*?</span>(.*?)</li>', text(page), flags=re.S) == ["No"]


def test_steps_that_a_changed_answer_replaced_are_folded_and_marked(cast: Cast) -> None:
    session = make_session(cast)
    add_answered(session, "Look at the cable")
    add_answered(session, "Swap the cable")
    add_answered(session, "Swap the switch")
    second = session.steps.get(step_order=2)
    actions.change_answer(second, by=cast.engineer)

    page = page_of(session, signed_in(cast.team_admin))
    folded = re.findall(r"is-replaced.*?<details class=\"fp-fold\">(.*?)</details>", text(page), flags=re.S)

    assert [re.findall(r"<h3>(.*?)</h3>", each) for each in folded] == [["Swap the cable", "Swap the switch"]]
    assert "2 steps that count no more" in words(page)
    assert re.findall(r'id="step-(\d)"', text(page)) == ["1", "2", "3"]
    assert re.findall(r'id="now-title"[^>]*>(.*?)<', text(page)) == ["Swap the cable"]


def test_a_resolved_session_says_what_fixed_it_and_which_step_did(cast: Cast) -> None:
    page = page_of(make_resolved(cast), signed_in(cast.engineer))

    assert part(page, "outcome") == (
        "Outcome Resolved just now What fixed it The print spooler had stopped after the update; "
        "restarting the service fixed it. The step that did Restart the print spooler"
    )


def test_an_escalated_session_says_why_to_whom_and_with_what(cast: Cast) -> None:
    session = make_session(cast)
    package = {
        "summary": "Firmware fault",
        "steps_tried": [{"step": "Restart", "outcome": "No change"}],
        "hypotheses": [{"text": "Bad firmware", "confidence": 0.4}],
        "missing_checks": [{"text": "Read the event log", "done_in_similar": 7}],
        "suggestions": ["Ask the vendor"],
    }
    actions.request_escalation(session, reason="Needs the vendor", package=package, by=cast.engineer)
    actions.escalate(session, reason="Needs the vendor", destination="Vendor support", by=cast.engineer)

    page = page_of(session, signed_in(cast.engineer))

    assert part(page, "outcome").partition(" Copy as text")[0] == (
        "Outcome Escalated just now Why it needs somebody else Needs the vendor Handed over to "
        "Vendor support Package for the receiving engineer Firmware fault Tried so far Restart → No change "
        "What it may be Bad firmware 40.0% Not checked yet Read the event log Suggested next Ask the vendor"
    )


def test_an_open_escalation_shows_what_waits_for_the_next_engineer(cast: Cast) -> None:
    session = make_session(cast)
    actions.request_escalation(session, reason="No access", by=cast.engineer)
    actions.accept_escalation(session, by=cast.colleague)

    page = page_of(session, signed_in(cast.engineer))

    assert part(page, "outcome") == "Escalation Active Why it needs somebody else No access"
    assert "Engineer Engineer Held by Colleague" in part(page, "facts")


def test_an_abandoned_session_says_why(cast: Cast) -> None:
    session = make_session(cast)
    actions.abandon(session, reason="The customer cancelled", by=cast.engineer)

    page = page_of(session, signed_in(cast.engineer))

    assert part(page, "outcome") == "Outcome Abandoned just now Why it was abandoned The customer cancelled"


def test_the_history_says_who_did_what_and_why(cast: Cast) -> None:
    session = make_session(cast)
    actions.pause(session, reason="Lunch", by=cast.engineer)
    actions.resume(session, by=cast.engineer)
    actions.reassign(session, to=cast.colleague, by=cast.team_admin)
    actions.abandon(session, reason="Nothing happened for 14 days.", by=None)

    page = page_of(session, signed_in(cast.engineer))

    assert part(page, "history") == (
        "History Started just now Engineer "
        "Paused just now Engineer · Active → Paused Lunch "
        "Resumed just now Engineer · Paused → Active "
        "Handed to another engineer just now Lead Colleague "
        "Abandoned just now FlowPilot, by schedule · Active → Abandoned Nothing happened for 14 days."
    )


def test_what_was_learned_is_loaded_from_its_own_room_and_linked_without_scripts(cast: Cast) -> None:
    session = make_resolved(cast)
    address = reverse("proposals:session-analysis", args=[session.pk])

    page = text(page_of(session, signed_in(cast.engineer)))

    assert f'hx-get="{address}" hx-trigger="load" hx-swap="outerHTML"' in page
    assert f'<a class="fp-link" href="{address}">' in page


def test_what_a_verb_said_is_shown_as_a_toast_on_the_page_it_leads_to(cast: Cast) -> None:
    session = make_resolved(cast)
    client = signed_in(cast.team_admin)

    page = client.post(reverse("proposals:retry", args=[session.pk]), follow=True)

    assert page.redirect_chain == [(reverse("sessions:detail", args=[session.pk]), 303)]
    assert 'data-toast="warning"' in text(page)
    assert "There is no failed analysis to retry." in words(page)


def test_an_imported_session_without_answers_is_shown(cast: Cast) -> None:
    session = make_resolved(cast, ticket_data={**TICKET, "url": ""})
    AISession.objects.filter(pk=session.pk).update(source="zendesk", resolution_summary="1. Do\n2. Done")

    page = page_of(session, signed_in(cast.engineer))

    assert "Imported from zendesk" in part(page, "facts")
    assert '<p class="fp-plain mb-0">1. Do\n2. Done</p>' in text(page)


@pytest.mark.parametrize("person", ["engineer", "colleague", "team_admin", "account_admin"])
def test_people_of_the_team_may_read_a_session(cast: Cast, person: str) -> None:
    assert page_of(make_session(cast), signed_in(getattr(cast, person))).status_code == 200


def test_a_session_of_nobodys_concern_is_not_found(cast: Cast, outsiders: Cast) -> None:
    session, alone = make_session(cast), make_session(cast, team=None)

    assert page_of(session, signed_in(cast.other_team_admin)).status_code == 404
    assert page_of(alone, signed_in(cast.colleague)).status_code == 404
    assert page_of(session, signed_in(outsiders.account_admin)).status_code == 404


def test_the_page_costs_the_same_queries_for_one_step_as_for_thirty(cast: Cast) -> None:
    def asked(session: AISession) -> int:
        client = signed_in(cast.team_admin)
        page_of(session, client)
        with CaptureQueriesContext(connection) as queries:
            page_of(session, client)
        return len(queries)

    short, long = make_resolved(cast), make_session(cast)
    for number in range(30):
        add_answered(long, f"Step {number}")
        actions.pause(long, by=cast.engineer)
        actions.resume(long, by=cast.engineer)
    assert AISessionStep.objects.filter(session=long).count() == 30

    assert asked(long) == asked(short) <= 8


@pytest.mark.parametrize(
    "data",
    [
        {"url": "javascript:alert(1)"},
        {"title": None, "notes": "none", "assets": None, "opened_at": 7},
        {"notes": [None, "text", {"at": "yesterday", "text": None}], "opened_at": "2026-13-45T99:00:00Z"},
        {"assets": [1, None, "PC-7"], "opened_at": "2026-03-01T08:00:00", "priority": {"id": 3}},
    ],
)
def test_a_ticket_of_odd_shape_is_read_as_far_as_it_goes(data: dict[str, Any]) -> None:
    ticket = ticket_of(data)

    assert (ticket.url, ticket.opened_at, ticket.facts) == ("", None, [])
    assert ticket.assets == [value for value in data.get("assets") or [] if value == "PC-7"]


def test_a_package_of_odd_shape_is_read_as_far_as_it_goes() -> None:
    package = package_of({"summary": 3, "hypotheses": [{"confidence": "high"}, None], "steps_tried": "none"})

    assert package
    assert (package.summary, package.hypotheses, package.tried) == ("3", [("", None)], [])
    assert package_of(["not", "a", "package"]) is None
