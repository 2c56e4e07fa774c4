"""What reviewers turned down about the like of a group, and why: told to the engine that mines the group, and
to who reviews what comes of it."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from flowpilot.ai.contracts import Declined
from flowpilot.ai.offline.similarity import RELATED, similarity, spread
from proposals.groups import Group
from proposals.memory import RANK, Memory, Status
from proposals.models import FlowProposal

MOST: Final = 3
"""Rejections that are told of, the likest first."""


def declined(group: Group, memory: Memory, grown: UUID | None = None) -> tuple[Declined, ...]:
    """Rejected proposals of the team that change the same flow, or are about a related problem; before them
    the proposal that the group comes to (`grown`), if it was rejected before somebody opened it again."""
    named = _of_the_flow(group, memory) if group.version else _related(group, memory)
    named = [grown, *named] if grown else named
    rejected = memory.growth.rejections(named)
    return tuple(rejected[pk] for pk in named if pk in rejected)


def why_with(why: str, turned_down: Collection[Declined]) -> str:
    """Why something is proposed, and what of its like was turned down."""
    known = [
        _("Something like it was turned down before: “%(title)s” (%(reason)s).")
        % {"title": one.title, "reason": ": ".join(filter(None, (one.reason, one.note)))}
        for one in turned_down
    ]
    return " ".join((why, *known))


def _of_the_flow(group: Group, memory: Memory) -> list[UUID]:
    assert group.version is not None
    rows = FlowProposal.objects.for_account(memory.account_id).filter(
        target_flow_id=group.version.flow_id, team_id=group.team_id, status=Status.REJECTED
    )
    return list(rows.order_by("-reviewed_at", "-id").values_list("pk", flat=True)[:MOST])


def _related(group: Group, memory: Memory) -> list[UUID]:
    if not memory.knows_rejected:
        return []
    near = [pk for pk in memory.near(group, tuple(RANK)) if memory.is_rejected(pk)]
    if not near:
        return []
    own = spread(group.problems)
    closest = {
        pk: max((similarity(one, other) for one in own for other in known), default=0.0)
        for pk, known in memory.problems(near)
    }
    related = [pk for pk in closest if closest[pk] >= RELATED]
    return sorted(related, key=lambda pk: (-closest[pk], pk))[:MOST]
