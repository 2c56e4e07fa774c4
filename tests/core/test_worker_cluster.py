"""A real cluster, killed part by part. Its supervisor's clock runs faster while a wedge has to be noticed."""

from datetime import timedelta

import psutil
import pytest
from django.core.management import call_command
from django.utils import timezone
from django_q.models import Failure, Schedule
from django_q.scheduler import scheduler
from django_q.tasks import async_task

from proposals.models import SessionAnalysis
from tests.core.supervised import Supervised
from tests.factories import make_cast, make_resolved

FASTER = 12


@pytest.mark.django_db(transaction=True)
def test_scheduled_job_runs_on_a_real_cluster_and_goes_on_after_every_kind_of_death() -> None:
    cast = make_cast("acme")
    call_command("sync_schedules", quiet=True)
    with Supervised() as supervised:

        def analysed_by_schedule(speed: float = 1) -> bool:
            """What the sentinel does every half minute; then the queue has to do the rest."""
            session = make_resolved(cast)
            Schedule.objects.update(next_run=timezone.now() - timedelta(seconds=1))
            scheduler()
            # Or the sentinel would put the same tasks in the queue again, maybe while a part is killed.
            Schedule.objects.update(next_run=timezone.now() + timedelta(days=1))
            done = SessionAnalysis.objects.filter(session=session, state="completed")
            supervised.wait_until(done.exists, speed=speed)
            return True

        assert analysed_by_schedule()
        supervised.settle()  # a task of another schedule may run a program of its own
        supervised.parts()["pusher"].kill()
        assert analysed_by_schedule()
        assert supervised.starts == 1, "the cluster replaces its pusher by itself"
        async_task("time.sleep", 60)
        supervised.wait_until(lambda: bool(supervised.busy()))
        psutil.Process(supervised.busy()[0]).kill()
        # Mostly the cluster heals itself; if the worker died with the queue's lock, the supervisor does it.
        assert analysed_by_schedule(speed=FASTER)
        so_far = supervised.starts

        for part in ("main", "sentinel"):
            supervised.parts()[part].kill()
            supervised.wait_until_replaced()
            assert analysed_by_schedule()
        for parts in (["worker", "other worker"], ["monitor"]):
            supervised.settle()
            found = supervised.parts()
            for part in parts:
                found[part].kill()
            supervised.wait_until_replaced(speed=FASTER)
            assert analysed_by_schedule()
        assert supervised.starts == so_far + 4
    assert set(SessionAnalysis.objects.values_list("state", "attempts")) == {("completed", 1)}
    assert Failure.objects.count() == 0
