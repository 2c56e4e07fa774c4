"""One connection to a system that fails as told, and who delivers to it."""

from datetime import timedelta
from random import Random
from uuid import uuid4

from django.db import connection
from django.utils import timezone

from flowpilot.core.locks import lock_key
from flowpilot.core.scope import account_scope
from flowpilot.psa import outbox
from flowpilot.psa.delivery import Courier
from flowpilot.psa.models import PsaConnection, PsaPush
from tests.factories import Cast
from tests.psa.system import Clock, FailingSystem

A_DAY = timedelta(days=1)
END_HOLDER = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND granted
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND classid = %s AND objid = %s
"""


class Post:
    """One connection of the cast's account to a system that fails as told, and who delivers to it."""

    def __init__(self, cast: Cast, *faults: str, finds: bool = True, seed: int = 1) -> None:
        self.cast = cast
        self.connection = PsaConnection.objects.create(
            account=cast.account, provider="failing", name="Failing"
        )
        self.clock = Clock(timezone.now() + timedelta(minutes=1))
        self.system = FailingSystem(self.clock, iter(faults), finds)
        self.chance = Random(seed)

    def note(self, session_id: object = None, ticket_id: str = "77") -> PsaPush:
        return outbox.put_note(
            self.connection,
            ticket_id,
            session_id=session_id or uuid4(),
            text="Printer works again.",
            minutes=12,
        )

    def status(self, session_id: object, status_id: str = "closed") -> PsaPush:
        return outbox.put_status(self.connection, "77", session_id=session_id, status_id=status_id)

    def deliver(self, after: timedelta = timedelta()) -> int:
        self.clock.passes(after)
        self.connection.refresh_from_db()
        courier = Courier(self.connection, self.system, self.clock, self.chance)
        with account_scope(self.cast.account.pk):
            return courier.deliver()

    def loses_its_lock(self) -> None:
        """The server gives up the connection that holds it."""
        high, low = divmod(lock_key(f"psa {self.connection.pk}") % 2**64, 2**32)
        with connection.cursor() as cursor:
            cursor.execute(END_HOLDER, [high, low])


def outcomes(push: PsaPush) -> list[str]:
    return list(push.tries.values_list("outcome", flat=True))
