"""Request Tracker 5, REST2."""

import re
from collections import deque
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, ClassVar, Final
from urllib.parse import parse_qs, quote, urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from flowpilot.psa.addresses import origin_of
from flowpilot.psa.client import Answer, Http, words_of
from flowpilot.psa.models import PsaConnection
from flowpilot.psa.ports import (
    Capabilities,
    Choice,
    ConnectionInfo,
    LoginField,
    Named,
    NewNote,
    PsaError,
    Refused,
    Ticket,
    TicketNote,
    TicketNotFound,
    TicketQuery,
    Uncertain,
)
from flowpilot.psa.throttle import turn
from flowpilot.psa.values import at, line_at, moment_at, plain, rows_at, text_at

CLOSED: Final = ("resolved", "rejected", "deleted")
STATUSES: Final = ("new", "open", "stalled", "resolved", "rejected")
"""Of RT's own lifecycle; it lists those of others nowhere."""
FIELDS: Final = {
    "fields": "Subject,Status,Queue,Owner,Requestor,Created,Priority",
    "fields[Queue]": "Name",
    "fields[Owner]": "Name,RealName",
    "fields[Requestor]": "Name,RealName,EmailAddress",
}
WORDS: Final = 6
PER_PAGE: Final = 100
NEWEST: Final = 500
MOST_PAGES: Final = 1_000
"""That are read onwards: a server that always names another one is not followed for ever."""
TEXTS: Final = ("Create", "Correspond", "Comment")
"""The transactions that somebody wrote."""
UNTRIED: Final = (
    gettext_lazy("Write for colleagues (CommentOnTicket)"),
    gettext_lazy("Write to requestors (ReplyToTicket)"),
    gettext_lazy("Write time and statuses (ModifyTicket)"),
)
_NUMBER: Final = re.compile(r"(?:#|rt\s*#?|ticket\s+#?|\[[^\]#]{1,80}#)?(\d{1,9})\]?", re.IGNORECASE)
_SPECIAL: Final = re.compile(r"[^\w.@:/+-]+")
_DONE: Final = re.compile(r"changed|added|recorded|already|updated", re.IGNORECASE)


