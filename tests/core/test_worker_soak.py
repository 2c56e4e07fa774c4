"""Every process of a cluster and the database under it, killed over and over, by the real clock.

`make soak` runs it and prints what it saw; SOAK_ROUNDS says how often each is killed. Rounds are tests of
their own, so that several may run at once, each on a server of its own (see `tests/conftest.py`).
"""

import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
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

ROUNDS = range(int(os.environ.get("SOAK_ROUNDS", "20")))
RESUMED_WITHIN_SECONDS = 120
RESEND_SECONDS = 5
SESSIONS = 60
TRACE = "trace"
Result = TypeVar("Result")
Record = Callable[[str, object], None]


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
    parts = supervised.parts()
    for name in ("worker", "other worker"):
        parts[name].kill()


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
@pytest.mark.parametrize("round_no", ROUNDS)
def test_work_goes_on_after(
    death: str, round_no: int, supervised: Supervised, record_property: Record
) -> None:
    random.seed(round_no)
    cast = make_cast("acme")
    supervised.begin_anew()
    before = supervised.starts
    DEATHS[death](supervised)
    seconds = seconds_until_resumed(supervised, cast)
    seen = Resumed(*seconds, restarts=supervised.starts - before)
    record_property(f"killed: {death}", seen._asdict())

    assert max(seen.task, seen.schedule, seen.whole_round) <= RESUMED_WITHIN_SECONDS
    assert_each_analysed_once(1)


@pytest.mark.parametrize("round_no", ROUNDS)
def test_sessions_in_work_survive_their_worker(
    round_no: int, monkeypatch: pytest.MonkeyPatch, record_property: Record
) -> None:
    monkeypatch.setenv("FLOWPILOT_ANALYSIS_LEASE_SECONDS", "1")
    monkeypatch.setenv("FLOWPILOT_ANALYSIS_BATCH", "10")
    call_command("sync_schedules", quiet=True)
    with Supervised() as supervised:
        supervised.begin_anew()
        cast = make_cast("acme")
        for number in range(SESSIONS):
            make_resolved(cast, problem_summary=f"Device {number % 7} of kind {number % 5} stopped")
        completed = SessionAnalysis.objects.filter(state="completed")
        enough = completed[random.Random(round_no).randrange(SESSIONS // 2) :]
        async_task("proposals.jobs.analyse_pending")
        supervised.wait_until(enough.all().exists)
        for pid in supervised.busy():
            psutil.Process(pid).kill()
        killed_at = timezone.now()
        left = SESSIONS - completed.count()
        supervised.wait_until(lambda: completed.count() == SESSIONS)
        seconds = (timezone.now() - killed_at).total_seconds()
        record_property("killed: worker in the learning job", {"sessions left": left, "seconds": seconds})
    assert_each_analysed_once(SESSIONS)


def seconds_until_resumed(supervised: Supervised, cast: Cast) -> tuple[float, float, float]:
    """The first three of `Resumed`."""
    start = timezone.now()
    once_it_answers(lambda: async_task("tests.core.supervised.leave_trace", TRACE))
    session = once_it_answers(lambda: make_resolved(cast))
    trace = Heartbeat.objects.filter(name=TRACE).values_list("beat_at", flat=True)
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
