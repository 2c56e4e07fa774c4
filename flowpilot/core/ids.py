"""Primary keys."""

import os
import secrets
import time
import uuid
from datetime import datetime
from threading import RLock
from typing import Final

_SECOND: Final = 1000 << 12
_last = 0
"""The moment of the newest key, in fractions of a millisecond."""
_lock = RLock()
# A child that is forked while another thread holds the lock would wait for it for ever.
os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)


def uuid7() -> uuid.UUID:
    """A time-ordered UUID (RFC 9562, version 7): new rows land beside each other in the index. The twelve
    bits after the version are the fraction of the millisecond (section 6.2, method 3): keys that a process
    makes one after the other sort in that order."""
    milliseconds, fraction = divmod(_moment(), 1 << 12)
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | fraction << 64
    return uuid.UUID(int=value | 0x2 << 62 | secrets.randbits(62))


def _moment() -> int:
    """Now; or the one after the last, where the clock stands or went back a little. One that was set back is
    followed: a range of keys stays a range of time."""
    global _last
    with _lock:
        now = (time.time_ns() << 12) // 1_000_000
        _last = _last + 1 if now <= _last < now + _SECOND else now
        return _last


def earliest_id(moment: datetime) -> uuid.UUID:
    """What no key made from that moment on is smaller than: a range of keys is a range of time."""
    return uuid.UUID(int=max(int(moment.timestamp() * 1000), 0) << 80)
