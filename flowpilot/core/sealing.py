"""Secrets at rest: values that the database holds only as ciphertext, under the installation's field keys.

A sealed value carries the place that it belongs to, so that a ciphertext that is copied to another row,
column or account does not open there. Keys: `FLOWPILOT_FIELD_KEYS`; the first seals, all of them open.
"""

import json
from functools import cache
from typing import Any, Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.translation import gettext as _

SHOWN: Final = "•••"
"""What stands for a secret wherever something might show it."""
SECOND_FACTORS: Final = "second factors"
"""The place of what allauth keeps of them: it seals a value before there is a row for it."""


class CannotOpen(Exception):
    """A sealed value that does not open; the message names its place and never the value."""


class WrongKey(CannotOpen):
    """None of the keys opens it, or it was changed."""

    def __init__(self, place: str) -> None:
        super().__init__(
            _("%(place)s: none of the keys in FLOWPILOT_FIELD_KEYS opens this value.") % {"place": place}
        )


class Misplaced(CannotOpen):
    """It was sealed for another place."""

    def __init__(self, place: str) -> None:
        super().__init__(_("%(place)s: this value was sealed for another place.") % {"place": place})


class Secret:
    """A value that is shown nowhere by accident: not in a page, a log line, a dump or a traceback."""

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value

    def reveal(self) -> Any:
        """The value itself, for the one call that needs it."""
        return self._value

    def __str__(self) -> str:
        return SHOWN

    def __repr__(self) -> str:
        return "<Secret>"

    def __reduce__(self) -> Any:
        raise TypeError("A secret is not pickled: neither into the queue nor into a cache.")


class SealedSecret(Secret):
    """One that is still sealed, as it came from the database; revealing it raises `CannotOpen`."""

    __slots__ = ("_place",)

    def __init__(self, token: str, place: str) -> None:
        super().__init__(token)
        self._place = place

    def reveal(self) -> Any:
        return opened(self._value, self._place)


def seal(value: Any, place: str) -> str:
    """Ciphertext of a JSON value for one place, under the first key."""
    return _keys().encrypt(json.dumps({"place": place, "value": value}).encode()).decode()


def opened(token: str, place: str) -> Any:
    """The value. Raises `WrongKey` or `Misplaced`."""
    try:
        kept = json.loads(_keys().decrypt(token.encode()))
    except (InvalidToken, ValueError):
        raise WrongKey(place) from None
    if kept["place"] != place:
        raise Misplaced(place)
    return kept["value"]


def is_under_first_key(token: str) -> bool:
    try:
        Fernet(settings.FIELD_KEYS[0]).decrypt(token.encode())
    except InvalidToken:
        return False
    return True


def resealed(token: str, place: str) -> str:
    """The same value under the first key. Raises `WrongKey` or `Misplaced`."""
    return seal(opened(token, place), place)


def _keys() -> MultiFernet:
    return _with(tuple(settings.FIELD_KEYS))


@cache
def _with(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
