"""What tickets say, with secrets and without: none of the former stays, nothing of the latter is touched."""

import re
from pathlib import Path

import pytest

from flowpilot.core.redaction import mask_secrets

_MARKED = re.compile("«([^»]*)»")
LINES = [
    line
    for line in Path(__file__).with_name("sentences.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]
TELLING = [line for line in LINES if "«" in line]
INNOCENT = [line for line in LINES if "«" not in line]


@pytest.mark.parametrize("line", TELLING)
def test_no_secret_remains(line: str) -> None:
    masked = mask_secrets(_MARKED.sub(r"\1", line)).text
    assert [secret for secret in _MARKED.findall(line) if secret in masked] == []


@pytest.mark.parametrize("line", INNOCENT)
def test_look_alikes_stay(line: str) -> None:
    assert mask_secrets(line).text == line
