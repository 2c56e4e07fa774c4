"""The cursor that sends the account with the statement that needs it: no round trip of its own."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Self

from psycopg import ClientCursor, Connection
from psycopg.pq import TransactionStatus

from flowpilot.core.db.setting import AccountSetting

if TYPE_CHECKING:  # the stubs do not know what Django's is made of
    Cursor = ClientCursor[Any]
else:
    from django.db.backends.postgresql.base import Cursor

# Statements that may share a message with the setting: those that can run inside a transaction block.
JOINABLE = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "(SELECT")
# They read no rows, and after an error nothing else is accepted.
CONTROL = ("SAVEPOINT", "RELEASE", "ROLLBACK")


class TenantCursor(Cursor):
    """Keeps the server's account equal to the scope's, whichever way a statement is sent.

    PostgreSQL takes several statements in one message (parameters are bound on this side), and the setting
    goes in front of the first statement of a new scope. As both then are one transaction, the setting
    counts as unknown until that has gone well.
    """

    def __init__(
        self, connection: Connection[Any], *, setting: AccountSetting, row_factory: Any = None
    ) -> None:
        super().__init__(connection, row_factory=row_factory)
        self._setting = setting

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        statement = self._setting.missing()
        if not statement or _begins(query, CONTROL):
            super().execute(query, params, **options)
        elif _begins(query, JOINABLE):
            self._execute_joined(statement, query, params, **options)
        else:
            self._tell()
            super().execute(query, params, **options)
        if self.statusmessage == "ROLLBACK" or ";" in str(query):
            self._setting.forget()
        return self

    def executemany(self, query: Any, params_seq: Iterable[Any], *, returning: bool = False) -> None:
        self._tell()
        super().executemany(query, params_seq, returning=returning)

    def stream(self, query: Any, params: Any = None, **options: Any) -> Iterator[Any]:
        self._tell()
        return super().stream(query, params, **options)

    def copy(self, statement: Any, params: Any = None, **options: Any) -> Any:
        self._tell()
        return super().copy(statement, params, **options)

    def _execute_joined(self, statement: str, query: str, params: Any, **options: Any) -> None:
        self._setting.forget()
        super().execute(f"{statement};{query}", params, **options)
        self.nextset()
        self._setting.applied(statement)
        if self._query is not None:  # what logs and tests see is the statement alone
            self._query.query = self._query.query[len(statement) + 1 :]

    def _tell(self) -> None:
        """Tell the server in a message of its own, unless it listens to nothing until the next rollback."""
        statement = self._setting.missing()
        if statement and self.connection.info.transaction_status != TransactionStatus.INERROR:
            self._setting.forget()
            super().execute(statement)
            self._setting.applied(statement)


def tell(connection: Connection[Any], setting: AccountSetting) -> None:
    """For cursors of another kind, which live on the server: to be called when one is made."""
    TenantCursor(connection, setting=setting)._tell()


def _begins(query: Any, words: tuple[str, ...]) -> bool:
    return isinstance(query, str) and query.lstrip()[:9].upper().startswith(words)
