"""How many streams a person holds open in this process. Pages that are forgotten keep theirs; one person must
not take what all share."""

from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from uuid import UUID

from django.conf import settings

_open: Counter[UUID] = Counter()


def has_enough(user_id: UUID) -> bool:
    return _open[user_id] >= settings.STREAMS_PER_PERSON


async def counted(user_id: UUID, body: AsyncGenerator[str, None]) -> AsyncGenerator[str, None]:
    """The body of a stream, counted while somebody reads it."""
    _open[user_id] += 1
    try:
        async with aclosing(body) as parts:
            async for part in parts:
                yield part
    finally:
        _open[user_id] -= 1
        if not _open[user_id]:
            del _open[user_id]
