"""What an action is called by its prose and its steps."""

import re
from collections.abc import Sequence

from flowpilot.ai.offline.single.antecedents import with_antecedent
from flowpilot.ai.offline.single.piece import Piece
from flowpilot.ai.offline.single.several import joined, procedure_title
from flowpilot.ai.offline.single.titles import (
    CHANGING,
    MEANINGFUL,
    first_word,
    main_step,
    naming,
    standing_alone,
    told,
    worth,
)
from flowpilot.ai.offline.text.order_titles import title_of
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.ai.offline.text.sentences import sentences
from flowpilot.core.terms import terms

_LOOKING = frozenset(("check", "determine", "examine", "identify", "look", "verify", "view"))
_BEFOREHAND = re.compile(r"(?:back up|make a backup|create a backup|export)\b", re.IGNORECASE)
_FINDING = frozenset(("determine", "find", "get", "identify", "locate"))
_LOOKS = re.compile(r"(?:check|make sure|note|review|see|verify|view)\b", re.IGNORECASE)
_ONLY_MENDS = re.compile(r"(?:fix|resolve|solve|correct|troubleshoot|avoid|prevent) ", re.IGNORECASE)
"""A goal that says that something will be well, and nothing of how."""
_COMPLAINT = re.compile(r"\b(?:this|the) (?:behaviou?r|issue|problem|error|situation)$", re.IGNORECASE)
"""A goal that names only what is wrong."""


def goal_of(pieces: Sequence[Piece]) -> str:
    """What the prose says is to be done, where that names more than a click; empty otherwise."""
    return next((title for title in _orders(pieces) if worth(title) >= MEANINGFUL), "")


def pointed_goal(lead: str) -> str:
    """What "do one of the following to print the labels" says that all of the following is for."""
    said = sentences(lead)
    order = order_of(said[-1].text) if said else None
    goal = told(order.text.split(", depending")[0]) if order is not None and order.generic else ""
    return "" if _COMPLAINT.search(goal) else goal


def draft_title(own: str, pieces: Sequence[Piece], items: Sequence[str]) -> str:
    """The first that names what is done: the prose, then the steps, then whatever orders anything."""
    leads = _lead_goal(pieces) if items else ""
    goals = [
        title_of(piece.purpose)
        for piece in pieces
        if piece.purpose and piece.purpose == piece.order and not _COMPLAINT.search(piece.purpose)
    ]
    goals += _led_by(pieces) if items else []
    found = [own, *_orders(pieces), procedure_title(items)]
    best = [
        *(title for title in found if worth(title) >= MEANINGFUL or (title in goals and worth(title) > 0)),
        *sorted((title for title in found if title), key=worth, reverse=True),
    ]
    first = best[0] if best else ""
    changes = main_step(items)
    if first_word(first) in _LOOKING and worth(changes) >= CHANGING and _begins_fix(pieces):
        return changes
    first = _of_own_lead(first, pieces) if items and not own else first
    first = _beyond_the_check(first, pieces) if items else _beyond_the_finding(first, pieces)
    if _BEFOREHAND.match(first):
        first = next((title for title in found if worth(title) >= CHANGING), first)
    if first in goals and _ONLY_MENDS.match(first) and worth(procedure_title(items)) >= CHANGING:
        return procedure_title(items)
    return _towards(first, leads, pieces) if leads and leads != first and not own else standing_alone(first)


def _of_own_lead(first: str, pieces: Sequence[Piece]) -> str:
    """ "To find the roll, follow these steps" right above the steps, where a sentence before it points at all
    of the ways: these steps only find the roll."""
    pointing = [piece for piece in pieces if piece.purpose and piece.purpose == piece.order]
    if len(pointing) < 2 or pieces[-1] is not pointing[-1] or told(pointing[0].purpose) != first:
        return first
    goal = told(pointing[-1].purpose)
    return goal if worth(goal) >= MEANINGFUL else first


def _beyond_the_check(first: str, pieces: Sequence[Piece]) -> str:
    """ "To copy the roll, make sure that the tray is empty" above steps: what the steps are for."""
    checked = next((piece for piece in pieces if piece.order and told(piece.order) == first), None)
    goal = title_of(checked.purpose) if checked is not None and first.startswith("Make sure") else ""
    return goal if worth(goal) >= MEANINGFUL else first


def _beyond_the_finding(first: str, pieces: Sequence[Piece]) -> str:
    """ "Determine the name. Then, run the test by using the name": what is done with what was found."""
    if first_word(first) not in _FINDING:
        return first
    steps = [told(piece.order or "") for piece in pieces if piece.steps]
    rest = steps[1:] if first in steps[:1] else []
    return next((title for title in rest if worth(title) >= MEANINGFUL and not _LOOKS.match(title)), first)


def _lead_goal(pieces: Sequence[Piece]) -> str:
    """What "to set the timer, follow these steps" right above the steps says they are for."""
    last = pieces[-1] if pieces else None
    if last is None or not last.purpose or last.purpose != last.order or _COMPLAINT.search(last.purpose):
        return ""
    goal = told(last.purpose)
    return goal if worth(goal) >= CHANGING else ""


def _towards(first: str, leads: str, pieces: Sequence[Piece]) -> str:
    """The goal of the steps, behind what is ordered before it where that is another act."""
    ordered = any(told(piece.order or "") == first for piece in pieces if piece.acts)
    apart = not set(terms(leads)) & set(terms(first))
    return leads if not ordered else (joined([first, leads]) if apart else "") or first


def _orders(pieces: Sequence[Piece]) -> list[str]:
    return [
        told(naming(_completed(_resolved(piece), pieces[i + 1 :]), piece.purpose))
        for i, piece in enumerate(pieces)
        if piece.order
    ]


def _resolved(piece: Piece) -> str:
    """What the piece orders, with the name of what it speaks of as "it"."""
    named = with_antecedent(piece.text)
    order = order_of(named) if named != piece.text and piece.acts else None
    return (order.text if order is not None and not order.generic else piece.order) or ""


def _led_by(pieces: Sequence[Piece]) -> list[str]:
    """What the sentence before "to do this, follow these steps" orders: the goal of the steps."""
    goal, leads = pieces[-2:] if len(pieces) > 1 else (None, None)
    led = goal is not None and leads is not None and goal.order and leads.order == ""
    return _orders(pieces)[-1:] if led else []


def _begins_fix(pieces: Sequence[Piece]) -> bool:
    """Whether "to resolve this issue, follow these steps" leads to the steps: what is above looks."""
    return len(pieces) > 1 and pieces[-1].order == ""


def _completed(order: str, following: Sequence[Piece]) -> str:
    """ "Install the following update" names the one that follows it in a line of its own."""
    match = re.match(
        r"(?P<verb>(?:install|apply|download) )the following (?:[\w-]+ ){0,4}[\w-]+$", order, re.IGNORECASE
    )
    named = following[0].text if match and following and following[0].order is None else ""
    return (
        f"{match['verb']}{named.rstrip('.')}"
        if match and 5 < len(named) < 90 and "\n" not in named
        else order
    )
