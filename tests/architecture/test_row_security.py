"""The catalogue: whatever belongs to an account is kept within it by the database."""

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.migrations import CreateModel
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from flowpilot.core.models import TenantModel
from flowpilot.core.tenancy import TenantTable, is_tenant
from tests.architecture.row_security import lacking, tables_with_an_account, views_past_the_policies
from tests.database.base import as_the_product

TENANT = [model for model in apps.get_models() if is_tenant(model)]
DOORS = {
    "accounts_account": "the account itself: read to know which there are, by jobs and by who enters one",
    "accounts_user": "people: signing in reads them before an account is known; superusers have none",
}
"""Tables about accounts that have to be read before an account is known, each with the reason."""
OTHERS = {
    "account_": "addresses of people as allauth keeps them, read while signing in",
    "mfa_": "second factors of people, asked for while signing in",
    "usersessions_": "browsers in which a person is signed in, noted while signing in",
    "auth_": "Django's groups and permissions, the same for all",
    "accounts_user_": "which of those a person has",
    "django_": "Django's own: sessions of browsers, content types, the admin's log, migrations",
    "django_q_": "the queue: tasks name accounts and rows by key",
    "core_cache": "counters of the limits on signing in",
    "core_heartbeat": "that the worker lives",
}
"""Tables without an account, by what their names begin with."""


@pytest.mark.django_db
@pytest.mark.parametrize("model", TENANT, ids=lambda model: model.__name__)
def test_every_tenant_table_is_kept_within_its_account(model: type[TenantModel]) -> None:
    assert lacking(model) == []


@pytest.mark.django_db
def test_every_table_belongs_to_an_account_or_stands_in_the_lists() -> None:
    tenant = {model._meta.db_table for model in TENANT}
    known = tuple(OTHERS)
    tables = set(connection.introspection.table_names())

    assert set(tables_with_an_account()) - DOORS.keys() == tenant
    stray = {table for table in tables - tenant - DOORS.keys() if not table.startswith(known)}
    assert stray == set(), f"Inherit TenantModel, or say in DOORS or OTHERS why not: {sorted(stray)}"


@pytest.mark.django_db
def test_no_view_leads_past_the_policies() -> None:
    assert views_past_the_policies() == []


@pytest.mark.django_db
def test_a_view_that_leads_past_the_policies_is_named() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE VIEW every_session AS SELECT * FROM ai_sessions")
        cursor.execute("CREATE MATERIALIZED VIEW old_sessions AS SELECT * FROM ai_sessions")
        cursor.execute("CREATE VIEW own_sessions WITH (security_invoker = true) AS SELECT * FROM ai_sessions")

    assert sorted(views_past_the_policies()) == [
        "every_session: it reads as its owner; make it WITH (security_invoker = true).",
        "old_sessions: policies do not reach a materialised view; fill a tenant table instead.",
    ]


FIELDS = [
    ("id", models.UUIDField(primary_key=True)),
    ("account", models.ForeignKey("accounts.Account", models.CASCADE)),
    ("flow", models.ForeignKey("flows.Flow", models.CASCADE)),
]
KEY = models.UniqueConstraint(fields=["account", "id"], name="remark_account_id_unique")


def migrated(state: ProjectState, *operations: Operation) -> type[models.Model]:
    """The model Remark after a throwaway migration with these operations, in the picture that it has."""
    for operation in operations:
        before = state.clone()
        operation.state_forwards("flows", state)
        with connection.schema_editor() as editor:
            operation.database_forwards("flows", editor, before, state)
    return state.apps.get_model("flows", "Remark")


@pytest.mark.django_db
def test_a_new_table_without_its_policy_is_told_what_to_add() -> None:
    state = MigrationLoader(connection).project_state()
    line = "add TenantTable('Remark') of flowpilot.core.tenancy to the operations of its migration"

    remark = migrated(state, CreateModel("Remark", FIELDS, options={"constraints": [KEY]}))
    assert lacking(remark) == [f"Remark: no row-level security on flows_remark; {line}."]

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE flows_remark ENABLE ROW LEVEL SECURITY")
        cursor.execute("CREATE POLICY own_account ON flows_remark USING (account_id = flowpilot_account())")
    assert lacking(remark) == [
        f"Remark: the policy of flows_remark does not hold for every statement and write; {line}.",
        f"Remark.flow: a key to another account's row would be taken; {line}.",
    ]

    assert lacking(migrated(state, TenantTable("Remark"))) == []
    assert lacking(migrated(state, TenantTable("Remark"))) == [], "it may be added again for a new key"


@pytest.mark.django_db
def test_the_app_role_is_no_superuser_owns_nothing_and_may_change_no_table() -> None:
    with as_the_product(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,"
            " has_schema_privilege('public', 'CREATE'),"
            " (SELECT count(*) FROM pg_class WHERE relowner = roles.oid),"
            " pg_has_role(current_user, 'flowpilot_owner', 'MEMBER')"
            " FROM pg_roles AS roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == ("flowpilot_app", False, False, False, False, False, 0, False)
