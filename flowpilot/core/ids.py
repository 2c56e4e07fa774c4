"""Primary keys."""

import secrets
import time
import uuid
from datetime import datetime


def uuid7() -> uuid.UUID:
    """A time-ordered UUID (RFC 9562, version 7): new rows land beside each other in the index. The twelve
    bits after the version are the fraction of the millisecond (section 6.2, method 3): keys that a process
    makes one after the other sort in that order."""
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    fraction = (nanoseconds << 12) // 1_000_000
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | fraction << 64
    return uuid.UUID(int=value | 0x2 << 62 | secrets.randbits(62))


def earliest_id(moment: datetime) -> uuid.UUID:
    """What no key made from that moment on is smaller than: a range of keys is a range of time."""
    return uuid.UUID(int=max(int(moment.timestamp() * 1000), 0) << 80)
