"""What the model wrote, made fit to be shown: checked for length and links, cleaned, secrets masked.

What cannot be used is refused with a reason that the model can act on, never cut or repaired in silence.
"""

from collections.abc import Iterable
from typing import Final, TypeVar

from pydantic import ValidationError

from flowpilot.ai.anthropic.wire import Wire
from flowpilot.core.markup import render
from flowpilot.core.redaction import mask_secrets
from flowpilot.core.text import clean_line, clean_text

MOST_ITEMS: Final = 20
ITEM: Final = 500
"""Characters of one entry of a list."""

W = TypeVar("W", bound=Wire)


class Unusable(ValueError):
    """The answer breaks a rule; the message tells the model which. It repeats nothing of the answer."""


def parsed(wire: type[W], text: str) -> W:
    try:
        return wire.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the document"
        raise Unusable(f"{place}: {first['msg']}.") from error


def line(name: str, value: str, *, limit: int, needed: bool = False) -> str:
    """One line of plain text."""
    return _kept(name, clean_line(value, limit=limit + 1), limit, needed)


def prose(name: str, value: str, *, limit: int, needed: bool = False) -> str:
    """Text that is shown as Markdown: nothing in it may lead anywhere."""
    text = _kept(name, clean_text(value, limit=limit + 1), limit, needed)
    if "<a " in render(text):
        raise Unusable(f"`{name}` contains a link; write it without links.")
    return text


def code(name: str, value: str, *, limit: int, needed: bool = False) -> str:
    """A script, as it stands."""
    return _kept(name, clean_text(value, limit=limit + 1), limit, needed)


def lines(name: str, values: Iterable[str], *, most: int = MOST_ITEMS) -> tuple[str, ...]:
    """A list of lines, empty ones and repetitions left out."""
    kept = dict.fromkeys(text for value in values if (text := line(name, value, limit=ITEM)))
    if len(kept) > most:
        raise Unusable(f"`{name}` has {len(kept)} entries; at most {most} are allowed.")
    return tuple(kept)


def probability(name: str, value: float) -> float:
    if not 0.0 <= value <= 1.0:
        raise Unusable(f"`{name}` is {value}; it has to be a probability from 0 to 1.")
    return round(value, 3)


def _kept(name: str, text: str, limit: int, needed: bool) -> str:
    if len(text) > limit:
        raise Unusable(f"`{name}` is longer than {limit} characters.")
    if needed and not text:
        raise Unusable(f"`{name}` is empty.")
    return mask_secrets(text).text
