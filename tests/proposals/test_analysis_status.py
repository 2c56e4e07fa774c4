"""`manage.py analysis_status` tells what the page shows."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_q.models import Schedule

from flowpilot.core.models import Heartbeat
from proposals import actions
from tests.factories import Cast, make_resolved
from tests.proposals.runs_rows import ended, failed, put_off, unended


def told(*arguments: str) -> str:
    output = StringIO()
    call_command("analysis_status", *arguments, stdout=output)
    return output.getvalue()


def status(*arguments: str) -> Any:
    return json.loads(told("--json", *arguments))


def seconds(moment: Any) -> str:
    text: str = moment.isoformat(timespec="seconds")
    return text


def test_the_figures_of_an_account(cast: Cast, outsiders: Cast) -> None:
    beat, due = timezone.now(), timezone.now() + timedelta(minutes=1)
    Heartbeat.objects.create(name="worker", beat_at=beat)
    Schedule.objects.create(func="proposals.jobs.analyse_pending", next_run=due)
    waits, later, session = make_resolved(cast), put_off(cast, 5), failed(cast)
    run = ended(cast, claimed=2, completed=1, failed=1, nothing=1)
    broken = unended(cast, minutes_ago=9)
    actions.request_run(cast.account.pk, by=cast.team_admin)
    failed(outsiders)

    result = status("--account", "acme")

    (account,) = result.pop("accounts")
    assert result == {"worker": {"works": True, "last_beat": seconds(beat)}, "next_run": seconds(due)}
    assert account.pop("requested") is not None
    assert account == {
        "account": "acme",
        "waiting": {
            "count": 1,
            "more": False,
            "oldest": seconds(waits.resolved_at),
            "in_work": 0,
            "later": 1,
            "next_retry": seconds(later.lease_until),
        },
        "failed": {
            "count": 1,
            "more": False,
            "newest": [
                {
                    "session": str(session.pk),
                    "title": session.title,
                    "error": "The engine gave up.",
                    "attempts": 3,
                    "since": seconds(session.analyses.get().finished_at),
                }
            ],
        },
        "runs": [
            {
                "started": seconds(run.started_at),
                "finished": seconds(run.finished_at),
                "state": "completed",
                "trigger": "schedule",
                "seconds": 12.0,
                "counts": {"claimed": 2, "completed": 1, "failed": 1, "nothing": 1},
            },
            {
                "started": seconds(broken.started_at),
                "finished": None,
                "state": "broken_off",
                "trigger": "schedule",
                "seconds": None,
                "counts": {},
            },
        ],
    }


def test_all_accounts_in_words(cast: Cast, outsiders: Cast) -> None:
    session = failed(cast, team=None)
    ended(outsiders, claimed=2, completed=2, reinforced=2)

    lines = told().splitlines()

    assert lines[0] == "worker: none at work; start one: manage.py worker, last seen never"
    assert lines[1] == "next run: none scheduled; see manage.py sync_schedules"
    assert [line for line in lines[2:] if line and not line.startswith(" ")] == ["acme", "rival"]
    figures = "  waiting 0 (oldest –), in work 0, to be tried again 0 (next –), failed 1"
    assert figures in lines
    assert f"  failed {session.pk} “{session.title}”: The engine gave up." in lines
    assert any(
        line.endswith("12.0 s, claimed 2, completed 2, failed 0, confirms a flow: 2") for line in lines
    )


def test_without_accounts_there_is_only_the_service(db: None) -> None:
    assert status() == {"worker": {"works": False, "last_beat": None}, "next_run": None, "accounts": []}


def test_an_unknown_account_is_named(cast: Cast) -> None:
    with pytest.raises(CommandError, match="There is no account with the slug “nobody”."):
        told("--account", "nobody")
