"""What can go wrong with a call: its name, what people are told, whether another attempt makes sense."""

import json
from contextlib import suppress
from dataclasses import dataclass

import anthropic
import httpx2
from anthropic.types import Message
from django.utils.translation import gettext as _

from flowpilot.ai.contracts import EngineError
from flowpilot.core.moments import seconds_until

FAULTS = (anthropic.AnthropicError, httpx2.TransportError, json.JSONDecodeError, TimeoutError)
"""All that a call may raise; a dropped stream raises errors of the transport, a corrupt one of JSON."""

_DAMAGED = (json.JSONDecodeError, httpx2.DecodingError, anthropic.APIResponseValidationError)
_OURS = (anthropic.AnthropicError, httpx2.HTTPError, httpx2.InvalidURL, UnicodeEncodeError)
"""An address or a key that cannot be written down, among others: the question did not leave."""
_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.InvalidURL, UnicodeEncodeError)


class Trouble(EngineError):
    """A call failed. `name` is one word for the ledger."""

    def __init__(
        self,
        name: str,
        message: str,
        *,
        again: bool = False,
        wait: float | None = None,
        more_room: bool = False,
        vendors: bool = False,
        for_certain: bool = False,
        request_id: str = "",
        shorter: bool = False,
        category: str = "",
    ) -> None:
        super().__init__(message, retryable=again)
        self.name = name
        self.again = again
        """Another attempt may succeed."""
        self.wait = wait
        """Seconds that the vendor asks to wait before it."""
        self.more_room = more_room
        """The next attempt needs room for a longer answer."""
        self.vendors = vendors
        """The vendor is in trouble, not this question: it counts for the circuit breaker."""
        self.for_certain = for_certain
        """Every other call fails the same way until somebody does something."""
        self.request_id = request_id
        self.shorter = shorter
        """The next attempt has to show less of the case."""
        self.category = category
        """Of a refusal, in the vendor's word."""

    @property
    def word(self) -> str:
        """The name with the category, for the ledger."""
        return f"{self.name}_{self.category}"[:40] if self.category else self.name


@dataclass(frozen=True)
class _Kind:
    name: str
    again: bool = False
    vendors: bool = False
    for_certain: bool = False
    shorter: bool = False


_BY_STATUS = {
    400: _Kind("bad_request"),
    401: _Kind("unauthorised", vendors=True, for_certain=True),
    402: _Kind("payment_required", vendors=True, for_certain=True),
    403: _Kind("forbidden", vendors=True, for_certain=True),
    404: _Kind("model_not_found", vendors=True),
    408: _Kind("timeout", again=True, vendors=True),
    409: _Kind("conflict", again=True),
    413: _Kind("too_large", again=True, shorter=True),
    429: _Kind("rate_limited", again=True, vendors=True),
    529: _Kind("overloaded", again=True, vendors=True),
}
_TOO_LONG = "prompt is too long"
"""How the message of a 400 begins that has no code of its own."""
_BY_TYPE = {"overloaded_error": _BY_STATUS[529], "rate_limit_error": _BY_STATUS[429]}
_SERVER = _Kind("server_error", again=True, vendors=True)
_NOT_THE_VENDORS = {
    403: ("permission_error", _Kind("blocked")),
    404: ("not_found_error", _Kind("not_there", vendors=True)),
}
"""What a proxy, a gateway or a portal means that answers in the vendor's place: it does not name the error as
the vendor does. One question may be refused for its content; that says nothing about the key."""


