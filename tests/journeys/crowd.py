"""Thousands of resolved sessions of hundreds of problems, made at once."""

from datetime import timedelta
from itertools import islice, product
from typing import TypeVar

from django.db.models import Model

from flowpilot.core.ids import uuid7
from sessions.models import AISession, AISessionStep
from tests.factories import Cast, make_resolved

THINGS = (
    "Label printer", "Meeting room display", "Payroll export", "Warehouse scanner", "Guest wireless",
    "Shared calendar", "Badge reader", "Phone queue", "Archive mailbox", "Till drawer", "Fax gateway",
    "Door camera", "Plotter", "Time clock", "Web shop feed", "Backup tape", "Remote desk", "Intranet search",
)  # fmt: skip
TROUBLES = (
    "stops after the update", "shows yesterday's data", "refuses the password", "is slow before noon",
    "loses its settings", "prints blank pages", "answers with a timeout", "cannot find its server",
    "reports a full disk", "restarts by itself", "shows garbled letters", "asks for a licence",
)  # fmt: skip
ROWS_AT_ONCE = 1000
Row = TypeVar("Row", bound=Model)


def make_crowd(cast: Cast, size: int) -> None:
    """That many resolved sessions which await their analysis, of at most 216 problems in turn."""
    problems = islice(product(THINGS, TROUBLES), max(1, size // 20))
    patterns = [_pattern(cast, number, thing, trouble) for number, (thing, trouble) in enumerate(problems)]
    made = (_copied(*patterns[number % len(patterns)], number) for number in range(size - len(patterns)))
    while block := list(islice(made, ROWS_AT_ONCE)):
        AISession.objects.bulk_create(session for session, _step in block)
        AISessionStep.objects.bulk_create(step for _session, step in block)


def _pattern(cast: Cast, number: int, thing: str, trouble: str) -> tuple[AISession, AISessionStep]:
    code = f"0x8{number:07X}"
    session = make_resolved(
        cast,
        problem_summary=f"{thing} {trouble}, error {code}",
        intake_content={"text": f"The {thing.lower()} {trouble} since this morning. The log says {code}."},
    )
    return session, session.steps.get()


def _copied(session: AISession, step: AISessionStep, number: int) -> tuple[AISession, AISessionStep]:
    text = f"{session.intake_content['text']} Ticket {number}."
    moment = session.resolved_at + timedelta(milliseconds=number)
    copy = _another(session, intake_content={"text": text}, resolved_at=moment, ended_at=moment)
    return copy, _another(step, session=copy)


def _another(row: Row, **changed: object) -> Row:
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    copy = type(row)(**{**values, "id": uuid7()})
    for name, value in changed.items():
        setattr(copy, name, value)
    return copy
