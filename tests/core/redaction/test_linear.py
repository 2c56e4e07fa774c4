"""What keeps the work in proportion to the text: every repetition in a rule has an end."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from flowpilot.core.redaction import RULES, mask_secrets
from flowpilot.core.redaction.rule import Rule

BAITS = (
    "password is ",
    "pass",
    "key=",
    'secret("',
    "-----BEGIN PRIVATE KEY-----",
    "eyJ",
    "eyJaaaaaaaa.",
    "://a:",
    "net use \\\\a ",
    "123456-",
    "A1B2C-",
    "ghp_",
    "AKIA",
    "M",
    " ",
    "\t\n",
    "snmp community ",
    "as password ",
    "changed from ",
    '"a" == ',
    "aws key ",
    "creds for ",
    "u: p: ",
)


def repetitions(parsed: Any) -> Iterator[int]:
    """The most times that each repetition of a parsed pattern may go."""
    for operation, argument in parsed:
        if str(operation) in ("MAX_REPEAT", "MIN_REPEAT"):
            yield int(argument[1])
        for part in argument if isinstance(argument, list | tuple) else (argument,):
            for inner in part if isinstance(part, list) else (part,):
                if hasattr(inner, "getwidth"):
                    yield from repetitions(inner)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_repetition_of_a_rule_has_an_end(rule: Rule) -> None:
    parser: Any = vars(re)["_parser"]
    assert max(repetitions(parser.parse(rule.pattern.pattern)), default=0) <= 20_000


@pytest.mark.parametrize("bait", BAITS)
def test_beginnings_of_secrets_without_end_hide_no_secret(bait: str) -> None:
    masked = mask_secrets(bait * (60_000 // len(bait)) + "\n\nnet use Z: \\\\fs\\s /user:bob Zx81Spectrum!")
    assert masked.text.endswith(">")
    assert "Zx81Spectrum!" not in masked.text
