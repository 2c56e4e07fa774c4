"""Connections as account admins see to them: added, tested, set up, paused, deleted."""

from typing import Any, ClassVar
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from flowpilot.accounts.models import AuditEvent
from flowpilot.psa import outbox, registry
from flowpilot.psa.mapping import Mapping
from flowpilot.psa.models import PsaConnection
from flowpilot.psa.ports import (
    Choice,
    ConnectionInfo,
    LoginField,
    LoginRefused,
    Named,
    Refused,
    Ticket,
    TicketQuery,
    Unreachable,
)
from flowpilot.psa.practice.connector import PracticeConnector
from flowpilot.psa.templating import default_template
from sessions import actions
from sessions.models import AISession
from tests.factories import Cast, make_practice_ticket, make_push, make_session
from tests.screens import HTMX, signed_in, text, words

pytestmark = pytest.mark.django_db

ADDRESS = "https://desk.example"
TYPED = {"name": "Our desk", "base_url": ADDRESS, "login_user": "api", "login_key": "s3cret-key"}


class Desk(PracticeConnector):
    """A system with a login, whose answers a test sets."""

    provider: ClassVar[str] = "desk"
    address: ClassVar[Any] = "https:// and the name of your server"
    login: ClassVar[Any] = (
        LoginField("user", "User", secret=False),
        LoginField("key", "Key"),
        LoginField("code", "Code", secret=False, required=False, help="If you have one."),
        LoginField("firm", "Firm", secret=False, required=False, names_system=True),
        LoginField("door", "Door", secret=False, required=False, is_address=True),
    )
    refused: ClassVar[dict[str, Exception]] = {}

    def check(self) -> ConnectionInfo:
        self._fail("check")
        return ConnectionInfo(system="Desk", version="2", missing=("May not write time.",))

    def choices(self, what: Choice, parent: str = "") -> list[Named]:
        self._fail(what)
        offered = {"boards": ["B1", "B2"], "statuses": [f"{parent or 'B1'} done"], "work_types": ["Remote"]}
        return [Named(name, name) for name in offered.get(what, [])]

    def search(self, query: TicketQuery) -> list[Ticket]:
        return []

    def _fail(self, what: str) -> None:
        if what in self.refused:
            raise self.refused[what]


@pytest.fixture(autouse=True)
def desk(monkeypatch: pytest.MonkeyPatch) -> type[Desk]:
    monkeypatch.setitem(registry.PROVIDERS, "desk", ("Desk", Desk))
    monkeypatch.setattr(Desk, "refused", {})
    return Desk


def connect(cast: Cast, **extra: Any) -> PsaConnection:
    signed_in(cast.account_admin).post(reverse("connections:new", args=["desk"]), {**TYPED, **extra})
    return PsaConnection.objects.get(provider="desk")


def at(row: PsaConnection, name: str = "one") -> str:
    return reverse(f"connections:{name}", args=[row.pk])


def post(cast: Cast, row: PsaConnection, name: str, /, **data: Any) -> Any:
    """As the form of the page sends it."""
    client = signed_in(cast.account_admin)
    seen = client.get(at(row, name)).context["seen"]
    return client.post(at(row, name), {"seen": seen, **data})


def audited() -> list[tuple[str, Any]]:
    rows = AuditEvent.objects.filter(subject_type="psa.psaconnection").order_by("created_at", "id")
    return list(rows.values_list("verb", "changes"))


def test_a_vendor_brings_its_fields_and_no_secret_is_shown_again(cast: Cast) -> None:
    client = signed_in(cast.account_admin)
    form = client.get(reverse("connections:new", args=["desk"])).context["form"]
    assert list(form.fields) == [
        "name",
        "base_url",
        "login_user",
        "login_key",
        "login_code",
        "login_firm",
        "login_door",
    ]

    row = connect(cast)

    assert row.credentials.reveal() == {
        "user": "api",
        "key": "s3cret-key",
        "code": "",
        "door": "",
        "firm": "",
    }
    pages = [text(client.get(at(row, name))) for name in ("one", "login", "mapping", "note", "delete")]
    assert [page for page in pages if "s3cret" in page] == []
    assert 'value="api"' in pages[1]
    assert audited() == [("created", {})]


