"""The way of all connectors to their vendors: one HTTP client, which retries nothing and says in the words of
`ports` what an answer, or its absence, means.

    http = Http(connection.base_url, headers=self._login)
    for answer in http.pages("tickets", params={"page": 1}, following=next_link): ...
    http.ask("POST", "tickets/7/notes", body={"text": "…"}, writing=True).data["id"]

`writing` is told with each call, because the method does not tell it: queries of vendors are POSTs, too.
"""

import json
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, TypeAlias

import httpx2
from django.utils.translation import gettext as _

from flowpilot.core.moments import seconds_until
from flowpilot.core.text import clean_line
from flowpilot.psa.addresses import CheckedTransport, check_address, origin_of
from flowpilot.psa.ports import (
    Forbidden,
    LoginRefused,
    PsaError,
    RateLimited,
    Refused,
    TicketNotFound,
    Uncertain,
    Unreachable,
)

TIMEOUT: Final = httpx2.Timeout(30, connect=5, write=10, pool=5)
LONGEST: Final = 60.0
"""Seconds for a whole answer, however steadily it drips."""
LARGEST: Final = 5 * 2**20
"""Bytes of an answer, unpacked."""
WORDS: Final = 500
"""Characters of what a vendor says that are kept."""
DEFAULT_WAIT: Final = 60
"""Seconds that a vendor is left alone who does not say how long."""
MOST_PAGES: Final = 20

Headers: TypeAlias = Mapping[str, str]
_NEVER_SENT: Final = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.UnsupportedProtocol,
    httpx2.LocalProtocolError,
)
_LATE: Final = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY)


@dataclass(frozen=True)
class Answer:
    """What came back. `data` is its JSON, None where the body is empty or, if it is an error, no JSON."""

    status: int
    headers: httpx2.Headers
    raw: bytes
    data: Any

    @property
    def text(self) -> str:
        return self.raw.decode("utf-8", "replace")


Explain: TypeAlias = Callable[[Answer, bool], PsaError | None]
"""What an answer means to one vendor, given whether it was asked to write; None: what it means to all."""


class Http:
    """One ticket system. `headers` are asked for with every call, so that a token can be renewed;
    `explain` sees every answer first; `gate` is held during a call, sees what it raises, and may raise
    `RateLimited` itself."""

    def __init__(
        self,
        base_url: str,
        *,
        headers: Callable[[], Headers] = dict,
        explain: Explain | None = None,
        gate: Callable[[str], AbstractContextManager[object]] = lambda path: nullcontext(),
    ) -> None:
        self.base_url = base_url.rstrip("/") + "/"
        self._headers, self._explain, self._gate = headers, explain, gate
        self._client = httpx2.Client(
            transport=CheckedTransport(), timeout=TIMEOUT, follow_redirects=False, trust_env=False
        )
        weakref.finalize(self, self._client.close)

    def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int | bool] | None = None,
        body: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Headers | None = None,
        writing: bool = False,
    ) -> Answer:
        """One call; `path` is relative to `base_url` or an address on the same server.

        `form` is sent instead of JSON. Raises every `PsaError`; `Uncertain` only when `writing`.
        """
        with self._gate(path):
            request = self._request(method, path, params=params, body=body, form=form, headers=headers)
            answer = self._send(request, writing=writing)
            trouble = self._explain(answer, writing) if self._explain else None
            trouble = trouble or meaning(answer, writing=writing)
            if trouble is not None:
                trouble.status = answer.status
                raise trouble
        return answer

    def get(self, path: str, **params: str | int | bool) -> Any:
        """The JSON of what is there."""
        return self.ask("GET", path, params=params or None).data

    def pages(
        self,
        path: str,
        *,
        params: Mapping[str, str | int | bool] | None = None,
        following: Callable[[Answer], str | None],
        at_most: int = MOST_PAGES,
    ) -> Iterator[Answer]:
        """Page after page; `following` finds the address of the next, which has to be on the same server."""
        address: str | None = path
        for _page in range(at_most):
            if address is None:
                return
            answer = self.ask("GET", address, params=params)
            yield answer
            address, params = following(answer), None

    def _request(self, method: str, path: str, *, headers: Headers | None, **content: Any) -> httpx2.Request:
        sent = {"Accept": "application/json", **self._headers(), **(headers or {})}
        kept = {"params": content["params"], "json": content["body"], "data": content["form"]}
        try:
            return self._client.build_request(
                method,
                self._address(path),
                headers=sent,
                **{name: value for name, value in kept.items() if value is not None},
            )
        except (httpx2.InvalidURL, httpx2.ConnectError, ValueError) as error:
            raise Unreachable(str(error)) from error

    def _address(self, path: str) -> str:
        if "://" not in path:
            check_address(self.base_url)
            return self.base_url + path.lstrip("/")
        if origin_of(path) != origin_of(self.base_url):
            raise Unreachable(_("The system sent FlowPilot to another server, which it does not follow."))
        return path

    def _send(self, request: httpx2.Request, *, writing: bool) -> Answer:
        silent = Uncertain if writing else Unreachable
        try:
            return self._read(self._client.send(request, stream=True), silent)
        except _NEVER_SENT as error:
            raise Unreachable(_said(error)) from error
        except httpx2.HTTPError as error:
            raise silent(_said(error)) from error

    def _read(self, response: httpx2.Response, silent: type[Unreachable]) -> Answer:
        raw, until = bytearray(), time.monotonic() + LONGEST
        try:
            for piece in response.iter_bytes():
                raw += piece
                if len(raw) > LARGEST:
                    raise silent(_("The answer has more than %(limit)d bytes.") % {"limit": LARGEST})
                if time.monotonic() > until:
                    raise silent(_("The answer took too long."))
        finally:
            response.close()
        return _answer(response, bytes(raw), silent)


