"""Two workers on one database, every few seconds one of them killed, until no session waits any more.

A session that was in hand three times when a worker died is parked as failed, for it may have been the cause:
such are tried again when the killing is over, as an admin would.
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
from itertools import cycle
from pathlib import Path
from time import monotonic, sleep

import psutil
import pytest
from django.core.management import call_command
from django.db import connection
from django_q.models import Failure
from django_q.tasks import async_task

from proposals import actions
from proposals.models import ProposalDraft, SessionAnalysis
from sessions.models import AISession
from tests.factories import make_cast
from tests.journeys.crowd import make_crowd
from tests.journeys.second_process import ROOT, on_this_database

SESSIONS = int(os.environ.get("SOAK_SESSIONS", "10000"))
SECONDS_BETWEEN_KILLS = 5
PATIENCE_SECONDS = 600 + SESSIONS
WAYS = ("everything", "supervisor", "cluster", "part", "part", "part")

# Notes every change of a claim, in the same transaction; as the owner, for the workers may not write there.
AUDIT = """
CREATE TABLE audit (analysis uuid, verb text, was text, became text, attempts_were int, attempts int);
CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
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
    "attempts sank": "SELECT analysis FROM audit WHERE attempts < attempts_were AND was <> 'failed'",
    "one was parked that was not tried three times": """
        SELECT analysis FROM audit WHERE became = 'failed' AND attempts <> 3""",
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


def kills() -> Iterator[tuple[int, str, random.Random]]:
    """Which of the two, and how: in turn, at random."""
    chance = random.Random(3)
    patience = monotonic() + PATIENCE_SECONDS
    for victim in cycle((0, 1)):
        assert monotonic() < patience, f"{AISession.objects.awaiting_analysis().count()} sessions wait"
        yield victim, chance.choice(WAYS), chance


def wait_while_any(workers: list[Worker], seconds: float) -> bool:
    """Whether sessions still wait after that time."""
    # No cluster lives until its sentinel looks at the schedules, every 30 s: so somebody asks.
    async_task("proposals.jobs.analyse_pending")
    end = monotonic() + seconds
    while AISession.objects.awaiting_analysis().exists():
        if monotonic() > end:
            return True
        for worker in workers:
            worker.keep()
        sleep(0.2)
    return False


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
def test_every_session_is_analysed_once_however_often_one_is_killed(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    cast = make_cast("acme")
    make_crowd(cast, SESSIONS)
    call_command("sync_schedules", quiet=True)
    start = monotonic()
    with audited():
        workers = [Worker(tmp_path / f"{name}.log") for name in ("one", "other")]
        for victim, way, chance in kills():
            if not wait_while_any(workers, SECONDS_BETWEEN_KILLS):
                break
            workers[victim].kill(way, chance)
        seconds = round(monotonic() - start)
        parked = actions.retry_all(cast.account.pk, by=cast.account_admin)
        assert not wait_while_any(workers, PATIENCE_SECONDS)
        for worker in workers:
            worker.keep()
            worker.stop()
        wrong = {what: rows for what, query in WRONG.items() if (rows := found(query))}
        taken_over = len(found("SELECT DISTINCT analysis FROM audit WHERE attempts > attempts_were"))

    killed = {f"kills of {way}": count for way, count in (workers[0].kills + workers[1].kills).items()}
    figures = {"sessions": SESSIONS, "seconds": seconds, "taken over": taken_over, "parked": parked, **killed}
    most = max(SessionAnalysis.objects.values_list("attempts", flat=True))
    drafts = ProposalDraft.objects.count()
    record_property("two workers under fire", {**figures, "most attempts": most, "drafts": drafts})
    assert wrong == {}
    assert SessionAnalysis.objects.count() == SESSIONS
    assert Failure.objects.count() == 0
