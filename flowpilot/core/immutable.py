"""Rows that are written once: the database refuses to change them, whoever asks."""

from collections.abc import Sequence

from django.db.migrations import RunSQL

FUNCTION = """
CREATE FUNCTION flowpilot_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    allowed text[] := coalesce(TG_ARGV, '{}');  -- null for a trigger without arguments
BEGIN
    IF (to_jsonb(NEW) - allowed) IS DISTINCT FROM (to_jsonb(OLD) - allowed) THEN
        RAISE EXCEPTION 'Rows of % are written once and not changed afterwards', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""


def refuse_changes(table: str, *, but: Sequence[str] = (), when: str = "", name: str = "immutable") -> RunSQL:
    """A migration operation: refuse updates of a table's rows, except of the columns in `but`.

    `when` limits it to rows that fulfil an SQL condition on OLD.
    """
    arguments = ", ".join(f"'{column}'" for column in but)
    condition = f"WHEN ({when}) " if when else ""
    trigger = f"{table}_{name}"
    return RunSQL(
        f"CREATE TRIGGER {trigger} BEFORE UPDATE ON {table} FOR EACH ROW {condition}"
        f"EXECUTE FUNCTION flowpilot_refuse_change({arguments})",
        f"DROP TRIGGER {trigger} ON {table}",
    )
