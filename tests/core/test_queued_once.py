"""Work that waits or runs at most once at a time."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from flowpilot.core.worker.once import AlreadyQueued, enqueue_once, find_queued

pytestmark = pytest.mark.django_db

WORK = "proposals.jobs.analyse_now"


def test_the_same_call_is_queued_once() -> None:
    before = timezone.now()
    enqueue_once(WORK, "acme")

    with pytest.raises(AlreadyQueued) as refusal:
        enqueue_once(WORK, "acme")

    assert OrmQ.objects.count() == 1
    assert before <= refusal.value.queued.since <= timezone.now()


def test_other_arguments_and_other_functions_are_other_work() -> None:
    enqueue_once(WORK, "acme")
    enqueue_once(WORK, "rival")
    enqueue_once("proposals.jobs.expire_proposals")

    assert OrmQ.objects.count() == 3
    assert find_queued("proposals.jobs.expire_proposals") is not None
    assert find_queued(WORK) is None


def test_work_in_a_workers_hands_is_still_there_until_its_result_is_saved() -> None:
    enqueue_once(WORK, "acme")
    OrmQ.objects.update(lock=timezone.now() + timedelta(minutes=20))
    assert find_queued(WORK, "acme") is not None

    OrmQ.objects.all().delete()
    assert find_queued(WORK, "acme") is None


def test_a_row_that_cannot_be_read_is_passed_over() -> None:
    OrmQ.objects.create(key="flowpilot", payload="not signed by us", lock=timezone.now())

    assert find_queued(WORK, "acme") is None
