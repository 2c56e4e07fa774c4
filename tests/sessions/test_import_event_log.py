"""A log of changes becomes sessions that began, changed hands, came back and ended when it says so."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from flowpilot.core.scope import account_scope
from sessions.models import AISession, SessionEvent
from tests.factories import Cast

HEAD = (
    "number,incident_state,reassignment_count,reopen_count,opened_at,sys_updated_at,resolved_at,closed_at\n"
)
LOG = HEAD + (
    "1,New,0,0,1/3/2016 08:00,1/3/2016 08:00,?,?\n"
    "1,Active,2,0,1/3/2016 08:00,1/3/2016 09:00,?,?\n"
    "1,Resolved,2,0,1/3/2016 08:00,1/3/2016 10:00,1/3/2016 10:00,?\n"
    "1,Active,2,1,1/3/2016 08:00,2/3/2016 08:00,?,?\n"
    "1,Closed,2,1,1/3/2016 08:00,9/3/2016 08:00,2/3/2016 09:30,9/3/2016 08:00\n"
    "2,New,0,0,5/3/2016 08:00,5/3/2016 08:00,?,?\n"
    "3,New,many,0,5/3/2016 08:00,5/3/2016 08:00,?,?\n"
    ",New,0,0,5/3/2016 08:00,5/3/2016 08:00,?,?\n"
    "4,New,0,0,soon,5/3/2016 08:00,?,?\n"
    f"{'5' * 191},New,0,0,5/3/2016 08:00,5/3/2016 08:00,?,?\n"
    "\x00,New,0,0,5/3/2016 08:00,5/3/2016 08:00,?,?\n"
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.csv.gz"
    path.write_bytes(gzip.compress(LOG.encode()))
    return path


def imported(log: Path, cast: Cast) -> None:
    call_command("import_event_log", log, account=cast.account.slug)


@pytest.mark.django_db
def test_the_life_of_a_ticket_becomes_that_of_a_session(
    cast: Cast, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imported(log, cast)

    with account_scope(cast.account.pk):
        session = AISession.objects.get(external_id="1")
        events = SessionEvent.objects.filter(session=session)
        verbs = list(events.values_list("verb", flat=True))
        resolved = list(events.filter(verb="resolve").values_list("created_at", flat=True))
        untouched = AISession.objects.get(external_id="2")
    assert (session.created_at, session.ended_at) == (
        datetime(2016, 3, 1, 8, tzinfo=UTC),
        datetime(2016, 3, 2, 9, 30, tzinfo=UTC),
    )
    assert (session.status, session.resolution_no, session.analysis_status) == ("resolved", 2, None)
    assert session.reopened_at == datetime(2016, 3, 2, 8, tzinfo=UTC)
    assert session.escalated_to == cast.account_admin
    assert sorted(verbs) == ["import", "reassign", "reassign", "reopen", "resolve", "resolve"]
    assert resolved == [datetime(2016, 3, 1, 10, tzinfo=UTC), session.ended_at]
    assert (untouched.status, untouched.ended_at, untouched.escalated_to) == ("active", None, None)
    assert capsys.readouterr().out.splitlines() == [
        "11 lines, 2 tickets, 2 of them new, 5 lines rejected.",
        "  8: reassignment_count is 'many', not a number",
        "  9: there is no number",
        "  10: opened_at or sys_updated_at is no date",
        "  11: number has 191 characters; at most 190 are allowed",
        "  12: there is no number",
    ]


@pytest.mark.django_db
def test_importing_a_log_again_adds_nothing(
    cast: Cast, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imported(log, cast)
    imported(log, cast)

    assert "2 tickets, 0 of them new" in capsys.readouterr().out
    assert AISession.objects.count() == 2


@pytest.mark.django_db
def test_a_file_that_is_no_log_is_refused_by_name(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(CommandError, match="columns are missing: closed_at, incident_state"):
        imported(path, cast)
    with pytest.raises(CommandError, match="cannot be read"):
        imported(tmp_path / "none.csv", cast)
    (tmp_path / "bad.csv.gz").write_bytes(b"no gzip")
    with pytest.raises(CommandError, match="cannot be read"):
        imported(tmp_path / "bad.csv.gz", cast)
