"""The cluster's ties to its supervisor, with real processes."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from time import monotonic, sleep

import psutil
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_q.conf import Conf
from django_q.models import OrmQ, Schedule, Task

from flowpilot.core.models import Heartbeat
from flowpilot.core.postgres.keeper import PROJECT
from flowpilot.core.worker.heartbeat import beat, last_beat
from flowpilot.core.worker.process import is_alive
from flowpilot.core.worker.queue import WorkQueue
from flowpilot.core.worker.reports import Receiver, Report, Reporter, What
from tests.core.supervised import PARTS, group
from tests.journeys.second_process import start, wait_until

# Leads a group, ties it to the pipe, and forks a child that forks another.
FAMILY = """
    import multiprocessing, pathlib, sys, time
    from flowpilot.core.worker import lifeline

    def generation(depth):
        (pathlib.Path(sys.argv[2]) / str(depth)).touch()
        if depth:
            multiprocessing.get_context("fork").Process(target=generation, args=(depth - 1,)).start()
        time.sleep(300)

    lifeline.hold(int(sys.argv[1]))
    generation(2)
"""


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def family(descriptor: int, notes: Path) -> "tuple[subprocess.Popen[bytes], list[psutil.Process]]":
    """The leader, and all three once they run."""
    leader = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(FAMILY), str(descriptor), str(notes)],
        cwd=PROJECT,
        pass_fds=[descriptor],
        start_new_session=True,
    )
    while not (notes / "0").exists():
        assert leader.poll() is None
        sleep(0.02)
    return leader, [psutil.Process(leader.pid), *psutil.Process(leader.pid).children(recursive=True)]


def wait_until_gone(processes: list[psutil.Process]) -> None:
    """Ended, or zombies that this machine's first process has not collected."""
    deadline = monotonic() + 30
    while left := [one for one in processes if one.is_running() and is_alive(one.pid)]:
        assert monotonic() < deadline, f"{left} live on"
        sleep(0.05)


def test_whole_family_ends_with_the_lifeline(tmp_path: Path) -> None:
    end, lifeline = os.pipe()
    leader, processes = family(end, tmp_path)
    assert len(processes) == 3
    os.close(lifeline)

    wait_until_gone(processes)
    assert leader.wait() == -signal.SIGKILL
    os.close(end)


def test_orphans_of_a_dead_leader_end_with_the_lifeline_too(tmp_path: Path) -> None:
    end, lifeline = os.pipe()
    leader, processes = family(end, tmp_path)
    leader.kill()
    leader.wait()
    assert [one.is_running() for one in processes[1:]] == [True, True]
    os.close(lifeline)

    wait_until_gone(processes[1:])
    os.close(end)


def test_dead_process_that_nobody_has_collected_is_not_alive() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert is_alive(child.pid)
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert psutil.pid_exists(child.pid)
        assert not is_alive(child.pid)
    assert not is_alive(child.pid)


def test_reports_arrive_whole_and_in_order(pipe: tuple[int, int]) -> None:
    receiver, reporter = Receiver(pipe[0]), Reporter(pipe[1])
    assert receiver.read() == []
    reporter.send(What.GUARDS)
    reporter.send(What.PULLED, 17)
    reporter.send(What.TOOK, 17, "abc")
    os.write(pipe[1], b"did 1 17")

    me = os.getpid()
    assert receiver.read() == [
        Report(What.GUARDS, me),
        Report(What.PULLED, me, 17),
        Report(What.TOOK, me, 17, "abc"),
    ]
    os.write(pipe[1], b" abc\n")
    assert receiver.read() == [Report(What.DID, 1, 17, "abc")]


def test_full_pipe_does_not_hold_up_work(pipe: tuple[int, int]) -> None:
    receiver, reporter = Receiver(pipe[0]), Reporter(pipe[1])
    for row in range(10_000):
        reporter.send(What.PULLED, row)

    rows = [report.row for report in receiver.read()]
    assert 0 < len(rows) < 10_000
    assert rows == list(range(len(rows)))


@pytest.mark.django_db
def test_heartbeat_is_one_row_that_is_overwritten() -> None:
    assert last_beat() is None
    beat()
    first = last_beat()
    beat()

    assert Heartbeat.objects.count() == 1
    assert last_beat() > first


