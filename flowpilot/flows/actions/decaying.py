"""What the detector of decaying flows found, kept where the library shows and filters by it."""

from collections.abc import Collection
from uuid import UUID

from flowpilot.flows.models import Flow


def mark_decaying(account_id: UUID, flows: Collection[UUID]) -> None:
    """These flows of the account decay, and no others."""
    rows = Flow.objects.for_account(account_id)
    rows.filter(decaying=True).exclude(pk__in=flows).update(decaying=False)
    rows.filter(decaying=False, pk__in=flows).update(decaying=True)
