"""`manage.py import_tickets`, from the call to the rows."""

import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from flowpilot.accounts.models import Account, Client, Team, User
from sessions.models import AISession, AISessionStep, SessionEvent

pytestmark = pytest.mark.django_db

HEADER = "Ticket #,Summary,Initial Description,Resolution,Board,Status,Company,Date Entered,Date Closed\n"
FIRST = (
    "1001,No network after moving desks,The phone works; the PC does not.,"
    '"1. Checked the cable\n2. Moved the PC to port 14, its password is Summer2024!\n3. Renewed the lease",'
    "Service Desk,>Closed,Acme,3/1/2025 8:00 AM,3/1/2025 9:30 AM\n"
)
SECOND = "1002,Printer offline,,Restarted the spooler,Service Desk,Closed,Beta,,\n"
OPEN = "1003,Slow laptop,,Looking,Service Desk,In Progress,Beta,,\n"


@pytest.fixture
def msp() -> Account:
    account = Account.objects.create(name="North IT", slug="north", time_zone="UTC")
    User.objects.create_user("boss@north.example", account=account, name="Boss", account_admin=True)
    User.objects.create_user("eve@north.example", account=account, name="Eve")
    Team.objects.create(account=account, name="Desk")
    Client.objects.create(account=account, name="ACME")
    return account


@pytest.fixture
def other() -> Account:
    account = Account.objects.create(name="South IT", slug="south")
    User.objects.create_user("boss@south.example", account=account, name="Boss", account_admin=True)
    Team.objects.create(account=account, name="South")
    return account


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "export.csv"
    path.write_text(HEADER + FIRST + SECOND + OPEN)
    return path


def run(path: Path, *args: str, account: str = "north") -> dict[str, Any]:
    out = StringIO()
    call_command("import_tickets", str(path), "--account", account, "--json", *args, stdout=out)
    report = json.loads(out.getvalue())
    assert isinstance(report, dict)
    return report


def refusal(path: Path, *args: str, account: str = "north") -> str:
    with pytest.raises(CommandError) as refused:
        run(path, *args, account=account)
    assert refused.value.returncode == 2
    return str(refused.value)


def test_report_counts_every_row_and_names_the_rejected_ones(msp: Account, export: Path) -> None:
    assert run(export) == {
        "read": 3,
        "imported": 2,
        "duplicates": 0,
        "rejected": [
            {
                "line": 6,
                "error": "the status “In Progress” is neither resolved nor closed (--any-status takes it)",
            }
        ],
        "rejected_count": 1,
        "unread_dates": 0,
        "stopped": "",
    }


def test_ticket_becomes_a_resolved_session_awaiting_analysis(msp: Account, export: Path) -> None:
    run(export, "--team", "desk", "--user", "EVE@north.example", "--source", "ConnectWise")
    session = AISession.objects.get(external_id="1001")
    opened, closed = datetime(2025, 3, 1, 8, tzinfo=UTC), datetime(2025, 3, 1, 9, 30, tzinfo=UTC)
    assert session.account == msp
    assert session.user.email == "eve@north.example"
    assert session.team is not None
    assert session.team.name == "Desk"
    assert session.client is not None
    assert session.client.name == "ACME"
    assert (session.status, session.analysis_status, session.resolution_no) == ("resolved", "pending", 1)
    assert (session.created_at, session.resolved_at, session.ended_at) == (opened, closed, closed)
    assert (session.intake_type, session.source, session.psa_ticket_id) == (
        "psa_ticket",
        "connectwise",
        "1001",
    )
    assert session.problem_summary == "No network after moving desks"
    assert session.intake_content == {
        "text": "The phone works; the PC does not.",
        "image_urls": [],
        "log_content": "",
        "ticket_data": None,
    }
    assert session.resolution_summary == (
        "1. Checked the cable\n2. Moved the PC to port 14, its password is <SECRET_1>\n3. Renewed the lease"
    )
    assert session.resolution_action == "Moved the PC to port 14, its password is <SECRET_1>"
    assert session.scored_at is None


def test_ticket_data_has_the_shape_of_every_ticket(msp: Account, export: Path) -> None:
    run(export)
    assert AISession.objects.get(external_id="1001").ticket_data == {
        "provider": "import",
        "id": "1001",
        "number": "1001",
        "url": "",
        "title": "No network after moving desks",
        "body": "The phone works; the PC does not.",
        "status": ">Closed",
        "priority": "",
        "board": "",
        "category": "Service Desk",
        "client": "Acme",
        "contact": "",
        "assignee": "",
        "opened_at": "2025-03-01T08:00:00+00:00",
        "notes": [],
        "assets": [],
    }


def test_steps_of_the_resolution_and_one_event_are_written(msp: Account, export: Path) -> None:
    run(export)
    session = AISession.objects.get(external_id="1001")
    steps = AISessionStep.objects.filter(session=session).order_by("step_order")
    assert [(step.step_order, step.source, step.title) for step in steps] == [
        (1, "engineer", "Checked the cable"),
        (2, "engineer", "Moved the PC to port 14, its password is <SECRET_1>"),
        (3, "engineer", "Renewed the lease"),
    ]
    assert session.step_count == 3
    event = SessionEvent.objects.get(session=session)
    assert (event.verb, event.from_status, event.to_status) == ("import", "", "resolved")
    assert (event.actor, event.reason) == (session.user, "Imported from import, line 2")