@pytest.mark.django_db
def test_released_rows_are_due_at_once_and_others_stay_locked() -> None:
    later = timezone.now() + timedelta(minutes=20)
    mine, other = (OrmQ.objects.create(key="flowpilot", payload="", lock=later) for _ in range(2))
    WorkQueue().release([mine.pk])

    assert list(OrmQ.objects.filter(lock__lte=timezone.now())) == [mine]
    assert OrmQ.objects.get(pk=other.pk).lock == later


@pytest.mark.django_db
def test_clock_set_back_an_hour_stops_no_schedule() -> None:
    call_command("sync_schedules", quiet=True)
    now = timezone.now()
    every_minute, hourly = (
        Schedule.objects.get(name=name) for name in ("analyse sessions", "expire proposals")
    )
    for schedule, ahead in ((every_minute, 60), (hourly, 60)):
        Schedule.objects.filter(pk=schedule.pk).update(next_run=now + timedelta(minutes=ahead))
    WorkQueue().mend_times()

    assert list(Schedule.objects.filter(next_run__gt=now + timedelta(minutes=1))) == [hourly]
    every_minute.refresh_from_db()
    assert every_minute.next_run <= timezone.now()


@pytest.mark.django_db
def test_clock_set_back_an_hour_stops_no_task() -> None:
    now = timezone.now()
    in_work = OrmQ.objects.create(key="flowpilot", payload="", lock=now + timedelta(seconds=Conf.RETRY))
    OrmQ.objects.create(key="flowpilot", payload="", lock=now + timedelta(hours=1))
    WorkQueue().mend_times()

    assert list(OrmQ.objects.filter(lock__gt=timezone.now())) == [in_work]
    assert OrmQ.objects.get(pk=in_work.pk).lock == in_work.lock


@pytest.mark.django_db
def test_heartbeat_of_the_time_before_the_clock_was_set_back_proves_nothing() -> None:
    beat()
    Heartbeat.objects.update(beat_at=timezone.now() + timedelta(hours=1))
    with pytest.raises(CommandError, match="No worker is at work"):
        call_command("worker", check=True)

    beat()
    call_command("worker", check=True, stdout=StringIO())


@pytest.mark.django_db
def test_check_says_when_a_worker_last_answered() -> None:
    with pytest.raises(CommandError, match="last heartbeat: never"):
        call_command("worker", check=True)
    beat()
    said = StringIO()
    call_command("worker", check=True, stdout=said)
    assert said.getvalue() == f"Last heartbeat: {last_beat().isoformat(timespec='seconds')}.\n"

    Heartbeat.objects.update(beat_at=timezone.now() - timedelta(minutes=3))
    with pytest.raises(CommandError, match="No worker is at work"):
        call_command("worker", check=True)


@pytest.fixture
def command(transactional_db: None) -> Iterator["subprocess.Popen[str]"]:
    """`manage.py worker` whose cluster has run a heartbeat."""
    process = start("worker")
    try:
        assert wait_until(lambda: last_beat() is not None, process)
        assert process.poll() is None
        yield process
    finally:
        process.kill()
        process.communicate()


def cluster_of(command: "subprocess.Popen[str]") -> list[psutil.Process]:
    (leader,) = [child for child in psutil.Process(command.pid).children() if "--pipes" in child.cmdline()]
    assert wait_until(lambda: len(group(leader.pid)) == len(PARTS), command)  # a task may run a program
    return group(leader.pid)


def test_command_runs_a_cluster_and_takes_it_along_when_it_is_killed(
    command: "subprocess.Popen[str]",
) -> None:
    cluster = cluster_of(command)
    command.kill()
    command.communicate()

    wait_until_gone(cluster)
    assert Task.objects.count() == 0, "heartbeats leave no results"


def test_command_told_to_stop_leaves_nothing_running(command: "subprocess.Popen[str]") -> None:
    cluster = cluster_of(command)
    command.terminate()
    _output, log = command.communicate(timeout=60)

    assert command.returncode == 0
    wait_until_gone(cluster)
    # A slow connection leaves a line of its own.
    events = [json.loads(line)["event"] for line in log.splitlines()]
    assert [event for event in events if "cluster" in event] == [
        "Starting the cluster.",
        "The cluster has stopped.",
    ]
