"""The verbs that walk past sessions through a draft and keep what came of it."""

from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from flowpilot.core.worker.once import AlreadyQueued, enqueue_once
from flowpilot.flows.document import InvalidTree
from proposals.models import DraftReplay, FlowProposal, ProposalDraft
from proposals.replaying import rehearse

TASK: Final = "proposals.jobs.replay_draft"
TOLD_EVERY: Final = 0.3
"""Seconds between two notes of how far it is."""


class CannotReplay(Exception):
    """The proposal has no draft with a tree that can be walked."""


@transaction.atomic
def request_replay(proposal: FlowProposal) -> None:
    """Queue a replay of the current draft, unless one waits or goes on: then it is waited for anew. What the
    last one found stays until this one is done."""
    draft = _walkable(proposal)
    asked: dict[str, object] = {"asked_at": timezone.now()}
    with suppress(AlreadyQueued):
        enqueue_once(TASK, str(proposal.account_id), str(proposal.pk), str(draft.pk))
        asked |= {"done": 0, "found": 0}
    DraftReplay.objects.update_or_create(account_id=proposal.account_id, draft=draft, defaults=asked)


def replay_draft(proposal: FlowProposal, *, seen: UUID | None = None) -> DraftReplay | None:
    """Replay the current draft, noting how far it is, and keep what came of it; None when it is not `seen`,
    the draft that the replay was asked for."""
    if seen is not None and seen != proposal.current_draft_id:
        return None
    draft = _walkable(proposal)
    kept, _made = DraftReplay.objects.get_or_create(account_id=proposal.account_id, draft=draft)
    rehearsal = rehearse(proposal, draft, progress=_noting(kept))
    kept.compared_with, kept.found, kept.done = proposal.base_version, rehearsal.found, len(rehearsal.walked)
    kept.walked, kept.walked_at = [walked.to_json() for walked in rehearsal.walked], timezone.now()
    kept.save(update_fields=["compared_with", "found", "done", "walked", "walked_at"])
    return kept


def _walkable(proposal: FlowProposal) -> ProposalDraft:
    draft = proposal.current_draft
    if draft is None:
        raise CannotReplay(_("This proposal has no draft."))
    try:
        draft.document  # noqa: B018 reading it is the check
    except InvalidTree as error:
        raise CannotReplay(_("The tree of this draft is not valid, so it cannot be walked.")) from error
    return draft


def _noting(kept: DraftReplay) -> Callable[[int, int], None]:
    told_at = 0.0

    def note(done: int, found: int) -> None:
        nonlocal told_at
        if monotonic() - told_at >= TOLD_EVERY:
            DraftReplay.objects.filter(pk=kept.pk).update(done=done, found=found)
            told_at = monotonic()

    return note
