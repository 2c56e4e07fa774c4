"""How often a note is in its ticket, of those whose arrival was not certain: once, neither more nor less.

A server that finishes minutes after it was given up may add a second note to the one that was written when
the first was not found. So what followed a call without an answer is counted by its marker some minutes after
it arrived. A duplicate, or that it is not there any more, is told to the admins and left to them: FlowPilot
deletes nothing in a ticket, and writes nothing a second time on its own.
"""

import logging
from datetime import datetime, timedelta
from typing import Final

from flowpilot.psa import telling
from flowpilot.psa.models import PsaPush
from flowpilot.psa.ports import Connector, LoginRefused, PsaError, RateLimited, Unreachable

log = logging.getLogger(__name__)

LATER: Final = timedelta(minutes=5)
"""Between the arrival and the count; where that fails, the next waits as long as the arrival is past."""
GIVEN_UP: Final = timedelta(days=1)
"""After the arrival; a ticket that cannot be read for so long is not counted."""
MOST: Final = 1_000


def count(push: PsaPush, connector: Connector, now: datetime) -> None:
    """Count it in its ticket, once. Raises `LoginRefused` and `RateLimited`, and leaves it to be counted.
    What cannot be counted keeps the count that it had."""
    if not connector.capabilities.find_marker:
        _keep(push, push.copies, again=None)
        return
    try:
        copies = sum(1 for _id in connector.find_marker(push.ticket_id, push.marker))
    except (LoginRefused, RateLimited):
        raise
    except Unreachable:
        age = now - push.delivered_at if push.delivered_at else GIVEN_UP
        _keep(push, push.copies, again=now + max(age, LATER) if age < GIVEN_UP else None)
    except PsaError:
        _keep(push, push.copies, again=None)
    except Exception:
        log.exception("Push %s was counted as no connector should", push.pk)
        _keep(push, push.copies, again=None)
    else:
        _keep(push, min(copies, MOST), again=None)


def _keep(push: PsaPush, copies: int | None, *, again: datetime | None) -> None:
    known, push.copies, push.count_again_at = push.copies, copies, again
    push.save(update_fields=["copies", "count_again_at"])
    if known != copies:
        telling.counted(push)