def test_a_secret_is_replaced_only_when_something_is_typed(cast: Cast) -> None:
    row = connect(cast)
    post(cast, row, "login", **{**TYPED, "login_key": "", "login_user": "api2"})
    row.refresh_from_db()
    assert row.credentials.reveal()["key"] == "s3cret-key"

    post(cast, row, "login", **{**TYPED, "login_key": "n3w"})
    row.refresh_from_db()

    assert row.credentials.reveal() == {"user": "api", "key": "n3w", "code": "", "door": "", "firm": ""}
    assert audited()[1:] == [
        ("changed", {"user": ["•••", "•••"]}),
        ("changed", {"key": ["•••", "•••"], "user": ["•••", "•••"]}),
    ]


@pytest.mark.parametrize("field", ["base_url", "login_door"])
def test_what_is_kept_is_not_sent_to_another_address(cast: Cast, field: str) -> None:
    row = connect(cast)

    answer = post(cast, row, "login", **{**TYPED, field: "https://evil.example", "login_key": ""})

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["login_key"])
    row.refresh_from_db()
    assert (row.base_url, row.credentials.reveal()["door"]) == (ADDRESS, "")


def test_what_was_typed_for_one_door_is_not_sent_to_none(cast: Cast) -> None:
    row = connect(cast, login_door="https://auth.example/")
    kept = {**TYPED, "login_key": "", "login_door": "https://auth.example"}
    assert post(cast, row, "login", **kept).status_code == 303

    answer = post(cast, row, "login", **{**kept, "login_door": ""})

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["login_key"])


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"base_url": "http://desk.example"}, "base_url"),
        ({"base_url": "https://user:word@desk.example"}, "base_url"),
        ({"login_door": "http://auth.example"}, "login_door"),
        ({"login_user": ""}, "login_user"),
        ({"login_key": ""}, "login_key"),
        ({"name": "Practice PSA"}, "name"),
    ],
    ids=["http", "password", "door", "user", "key", "taken"],
)
def test_a_login_that_does_not_fit_is_told_beside_its_field(
    cast: Cast, typed: dict[str, str], field: str
) -> None:
    make_practice_ticket(cast)
    answer = signed_in(cast.account_admin).post(reverse("connections:new", args=["desk"]), {**TYPED, **typed})

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert PsaConnection.objects.filter(provider="desk").count() == 0


def test_a_login_that_somebody_else_changed_first_is_not_written_over(cast: Cast) -> None:
    row = connect(cast)
    answer = signed_in(cast.account_admin).post(at(row, "login"), {**TYPED, "name": "Late", "seen": "old"})

    assert answer.status_code == 409
    row.refresh_from_db()
    assert row.name == "Our desk"


ELSEWHERE = {**TYPED, "base_url": "https://other.example"}


@pytest.mark.parametrize("typed", [ELSEWHERE, {**TYPED, "login_firm": "rival"}], ids=["address", "firm"])
@pytest.mark.parametrize("used_by", ["session", "push"])
def test_another_system_takes_another_connection_while_this_one_is_in_use(
    cast: Cast, typed: dict[str, str], used_by: str
) -> None:
    row = connect(cast)
    if used_by == "session":
        make_session(cast, psa_connection=row, ticket_data={"id": "7"})
    else:
        outbox.put_note(row, "7", session_id=uuid4(), text="Works again.")

    answer = post(cast, row, "login", **typed)

    assert (answer.status_code, "Make a new connection for it." in words(answer)) == (422, True)
    row.refresh_from_db()
    assert (row.base_url, row.credentials.reveal()["firm"]) == (ADDRESS, "")
    assert post(cast, row, "login", **{**TYPED, "base_url": f"{ADDRESS}/rt"}).status_code == 303
    AISession.objects.update(status="abandoned", ended_at=timezone.now())
    row.pushes.update(state="dead")
    assert post(cast, row, "login", **typed).status_code == 303


