"""Migration operations that make the database keep the accounts apart.

    TenantTable("Flow")     row-level security on the table of a tenant-owned model, keys within the account

The catalogue test (tests/architecture/test_row_security.py) fails until the migration of a new model, or
of a new key between tenant tables, has that line.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

POLICY = "own_account"

ACCOUNT_FUNCTION = """
CREATE FUNCTION flowpilot_account() RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    account text := current_setting('app.account_id', true);
BEGIN
    IF account IS NULL OR account = '' THEN
        RAISE EXCEPTION 'No account is set, and this reads or writes rows that belong to one'
            USING ERRCODE = 'insufficient_privilege',
                  HINT = 'Open flowpilot.core.scope.account_scope(account_id) around it.';
    END IF;
    RETURN account::uuid;
END $$;
"""
"""The account of the statement. Rather an error than an empty page when nobody said which."""

# Called directly and not as a subquery: the planner asks it, too, and so knows how many rows the account has;
# and a statement without an account fails in planning, whether there are rows or not.
_OWN = "account_id = flowpilot_account()"


class TenantTable(Operation):
    """Rows of a model's table are read and written only in the scope of their account, and its keys to other
    tenant tables lead to rows of the same account. Run again after adding a key, it adds what is missing.

    The owner of the tables is not held by it (no FORCE): migrations see every row.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, model: str) -> None:
        self.model = model

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Django's picture of the model does not change."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for statement in secured(to_state.apps.get_model(app_label, self.model)):
            schema_editor.execute(statement)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for statement in unsecured(from_state.apps.get_model(app_label, self.model)):
            schema_editor.execute(statement)

    def describe(self) -> str:
        return f"Keep the rows of {self.model} within their account"

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        return self.__class__.__name__, [self.model], {}


def secured(model: type[models.Model]) -> Iterator[str]:
    """The statements of `TenantTable`; each may be run twice."""
    table = model._meta.db_table
    yield from policed(table)
    for field in keys_within_account(model):
        name, target = key_name(table, field.column), field.related_model._meta.db_table
        yield f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}"
        yield (
            f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (account_id, {field.column}) "
            f"REFERENCES {target} (account_id, id) DEFERRABLE INITIALLY DEFERRED"
        )


def policed(table: str) -> Iterator[str]:
    """Of `secured`, what keeps the rows within their account."""
    yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
    yield f"DROP POLICY IF EXISTS {POLICY} ON {table}"
    yield f"CREATE POLICY {POLICY} ON {table} USING ({_OWN}) WITH CHECK ({_OWN})"


def unsecured(model: type[models.Model]) -> Iterator[str]:
    table = model._meta.db_table
    for field in keys_within_account(model):
        yield f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {key_name(table, field.column)}"
    yield f"DROP POLICY IF EXISTS {POLICY} ON {table}"
    yield f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"


def keys_within_account(model: type[models.Model]) -> list[models.ForeignKey[Any, Any]]:
    """The keys of a tenant table to tenant tables. Those to people are left out: they say who did
    something, and a superuser, who belongs to no account, may have."""
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and is_tenant(field.related_model)
    ]


def is_tenant(model: Any) -> bool:
    """Whether each of its rows belongs to an account, in a migration's picture of the model, too."""
    account = next((field for field in model._meta.concrete_fields if field.name == "account"), None)
    return account is not None and not account.null


def key_name(table: str, column: str) -> str:
    return f"{table}_{column}_in_account"
