"""The audit: what is noted, that it stays as it was written, who reads it, and how it is taken away."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from flowpilot.accounts import audit
from flowpilot.accounts.actions import create_account
from flowpilot.accounts.models import Account, AuditEvent, User
from flowpilot.core import export
from flowpilot.core.export import plain_cell
from flowpilot.flows import actions as flows
from proposals.models import FlowProposal
from tests.factories import PASSWORD, Cast, make_proposal, make_user, make_version
from tests.screens import HTMX, send, signed_in, text, words

LOG = reverse("accounts:audit")
EXPORT = reverse("accounts:audit-export")
LOGIN = reverse("account_login")


def noted(cast: Cast, *, but: str = "") -> list[tuple[str, str, str]]:
    """(what, who, thing) of the account, in the order in which it happened."""
    rows = AuditEvent.objects.for_account(cast.account.pk).exclude(verb=but).order_by("created_at", "id")
    return list(rows.values_list("verb", "actor_name", "subject_name"))


def last(cast: Cast) -> AuditEvent:
    event: AuditEvent = AuditEvent.objects.for_account(cast.account.pk).latest("created_at", "id")
    return event


def note(cast: Cast, verb: str = audit.Verb.EXPORTED, **given: Any) -> AuditEvent:
    audit.record(verb, account_id=cast.account.pk, **{"by": cast.account_admin, **given})
    return last(cast)


LEAD = "Lead <lead@acme.example>"
OWNER = "Owner <owner@acme.example>"


def test_signing_in_and_out_is_noted_with_address_and_request(cast: Cast, client: Client) -> None:
    answer = client.post(LOGIN, {"login": "lead@acme.example", "password": PASSWORD})
    client.post(reverse("account_logout"))

    assert noted(cast) == [("signed_in", LEAD, "Lead"), ("signed_out", LEAD, "Lead")]
    event = AuditEvent.objects.get(verb="signed_in")
    assert (event.address, event.request_id) == ("127.0.0.1", answer.headers["X-Request-ID"])


def test_a_wrong_password_is_noted_for_known_people_only(cast: Cast, client: Client) -> None:
    client.post(LOGIN, {"login": "Lead@ACME.example", "password": "wrong"})
    client.post(LOGIN, {"login": "nobody@acme.example", "password": "wrong"})

    assert noted(cast) == [("sign_in_failed", LEAD, "Lead")]
    assert AuditEvent.objects.count() == 1


def test_superusers_sign_in_without_an_entry_in_any_account(cast: Cast, client: Client) -> None:
    make_user(None, "root", is_superuser=True, is_staff=True)
    client.post(LOGIN, {"login": "root@flowpilot.example", "password": PASSWORD})

    assert AuditEvent.objects.count() == 0


def test_a_changed_password_is_noted_and_not_shown(cast: Cast) -> None:
    new = "another long battery staple"
    signed_in(cast.team_admin).post(
        reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": new, "password2": new}
    )

    assert ("password_changed", LEAD, "Lead") in noted(cast)
    assert new not in json.dumps(list(AuditEvent.objects.values()), default=str)


def test_a_new_account_tells_how_it_began(db: None) -> None:
    account, _admin = create_account("fresh", name="Fresh", admin_email="a@fresh.example", password=None)

    rows = AuditEvent.objects.for_account(account.pk).order_by("created_at", "id")
    assert list(rows.values_list("verb", "actor_name", "subject_type", "subject_name")) == [
        ("created", "", "accounts.account", "Fresh"),
        ("created", "", "accounts.user", "a"),
    ]


@pytest.mark.parametrize(
    ("decision", "verb"), [("dismiss", "proposal_dismissed"), ("reject", "proposal_rejected")]
)
def test_decisions_are_noted_with_their_note(cast: Cast, decision: str, verb: str) -> None:
    proposal = make_proposal(cast)
    send(signed_in(cast.team_admin), decision, proposal, note="not like this")

    event = last(cast)
    assert (event.verb, event.actor, event.subject_id) == (verb, cast.team_admin, proposal.pk)
    assert (event.subject_name, event.note) == (proposal.title, "not like this")


def test_an_approval_notes_the_publication_too_and_undo_the_way_back(cast: Cast) -> None:
    proposal = make_proposal(cast)
    client = signed_in(cast.team_admin)
    send(client, "approve", proposal)
    send(client, "undo", FlowProposal.objects.get(pk=proposal.pk))

    assert [verb for verb, _who, _thing in noted(cast, but="signed_in")] == [
        "flow_published",
        "proposal_approved",
        "flow_retired",
        "proposal_undone",
    ]


def test_a_decision_that_came_too_late_notes_nothing(cast: Cast) -> None:
    proposal = make_proposal(cast)
    client = signed_in(cast.team_admin)
    send(client, "dismiss", proposal)
    before = noted(cast)
    send(client, "reject", proposal)

    assert noted(cast) == before


def test_what_is_rolled_back_is_not_told(cast: Cast) -> None:
    with transaction.atomic():
        note(cast)
        transaction.set_rollback(True)

    assert noted(cast) == []


@pytest.mark.parametrize(
    "sql", ["UPDATE accounts_auditevent SET note = 'x'", "DELETE FROM accounts_auditevent"]
)
def test_the_database_refuses_to_change_or_delete_an_entry(cast: Cast, sql: str) -> None:
    note(cast)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)

    assert len(noted(cast)) == 1


def test_entries_go_with_their_account_and_stay_without_their_people(cast: Cast, outsiders: Cast) -> None:
    note(cast, by=cast.colleague, subject=cast.colleague)
    note(outsiders)
    cast.colleague.delete()
    assert noted(cast) == [("exported", "Colleague <colleague@acme.example>", "Colleague")]

    Account.objects.get(pk=cast.account.pk).delete()

    assert list(AuditEvent.objects.values_list("account", flat=True)) == [outsiders.account.pk]


def within(cast: Cast, root: User) -> Client:
    """A superuser's browser, in the account."""
    client = signed_in(root)
    client.post(reverse("admin:enter"), {"account": cast.account.pk, "reason": "Ticket 4711"})
    return client