def test_a_test_says_what_works_and_what_is_missing_there(cast: Cast, desk: type[Desk]) -> None:
    row, client = connect(cast), signed_in(cast.account_admin)
    desk.refused["members"] = Refused("Role lacks System > Members")

    part = words(client.post(at(row, "check"), headers=HTMX))

    assert "Something does not work. Desk 2" in part
    assert "Does not work: Permission: May not write time." in part
    assert "Does not work: Members: Role lacks System &gt; Members" in part
    assert "Works: Boards" in part
    row.refresh_from_db()
    assert (row.state, row.trouble, row.last_ok_at is not None) == ("ok", "", True)


def test_a_refused_login_closes_the_connection_and_a_test_that_works_opens_it(
    cast: Cast, desk: type[Desk]
) -> None:
    row, client = connect(cast), signed_in(cast.account_admin)
    desk.refused["check"] = LoginRefused("The key has expired")
    assert "Does not work: Signing in: The key has expired" in words(client.post(at(row, "check")))
    row.refresh_from_db()
    assert (row.state, row.trouble) == ("failed", "The key has expired")
    assert "The key has expired" in words(client.get(at(row)))

    desk.refused.clear()
    client.post(at(row, "check"))

    row.refresh_from_db()
    assert (row.state, row.trouble) == ("ok", "")


def test_a_pause_during_a_test_stays(cast: Cast, desk: type[Desk], monkeypatch: pytest.MonkeyPatch) -> None:
    row, asked = connect(cast), Desk.check

    def check(self: Desk) -> ConnectionInfo:
        PsaConnection.objects.update(state="paused")
        return asked(self)

    monkeypatch.setattr(desk, "check", check)
    signed_in(cast.account_admin).post(at(row, "check"))

    row.refresh_from_db()
    assert row.state == "paused"


def test_a_mapping_is_chosen_from_what_the_system_offers(cast: Cast) -> None:
    row = connect(cast)
    post(cast, row, "mapping", board="B2", work_type="Remote", status_resolved="B2 done")
    row.refresh_from_db()
    expected = Mapping(statuses={"resolved": "B2 done"}, board="B2", work_type="Remote")
    assert Mapping.of(row.mapping) == expected

    client = signed_in(cast.account_admin)
    other = client.get(at(row, "mapping"), {"board": "B1"}, headers=HTMX)
    assert ("B1 done", "B1 done") in other.context["form"].fields["status_resolved"].choices
    assert "B2 done (not offered any more)" in words(other)
    answer = post(cast, row, "mapping", board="B9")
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["board"])


