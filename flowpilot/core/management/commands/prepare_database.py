"""`manage.py prepare_database`: make the app role on a server of one's own, and give it what it needs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.utils import ProgrammingError
from django.utils.translation import gettext as _
from psycopg import sql

from flowpilot.core.db.base import DatabaseWrapper
from flowpilot.core.db.grants import grant


class Command(BaseCommand):
    help = "Make the role of DATABASE_URL, if it is missing, as the role of DATABASE_OWNER_URL."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[DEFAULT_DB_ALIAS]
        assert isinstance(connection, DatabaseWrapper)
        settings = connection.settings_dict
        if "EMBEDDED_HOME" in settings:
            self.stdout.write(_("The embedded database makes its roles by itself; nothing to do."))
            return
        role = settings["USER"]
        if role == (settings.get("OWNER") or {}).get("USER"):
            raise CommandError(
                _(
                    "DATABASE_URL and DATABASE_OWNER_URL name the same role, %(role)s: name another one in "
                    "DATABASE_URL, with a password of your choice; it need not exist."
                )
                % {"role": role}
            )
        with connection.acting_as_owner(), transaction.atomic():
            if _exists(connection, role):
                self.stdout.write(_("The role %(role)s is there already.") % {"role": role})
            else:
                _make(connection, role, settings["PASSWORD"])
                self.stdout.write(_("Made the role %(role)s.") % {"role": role})
            tables = grant(connection, role)
        self.stdout.write(
            _("It may use %(count)s tables, held by their policies. Next: manage.py migrate")
            % {"count": tables}
        )


def _exists(connection: DatabaseWrapper, role: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        return cursor.fetchone() is not None


def _make(connection: DatabaseWrapper, role: str, password: str) -> None:
    """The server gets the password as a hash, so that its log has nothing else either."""
    connection.ensure_connection()
    hashed = connection.connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    statement = sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD {}")
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement.format(sql.Identifier(role), sql.Literal(hashed.decode())))
    except ProgrammingError:
        raise CommandError(
            _(
                "The role of DATABASE_OWNER_URL may not make roles. As a superuser of the server run "
                "CREATE ROLE %(role)s LOGIN PASSWORD '…'; with the password of DATABASE_URL, then this again."
            )
            % {"role": sql.Identifier(role).as_string()}
        ) from None
