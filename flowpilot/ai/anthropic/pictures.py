"""Screenshots, made fit to be sent: real pictures, small, without what programs write into them."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from PIL import Image

from flowpilot.ai.anthropic.prompting import Picture
from flowpilot.ai.contracts import Screenshot

MOST: Final = 5
LONGEST_EDGE: Final = 1568
"""Pixels; the vendor makes it smaller anyway, and charges by the area."""
BIGGEST: Final = 5 * 1024 * 1024
BIGGEST_PNG: Final = 3_500_000
"""Bytes; the vendor's limit is 5 MB of base64, which takes a third more."""
MOST_PIXELS: Final = 40_000_000
FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP")


@dataclass(frozen=True)
class Pictures:
    sent: tuple[Picture, ...] = ()
    notes: tuple[str, ...] = ()
    """What people are told about those that are not sent."""


def pictures_of(screenshots: Sequence[Screenshot], *, allowed: bool) -> Pictures:
    """`allowed`: whether the account lets screenshots go to the vendor."""
    if not screenshots:
        return Pictures()
    if not allowed:
        return Pictures(
            notes=(_("Screenshots were not read: the account does not send them to the vendor."),)
        )
    made = [_made(shot.data) for shot in screenshots[:MOST]]
    sent = tuple(picture for picture in made if picture)
    left = len(screenshots) - len(sent)
    if not left:
        return Pictures(sent)
    note = ngettext(
        "%(count)s screenshot could not be read and was left out.",
        "%(count)s screenshots could not be read and were left out.",
        left,
    )
    return Pictures(sent, (note % {"count": left},))


def _made(data: bytes) -> Picture | None:
    """The picture drawn anew, so that nothing but its pixels is left; None for what is no picture."""
    if len(data) > BIGGEST:
        return None
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                return None
            image.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
            drawn = image.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    data = _saved(drawn, "PNG", optimize=False)
    if len(data) <= BIGGEST_PNG:
        return Picture("image/png", base64.b64encode(data).decode())
    return Picture("image/jpeg", base64.b64encode(_saved(drawn, "JPEG", quality=85)).decode())


def _saved(drawn: Image.Image, form: str, **options: int) -> bytes:
    out = io.BytesIO()
    drawn.save(out, form, **options)
    return out.getvalue()
