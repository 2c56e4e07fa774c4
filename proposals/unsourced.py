"""What a draft, or an older one that somebody goes on with, names and no session does."""

from itertools import chain

from flowpilot.ai.sourcing import still_in
from flowpilot.flows.document import InvalidTree
from proposals.models import ProposalDraft


def unsourced_until(draft: ProposalDraft) -> list[str]:
    """What this draft had from no source, and what older ones had from none: a tree that was typed on an
    older draft holds it still. What this draft says, too, it has from a source by now."""
    own = list(chain.from_iterable(draft.unsourced.values()))
    if draft.number == 1:
        return own
    older = ProposalDraft.objects.filter(proposal_id=draft.proposal_id, number__lt=draft.number)
    lists = older.values_list("grounding__unsourced", flat=True).order_by("number")
    earlier = dict.fromkeys(chain.from_iterable(chain.from_iterable((each or {}).values()) for each in lists))
    try:
        sourced = set(still_in(draft.document, earlier)) - set(own)
    except InvalidTree:
        sourced = set()
    return [*own, *(each for each in earlier if each not in sourced and each not in own)]
