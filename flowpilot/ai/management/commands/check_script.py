"""Tell what a script may do: the door for measuring the check of scripts."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from flowpilot.ai.scripts.checking import Checked, check
from flowpilot.ai.scripts.measuring import labelled, measure


class Command(BaseCommand):
    help = (
        "Tell what a script may do, from a file or the standard input: its risk, and the lines it rests on."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="a script in UTF-8; else the standard input")
        parser.add_argument("--shell", choices=["bash", "powershell", "cmd"])
        parser.add_argument("--json", action="store_true", help="print what was found as JSON")

        parser.add_argument(
            "--labelled", action="store_true", help="the file holds labelled scripts, one JSON object a line"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["labelled"]:
            figures = measure(labelled(_read(options["file"])))
            self.stdout.write(json.dumps(figures.told()) if options["json"] else figures.table())
            return
        if not options["shell"]:
            raise CommandError("Say which shell the script is for: --shell bash, powershell or cmd.")
        checked = check(_read(options["file"]), options["shell"])
        self.stdout.write(json.dumps(told(checked)) if options["json"] else _lines(checked))


def told(checked: Checked) -> dict[str, Any]:
    return {
        "shell": checked.shell,
        "risk": checked.risk,
        "refused": bool(checked.refused),
        "wants": list(checked.wants),
        "hits": [
            {"line": hit.line, "rule": hit.rule, "risk": hit.risk, "refuse": hit.refuse, "reason": hit.reason}
            for hit in checked.hits
        ],
        "not_understood": list(checked.unread),
    }


def _lines(checked: Checked) -> str:
    said = [f"{checked.risk}{', refused' if checked.refused else ''}"]
    said += [f"line {hit.line}: it {hit.reason} ({hit.rule})" for hit in checked.hits]
    said += [f"line {line}: the syntax is not understood" for line in checked.unread]
    return "\n".join(said)


def _read(file: Path | None) -> str:
    try:
        content = file.read_bytes() if file else sys.stdin.buffer.read()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
    return content.decode("utf-8-sig", "replace")
