"""An image is decoded and encoded anew, so its metadata (places, people, thumbnails of what was cut away) and
whatever hides behind its pixels are gone."""

import io
from typing import Final

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from flowpilot.core.uploads.intake import Prepared, UnusableUpload

PIXELS: Final = 25_000_000
"""Of one image: three screens of 4K. Checked before it is decoded, as each costs four bytes of memory."""
LONGEST_EDGE: Final = 1568
"""Pixels; larger images are scaled down. What a vendor's model looks at is no larger."""
FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP")
_ALPHA: Final = ("RGBA", "LA", "PA", "La", "RGBa")

Image.MAX_IMAGE_PIXELS = PIXELS


def bare(name: str, content: bytes) -> Prepared:
    """The pixels of an image alone. Raises `UnusableUpload`."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            _refuse_large(name, opened)
            lossy = opened.format == "JPEG"
            if lossy:  # decodes at a fraction of the size
                opened.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))
            opened.seek(0)
            return _encoded(name, _upright(opened), lossy=lossy)
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


def _upright(image: Image.Image) -> Image.Image:
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
