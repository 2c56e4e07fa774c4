"""Every process of a cluster and the database under it, killed over and over, by the real clock.

`make soak` runs it and prints what it saw; SOAK_ROUNDS says how often each is killed.
"""

import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from random import Random
from time import monotonic, sleep
from typing import NamedTuple, TypeVar

import psutil
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import Error, connection
from django.utils import timezone
from django_q.models import Failure, Success
from django_q.tasks import async_task

from flowpilot.core.models import Heartbeat
from flowpilot.core.postgres import postmaster
from flowpilot.core.postgres.location import known_place
from proposals.models import FlowProposal, ProposalEvidence, SessionAnalysis
from tests.core.supervised import Supervised
from tests.factories import Cast, make_cast, make_resolved

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True)]

ROUNDS = int(os.environ.get("SOAK_ROUNDS", "20"))
RESUMED_WITHIN_SECONDS = 120
RESEND_SECONDS = 5
SESSIONS = 60
random = Random(7)
Result = TypeVar("Result")


class Resumed(NamedTuple):
    """Seconds from the kill on, and how often the cluster was replaced."""

    task: float
    """Until a task sent right after it had run."""
    schedule: float
    """Until the sentinel's own schedule had analysed a session resolved right after it."""
    whole_round: float
    """Until a task had run and its result was saved."""
    restarts: int


@pytest.fixture
def supervised() -> Iterator[Supervised]:
    call_command("sync_schedules", quiet=True)
    with Supervised() as supervised:
        yield supervised


def kill_part(name: str) -> Callable[[Supervised], None]:
    return lambda supervised: supervised.parts()[name].kill()


def kill_an_idle_worker(supervised: Supervised) -> None:
    supervised.parts()[random.choice(["worker", "other worker"])].kill()


def kill_both_idle_workers(supervised: Supervised) -> None:
    """One of them holds the lock of the queue, so this one always wedges."""
    for name in ("worker", "other worker"):
        supervised.parts()[name].kill()


def kill_a_busy_worker(supervised: Supervised) -> None:
    async_task("time.sleep", 20)
    supervised.wait_until(lambda: bool(supervised.busy()))
    os.kill(supervised.busy()[0], signal.SIGKILL)


def kill_the_database(_supervised: Supervised) -> None:
    connection.close()
    server = postmaster.find(known_place(settings.HOME).data)
    assert server is not None
    server.kill()


DEATHS: dict[str, Callable[[Supervised], None]] = {
    "main process": kill_part("main"),
    "sentinel": kill_part("sentinel"),
    "idle worker": kill_an_idle_worker,
    "both idle workers": kill_both_idle_workers,
    "busy worker": kill_a_busy_worker,
    "pusher": kill_part("pusher"),
    "monitor": kill_part("monitor"),
    "PostgreSQL": kill_the_database,
}


@pytest.mark.parametrize("death", DEATHS)
def test_work_goes_on_after(death: str, supervised: Supervised, capsys: pytest.CaptureFixture[str]) -> None:
    cast = make_cast("acme")
    seen: list[Resumed] = []
    for round_no in range(ROUNDS):
        supervised.begin_anew()
        before = supervised.starts
        DEATHS[death](supervised)
        seconds = seconds_until_resumed(supervised, cast, f"trace {round_no}")
        seen.append(Resumed(*seconds, restarts=supervised.starts - before))
        with capsys.disabled():
            sys.stdout.write(f"\n{death} {round_no}: {seen[-1]}")

    assert max(resumed.task for resumed in seen) <= RESUMED_WITHIN_SECONDS
    assert max(resumed.schedule for resumed in seen) <= RESUMED_WITHIN_SECONDS
    assert max(resumed.whole_round for resumed in seen) <= RESUMED_WITHIN_SECONDS
    assert_each_analysed_once(ROUNDS)


def test_sessions_in_work_survive_their_worker(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FLOWPILOT_ANALYSIS_LEASE_SECONDS", "1")
    monkeypatch.setenv("FLOWPILOT_ANALYSIS_BATCH", "10")
    call_command("sync_schedules", quiet=True)
    with Supervised() as supervised:
        for round_no in range(ROUNDS):
            supervised.begin_anew()
            cast = make_cast(f"round-{round_no}")
            for number in range(SESSIONS):
                make_resolved(cast, problem_summary=f"Device {number % 7} of kind {number % 5} stopped")
            mine = SessionAnalysis.objects.for_account(cast.account.pk)
            some = mine.filter(state="completed")[SESSIONS // 4 :]
            async_task("proposals.jobs.analyse_pending")
            supervised.wait_until(some.all().exists)
            for pid in supervised.busy():
                psutil.Process(pid).kill()
            left = mine.filter(state="claimed").count()
            supervised.wait_until(lambda mine=mine: mine.filter(state="completed").count() == SESSIONS)  # type: ignore[misc]
            with capsys.disabled():
                sys.stdout.write(f"\nworker killed in the job {round_no}: {left} sessions in work")
    assert_each_analysed_once(ROUNDS * SESSIONS)


def seconds_until_resumed(supervised: Supervised, cast: Cast, name: str) -> tuple[float, float, float]:
    """The first three of `Resumed`."""
    start = timezone.now()
    once_it_answers(lambda: async_task("tests.core.supervised.leave_trace", name))
    session = once_it_answers(lambda: make_resolved(cast))
    trace = Heartbeat.objects.filter(name=name).values_list("beat_at", flat=True)
    analysis = SessionAnalysis.objects.filter(session=session).values_list("finished_at", flat=True)
    sent: list[str] = []

    def ends() -> list[datetime]:
        # What ran on a wedged cluster leaves no result for a long time: so another one is sent.
        if (timezone.now() - start).total_seconds() > len(sent) * RESEND_SECONDS:
            sent.append(async_task("platform.node"))
        saved = Success.objects.filter(id__in=sent).order_by("stopped").values_list("stopped", flat=True)
        return [*trace.all(), *analysis.exclude(finished_at=None), *saved[:1]]

    supervised.wait_until(lambda: len(once_it_answers(ends)) == 3)
    traced, analysed, saved = (round((end - start).total_seconds(), 1) for end in ends())
    return traced, analysed, saved


def once_it_answers(act: Callable[[], Result]) -> Result:
    """Try again while the database is away."""
    deadline = monotonic() + RESUMED_WITHIN_SECONDS
    while True:
        try:
            return act()
        except Error:
            assert monotonic() < deadline, "the database did not come back"
            connection.close()
            sleep(0.2)


def assert_each_analysed_once(sessions: int) -> None:
    assert Counter(SessionAnalysis.objects.values_list("state", flat=True)) == {"completed": sessions}
    assert SessionAnalysis.objects.values("session").distinct().count() == sessions
    evidence = list(ProposalEvidence.objects.values_list("session", flat=True))
    assert len(evidence) == len(set(evidence)), "a resolution speaks for one proposal only"
    assert sum(FlowProposal.objects.values_list("evidence_count", flat=True)) == len(evidence)
    assert Failure.objects.count() == 0, "a task ran twice"
