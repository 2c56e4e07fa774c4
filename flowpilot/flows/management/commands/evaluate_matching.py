"""`manage.py evaluate_matching --library L.jsonl --queries Q.jsonl`: how well matching finds things."""

import gzip
import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from rich.progress import Progress

from flowpilot.flows.matching.figures import TIERS, figures_of
from flowpilot.flows.matching.trial import Entry, Question, measure


class Refused(CommandError):
    """A file is wrong; the process ends with 2."""

    def __init__(self, message: str) -> None:
        super().__init__(message, returncode=2)


class Command(BaseCommand):
    help = _(
        "Measure matching on a library and questions from files (JSON lines, plain or .gz), in a throwaway"
        " account. Leaves nothing behind."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--library", required=True, type=Path, help=_('lines {"id", "title", "body"}'))
        parser.add_argument(
            "--queries",
            required=True,
            type=Path,
            help=_('lines {"text", "id"}; id null where no entry fits'),
        )
        parser.add_argument("--engine", choices=("fused", "bm25", "fulltext"), default="fused")
        parser.add_argument("--json", action="store_true", help=_("print the figures as JSON"))

    def handle(self, *args: Any, **options: Any) -> None:
        library = [_entry(*line) for line in _lines(options["library"])]
        questions = [_question(*line) for line in _lines(options["queries"])]
        _check(library, questions)
        silent = options["json"] or not sys.stderr.isatty()
        with Progress(transient=True, disable=silent) as bar:
            tasks = {name: bar.add_task(name, total=None) for name in ("indexed", "encoded", "asked")}
            trial = measure(
                library,
                questions,
                engine=options["engine"],
                progress=lambda doing, done, total: bar.update(tasks[doing], completed=done, total=total),
            )
        figures = {"engine": options["engine"], **figures_of(trial)}
        self.stdout.write(json.dumps(figures) if options["json"] else _as_text(figures))


Line = tuple[str, dict[str, Any]]
"""Where a line stands, for messages, and what it says."""


def _lines(path: Path) -> Iterator[Line]:
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _parsed(f"{path.name}:{number}", line)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise Refused(_("%(path)s cannot be read: %(error)s") % {"path": path, "error": error}) from error


def _parsed(place: str, line: str) -> Line:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Refused(_("%(place)s is no JSON: %(error)s") % {"place": place, "error": error}) from error
    if not isinstance(data, dict):
        raise Refused(_("%(place)s: expected an object") % {"place": place})
    return place, data


def _entry(place: str, data: dict[str, Any]) -> Entry:
    return Entry(_key(place, data), _text(place, data, "title", ""), _text(place, data, "body", ""))


def _question(place: str, data: dict[str, Any]) -> Question:
    return Question(_text(place, data, "text"), None if data.get("id") is None else _key(place, data))


def _key(place: str, data: dict[str, Any]) -> str:
    value = data.get("id")
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise Refused(_("%(place)s: “id” must be a string or a number") % {"place": place})
    return str(value)


def _text(place: str, data: dict[str, Any], name: str, default: str | None = None) -> str:
    value = data.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise Refused(_("%(place)s: “%(name)s” must be a string") % {"place": place, "name": name})
    return value


def _check(library: list[Entry], questions: list[Question]) -> None:
    ids = {entry.id for entry in library}
    if not library or not questions:
        raise Refused(_("The library and the questions must have at least one line each."))
    if len(ids) < len(library):
        raise Refused(_("Two lines of the library have the same id."))
    unknown = sorted({question.id for question in questions if question.id is not None} - ids)
    if unknown:
        raise Refused(
            _("The questions name ids that the library has not: %(ids)s") % {"ids": ", ".join(unknown[:5])}
        )


def _as_text(figures: dict[str, Any]) -> str:
    lines = [
        f"{name}: {_told(value)}" for name, value in figures.items() if name != "tiers" and value is not None
    ]
    tiers = figures["tiers"] or {}
    lines += [f"{tier}: {_told(tiers[tier])}" for tier in TIERS if tier in tiers]
    return "\n".join(lines)


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_told(inner)}" for name, inner in value.items())
    return "–" if value is None else str(value)
