"""Invented tickets: 67 problems of sixteen families, each told twice in different words."""

import json
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from flowpilot.ai.offline.similarity import Problem

_FILE = Path(__file__).parent.parent / "data" / "reworded_tickets.json"


class Ticket(NamedTuple):
    name: str
    problem: Problem


class Pair(NamedTuple):
    one: Ticket
    other: Ticket

    @property
    def is_one(self) -> bool:
        return self.one.name == self.other.name


def tickets(half: str) -> list[Ticket]:
    """The "develop" half was tuned on; of the "held_out" one only the figures were looked at."""
    return [
        Ticket(row["problem"], Problem(row["title"], row["text"], row["fix"]))
        for row in json.loads(_FILE.read_text("utf-8"))
        if row["half"] == half
    ]


def pairs(half: str) -> Iterator[Pair]:
    return (Pair(one, other) for one, other in combinations(tickets(half), 2))
