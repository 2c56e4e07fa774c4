"""Primary keys."""

import secrets
import time
import uuid
from datetime import datetime


def uuid7() -> uuid.UUID:
    """A time-ordered UUID (RFC 9562, version 7): new rows land beside each other in the index."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)


def earliest_id(moment: datetime) -> uuid.UUID:
    """What no key made from that moment on is smaller than: a range of keys is a range of time."""
    return uuid.UUID(int=max(int(moment.timestamp() * 1000), 0) << 80)