def test_superusers_changes_by_hand_stand_in_the_accounts_audit(cast: Cast) -> None:
    root = make_user(None, "root", is_superuser=True, is_staff=True)
    client = within(cast, root)
    address = reverse("admin:accounts_client_change", args=[cast.client.pk])
    given = {"account": cast.account.pk, "name": "Southwind", "external_refs": "{}"}

    assert client.post(address, given).status_code == 302

    event = last(cast)
    assert (event.verb, event.actor, event.subject_name) == ("changed", root, "Southwind")
    assert event.changes == {"name": ["Northwind", "Southwind"]}


def test_a_changed_role_is_told_with_before_and_after(cast: Cast) -> None:
    root = make_user(None, "root", is_superuser=True, is_staff=True)
    membership = cast.engineer.memberships.get()
    address = reverse("admin:accounts_user_change", args=[cast.engineer.pk])
    person = {"email": cast.engineer.email, "name": "Engineer", "account": cast.account.pk, "is_active": "on"}
    management = {"memberships-TOTAL_FORMS": 1, "memberships-INITIAL_FORMS": 1}
    row = {"id": membership.pk, "user": cast.engineer.pk, "team": cast.team.pk, "account": cast.account.pk}
    given = {f"memberships-0-{name}": value for name, value in {**row, "role": "team_admin"}.items()}

    answer = within(cast, root).post(address, {**person, **management, **given, "single_key_shortcuts": "on"})

    assert answer.status_code == 302, words(answer)
    assert last(cast).changes == {
        "team membership Engineer · Service desk": ["role: engineer", "role: team_admin"]
    }


def test_a_password_set_by_a_superuser_is_hidden_and_a_deleted_team_named(cast: Cast) -> None:
    root = within(cast, make_user(None, "root", is_superuser=True, is_staff=True))
    new = "another long battery staple"
    change = reverse("admin:auth_user_password_change", args=[cast.engineer.pk])
    root.post(change, {"usable_password": "true", "password1": new, "password2": new})
    assert (last(cast).verb, last(cast).subject_name) == ("changed", "Engineer")
    assert new not in str(last(cast).changes)

    root.post(reverse("admin:accounts_team_delete", args=[cast.other_team.pk]), {"post": "yes"})
    assert (last(cast).verb, last(cast).subject_name) == ("deleted", "Projects")