def test_a_mapping_that_is_saved_while_the_system_is_down_keeps_its_names(
    cast: Cast, desk: type[Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = connect(cast)
    row.mapping = {"statuses": {"resolved": "9"}, "status_names": {"9": "Closed"}}
    row.save()
    desk.refused["boards"] = Unreachable("No route to the host")
    assert "Closed (not offered any more)" in words(signed_in(cast.account_admin).get(at(row, "mapping")))

    post(cast, row, "mapping", status_resolved="9")

    row.refresh_from_db()
    assert row.mapping["status_names"] == {"9": "Closed"}


def test_a_mapping_can_be_seen_while_the_system_is_down(cast: Cast, desk: type[Desk]) -> None:
    row = connect(cast)
    post(cast, row, "mapping", board="B2", status_resolved="B2 done")
    desk.refused["boards"] = Unreachable("No route to the host")

    page = words(signed_in(cast.account_admin).get(at(row, "mapping")))

    assert "No route to the host" in page
    assert "B2 (not offered any more)" in page


def test_admins_write_the_text_of_notes_and_see_it_before(cast: Cast) -> None:
    row = make_practice_ticket(cast).connection
    client = signed_in(cast.account_admin)
    wrong = words(client.post(at(row, "preview"), {"template": "Hi\n{sumary}"}, headers=HTMX))
    assert "Line 2: There is no placeholder {sumary}. Do you mean {summary}?" in wrong
    seen = words(
        client.post(at(row, "preview"), {"template": "Done: {action}\n\nWhy: {reason}"}, headers=HTMX)
    )
    assert "Resolved Done: Restart the spooler Escalated Why: The spooler stops again" in seen
    assert "Abandoned Why: The customer has replaced the printer." in seen
    assert "read by the customer" in seen
    assert post(cast, row, "note", template="{nothing}").status_code == 422

    post(cast, row, "note", template="Fixed {ticket}:\r\n{summary} ({minutes} min)")

    session = make_session(
        cast, psa_connection=PsaConnection.objects.get(), ticket_data={"id": "7", "number": "7"}
    )
    actions.resolve(session, summary="Cleared.", action="Restart", worked_minutes=5, by=session.user)
    push = row.pushes.get()
    assert (push.body, push.internal) == ("Fixed 7:\nCleared. (5 min)", False)

    post(cast, row, "note", template=default_template(), internal="on")
    row.refresh_from_db()
    assert (row.note_template, Mapping.of(row.mapping).internal) == ("", True)


def test_a_pause_keeps_what_is_to_be_written(cast: Cast) -> None:
    push = make_push(cast, state="pending")
    row, client = push.connection, signed_in(cast.account_admin)
    client.post(at(row, "pause"))
    again = client.post(at(row, "pause"), follow=True)
    row.refresh_from_db()
    assert (row.state, "Somebody else changed this meanwhile" in words(again)) == ("paused", True)

    client.post(at(row, "resume"))

    row.refresh_from_db()
    assert (row.state, row.pushes.get().state) == ("ok", "pending")
    assert [changes["state"][1] for _verb, changes in audited()] == ["paused", "ok"]


def test_deleting_asks_and_leaves_sessions_their_ticket(cast: Cast) -> None:
    push = make_push(cast)
    row, client = push.connection, signed_in(cast.account_admin)
    assert "0 waiting, 1 to be decided" in words(client.get(at(row, "delete")))

    client.post(at(row, "delete"))

    assert PsaConnection.objects.count() == 0
    session = AISession.objects.get()
    assert session.psa_connection is None
    assert (session.ticket_data or {})["title"] == "Printer prints nothing"
    assert audited()[-1][0] == "deleted"


def test_health_tells_the_last_success_the_last_error_and_the_calls(cast: Cast) -> None:
    push = make_push(cast)
    push.tries.create(
        account=cast.account, number=1, started_at=timezone.now(), outcome="refused", vendor_message="Closed."
    )

    page = words(signed_in(cast.account_admin).get(at(push.connection)))

    assert "Last success never" in page
    assert "Last error Closed." in page
    assert "Calls in the last hour 0" in page
    assert "To be decided 1" in page


def test_a_secret_of_webhooks_is_shown_once(cast: Cast) -> None:
    row, client = make_practice_ticket(cast).connection, signed_in(cast.account_admin)
    page = text(client.post(at(row, "new-secret")))
    row.refresh_from_db()
    secret = row.credentials.reveal()["webhook_secret"]

    assert f'value="{secret}"' in page
    assert secret not in text(client.get(at(row)))
    before = client.get(at(row)).context["address"]
    client.post(at(row, "new-address"))
    assert client.get(at(row)).context["address"] != before


def test_what_was_not_written_is_listed_changed_and_sent_again(cast: Cast, outsiders: Cast) -> None:
    push = make_push(cast)
    push.tries.create(account=cast.account, number=1, started_at=timezone.now(), vendor_message="Closed.")
    make_push(cast, state="pending", error="")
    make_push(outsiders, error="Secret of a rival")
    client = signed_in(cast.account_admin)
    listed = client.get(reverse("connections:pushes"), {"state": "decide"})
    assert [row.pk for row in listed.context["page"].rows] == [push.pk]
    assert "rival" not in text(listed)
    one = reverse("connections:push", args=[push.pk])
    assert "Closed." in words(client.get(one))

    client.post(reverse("connections:retry", args=[push.pk]), {"body": "Shorter."})

    push.refresh_from_db()
    assert (push.state, push.body) == ("pending", "Shorter.")
    assert client.post(reverse("connections:retry", args=[push.pk])).status_code == 409


def test_what_nobody_knows_is_decided_by_an_admin(cast: Cast) -> None:
    push = make_push(cast, state="unknown")

    signed_in(cast.account_admin).post(reverse("connections:arrived", args=[push.pk]))

    push.refresh_from_db()
    assert push.state == "delivered"
