"""Show what masking makes of a text: the door for measuring it."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from flowpilot.core.redaction import Masked, Span, mask_secrets


class Command(BaseCommand):
    help = "Mask the secrets of a text, from a file or the standard input."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="a text in UTF-8; else the standard input")
        parser.add_argument("--json", action="store_true", help="print the text and what was masked as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        masked = mask_secrets(_read(options["file"]))
        if options["json"]:
            self.stdout.write(json.dumps(_told(masked), ensure_ascii=False))
        else:
            self.stdout.write(masked.text, ending="")


def _read(file: Path | None) -> str:
    try:
        content = file.read_bytes() if file else sys.stdin.buffer.read()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
    return content.decode("utf-8", "replace")


def _told(masked: Masked) -> dict[str, Any]:
    return {"text": masked.text, "spans": [_span(masked.text, span) for span in masked.spans]}


def _span(text: str, span: Span) -> dict[str, Any]:
    """`start` and `end` count characters of the text that came in."""
    return {
        "class": "secret",
        "rule": span.rule,
        "mask": text[span.start : span.end],
        "start": span.source_start,
        "end": span.source_end,
    }