def test_the_log_shows_the_accounts_own_entries_newest_first(cast: Cast, outsiders: Cast) -> None:
    flow = make_version(cast, title="Mail is late").flow
    flows.retire(flow, by=cast.team_admin)
    make_version(outsiders, title="Secret of a rival")

    page = words(signed_in(cast.account_admin).get(LOG, headers=HTMX))

    assert page.index("Flow retired") < page.index("Flow version published")
    assert "Mail is late" in page
    assert LEAD in page or "Lead" in page
    assert "rival" not in page.lower()


def test_the_log_narrows_by_kind_person_and_day(cast: Cast) -> None:
    note(cast, audit.Verb.SIGNED_IN, by=cast.engineer, subject=cast.engineer)
    note(cast, audit.Verb.EXPORTED, note="the other thing")
    client = signed_in(cast.account_admin)
    today = timezone.localdate()

    def found(**query: object) -> tuple[bool, bool]:
        rows = words(client.get(LOG, query, headers=HTMX))
        return "Signed in" in rows, "the other thing" in rows

    assert found(about="sign_in") == (True, False)
    assert found(verb="exported") == (False, True)
    assert found(actor=cast.engineer.pk) == (True, False)
    assert found(since=today - timedelta(days=1), until=today + timedelta(days=1)) == (True, True)
    assert found(until=today - timedelta(days=3)) == (False, False)


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "tomorrow", "2026-02-30"])
def test_a_day_that_cannot_be_is_said_and_narrows_nothing(cast: Cast, day: str) -> None:
    note(cast, note="still here")
    page = signed_in(cast.account_admin).get(LOG, {"until": day})

    assert page.status_code == 200
    assert "still here" in words(page)


def test_the_log_costs_the_same_at_one_and_thirty_entries(cast: Cast) -> None:
    client = signed_in(cast.account_admin)
    note(cast)
    with CaptureQueriesContext(
        connection,
    ) as one:
        client.get(LOG)
    for _ in range(29):
        note(cast)
    with CaptureQueriesContext(connection) as many:
        client.get(LOG)

    assert len(one) == len(many) <= 8


def test_the_export_is_the_filtered_list_and_is_noted_itself(cast: Cast) -> None:
    note(cast, audit.Verb.SIGNED_IN, by=cast.engineer, subject=cast.engineer)
    note(cast, audit.Verb.FLOW_RETIRED, note="=cmd|' /C calc'!A0")

    answer = signed_in(cast.account_admin).post(EXPORT, {"format": "csv", "query": "verb=flow_retired"})

    rows = list(csv.DictReader(io.StringIO(text(answer).removeprefix("\ufeff"))))
    assert [(row["what"], row["who"], row["note"]) for row in rows] == [
        ("flow_retired", OWNER, "'=cmd|' /C calc'!A0")
    ]
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit.csv"'
    assert (last(cast).verb, last(cast).note) == ("exported", "Audit, 1 entry")


def test_the_export_as_json(cast: Cast) -> None:
    note(cast, audit.Verb.FLOW_RETIRED, changes={"version": ("1", "2")})

    rows = signed_in(cast.account_admin).post(EXPORT, {"format": "json", "query": "about=library"}).json()

    assert [(row["what"], row["changes"]) for row in rows] == [("flow_retired", "version: 1 → 2")]


def test_an_export_with_too_many_rows_says_so(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "LARGEST", 1)
    note(cast)
    note(cast)

    answer = signed_in(cast.account_admin).post(EXPORT, {"format": "csv"})

    assert answer.status_code == 422
    assert "More than 1 entries: narrow the list by date" in words(answer)


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_is_a_formula(begin: str) -> None:
    assert plain_cell(f"{begin}1+1") == f"'{begin}1+1"
    assert plain_cell(f"1{begin}") == f"1{begin}"
    assert plain_cell(None) == ""


def test_the_flow_page_shows_its_activity(cast: Cast) -> None:
    version = make_version(cast, title="Mail is late")
    flows.retire(version.flow, by=cast.team_admin)

    page = words(signed_in(cast.engineer).get(reverse("flows:detail", args=[version.flow.pk])))

    assert "Activity Flow retired" in page
    assert LEAD in page.replace("&lt;", "<").replace("&gt;", ">")


def test_each_answer_has_a_number_of_its_own(cast: Cast, client: Client) -> None:
    numbers = {client.get(LOGIN, headers={"X-Request-ID": "mine"}).headers["X-Request-ID"] for _ in range(3)}

    assert len(numbers) == 3
    assert "mine" not in numbers
