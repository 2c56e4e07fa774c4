"""ConnectWise's JSON as ours: keys that are absent instead of null, dates in `_info`, people in four shapes;
and our words as its conditions."""

import re
from typing import Any, Final

from flowpilot.psa.ports import Ticket, TicketNote, TicketQuery
from flowpilot.psa.values import line_at, moment_at, text_at

LIST_FIELDS: Final = (
    "id,summary,board,status,company,contact,contactName,owner,resources,priority,closedFlag,_info"
)
WORDS: Final = 6
_SPECIAL: Final = re.compile(r"[^\w.@:/+-]+")
"""Quotes, brackets and wildcards have a meaning in conditions."""


def told(row: dict[str, Any], url: str, *, body: str, assets: tuple[str, ...]) -> Ticket:
    ticket_id = line_at(row, "id")
    return Ticket(
        id=ticket_id,
        number=ticket_id,
        title=line_at(row, "summary"),
        url=url,
        body=body,
        status=line_at(row, "status", "name"),
        is_closed=row.get("closedFlag") is True,
        priority=line_at(row, "priority", "name"),
        board=line_at(row, "board", "name"),
        client=line_at(row, "company", "name"),
        contact=line_at(row, "contact", "name") or line_at(row, "contactName"),
        assignee=line_at(row, "owner", "name") or line_at(row, "resources"),
        opened_at=moment_at(row, "_info", "dateEntered"),
        assets=assets,
    )


def note(row: dict[str, Any]) -> TicketNote:
    return TicketNote(
        at=moment_at(row, "dateCreated") or moment_at(row, "_info", "lastUpdated"),
        by=line_at(row, "member", "name") or line_at(row, "contact", "name") or line_at(row, "createdBy"),
        text=text_at(row, "text"),
        internal=row.get("detailDescriptionFlag") is not True and row.get("resolutionFlag") is not True,
    )


def by_contact(row: dict[str, Any]) -> bool:
    """A customer wrote it, who may quote what FlowPilot wrote."""
    return bool(line_at(row, "contact", "id")) and not line_at(row, "member", "id")


def time_note(row: dict[str, Any]) -> TicketNote:
    """What somebody wrote with the time they worked."""
    shown = row.get("addToDetailDescriptionFlag") is True or row.get("addToResolutionFlag") is True
    return TicketNote(
        at=moment_at(row, "timeStart") or moment_at(row, "_info", "dateEntered"),
        by=line_at(row, "member", "name"),
        text=text_at(row, "notes"),
        internal=not shown,
    )


def conditions(query: TicketQuery) -> str:
    """The search of a query in ConnectWise's language."""
    parts = [] if query.closed else ["closedFlag=false"]
    if query.board.isdecimal():
        parts.append(f"board/id={query.board}")
    if assignee := _SPECIAL.sub("", query.assignee):
        parts.append(f'(owner/identifier="{assignee}" or resources contains "{assignee}")')
    parts += [_has(word) for word in _SPECIAL.sub(" ", query.words).split()[:WORDS]]
    return " and ".join(parts)


def _has(word: str) -> str:
    number = f" or id={word}" if word.isdecimal() and len(word) < 10 else ""
    return f'(summary contains "{word}" or company/name contains "{word}"{number})'
