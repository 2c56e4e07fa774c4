"""Questions that must not read the whole table once there are many sessions."""

import json
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from sessions.models import AISession
from tests.factories import Cast, make_resolved

MANY = 3000


@pytest.fixture
def many(cast: Cast) -> Cast:
    """An account with many analysed sessions, of which one failed and one came back."""
    pattern = make_resolved(cast)
    columns = [field.column for field in AISession._meta.concrete_fields if field.column != "id"]
    kept = ", ".join(columns).replace("created_at", "created_at - n * interval '1 minute'")
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO ai_sessions (id, {', '.join(columns)})"  # noqa: S608 names of our own columns
            f" SELECT gen_random_uuid(), {kept} FROM ai_sessions, generate_series(1, {MANY}) n"
        )
        AISession.objects.update(analysis_status="completed")
        oldest, next_to_it = AISession.objects.order_by("created_at")[:2]
        AISession.objects.filter(pk=oldest.pk).update(analysis_status="failed")
        AISession.objects.filter(pk=next_to_it.pk).update(reopened_at=timezone.now())
        cursor.execute("ANALYZE ai_sessions")
    assert pattern.account_id == cast.account.pk
    return cast


def indexes_of(rows: QuerySet[Any]) -> list[str]:
    """The indexes that PostgreSQL reads to answer."""
    return _indexes(json.loads(rows.explain(format="json"))[0]["Plan"])


def _indexes(plan: dict[str, Any]) -> list[str]:
    own = [plan["Index Name"]] if "Index Name" in plan else []
    return own + [name for part in plan.get("Plans", []) for name in _indexes(part)]


def test_failed_analyses_are_found_by_an_index_of_their_own(many: Cast) -> None:
    failed = AISession.objects.visible_to(many.account_admin).filter(analysis_status="failed")

    assert indexes_of(failed.newest_first()[:26]) == ["session_failed_newest"]


def test_sessions_that_came_back_are_found_by_an_index_of_their_own(many: Cast) -> None:
    back = AISession.objects.for_account(many.account.pk).filter(reopened_at__isnull=False)

    assert indexes_of(back) == ["session_reopened"]
