"""The two roles: the owner migrates, the app role serves and is held by the policies."""

from typing import Any

from psycopg import Connection

# Who may act as the owner of a table passes by its policies; the owner of the schema can make it anew.
_WHO_AM_I = """
SELECT current_user, rolsuper, rolbypassrls,
       EXISTS (
           SELECT FROM pg_class
            WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace
              AND pg_has_role(current_user, relowner, 'MEMBER')
       ) OR EXISTS (
           SELECT FROM pg_namespace
            WHERE nspname = current_schema() AND pg_has_role(current_user, nspowner, 'MEMBER')
       )
  FROM pg_roles WHERE rolname = current_user
"""


def why_it_bypasses(connection: Connection[Any]) -> str:
    """Why row-level security would not hold for the role of this connection; '' when it holds.

    One sentence for the operator, with the remedy.
    """
    row = connection.execute(_WHO_AM_I).fetchone()
    if row is None:
        return ""
    role, is_superuser, bypasses, owns = row
    reasons = {"is a superuser": is_superuser, "has BYPASSRLS": bypasses, "owns the tables": owns}
    reason = next((reason for reason, holds in reasons.items() if holds), "")
    if not reason:
        return ""
    return (
        f"The database role {role!r} {reason}, so row-level security would not keep the accounts apart: give "
        "its address to DATABASE_OWNER_URL, name another role in DATABASE_URL and run "
        "`manage.py prepare_database`, which makes that role."
    )
