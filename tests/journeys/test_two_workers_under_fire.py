"""Two workers on one database, every few seconds one of them killed, until all sessions are analysed.

`make soak` runs it; SOAK_SESSIONS says how many sessions.
"""

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

import psutil
import pytest
from django.core.management import call_command
from django.db import connection
from django_q.models import Failure
from django_q.tasks import async_task

from proposals.models import ProposalDraft, SessionAnalysis
from sessions.models import AISession
from tests.factories import make_cast
from tests.journeys.crowd import make_crowd
from tests.journeys.second_process import ROOT, on_this_database

SESSIONS = int(os.environ.get("SOAK_SESSIONS", "10000"))
SECONDS_BETWEEN_KILLS = 5
SECONDS_ENOUGH_FOR_ONE_SESSION = 1.0
WAYS = ("everything", "supervisor", "cluster", "part", "part", "part")

# Notes every change of a claim, in the same transaction.
AUDIT = """
CREATE TABLE audit (analysis uuid, verb text, was text, became text, attempts_were int, attempts int);
CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO audit VALUES (OLD.id, TG_OP, OLD.state, NEW.state, OLD.attempts, NEW.attempts);
  RETURN NULL;
END $$;
CREATE TRIGGER audit AFTER UPDATE OR DELETE ON proposals_sessionanalysis
  FOR EACH ROW EXECUTE FUNCTION audit();
"""
END_OF_AUDIT = "DROP TRIGGER audit ON proposals_sessionanalysis; DROP FUNCTION audit(); DROP TABLE audit"

# Each finds what must not be.
WRONG = {
    "a session waits or failed": """
        SELECT id FROM ai_sessions WHERE analysis_status IS DISTINCT FROM 'completed'""",
    "a resolution has not exactly one completed analysis": """
        SELECT session.id FROM ai_sessions session
        LEFT JOIN proposals_sessionanalysis analysis
          ON analysis.session_id = session.id AND analysis.resolution_no = session.resolution_no
        GROUP BY session.id HAVING count(*) <> 1 OR min(analysis.state) IS DISTINCT FROM 'completed'""",
    "an analysis was completed twice, or changed after it": """
        SELECT analysis FROM audit WHERE was = 'completed'
        UNION SELECT analysis FROM audit WHERE became = 'completed' GROUP BY 1 HAVING count(*) > 1""",
    "a claim vanished": "SELECT analysis FROM audit WHERE verb = 'DELETE'",
    "attempts sank": "SELECT analysis FROM audit WHERE attempts < attempts_were",
    "a resolution speaks twice": """
        SELECT session_id FROM proposals_proposalevidence GROUP BY session_id HAVING count(*) > 1""",
    "a proposal counts other evidence than it has": """
        SELECT proposal.id FROM proposals_flowproposal proposal
        LEFT JOIN proposals_proposalevidence evidence ON evidence.proposal_id = proposal.id
        GROUP BY proposal.id HAVING count(evidence.id) <> proposal.evidence_count""",
    "an analysis names another proposal than its evidence": """
        SELECT analysis.id FROM proposals_sessionanalysis analysis
        LEFT JOIN proposals_proposalevidence evidence USING (session_id, resolution_no)
        WHERE analysis.proposal_id IS DISTINCT FROM evidence.proposal_id""",
    "drafts are not numbered from one on, the last in force": """
        SELECT proposal.id FROM proposals_flowproposal proposal
        JOIN proposals_proposaldraft draft ON draft.proposal_id = proposal.id
        LEFT JOIN proposals_proposaldraft current ON current.id = proposal.current_draft_id
        GROUP BY proposal.id, current.number
        HAVING count(*) <> max(draft.number) OR current.number IS DISTINCT FROM max(draft.number)""",
}


class Worker:
    """`manage.py worker`, started again whenever it is gone, as an init system would."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self.kills = Counter[str]()
        self._start()

    def _start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "worker"],
                cwd=ROOT,
                env={**os.environ, **on_this_database()},
                stdout=log,
                stderr=log,
            )

    def keep(self) -> None:
        if self._process.poll() is not None:
            self._start()

    def kill(self, way: str, chance: random.Random) -> None:
        cluster = self._cluster()
        self.kills[way if cluster else "while it started"] += 1
        if way in ("everything", "supervisor") or not cluster:
            self._process.kill()
        with suppress(ProcessLookupError, psutil.NoSuchProcess):
            if cluster and way in ("everything", "cluster"):
                os.killpg(cluster[0].pid, signal.SIGKILL)
            if cluster and way == "part":
                chance.choice(cluster).kill()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(60)

    def _cluster(self) -> list[psutil.Process]:
        """The leader of the cluster's group and the others; none while there is no cluster."""
        with suppress(psutil.NoSuchProcess):
            for child in psutil.Process(self._process.pid).children():
                if "--pipes" in child.cmdline():
                    family = [child, *child.children(recursive=True)]
                    return [one for one in family if os.getpgid(one.pid) == child.pid]
        return []


@contextmanager
def audited() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(AUDIT)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(END_OF_AUDIT)


def found(query: str) -> list[object]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
def test_every_session_is_analysed_once_however_often_one_is_killed(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(3)
    make_crowd(make_cast("acme"), SESSIONS)
    call_command("sync_schedules", quiet=True)
    start = monotonic()
    patience = start + 600 + SESSIONS * SECONDS_ENOUGH_FOR_ONE_SESSION
    with audited():
        workers = [Worker(tmp_path / f"{name}.log") for name in ("one", "other")]
        victims = 0
        while AISession.objects.awaiting_analysis().exists():
            assert monotonic() < patience, f"{AISession.objects.awaiting_analysis().count()} sessions wait"
            # No cluster lives until its sentinel looks at the schedules, every 30 s: so somebody asks.
            async_task("proposals.jobs.analyse_pending")
            next_kill = monotonic() + SECONDS_BETWEEN_KILLS
            while monotonic() < next_kill:
                for worker in workers:
                    worker.keep()
                sleep(0.2)
            workers[victims % 2].kill(chance.choice(WAYS), chance)
            victims += 1
        seconds = round(monotonic() - start)
        for worker in workers:
            worker.keep()
            worker.stop()
        wrong = {what: rows for what, query in WRONG.items() if (rows := found(query))}
        taken_over = len(found("SELECT DISTINCT analysis FROM audit WHERE attempts > attempts_were"))

    kills = {f"kills of {way}": count for way, count in (workers[0].kills + workers[1].kills).items()}
    figures = {"sessions": SESSIONS, "seconds": seconds, "taken over": taken_over, **kills}
    most = max(SessionAnalysis.objects.values_list("attempts", flat=True))
    drafts = ProposalDraft.objects.count()
    record_property("two workers under fire", {**figures, "most attempts": most, "drafts": drafts})
    assert wrong == {}
    assert SessionAnalysis.objects.count() == SESSIONS
    assert Failure.objects.count() == 0
