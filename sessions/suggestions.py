"""What is known about a problem before anybody works on it: flows that may answer it, with what past sessions
say about them, sessions that resemble it, and what the description lacks."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from django.utils.translation import ngettext

from flowpilot.accounts.models import User
from flowpilot.core.retrieval.encoder import Status, status
from flowpilot.flows import matching
from flowpilot.flows.matching import Match
from sessions.models import AISession
from sessions.similar import Similar, similar

_FLOWS_SHOWN: Final = 5
_SESSIONS_SHOWN: Final = 5
_SESSIONS_COUNTED: Final = 20
"""Similar sessions that are asked which flow they followed."""


@dataclass(frozen=True)
class Suggestions:
    flows: list[Match]
    """Best first; `reasons` name similar past sessions, too."""
    seen_before: list[Similar]
    missing: list[str]
    """What would help to find the right flow, as requests; empty when the description says enough."""
    encoder: Status
    """Whether meaning counted, or words alone."""


def suggest(
    text: str, user: User, *, client_id: UUID | None = None, without: Collection[UUID] = ()
) -> Suggestions:
    """What a user of an account may know about a problem; `without` are sessions to leave out, such as the
    one that is asked for."""
    assert user.account_id is not None
    past = similar(text, user, limit=_SESSIONS_COUNTED, without=without)
    flows = matching.rank(
        user.account_id, text, team_ids=user.team_ids, client_id=client_id, limit=_FLOWS_SHOWN
    )
    return Suggestions(_with_past(flows, past), past[:_SESSIONS_SHOWN], matching.missing(text), status())


def _with_past(flows: Sequence[Match], past: Sequence[Similar]) -> list[Match]:
    """The flows, each with the reason that similar sessions which followed it were resolved."""
    followed = Counter(_followed(each.session) for each in past)
    return [replace(flow, reasons=[*flow.reasons, *_told(followed[flow.flow_id])]) for flow in flows]


def _followed(session: AISession) -> UUID | None:
    """The flow that a session went by, if it was the one that matched."""
    return session.matched_flow_id if session.flow_version_id else None


def _told(sessions: int) -> list[str]:
    if not sessions:
        return []
    said = ngettext(
        "%(n)d similar session was resolved with it", "%(n)d similar sessions were resolved with it", sessions
    )
    return [said % {"n": sessions}]
