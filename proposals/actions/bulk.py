"""One decision about many proposals: each by itself, and an honest account of what came of it."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.utils.translation import gettext as _

from flowpilot.accounts.roles import NotAllowed
from proposals.actions.deciding import AlreadyDecided, DraftChanged
from proposals.actions.review import NeedsEdit, Unconfirmed
from proposals.models import FlowProposal

Decide = Callable[[FlowProposal, UUID], object]


@dataclass
class Outcome:
    """How many were decided, and why the others were not: by reason, how many."""

    done: int = 0
    skipped: Counter[str] = field(default_factory=Counter)


def decide_each(chosen: Iterable[tuple[FlowProposal, UUID]], decide: Decide) -> Outcome:
    """Decide about proposals, each with the draft that was seen. A refusal does not stop the rest."""
    outcome = Outcome()
    for proposal, draft in chosen:
        try:
            decide(proposal, draft)
            outcome.done += 1
        except NotAllowed:
            outcome.skipped[_("not yours to decide")] += 1
        except NeedsEdit:
            outcome.skipped[_needs_edit(proposal)] += 1
        except Unconfirmed:
            outcome.skipped[_("they name what no session does")] += 1
        except DraftChanged:
            outcome.skipped[_("new evidence came in")] += 1
        except AlreadyDecided:
            outcome.skipped[_("decided already")] += 1
    return outcome


def _needs_edit(proposal: FlowProposal) -> str:
    if proposal.is_enhancement:
        return _("changes to a flow need Edit & publish")
    return _("their drafts are no valid flows yet")
