"""A ticket system that fails in every way that its like are known to, and keeps the truth about it."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from flowpilot.psa.ports import (
    Capabilities,
    Choice,
    ConnectionInfo,
    Forbidden,
    LoginField,
    LoginRefused,
    Named,
    NewNote,
    RateLimited,
    Refused,
    Ticket,
    TicketNote,
    TicketNotFound,
    TicketQuery,
    Uncertain,
    Unreachable,
)

LATE = {"late": timedelta(seconds=30), "too late": timedelta(minutes=3)}
"""How long after the client gave up a server still writes: the slowest, and one that is slower than that."""


class Killed(BaseException):
    """The process that delivers is gone."""


class Clock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def passes(self, by: timedelta) -> None:
        self.at += by


@dataclass
class FailingSystem:
    """What it does with each write comes from `faults`, one word each; without any more it works."""

    clock: Clock
    faults: Iterator[str] = field(default_factory=lambda: iter(()))
    finds: bool = True
    counted: Counter[str] = field(default_factory=Counter)
    """How often a marker was written: more than once is a duplicate in the customer's view."""
    statuses: dict[str, str] = field(default_factory=dict)
    ours: list[str] = field(default_factory=list)
    """Which status it was told to be FlowPilot's own, each time that one was set."""
    written: list[str] = field(default_factory=list)
    late: list[tuple[datetime, str]] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    """How often a write was asked for, by marker or ticket."""
    sent: Counter[str] = field(default_factory=Counter)
    """Of these, those that were not put off."""
    meanwhile: Callable[[], object] = lambda: None
    """What somebody else does while it writes."""
    after_look: Callable[[], object] = lambda: None
    """And when it has looked, before the answer arrives."""
    closed_to_us: set[str] = field(default_factory=set)
    """Tickets that this login may not touch."""

    provider: ClassVar[str] = "failing"
    login: ClassVar[tuple[LoginField, ...]] = ()
    address: ClassVar[str] = ""

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(find_marker=self.finds)

    def add_note(self, ticket_id: str, note: NewNote) -> str:
        assert note.marker in note.text
        if ticket_id in self.closed_to_us:
            self.sent[note.marker] += 1
            raise Forbidden("No rights to this ticket")
        return self._do(note.marker, lambda: self._note(note.marker))

    def set_status(self, ticket_id: str, status_id: str, *, ours: str = "") -> None:
        self.ours.append(ours)
        self._do(ticket_id, lambda: self.statuses.update({ticket_id: status_id}))
        self.written.append(f"status {status_id}")

    def find_marker(self, ticket_id: str, marker: str) -> Iterator[str]:
        for at, _marker in list(self.late):
            if at <= self.clock():
                self.late.remove((at, _marker))
                self._note(_marker)
        fault = next(self.faults, "")
        if fault == "unreachable":
            raise Unreachable("No route to the host")
        if fault == "limited":
            raise RateLimited("Too many requests", retry_after=90)
        if fault == "no look":
            raise Refused("You may not read this ticket")
        found = self.counted[marker]
        self.after_look()
        yield from [f"note-{marker}"] * found

    def _do(self, key: str, write: Callable[[], None]) -> str:
        self.asked[key] += 1
        fault = next(self.faults, "")
        self.sent[key] += fault not in ("limited", "login")
        if fault in ("lost", "killed before"):
            raise Killed if fault == "killed before" else Uncertain("Read timed out")
        if fault in REFUSALS:
            raise REFUSALS[fault]
        if fault in LATE and key.startswith("FP-"):
            self.late.append((self.clock() + LATE[fault], key))
            raise Uncertain("Read timed out")
        write()
        self.meanwhile()
        if fault == "killed after":
            raise Killed
        if fault in ("after", "late"):
            raise Uncertain("502 Bad Gateway")
        return f"note-{key}"

    def _note(self, marker: str) -> None:
        self.counted[marker] += 1
        self.written.append("note")

    def check(self) -> ConnectionInfo:
        return ConnectionInfo(system="Failing")

    def choices(self, what: Choice, parent: str = "") -> list[Named]:
        return []

    def reference(self, text: str) -> str | None:
        return None

    def search(self, query: TicketQuery) -> list[Ticket]:
        return []

    def ticket(self, ticket_id: str) -> Ticket:
        raise TicketNotFound(ticket_id)

    def notes(self, ticket_id: str) -> list[TicketNote]:
        return []


REFUSALS = {
    "unreachable": Unreachable("No route to the host"),
    "limited": RateLimited("Too many requests", retry_after=90),
    "refused": Refused("The ticket is closed"),
    "gone": TicketNotFound("No such ticket"),
    "login": LoginRefused("The key has expired"),
    "forbidden": Forbidden("Your role has no rights"),
}
