"""The setting `app.account_id` of one connection: what the policies of the tenant tables compare with."""

from flowpilot.core.scope import current_account_id


class AccountSetting:
    """What the server was last told, and what it has to be told before the next statement.

    One for each connection that Django opens or takes from its pool, so a connection that served somebody
    else begins as unknown. It is unknown again after anything that may have undone the setting on the
    server: SET is transactional, and a rollback, also one to a savepoint, brings the value before it back.
    """

    def __init__(self) -> None:
        self._applied: str | None = None

    def wanted(self) -> str:
        """The statement that says the account of the current scope; '' stands for none."""
        account_id = current_account_id()
        return f"SET app.account_id = '{account_id or ''}'"

    def missing(self) -> str:
        """The statement that has to go first; '' when the server has been told already."""
        wanted = self.wanted()
        return "" if wanted == self._applied else wanted

    def applied(self, statement: str) -> None:
        """The server has carried out what `missing` returned."""
        self._applied = statement

    def forget(self) -> None:
        self._applied = None