def meaning(answer: Answer, *, writing: bool) -> PsaError | None:
    """What an HTTP status means wherever it comes from; None: it is a success."""
    status = answer.status
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    said = words_of(answer)
    if status < HTTPStatus.BAD_REQUEST:
        return LoginRefused(_("The server sends FlowPilot elsewhere: is this the address of its API?"))
    if status == HTTPStatus.UNAUTHORIZED:
        return LoginRefused(said)
    if status == HTTPStatus.FORBIDDEN:
        return Forbidden(said)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(said, retry_after=retry_after(answer.headers))
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return TicketNotFound(said)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _LATE:
        return Uncertain(said) if writing else Unreachable(said)
    return Refused(said)


def without_a_ticket(answer: Answer, _writing: bool) -> PsaError | None:
    """For addresses that no ticket is behind, as those of logins: their 404 is none of a ticket."""
    if answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return Unreachable(_("%(said)s: is this the address of its API?") % {"said": words_of(answer)})
    return None


def words_of(answer: Answer) -> str:
    """What the answer says for people: the usual places of JSON, else its status. HTML says nothing."""
    data = answer.data if isinstance(answer.data, dict) else {}
    errors = data.get("errors")
    said = [data.get("message") or data.get("error_description") or data.get("error")]
    said += map(_of_error, errors if isinstance(errors, list) else [])
    line = clean_line(" · ".join(str(part) for part in said if part), limit=WORDS)
    return line or _status_line(answer.status)


def retry_after(headers: Mapping[str, str]) -> int:
    """Seconds to wait, from either form of Retry-After; the default where it is missing or no form at all."""
    given = headers.get("retry-after", "").strip()
    if given.isdecimal() and len(given) < 10:
        return int(given)
    wait = seconds_until(given)
    return DEFAULT_WAIT if wait is None else round(wait)


def next_link(answer: Answer) -> str | None:
    """The next page by the header Link."""
    response = httpx2.Response(answer.status, headers=answer.headers)
    return response.links.get("next", {}).get("url")


def _answer(response: httpx2.Response, raw: bytes, silent: type[Unreachable]) -> Answer:
    try:
        data = json.loads(raw) if raw.strip() else None
    except (ValueError, RecursionError):
        if response.is_success:
            raise silent(_("The answer is no JSON.")) from None
        data = None
    return Answer(response.status_code, response.headers, raw, data)


def _of_error(error: Any) -> Any:
    if not isinstance(error, dict):
        return error
    return " ".join(str(error[name]) for name in ("message", "field") if error.get(name))


def _status_line(status: int) -> str:
    try:
        return f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"


def _said(error: httpx2.HTTPError) -> str:
    if isinstance(error, httpx2.TimeoutException):
        return _("No answer in time (%(kind)s).") % {"kind": type(error).__name__}
    return clean_line(str(error), limit=WORDS) or type(error).__name__
