"""What is kept of a file that somebody sends: pixels of an image, characters of a text, and nothing else.
Secrets that are recognised in a text are masked before it is kept.

The name says what it is meant to be; what it is decides its content. An image is decoded and encoded anew, so
its metadata (places, people, thumbnails of what was cut away) and whatever hides behind its pixels are gone.
"""

import io
import unicodedata
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from flowpilot.core.redaction import mask_secrets
from flowpilot.core.text import clean_line

FILE_LIMIT: Final = 10 * 2**20
"""Bytes of one file."""
PIXELS: Final = 25_000_000
"""Of one image: three screens of 4K. Checked before it is decoded, as each costs four bytes of memory."""
LONGEST_EDGE: Final = 1568
"""Pixels; larger images are scaled down. What a vendor's model looks at is no larger."""
NAME_LIMIT: Final = 200
FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP")
IMAGES: Final = (".png", ".jpg", ".jpeg", ".gif", ".webp")
TEXTS: Final = (".txt", ".log", ".csv")
ACCEPTED: Final = (*IMAGES, *TEXTS)

_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_UNSEEN: Final = ("Cc", "Cf", "Cn", "Co")
_ALPHA: Final = ("RGBA", "LA", "PA", "La", "RGBa")

Image.MAX_IMAGE_PIXELS = PIXELS


class UnusableUpload(Exception):
    """A file that is not taken; the message names it and says why."""


@dataclass(frozen=True)
class Prepared:
    """What is kept of a file. `width` and `height` are None for texts."""

    name: str
    media_type: str
    content: bytes
    width: int | None = None
    height: int | None = None


def prepared(name: str, content: bytes) -> Prepared:
    """What may be kept of a file. Raises `UnusableUpload`."""
    shown = mask_secrets(clean_name(name)).text
    ending = PurePath(shown).suffix.lower()
    if len(content) > FILE_LIMIT:
        said = _("“%(name)s” has more than %(megabytes)d MB.")
        raise UnusableUpload(said % {"name": shown, "megabytes": FILE_LIMIT // 2**20})
    if not content:
        raise UnusableUpload(_("“%(name)s” is empty.") % {"name": shown})
    if ending in IMAGES:
        return _image(shown, content)
    if ending in TEXTS:
        return Prepared(shown, "text/plain", mask_secrets(_text(shown, content)).text.encode())
    accepted = ", ".join(each.removeprefix(".") for each in ACCEPTED)
    said = _("“%(name)s” is of a kind that is not taken. Taken are: %(accepted)s.")
    raise UnusableUpload(said % {"name": shown, "accepted": accepted})


def clean_name(name: str) -> str:
    """The last part of a name, on one line, without what turns writing around; with its ending."""
    last = clean_line(name, limit=10_000).replace("\\", "/").rsplit("/", 1)[-1]
    visible = "".join(
        letter for letter in last if unicodedata.category(letter) not in ("Cf", "Cc", "Co", "Cn")
    )
    stem, ending = PurePath(visible).stem, PurePath(visible).suffix[:20]
    return f"{stem[: NAME_LIMIT - len(ending)]}{ending}".strip() or _("file")


def _image(name: str, content: bytes) -> Prepared:
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            _refuse_large(name, opened)
            lossy = opened.format == "JPEG"
            if lossy:  # decodes at a fraction of the size
                opened.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))
            opened.seek(0)
            return _encoded(name, _bare(opened), lossy=lossy)
    except UnusableUpload:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large(name) from None
    except Exception:  # a decoder raises whatever a broken file leads it to
        said = _("“%(name)s” is no image of the kinds PNG, JPEG, GIF and WEBP, or it is damaged.")
        raise UnusableUpload(said % {"name": name}) from None


def _refuse_large(name: str, image: Image.Image) -> None:
    if image.width * image.height > PIXELS:
        raise _too_large(name)


def _too_large(name: str) -> UnusableUpload:
    said = _("“%(name)s” has more than %(megapixels)d million pixels.")
    return UnusableUpload(said % {"name": name, "megapixels": PIXELS // 1_000_000})


def _bare(image: Image.Image) -> Image.Image:
    """Upright pixels alone: a copy into a new image takes over nothing else."""
    mode = "RGBA" if image.mode in _ALPHA or "transparency" in image.info else "RGB"
    turned = ImageOps.exif_transpose(image).convert(mode)
    turned.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
    bare = Image.new(mode, turned.size)
    bare.paste(turned)
    return bare


def _encoded(name: str, image: Image.Image, *, lossy: bool) -> Prepared:
    written = io.BytesIO()
    if lossy:
        image.save(written, "JPEG", quality=88)
    else:
        image.save(written, "PNG")
    media_type = "image/jpeg" if lossy else "image/png"
    return Prepared(name, media_type, written.getvalue(), image.width, image.height)


def _text(name: str, content: bytes) -> str:
    """Characters of a log: UTF-8, UTF-16 with its mark, else Windows' Latin. NUL shows that it is none."""
    if content.startswith(_UTF16_MARKS):
        text = content.decode("utf-16", "replace")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("cp1252", "replace")
    if "\x00" in text:
        raise UnusableUpload(_("“%(name)s” is not text.") % {"name": name})
    return text
