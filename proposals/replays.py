"""What a replay found, as its reader may know it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from flowpilot.accounts.models import User
from flowpilot.core.web import visible
from flowpilot.flows.document import InvalidTree, Tree
from proposals.models import DraftReplay, FlowProposal
from sessions.models import AISession

NAMED = 50
"""Sessions named one by one, those that went wrong first."""
LONGEST: Final = timedelta(minutes=2)
"""A replay that was asked for longer ago is not waited for."""
_FATES = ("wrong", "uncovered", "right")


@dataclass(frozen=True)
class Fared:
    """One session in the draft. session: None for a reader who may not open it.

    `step` and `answer` say where it went astray, or are "".
    """

    session: AISession | None
    fate: str
    worse: bool
    step: str
    answer: str


@dataclass(frozen=True)
class Going:
    """How far a replay is: of `found` sessions `done`; found is 0 while it waits for a worker.

    late: it should have been done long ago, so that nobody looks after it any more.
    """

    done: int
    found: int
    late: bool


@dataclass(frozen=True)
class Replay:
    """Of `found` relevant sessions `walked` were walked: so many came to their fix, went astray, and were
    fixed by something that the draft does not hold. `worse`: fared better in the version that the draft
    changes; None for new flows. It goes on while `going` says how far it is; what the last one walked stays
    meanwhile, and how many that one found is not told. `at` is None before the first was done."""

    found: int
    walked: int
    right: int
    wrong: int
    uncovered: int
    worse: int | None
    fared: list[Fared]
    at: datetime | None
    going: Going | None


def replay_of(proposal: FlowProposal, user: User) -> Replay | None:
    """The last replay of the current draft and the one that goes on; None when there was none."""
    draft = proposal.current_draft
    kept = visible(DraftReplay, user).filter(draft=draft).first() if draft else None
    if kept is None or draft is None:
        return None
    fates = [row["fate"] for row in kept.walked]
    named = sorted(kept.walked, key=lambda row: (not row["worse"], _FATES.index(row["fate"])))[:NAMED]
    try:
        tree: Tree | None = draft.document
    except InvalidTree:
        tree = None
    return Replay(
        found=len(kept.walked) if kept.goes_on else kept.found,
        walked=len(kept.walked),
        right=fates.count("right"),
        wrong=fates.count("wrong"),
        uncovered=fates.count("uncovered"),
        worse=sum(row["worse"] for row in kept.walked) if kept.compared_with_id else None,
        fared=_fared(named, tree, user),
        at=kept.walked_at,
        going=_going(kept) if kept.goes_on else None,
    )


def _going(kept: DraftReplay) -> Going:
    return Going(kept.done, kept.found, timezone.now() - kept.asked_at > LONGEST)


def _fared(rows: Iterable[dict[str, Any]], tree: Tree | None, user: User) -> list[Fared]:
    listed = [(UUID(row["session"]), row) for row in rows]
    seen = visible(AISession, user).filter(pk__in=[pk for pk, _row in listed])
    shown = seen.only("problem_summary", "created_at", "intake_content")
    sessions = {session.pk: session for session in shown}
    return [Fared(sessions.get(pk), row["fate"], row["worse"], *_place(row, tree)) for pk, row in listed]


def _place(row: dict[str, Any], tree: Tree | None) -> tuple[str, str]:
    if row["fate"] != "wrong" or tree is None or row["node"] not in tree:
        return "", ""
    node = tree.node(row["node"])
    return node.title, next((option.label for option in node.options if option.id == row["option"]), "")
