"""Error codes that PostgreSQL's parser cuts up or keeps in many spellings, as further lexemes."""

from typing import Final

from flowpilot.core.identifiers import cut_codes

CHARACTERS: Final = 100_000
"""Of a text that is indexed; PostgreSQL refuses vectors of more than a megabyte."""
QUESTION_CHARACTERS: Final = 12_000
"""Of a text that is looked for; a log of megabytes says no more about the problem."""


def codes_in(text: str) -> list[str]:
    """Error codes of a text, each in one spelling, with repetitions: `0x11b` for 0x0000011B, `event-4625`
    for "Event ID 4625". Names of files, hosts and cmdlets the parser keeps whole by itself."""
    return cut_codes(text)[1]
