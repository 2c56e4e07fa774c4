"""Many rows written at once: what is stored is what a save of each would have stored."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from flowpilot.core.db.rows import insert_rows, update_rows, uuid_array
from flowpilot.core.ids import uuid7
from proposals.models import FlowProposal, ProposalDraft
from tests.factories import Cast, make_proposal, small_tree

AWKWARD = 'quotes " and \\ and {braces}, ünïcode 火 NULL\n%s'
WHEN = datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC)


def draft(proposal: FlowProposal, number: int) -> ProposalDraft:
    return ProposalDraft(
        account_id=proposal.account_id,
        proposal=proposal,
        number=number,
        title=AWKWARD[:200],
        summary="Summary",
        tree=small_tree().to_json(),
        grounding={"sources": {"n1": [{"session": str(uuid7()), "start": 0, "end": 7}]}, "deep": [None, 1.5]},
        basis=[AWKWARD],
        engine="offline",
        made_at=WHEN,
    )


def columns(row: FlowProposal | ProposalDraft) -> dict[str, object]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_rows_come_back_as_they_went_in(cast: Cast) -> None:
    proposal = make_proposal(cast)
    drafts = [draft(proposal, 7), draft(proposal, 8)]

    insert_rows(drafts)

    stored = ProposalDraft.objects.filter(number__gte=7).order_by("number")
    assert [columns(row) for row in stored] == [columns(row) for row in drafts]


def test_changed_columns_are_written_and_no_others(cast: Cast) -> None:
    one, other, untouched = (make_proposal(cast, title=title) for title in ("one", "other", "untouched"))
    before = columns(untouched)
    for number, row in enumerate((one, other)):
        row.title, row.terms, row.last_seen_at, row.impact = f"now {number}", [AWKWARD[:80], ""], WHEN, 0.1
        row.status, row.team, row.summary = FlowProposal.Status.DISMISSED, None, "not asked for"

    update_rows([one, other], ["title", "terms", "last_seen_at", "impact", "status", "team", "updated_at"])

    for row in (one, other):
        stored = FlowProposal.objects.get(pk=row.pk)
        assert stored.summary != "not asked for"
        assert columns(stored) == {**columns(row), "summary": stored.summary}
    assert columns(FlowProposal.objects.get(pk=untouched.pk)) == before


def test_one_row_that_is_refused_refuses_all(cast: Cast) -> None:
    proposal = make_proposal(cast)

    with pytest.raises(IntegrityError):
        insert_rows([draft(proposal, 7), draft(proposal, 7)])


def test_no_rows_are_no_statement(cast: Cast) -> None:
    with CaptureQueriesContext(connection) as statements:
        insert_rows([])
        update_rows([], ["title"])

    assert len(statements) == 0


def test_what_has_no_json_is_named(cast: Cast) -> None:
    with pytest.raises(TypeError, match="a set has no JSON"):
        insert_rows([ProposalDraft(account=cast.account, tree={"nodes": {1, 2}})])


@pytest.mark.django_db
def test_an_array_of_keys_is_read_by_the_database() -> None:
    keys: list[UUID | None] = [uuid7(), None, uuid7()]

    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::uuid[], %s::uuid[]", [uuid_array(keys), uuid_array([])])
        assert cursor.fetchone() == (keys, [])