class RequestTrackerConnector:
    """One write carries note and minutes, and is the token's owner's. RT's history shows subjects, not texts:
    the marker is in both."""

    provider: ClassVar[str] = "rt"
    capabilities: ClassVar[Capabilities] = Capabilities()
    login: ClassVar[tuple[LoginField, ...]] = (
        LoginField(
            "token",
            gettext_lazy("Token"),
            help=gettext_lazy("From RT: Logged in as … › Settings › Auth Tokens."),
        ),
    )
    address: ClassVar[str | Promise] = gettext_lazy("Where you sign in, such as https://rt.example.com")

    def __init__(self, connection: PsaConnection) -> None:
        told: Mapping[str, Any] = connection.credentials.reveal() if connection.credentials else {}
        login = {"Authorization": f"token {told.get('token', '')}"}
        self._web = connection.base_url.rstrip("/")
        self._http = Http(
            f"{self._web}/REST/2.0",
            headers=lambda: login,
            explain=_explain,
            gate=lambda _path: turn(connection, "api"),
        )

    def check(self) -> ConnectionInfo:
        version = line_at(self._http.get("rt"), "Version")
        missing = []
        if not self.choices("boards"):
            missing.append(_("See a queue (SeeQueue)"))
        if not self._may("tickets", query="id > 0", per_page=1):
            missing.append(_("Search tickets (ShowTicket)"))
        return ConnectionInfo("Request Tracker", version, (), tuple(missing), tuple(map(str, UNTRIED)))

    def choices(self, what: Choice, parent: str = "") -> list[Named]:
        if what == "statuses":
            return [Named(name, name) for name in STATUSES]
        if what == "boards":
            rows = self._newest("queues/all", fields="Name")
            return [Named(line_at(row, "Name"), line_at(row, "Name")) for row in rows]
        return []

    def reference(self, text: str) -> str | None:
        given = text.strip()
        if found := _NUMBER.fullmatch(given):
            return str(int(found[1]))
        try:
            here = "://" in given and origin_of(given) == origin_of(self._web)
        except ValueError:
            return None
        if not here:
            return None
        number = (parse_qs(urlsplit(given).query).get("id") or [""])[0]
        return number if number.isascii() and number.isdecimal() and len(number) < 10 else None

    def search(self, query: TicketQuery) -> list[Ticket]:
        parts = ["id > 0"] if query.closed else ["Status = '__Active__'"]
        if query.board:
            parts.append(f"Queue = '{_quoted(query.board)}'")
        if query.assignee:
            parts.append(f"Owner = '{_quoted(query.assignee)}'")
        parts += [_has(word) for word in _SPECIAL.sub(" ", query.words).split()[:WORDS]]
        return [self._told(row) for row in self._found(" AND ".join(parts), query.limit)]

    def ticket(self, ticket_id: str) -> Ticket:
        return self._told(self._row(ticket_id))

    def notes(self, ticket_id: str) -> list[TicketNote]:
        number = _number(ticket_id)
        fields = {"fields": "Type,Created,Creator", "fields[Creator]": "Name,RealName"}
        rows = self._newest(f"ticket/{number}/history", **fields)
        texts = self._texts(number)
        return [
            TicketNote(
                at=moment_at(row, "Created"),
                by=_person(at(row, "Creator")),
                text=texts[line_at(row, "id")],
                internal=line_at(row, "Type") == "Comment",
            )
            for row in rows
            if line_at(row, "Type") in TEXTS and texts.get(line_at(row, "id"))
        ]

    def add_note(self, ticket_id: str, note: NewNote) -> str:
        body: dict[str, Any] = {
            "Subject": _subject(note.marker),
            "Content": note.text,
            "ContentType": "text/plain",
        }
        if note.minutes:
            body["TimeTaken"] = note.minutes
        path = f"ticket/{_number(ticket_id)}/{'comment' if note.internal else 'correspond'}"
        answer = self._http.ask("POST", path, body=body, writing=True)
        written = answer.headers.get("location", "").rstrip("/").rpartition("/transaction/")[2]
        if not written.isdecimal():
            raise Uncertain(_("Request Tracker did not say what it wrote."))
        return written

    def set_status(self, ticket_id: str, status_id: str, *, ours: str = "") -> None:
        now = line_at(self._row(ticket_id), "Status")
        if now == status_id:
            return
        if now in CLOSED and now != ours:
            raise Refused(_("The ticket has been closed there meanwhile; its status stays."))
        body = {"Status": status_id}
        answer = self._http.ask("PUT", f"ticket/{_number(ticket_id)}", body=body, writing=True)
        said = [str(part) for part in answer.data] if isinstance(answer.data, list) else []
        if not said:
            raise Uncertain(_("Request Tracker did not say what it did."))
        if not all(_DONE.search(part) for part in said):
            raise Refused(" · ".join(said)[:500])

    def find_marker(self, ticket_id: str, marker: str) -> Iterator[str]:
        for row in self._every(f"ticket/{_number(ticket_id)}/history", fields="Type,Data"):
            # What somebody answers to it has another subject, as “Re: …”.
            if line_at(row, "Type") in TEXTS and line_at(row, "Data").startswith(_subject(marker)):
                yield line_at(row, "id")

    def _told(self, row: dict[str, Any]) -> Ticket:
        number = line_at(row, "id")
        status = line_at(row, "Status")
        owner = at(row, "Owner")
        return Ticket(
            id=number,
            number=number,
            title=line_at(row, "Subject"),
            url=f"{self._web}/Ticket/Display.html?id={quote(number)}",
            status=status,
            is_closed=status in CLOSED,
            priority=line_at(row, "Priority"),
            board=line_at(row, "Queue", "Name"),
            contact=_person(at(row, "Requestor", 0)),
            assignee="" if line_at(owner, "Name") == "Nobody" else _person(owner),
            opened_at=moment_at(row, "Created"),
        )

    def _row(self, ticket_id: str) -> dict[str, Any]:
        rows = self._found(f"id = {_number(ticket_id)}", 1)
        if not rows:
            raise TicketNotFound(_("Request Tracker has no ticket %(id)s.") % {"id": ticket_id})
        return rows[0]

    def _found(self, query: str, limit: int) -> list[dict[str, Any]]:
        answer = self._http.get("tickets", query=query, per_page=limit, orderby="id", order="DESC", **FIELDS)
        return rows_at(answer, "items")[:limit]

    def _texts(self, number: int) -> dict[str, str]:
        """The readable text of each transaction of a ticket, by the transaction's id."""
        fields = "TransactionId,ContentType,Content,Filename"
        texts: dict[str, str] = {}
        for part in self._newest(f"ticket/{number}/attachments", fields=fields):
            key, kind = line_at(part, "TransactionId"), line_at(part, "ContentType")
            if kind.startswith("text/") and not line_at(part, "Filename") and not texts.get(key):
                text = text_at(part, "Content")
                texts[key] = plain(text) if kind == "text/html" else text
        return texts

    def _may(self, path: str, **params: str | int) -> bool:
        try:
            self._http.get(path, **params)
        except (Refused, TicketNotFound):
            return False
        return True

    def _newest(self, path: str, **params: str | int) -> list[dict[str, Any]]:
        """The newest rows, oldest first."""
        first = self._page(path, 1, **params)
        if pages := _pages_in(first):
            return list(islice(self._backwards(path, first, pages, **params), NEWEST))[::-1]
        return list(deque(self._onwards(path, first, **params), maxlen=NEWEST))

    def _every(self, path: str, **params: str | int) -> Iterator[dict[str, Any]]:
        """Every row, for what was not looked at cannot be said not to be there: the newest first where RT
        tells how many pages there are."""
        first = self._page(path, 1, **params)
        if pages := _pages_in(first):
            return self._backwards(path, first, pages, **params)
        return self._onwards(path, first, **params)

    def _backwards(self, path: str, first: Any, pages: int, **params: str | int) -> Iterator[dict[str, Any]]:
        for number in range(pages, 0, -1):
            told = first if number == 1 else self._page(path, number, **params)
            yield from reversed(rows_at(told, "items"))

    def _onwards(self, path: str, first: Any, **params: str | int) -> Iterator[dict[str, Any]]:
        """Newer releases count no pages where each row's rights are looked at: another one is there as long
        as they say so, even if nothing is left of this one."""
        told = first
        for number in range(2, MOST_PAGES + 2):
            yield from rows_at(told, "items")
            if not at(told, "next_page"):
                return
            told = self._page(path, number, **params)
        raise Refused(_("Request Tracker has more to show than is read of a ticket."))

    def _page(self, path: str, number: int, **params: str | int) -> Any:
        """By number: the addresses that RT gives for pages are those it believes to have."""
        return self._http.get(path, per_page=PER_PAGE, page=number, **params)


def _explain(answer: Answer, writing: bool) -> PsaError | None:
    """Notes to no ticket fail in words."""
    if answer.status == 400 and "could not be recorded" in answer.text:
        return TicketNotFound(words_of(answer))
    return None


def _subject(marker: str) -> str:
    return f"FlowPilot {marker}"


def _pages_in(told: Any) -> int:
    """0 where RT does not tell."""
    pages = line_at(told, "pages")
    return int(pages) if pages.isascii() and pages.isdecimal() else 0


def _has(word: str) -> str:
    number = f" OR id = {word}" if word.isdecimal() and len(word) < 10 else ""
    return f"( Subject LIKE '{word}' OR Requestor.EmailAddress LIKE '{word}'{number} )"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def _person(data: Any) -> str:
    return line_at(data, "RealName") or line_at(data, "Name") or line_at(data, "id")


def _number(ticket_id: str) -> int:
    if not (ticket_id.isascii() and ticket_id.isdecimal() and len(ticket_id) < 10):
        raise TicketNotFound(_("Request Tracker has no ticket %(id)s.") % {"id": ticket_id})
    return int(ticket_id)
