"""What the app role may do, brought in line after each migration: read and write rows, and nothing else."""

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

EVERYTHING = ("SELECT", "INSERT", "UPDATE", "DELETE")
READ = ("SELECT",)
# Views run with the rights of their owner, whom the policies do not hold, unless they say otherwise; what a
# materialised view holds knows no policies at all. The app role gets neither.
_TABLES = """
SELECT relname FROM pg_class
 WHERE relnamespace = current_schema()::regnamespace
   AND (relkind IN ('r', 'p') OR relkind = 'v' AND coalesce(reloptions, '{}') @> '{security_invoker=true}')
"""


def grant(connection: BaseDatabaseWrapper, role: str) -> int:
    """Give `role` what it needs on the tables of this database, and take what it should not have. To be run
    as the owner; returns the number of tables.

    A model that is only added to says `app_role_may = ("SELECT", "INSERT")`.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        schema = sql.Identifier(cursor.fetchone()[0])
        to = sql.Identifier(role)
        cursor.execute(_TABLES)
        tables = [name for (name,) in cursor.fetchall()]
        less = _restricted()
        statements = [
            sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, to),
            sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA {} FROM {}").format(schema, to),
            sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {} TO {}").format(schema, to),
        ]
        statements += [
            sql.SQL("GRANT {} ON {}.{} TO {}").format(
                sql.SQL(", ".join(less.get(table, EVERYTHING))), schema, sql.Identifier(table), to
            )
            for table in tables
        ]
        cursor.execute(sql.SQL("; ").join(statements))
    return len(tables)


def _restricted() -> dict[str, tuple[str, ...]]:
    own = {
        model._meta.db_table: model.app_role_may
        for model in apps.get_models()
        if hasattr(model, "app_role_may")
    }
    return {"django_migrations": READ, **own}
