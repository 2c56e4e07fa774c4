"""The verb that walks past sessions through a draft and keeps what came of it."""

from django.utils import timezone
from django.utils.translation import gettext as _

from flowpilot.flows.document import InvalidTree
from proposals.models import DraftReplay, FlowProposal
from proposals.replaying import rehearse


class CannotReplay(Exception):
    """The proposal has no draft with a tree that can be walked."""


def replay_draft(proposal: FlowProposal) -> DraftReplay:
    """Replay the current draft. What was kept of an earlier replay is replaced."""
    draft = proposal.current_draft
    if draft is None:
        raise CannotReplay(_("This proposal has no draft."))
    try:
        rehearsal = rehearse(proposal, draft)
    except InvalidTree as error:
        raise CannotReplay(_("The tree of this draft is not valid, so it cannot be walked.")) from error
    kept, _made = DraftReplay.objects.update_or_create(
        account_id=proposal.account_id,
        draft=draft,
        defaults={
            "compared_with": proposal.base_version,
            "found": rehearsal.found,
            "walked": [walked.to_json() for walked in rehearsal.walked],
            "walked_at": timezone.now(),
        },
    )
    return kept
