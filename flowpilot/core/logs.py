"""One line of the log for web, worker, commands and the libraries under them: as JSON, or to read.

No ticket text, prompt, credential or query string gets into a line. Lines name things by their keys; beside
that, addresses are told by their pattern (what stands in a reset link opens an account), errors by their kind
and place: what an error says may quote the very text that it stumbled over. Only errors of our own say their
first line, without what stands in quotes. Secrets that are recognised are masked in what remains.
"""

import copy
import logging
import re
import traceback
from collections.abc import Iterator
from typing import Any, Final

import structlog
from structlog.types import EventDict, WrappedLogger

from flowpilot.core.redaction import mask_secrets
from flowpilot.core.scope import current_account_id
from flowpilot.core.trace import current_trace, current_user_id, route_of

LINE_LIMIT: Final = 2000
"""Characters of what a line says."""
WORDS_LIMIT: Final = 200
"""Characters of what an error says."""
CHAIN_LIMIT: Final = 5
"""Errors that led to one another."""
OURS: Final = ("flowpilot.", "sessions.", "proposals.", "analytics.")

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|“[^”]*”|‘[^’]*’|«[^»]*»|`[^`]*`")
_QUEUE: Final = ("django-q", "django_q")


class Lines(structlog.stdlib.ProcessorFormatter):
    """The formatter of the one handler."""

    def __init__(self, form: str) -> None:
        last: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "text":
            last = structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0, sort_keys=False)
        before: list[Any] = [
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            where_it_happened,
            redacted,
        ]
        remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
        super().__init__(foreign_pre_chain=before, processors=[remove, last])

    def format(self, record: logging.LogRecord) -> str:
        """Of a copy: other handlers get the record as it was."""
        told = copy.copy(record)
        told.msg, told.args = _said(record), ()
        if isinstance(record.exc_info, tuple) and record.exc_info[1] is not None:
            told.error = description(record.exc_info[1])
        told.exc_info = told.exc_text = told.stack_info = None
        return super().format(told)


def where_it_happened(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Request, account and person by their keys, and what the record itself brought of ours."""
    record = event["_record"]
    keys = {
        "request_id": current_trace().request_id,
        "account": current_account_id(),
        "user": current_user_id(),
    }
    event.update({key: str(value) for key, value in keys.items() if value})
    event.update(getattr(record, "facts", {}))
    if error := getattr(record, "error", None):
        event["error"] = error
    return event


def redacted(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Secrets masked in everything that a line says; long ones are cut."""
    for key, value in event.items():
        if isinstance(value, str) and key not in ("timestamp", "level", "logger"):
            event[key] = mask_secrets(value).text[: LINE_LIMIT * 4 if key == "error" else LINE_LIMIT]
    return event


def description(error: BaseException) -> str:
    """Where an error came from, without local values, and what led to it, the last first."""
    return "\nfrom ".join(_one(each) for each in _chain(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    following: BaseException | None = error
    for _number in range(CHAIN_LIMIT):
        if following is None:
            return
        yield following
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)


def _one(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-15:]]
    return "\n".join([summary(error), *places])


def summary(error: BaseException) -> str:
    """The kind of an error, with the database's code for it; of ours, what it says but what it quotes."""
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    if code := getattr(error, "sqlstate", None):
        return f"{kind} ({code})"
    if not kind.startswith(OURS):
        return kind
    first = str(error).split("\n", 1)[0]
    return f"{kind}: {_QUOTED.sub('…', first)[:WORDS_LIMIT]}"


def _said(record: logging.LogRecord) -> str:
    if record.name in _QUEUE:  # what failed, and behind a dash all that its error said
        return record.getMessage().split(" - ", 1)[0]
    plain = copy.copy(record)
    plain.args = _harmless(record)
    return plain.getMessage()


def _harmless(record: logging.LogRecord) -> Any:
    """Arguments with errors told by their summary, and addresses by their pattern."""
    request = getattr(record, "request", None)
    address = getattr(request, "path", None)

    def told(argument: object) -> object:
        if isinstance(argument, BaseException):
            return summary(argument)
        return route_of(request) if address and argument == address else argument

    return tuple(map(told, record.args)) if isinstance(record.args, tuple) else record.args