def trouble_of(error: Exception) -> Trouble:
    """The trouble that an error of the vendor's client, of its transport or of our clock amounts to."""
    if isinstance(error, Trouble):
        return error
    if isinstance(error, anthropic.APIStatusError):
        return _refused_by_status(error)
    if isinstance(error, TimeoutError | anthropic.APITimeoutError | httpx2.TimeoutException):
        return Trouble("timeout", _("Claude did not answer in time."), again=True, vendors=True)
    if isinstance(error, anthropic.APIConnectionError | httpx2.TransportError):
        message = _("The connection to Claude broke off or could not be made.")
        return Trouble("disconnected", message, again=True, vendors=True)
    if isinstance(error, _OURS) and not isinstance(error, _DAMAGED):
        told = _("Claude could not be asked: %(error)s") % {"error": type(error).__name__}
        return Trouble("client_error", told)
    # Also what the vendor's client stumbles over that reads an answer of another form: any kind of error.
    return Trouble("corrupt", _("Claude's answer arrived damaged."), again=True, vendors=True)


def was_refused(error: Exception) -> bool:
    """Whether the vendor certainly did not begin an answer: it said so, or the question never left."""
    cause = error.__cause__ if isinstance(error, anthropic.APIConnectionError) else error
    if isinstance(error, Trouble):
        return error.name == "secret_left"
    return isinstance(cause, (anthropic.APIStatusError, *_NEVER_SENT))


def check_stop(message: Message | None) -> None:
    """Why the model stopped, looked at before anybody reads what it wrote. Raises `Trouble`."""
    match message and message.stop_reason:
        case "end_turn":
            return
        case "max_tokens":
            raise Trouble("max_tokens", _("Claude's answer was cut off."), again=True, more_room=True)
        case "refusal":
            details = message.stop_details if message else None
            category = getattr(details, "category", None) or ""
            told = _("Claude declined to answer (%(category)s).") % {
                "category": category or _("no category given")
            }
            raise Trouble("refusal", told, category=category)
        case "model_context_window_exceeded":
            told = _("The case is too long for Claude.")
            raise Trouble("context_exceeded", told, again=True, shorter=True)
        case None:
            raise Trouble("truncated", _("Claude's answer broke off."), again=True, vendors=True)
        case other:
            told = _("Claude stopped for a reason that is not handled (%(reason)s).") % {"reason": other}
            raise Trouble("unexpected_stop", told)


def _refused_by_status(error: anthropic.APIStatusError) -> Trouble:
    """An error that arrives in the middle of a stream has the stream's status, 200, and says what it is."""
    kind = _BY_TYPE.get(error.type or "") or _BY_STATUS.get(error.status_code)
    if kind is None:
        kind = _SERVER if error.status_code >= 500 or error.status_code == 200 else _BY_STATUS[400]
    if kind.name == "bad_request" and _TOO_LONG in error.message:
        kind = _BY_STATUS[413]
    named, other = _NOT_THE_VENDORS.get(error.status_code, (error.type, kind))
    kind = kind if error.type == named else other
    return Trouble(
        kind.name,
        _told(kind, error),
        again=kind.again,
        wait=_retry_after(error.response),
        vendors=kind.vendors,
        for_certain=kind.for_certain,
        shorter=kind.shorter,
        request_id=error.request_id or "",
    )


def _told(kind: _Kind, error: anthropic.APIStatusError) -> str:
    if kind.for_certain:
        return _("Claude refuses this installation's key (%(status)s).") % {"status": error.status_code}
    told = {
        "rate_limited": _("Claude answers too many questions at the moment."),
        "overloaded": _("Claude is overloaded at the moment."),
        "server_error": _("Claude has a fault at the moment."),
        "timeout": _("Claude did not answer in time."),
        "too_large": _("The case is too long for Claude."),
        "model_not_found": _("The configured model does not exist any more."),
        "not_there": _("Nothing answers for Claude at the configured address."),
        "blocked": _("Something on the way to Claude refused the question."),
    }
    return told.get(kind.name) or _("Claude did not accept the question (%(status)s).") % {
        "status": error.status_code
    }


def _retry_after(response: httpx2.Response) -> float | None:
    with suppress(KeyError, ValueError):
        return max(0.0, float(response.headers["retry-after-ms"]) / 1000)
    given = response.headers.get("retry-after", "")
    with suppress(ValueError):
        return max(0.0, float(given))
    return seconds_until(given)
