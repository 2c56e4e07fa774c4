"""What a forgetful or hostile developer would try, in the scope of one account, another's rows beside it."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.db.models import Count, Max
from django.http import HttpRequest, StreamingHttpResponse

from flowpilot.accounts.middleware import AccountScopeMiddleware
from flowpilot.accounts.models import Account, User
from flowpilot.core.scope import account_scope
from flowpilot.flows.models import Flow
from proposals.models import FlowProposal, ProposalEvidence
from sessions.models import AISession, AISessionStep
from tests.architecture.test_row_security import TENANT
from tests.database.base import as_the_product
from tests.factories import Cast, make_proposal, make_resolved, make_version

NO_ACCOUNT = "No account is set"
REFUSED = "violates row-level security policy"


@pytest.fixture
def ours(cast: Cast) -> AISession:
    make_proposal(cast, version=make_version(cast))
    return make_resolved(cast)


@pytest.fixture
def theirs(outsiders: Cast) -> AISession:
    make_proposal(outsiders, version=make_version(outsiders))
    return make_resolved(outsiders)


@pytest.fixture
def inside(cast: Cast, ours: AISession, theirs: AISession) -> Iterator[Cast]:
    with account_scope(cast.account.pk):
        yield cast


def asked(statement: str, *parameters: object) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def test_raw_sql_reads_one_account_of_every_table(inside: Cast) -> None:
    for model in TENANT:
        found = asked(f"SELECT DISTINCT account_id FROM {model._meta.db_table}")
        assert found in ([], [(inside.account.pk,)])
    assert asked("SELECT DISTINCT account_id FROM ai_sessions") == [(inside.account.pk,)]


def test_base_managers_read_one_account(inside: Cast, theirs: AISession) -> None:
    assert set(AISession._base_manager.values_list("account", flat=True)) == {inside.account.pk}
    assert not AISession._base_manager.filter(pk=theirs.pk).exists()
    assert AISession._base_manager.in_bulk([theirs.pk]) == {}


def test_joins_from_tables_without_an_account_reach_one_account(inside: Cast, outsiders: Cast) -> None:
    joined = asked("SELECT DISTINCT a.slug FROM accounts_account a JOIN ai_sessions s ON s.account_id = a.id")

    assert joined == [(inside.account.slug,)]
    assert set(User.objects.filter(ai_sessions__isnull=False).values_list("account", flat=True)) == {
        inside.account.pk
    }
    assert not User.objects.filter(account=outsiders.account, memberships__isnull=False).exists()


def test_forward_keys_do_not_lead_out(cast: Cast, theirs: AISession) -> None:
    step = AISessionStep.objects.filter(session=theirs).get()
    step._state.fields_cache.clear()

    with account_scope(cast.account.pk), pytest.raises(AISession.DoesNotExist):
        assert step.session


def test_reverse_keys_do_not_lead_out(inside: Cast, theirs: AISession, outsiders: Cast) -> None:
    assert list(theirs.steps.all()) == []
    assert list(theirs.events.all()) == []
    assert list(outsiders.engineer.ai_sessions.all()) == []
    assert list(outsiders.team.memberships.all()) == []


def test_a_row_in_hand_cannot_be_read_again(inside: Cast, theirs: AISession) -> None:
    with pytest.raises(AISession.DoesNotExist):
        theirs.refresh_from_db()


def test_rows_of_another_account_cannot_be_made(inside: Cast, outsiders: Cast) -> None:
    stranger = Flow(account=outsiders.account, title="Planted", slug="planted")
    ways: list[Callable[[], object]] = [
        lambda: Flow.objects.bulk_create([stranger]),
        lambda: Flow.objects.create(account=outsiders.account, title="Planted", slug="planted"),
        lambda: stranger.save(force_insert=True),
    ]
    for way in ways:
        with pytest.raises(ProgrammingError, match=REFUSED), transaction.atomic():
            way()


def test_rows_of_another_account_cannot_be_taken_over_by_their_key(inside: Cast, theirs: AISession) -> None:
    claimed = AISession.objects.filter(pk__in=[theirs.pk]).first()
    copy = AISession.objects.earliest("id")
    assert claimed is None
    copy.pk = theirs.pk

    with pytest.raises(ProgrammingError, match=REFUSED), transaction.atomic():
        AISession.objects.bulk_create(
            [copy], update_conflicts=True, update_fields=["account"], unique_fields=["id"]
        )


def test_updates_change_nothing_of_another_account(cast: Cast, theirs: AISession) -> None:
    before = AISession.objects.filter(pk=theirs.pk).values().get()
    with account_scope(cast.account.pk):
        assert AISession.objects.filter(pk=theirs.pk).update(problem_summary="Changed") == 0
        assert asked("UPDATE ai_sessions SET problem_summary = 'x' RETURNING account_id") == []
        theirs.problem_summary = "Changed"
        with pytest.raises(ProgrammingError, match=REFUSED), transaction.atomic():
            theirs.save()
    assert AISession.objects.filter(pk=theirs.pk).values().get() == before


def test_deletions_remove_nothing_of_another_account(cast: Cast, theirs: AISession) -> None:
    before = {model: model._default_manager.filter(account=theirs.account).count() for model in TENANT}
    with account_scope(cast.account.pk):
        assert AISession.objects.filter(pk=theirs.pk).delete() == (0, {})
        theirs.delete()
        assert (
            asked(
                "DELETE FROM proposals_proposalevidence WHERE account_id = %s RETURNING 1", theirs.account_id
            )
            == []
        )
    assert {
        model: model._default_manager.filter(account=theirs.account).count() for model in TENANT
    } == before


def test_own_rows_cannot_be_moved_to_another_account(inside: Cast, ours: AISession, outsiders: Cast) -> None:
    for move in (
        lambda: AISession.objects.filter(pk=ours.pk).update(account=outsiders.account),
        lambda: asked("UPDATE ai_sessions SET account_id = %s RETURNING 1", outsiders.account.pk),
    ):
        with pytest.raises(ProgrammingError, match=REFUSED), transaction.atomic():
            move()


def test_keys_to_rows_of_another_account_are_refused(inside: Cast, ours: AISession, outsiders: Cast) -> None:
    account = inside.account
    with account_scope(outsiders.account.pk):
        flow, proposal, their_session = (
            Flow.objects.get(),
            FlowProposal.objects.earliest("id"),
            AISession.objects.earliest("id"),
        )
    ways: list[Callable[[], object]] = [
        lambda: AISession.objects.filter(pk=ours.pk).update(matched_flow=flow),
        lambda: AISession.objects.filter(pk=ours.pk).update(team=outsiders.team),
        lambda: AISessionStep.objects.create(
            account=account, session=their_session, step_order=9, kind="note", source="engineer", title="x"
        ),
        lambda: ProposalEvidence.objects.create(
            account=account, proposal=proposal, session=ours, resolution_no=1
        ),
    ]
    for way in ways:
        with pytest.raises(IntegrityError, match="in_account"), transaction.atomic():
            checked_at_once(way)


def checked_at_once(way: Callable[[], object]) -> None:
    """Keys are checked when the transaction ends: here, it is asked for."""
    way()
    asked_nothing("SET CONSTRAINTS ALL IMMEDIATE")


def asked_nothing(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_aggregates_count_one_account(inside: Cast, ours: AISession, theirs: AISession) -> None:
    counted = AISession.objects.aggregate(number=Count("pk"), accounts=Count("account", distinct=True))
    by_account = asked("SELECT count(DISTINCT account_id), max(created_at) FROM ai_sessions")

    assert counted == {"number": AISession.objects.for_account(inside.account.pk).count(), "accounts": 1}
    assert by_account == [(1, ours.created_at)]
    assert list(Account.objects.filter(users__ai_sessions__isnull=False).distinct()) == [inside.account]
    assert User.objects.aggregate(newest=Max("ai_sessions__created_at")) == {"newest": ours.created_at}


def test_a_lazy_queryset_is_refused_after_its_scope(cast: Cast, ours: AISession) -> None:
    with account_scope(cast.account.pk):
        rows = AISession.objects.filter(status="resolved")

    with as_the_product(), pytest.raises(ProgrammingError, match=NO_ACCOUNT), transaction.atomic():
        list(rows)


def test_a_lazy_queryset_in_another_scope_reads_that_account(
    cast: Cast, ours: AISession, theirs: AISession
) -> None:
    with account_scope(cast.account.pk):
        rows = AISession.objects.filter(status="resolved")
        filtered = AISession.objects.for_account(cast.account.pk)

    with account_scope(theirs.account_id):
        assert {row.account_id for row in rows} == {theirs.account_id}
        assert list(filtered) == []


def test_a_streamed_answer_is_refused_after_the_request(cast: Cast, ours: AISession) -> None:
    def stream(request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(row.title for row in AISession.objects.all().iterator())

    request = HttpRequest()
    request.user = cast.account_admin
    answer: Any = AccountScopeMiddleware(stream)(request)

    with as_the_product(), pytest.raises(ProgrammingError, match=NO_ACCOUNT), transaction.atomic():
        list(answer.streaming_content)


def test_without_an_account_every_table_is_refused(ours: AISession) -> None:
    for model in TENANT:
        table = model._meta.db_table
        for statement in (
            f"SELECT 1 FROM {table} LIMIT 1",
            f"SELECT count(*) FROM {table} WHERE account_id = gen_random_uuid()",
            f"UPDATE {table} SET account_id = account_id",
            f"DELETE FROM {table}",
        ):
            with as_the_product(), pytest.raises(ProgrammingError, match=NO_ACCOUNT), transaction.atomic():
                asked_nothing(statement)


def test_rows_fetched_one_by_one_copied_or_sent_in_bulk_are_those_of_the_scope(
    cast: Cast, ours: AISession, theirs: AISession
) -> None:
    read = "SELECT account_id FROM ai_sessions"
    for account in (cast.account, theirs.account, cast.account):
        with account_scope(account.pk):
            assert {row.account_id for row in AISession.objects.all().iterator()} == {account.pk}
        with account_scope(account.pk), connection.cursor() as cursor:
            assert {row[0] for row in cursor.cursor.stream(read)} == {account.pk}
        with account_scope(account.pk), connection.cursor() as cursor:
            copied = cursor.cursor.copy(f"COPY ({read}) TO STDOUT")
            with copied as copy:
                assert {row[0] for row in copy.rows()} == {str(account.pk)}
        with account_scope(account.pk), connection.cursor() as cursor:
            cursor.executemany("UPDATE ai_sessions SET session_feedback = %s", [["read"]])
            assert cursor.rowcount == AISession.objects.for_account(account.pk).count()


def test_a_view_that_reads_as_its_owner_is_closed_and_another_shows_the_own_rows(
    cast: Cast, ours: AISession, theirs: AISession
) -> None:
    asked_nothing("CREATE VIEW every_session AS SELECT * FROM ai_sessions")
    asked_nothing("CREATE MATERIALIZED VIEW old_sessions AS SELECT * FROM ai_sessions")
    asked_nothing("CREATE VIEW own_sessions WITH (security_invoker = true) AS SELECT * FROM ai_sessions")
    asked_nothing("GRANT SELECT ON own_sessions TO flowpilot_app")

    with account_scope(cast.account.pk):
        for view in ("every_session", "old_sessions"):
            with (
                pytest.raises(ProgrammingError, match=f"permission denied for .*{view}"),
                transaction.atomic(),
            ):
                asked(f"SELECT * FROM {view}")
        assert asked("SELECT DISTINCT account_id FROM own_sessions") == [(cast.account.pk,)]


@pytest.mark.parametrize(
    "statement",
    [
        "SET ROLE flowpilot_owner",
        "SET SESSION AUTHORIZATION flowpilot_owner",
        "ALTER TABLE ai_sessions DISABLE ROW LEVEL SECURITY",
        "DROP POLICY own_account ON ai_sessions",
        "ALTER ROLE flowpilot_app BYPASSRLS",
        "TRUNCATE ai_sessions",
        "CREATE TABLE everything AS SELECT 1",
        "CREATE VIEW everything AS SELECT * FROM ai_sessions",
        "CREATE OR REPLACE FUNCTION flowpilot_account() RETURNS uuid RETURN gen_random_uuid()",
        "ALTER TABLE ai_sessions DROP CONSTRAINT ai_sessions_team_id_in_account",
        "CREATE RULE everything AS ON INSERT TO ai_sessions DO INSTEAD NOTHING",
        "COPY ai_sessions TO PROGRAM 'cat'",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('x', 'y', now())",
    ],
)
@pytest.mark.django_db
def test_the_app_role_cannot_get_out_of_the_policies(statement: str) -> None:
    parameters = connection.get_connection_params()
    where = {key: parameters[key] for key in ("host", "port", "user", "dbname")}

    with psycopg.connect(**where) as database, pytest.raises(psycopg.Error, match="permission|must be owner"):
        database.execute(statement)
