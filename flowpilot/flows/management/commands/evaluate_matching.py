"""`manage.py evaluate_matching --library L.jsonl --queries Q.jsonl`: how well matching finds things."""

import gzip
import json
import sys
import zlib
from argparse import ArgumentParser
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _
from rich.progress import Progress

from flowpilot.core.db.base import DatabaseWrapper
from flowpilot.core.retrieval.lexemes import CHARACTERS
from flowpilot.core.text import clean_text
from flowpilot.flows.matching.figures import TIERS, figures_of
from flowpilot.flows.matching.trial import Engine, Entry, Question, Trial, measure


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
        library = _library(options["library"])
        questions = _questions(options["queries"], library.keys())
        connection = connections[DEFAULT_DB_ALIAS]
        assert isinstance(connection, DatabaseWrapper)
        silent = options["json"] or not sys.stderr.isatty()
        try:
            with connection.acting_as_owner():
                self._make_ready()
                trial = _measured(list(library.values()), questions, options["engine"], silent=silent)
        except KeyboardInterrupt:
            raise CommandError(_("Interrupted; nothing was left behind."), returncode=130) from None
        figures = {"engine": options["engine"], **figures_of(trial)}
        self.stdout.write(json.dumps(figures) if options["json"] else _as_text(figures))

    def _make_ready(self) -> None:
        """Make the tables of an installation that was never started; another one has to be up to date."""
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
        if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return
        if executor.loader.applied_migrations:
            raise Refused(_("The database is not up to date: run “manage.py migrate” first."))
        self.stderr.write(_("The database is empty: its tables are made first."))
        call_command("migrate", verbosity=0)


def _measured(library: list[Entry], questions: list[Question], engine: Engine, *, silent: bool) -> Trial:
    with Progress(transient=True, disable=silent) as bar:
        tasks = {name: bar.add_task(name, total=None) for name in ("indexed", "encoded", "asked")}
        return measure(
            library,
            questions,
            engine=engine,
            progress=lambda doing, done, total: bar.update(tasks[doing], completed=done, total=total),
        )


_EXPLAINED = {"peak_megabytes": " (of this command, library and questions included; not of the web)"}

Line = tuple[str, dict[str, Any]]
"""Where a line stands, for messages, and what it says."""


def _lines(path: Path) -> Iterator[Line]:
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _parsed(f"{path.name}:{number}", line)
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise Refused(_("%(path)s cannot be read: %(error)s") % {"path": path, "error": error}) from error


def _parsed(place: str, line: str) -> Line:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Refused(_("%(place)s is no JSON: %(error)s") % {"place": place, "error": error}) from error
    if not isinstance(data, dict):
        raise Refused(_("%(place)s: expected an object") % {"place": place})
    return place, data


def _library(path: Path) -> dict[str, Entry]:
    """By id, in the order of the lines."""
    found: dict[str, Entry] = {}
    first: dict[str, str] = {}
    for place, data in _lines(path):
        entry = Entry(_key(place, data), _text(place, data, "title", ""), _text(place, data, "body", ""))
        if entry.id in found:
            twice = {"place": place, "id": entry.id, "first": first[entry.id]}
            raise Refused(_("%(place)s: the id “%(id)s” stands in %(first)s already") % twice)
        found[entry.id], first[entry.id] = entry, place
    if not found:
        raise Refused(_("%(path)s has no lines.") % {"path": path})
    return found


def _questions(path: Path, known: Collection[str]) -> list[Question]:
    found = []
    for place, data in _lines(path):
        key = None if data.get("id") is None else _key(place, data)
        if key is not None and key not in known:
            raise Refused(_("%(place)s: the library has no “%(id)s”") % {"place": place, "id": key})
        found.append(Question(_text(place, data, "text"), key))
    if not found:
        raise Refused(_("%(path)s has no lines.") % {"path": path})
    return found


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
    return clean_text(value, limit=CHARACTERS)


def _as_text(figures: dict[str, Any]) -> str:
    lines = [
        f"{name}: {_told(value)}{_EXPLAINED.get(name, '')}"
        for name, value in figures.items()
        if name != "tiers" and value is not None
    ]
    tiers = figures["tiers"] or {}
    lines += [f"{tier}: {_told(tiers[tier])}" for tier in TIERS if tier in tiers]
    return "\n".join(lines)


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_told(inner)}" for name, inner in value.items())
    return "–" if value is None else str(value)
