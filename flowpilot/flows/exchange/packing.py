"""A file as the text of a form's field: small, and the same bytes when it comes back."""

import zlib
from base64 import b64decode, b64encode

from flowpilot.flows.exchange.portable import LARGEST


def packed(content: bytes) -> str:
    return b64encode(zlib.compress(content)).decode()


def unpacked(text: str) -> bytes:
    """What `packed` was given. Raises `ValueError`, also for more than a file may hold."""
    packer = zlib.decompressobj()
    try:
        content = packer.decompress(b64decode(text, validate=True), LARGEST)
    except zlib.error as error:
        raise ValueError("not packed here") from error
    if text and not packer.eof:
        raise ValueError("too long or cut off")
    return content