def test_default_user_is_the_first_account_admin(msp: Account, export: Path) -> None:
    run(export)
    assert {session.user.email for session in AISession.objects.all()} == {"boss@north.example"}


def test_no_session_is_tied_to_a_psa_connection(msp: Account, export: Path) -> None:
    run(export)
    assert set(AISession.objects.values_list("psa_connection", flat=True)) == {None}


def test_second_import_of_a_file_imports_nothing(msp: Account, export: Path) -> None:
    run(export)
    again = run(export)
    assert (again["imported"], again["duplicates"]) == (0, 2)
    assert (AISession.objects.count(), SessionEvent.objects.count()) == (2, 2)


def test_identity_is_per_source_and_account(msp: Account, other: Account, export: Path) -> None:
    run(export)
    assert run(export, "--source", "autotask")["imported"] == 2
    assert run(export, account="south")["imported"] == 2


def test_rows_without_an_id_are_known_by_their_content(msp: Account, tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    lines = [{"title": "Sound is gone", "resolution": fix} for fix in ("Driver", "Unmuted", "Driver")]
    path.write_text("\n".join(json.dumps(line) for line in lines))
    first = run(path)
    assert (first["imported"], first["duplicates"]) == (2, 1)
    assert (run(path)["imported"], AISession.objects.filter(intake_type="free_text").count()) == (0, 2)


def test_dry_run_counts_the_same_and_writes_nothing(msp: Account, export: Path) -> None:
    planned = run(export, "--dry-run")
    assert AISession.objects.count() == 0
    assert planned == run(export)


def test_file_that_breaks_off_gives_what_stands_before_and_says_so(msp: Account, tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text('[{"id": 1, "title": "a", "resolution": "b"},\n {"id": oops}]')
    assert refusal(path).startswith("Line 2: not a JSON element")
    assert [session.external_id for session in AISession.objects.all()] == ["1"]


def test_json_whose_first_rows_lack_a_field_is_read(msp: Account, tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"title": "a"}\n{"title": "b", "fix": "c"}\n{"title": "d", "Solution": "e"}\n')
    report = run(path)
    assert report["imported"] == 2
    assert report["rejected"] == [{"line": 1, "error": "no resolution"}]


def test_columns_can_be_named_by_hand(msp: Account, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("Nr;Was;Wie\n1;Maus tot;Batterie getauscht\n")
    assert (
        run(path, "--map", "title=was", "--map", "resolution=Wie", "--map", "external_id=Nr")["imported"] == 1
    )
    assert AISession.objects.get().problem_summary == "Maus tot"


@pytest.mark.parametrize(
    ("args", "account", "message"),
    [
        ("", "nowhere", "There is no account “nowhere”. Accounts: north, south."),
        ("--user boss@south.example", "north", "Nobody in the account “north” has the e-mail"),
        ("--team South", "north", "The account “north” has no team “South”. Teams: Desk."),
        (
            "--map titel=Summary",
            "north",
            "There is no field “titel”. Fields: external_id, title, description",
        ),
        ("--map title=Titel", "north", "There is no column “Titel”. Columns: Ticket #, Summary"),
        (f"--source {'s' * 61}", "north", "--source takes a name of 1 to 60 characters."),
    ],
)
def test_wrong_call_is_refused_in_one_sentence(
    msp: Account, other: Account, export: Path, args: str, account: str, message: str
) -> None:
    assert refusal(export, *args.split(), account=account).startswith(message)
    assert AISession.objects.count() == 0


def test_missing_file_is_named(msp: Account, tmp_path: Path) -> None:
    path = tmp_path / "nothing.csv"
    assert refusal(path) == f"Cannot read {path}: No such file or directory."


def test_account_without_admin_needs_a_user(other: Account, export: Path) -> None:
    User.objects.all().delete()
    assert refusal(export, account="south") == "The account “south” has no admin; name a user with --user."


def test_hostile_text_is_stored_clean(msp: Account, tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(
        '{"id": "a\\u0000b", "title": "x\\ud800y", "description": "<b>\\u0007", "resolution": "r\\u0000"}\n'
        '{"id": 1e400, "title": NaN, "description": "d", "resolution": "ok", "created_at": "\\u0000"}\n'
    )
    assert run(path)["imported"] == 2
    found = AISession.objects.get(external_id="ab")
    assert (found.problem_summary, found.resolution_summary) == ("xy", "r")
    assert found.intake_content["text"] == "<b>"


def test_summary_for_people_says_what_happened(msp: Account, export: Path) -> None:
    out = StringIO()
    call_command("import_tickets", str(export), "--account", "north", "--dry-run", stdout=out)
    assert out.getvalue() == (
        "Dry run: nothing was written.\n"
        "3 read, 2 imported, 0 already there, 1 rejected\n"
        "  line 6: the status “In Progress” is neither resolved nor closed (--any-status takes it)\n"
    )
