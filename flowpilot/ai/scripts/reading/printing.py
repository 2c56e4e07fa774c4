"""What a pipe of a few well-known commands prints, told without running it."""

import base64
import binascii
import re
from collections.abc import Sequence

SCRATCH = "/tmp/mktemp"  # noqa: S108 - a name for what `mktemp` makes, no file
_HEX = re.compile(r"\\x([0-9a-fA-F]{1,2})|\\([0-7]{1,3})")


def unescaped(text: str) -> str:
    return _HEX.sub(lambda found: chr(int(found[1], 16) if found[1] else int(found[2], 8)), text)


def printed(pipe: Sequence[str]) -> str | None:
    """What a pipe of a few known commands prints, or None when that cannot be told."""
    if not pipe:
        return None
    first, *rest = pipe
    said = _said(first)
    for stage in rest:
        said = None if said is None else _passed(stage, said)
    return said


def _said(text: str) -> str | None:
    name, _blank, rest = text.partition(" ")
    if name == "mktemp":
        return SCRATCH
    if name == "echo":
        return re.sub(r"^(-\w+ )+", "", rest)
    if name == "printf":
        return unescaped(re.sub(r"^%s(\\n)? ", "", rest))
    return None


def _passed(stage: str, said: str) -> str | None:
    if re.match(r"base64 (-d|-D|--decode)|openssl (base64|enc -base64) -d", stage):
        try:
            return base64.b64decode(said.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return None
    if stage == "rev":
        return said[::-1]
    if stage.startswith("xxd -r"):
        try:
            return bytes.fromhex(said.strip()).decode()
        except ValueError:
            return None
    return said if stage.startswith(("tee", "cat")) else None
