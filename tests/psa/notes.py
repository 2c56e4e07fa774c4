"""A note as the outbox makes it, its marker in the last line."""

from typing import Any

from flowpilot.psa.ports import NewNote

MARKER = "FP-ABCDEFGHIJKLM"


def marked_note(text: str = "Works again.", **more: Any) -> NewNote:
    return NewNote(text=f"{text}\n\nFlowPilot ref {MARKER}", marker=MARKER, **more)
