"""From sessions that left a published flow to the changes that would have kept them on it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from flowpilot.ai.contracts import CandidateFlow, Enhancement, Nothing, Reinforced, SessionFacts, SourceSpan
from flowpilot.ai.offline.leaving.branches import Tail, branches_at
from flowpilot.ai.offline.leaving.grafts import Graft, graft, place_of
from flowpilot.ai.offline.leaving.paths import Leaving, Walk, walk
from flowpilot.ai.offline.many.labelling import TITLE_LENGTH, cut, quoted_list
from flowpilot.flows.changes import Change, diff
from flowpilot.flows.document import Tree, parse, problems


@dataclass(frozen=True)
class _Walked:
    session: SessionFacts
    walk: Walk

    @property
    def fixed_off_the_flow(self) -> bool:
        return self.session.outcome == "resolved" and not self.walk.followed


def enhance(sessions: Sequence[SessionFacts], flow: CandidateFlow) -> Enhancement | Reinforced | Nothing:
    """What the sessions that had this flow pinned say about it.

    Sessions that left at the same place become one part of one change set, different fixes there become
    branches or are offered in order of success; sessions that only followed reinforce. Escalated sessions
    count against what their engineers tried on their own. The order of `sessions` does not matter. Raises
    `InvalidTree` if the flow's tree is broken.
    """
    tree = parse(flow.tree)
    walked = [
        _Walked(session, walk(session, tree))
        for session in sorted(sessions, key=lambda each: each.id)
        if session.outcome != "abandoned" and session.flow and session.flow.flow_id == flow.flow_id
    ]
    grafts, changed = _grafted(tree, walked)
    if grafts:
        return _enhancement(flow, tree, changed, grafts, walked)
    followed = sum(each.walk.followed for each in walked)
    if followed:
        return Reinforced(
            flow_id=flow.flow_id, version_id=flow.version_id, reason=_reinforced(followed, flow)
        )
    return _nothing(flow, walked)


def _grafted(tree: Tree, walked: Sequence[_Walked]) -> tuple[list[Graft], Tree]:
    """The parts that fit into the tree, one for each place where it was left, and the tree with them."""
    leavers: dict[Leaving, list[_Walked]] = defaultdict(list)
    for each in walked:
        if each.walk.left_at is not None:
            leavers[place_of(tree, each.walk.left_at)].append(each)
    grafts = []
    for place in sorted(leavers, key=lambda each: (each.node, each.option or "")):
        if not any(each.fixed_off_the_flow for each in leavers[place]):
            continue
        for tails, label in branches_at(place, [_tail(each) for each in leavers[place]], tree):
            part = graft(tree, place, tails, label)
            if part is not None and not problems(part.tree.to_json()):
                grafts.append(part)
                tree = part.tree
    return grafts, tree


def _tail(walked: _Walked) -> Tail:
    session = walked.session.model_copy(update={"steps": walked.walk.own, "flow": None})
    return session, walked.walk.left_at.said if walked.walk.left_at else ""


def _enhancement(
    flow: CandidateFlow, old: Tree, new: Tree, grafts: Sequence[Graft], walked: Sequence[_Walked]
) -> Enhancement:
    grounding: dict[str, tuple[SourceSpan, ...]] = {}
    for part in grafts:
        grounding |= part.grounding
    changes = [_with_reason(change, grafts).to_json() for change in diff(old, new)]
    fixes = list(dict.fromkeys(fix for part in grafts for fix in part.fixes))
    return Enhancement(
        title=cut(
            _("%(flow)s: add %(fixes)s") % {"flow": flow.title, "fixes": ", ".join(fixes)}, TITLE_LENGTH
        ),
        summary=_summary(flow, fixes, grafts),
        why=_why(flow, grafts, walked),
        flow_id=flow.flow_id,
        base_version_id=flow.version_id,
        changes=tuple(changes),
        grounding=grounding,
    )


def _with_reason(change: Change, grafts: Iterable[Graft]) -> Change:
    for part in grafts:
        if change.key in part.grounding or change.key in part.touched:
            return replace(change, why=part.why)
    return change


def _summary(flow: CandidateFlow, fixes: Sequence[str], grafts: Sequence[Graft]) -> str:
    added = ngettext(
        "Adds a fix to “%(flow)s” where engineers left it: %(fixes)s.",
        "Adds %(count)d fixes to “%(flow)s” where engineers left it: %(fixes)s.",
        len(fixes),
    ) % {"flow": flow.title, "count": len(fixes), "fixes": quoted_list(fixes, 3)}
    count = sum(part.fixed for part in grafts)
    basis = ngettext(
        "Based on %(count)d session that was resolved off the flow.",
        "Based on %(count)d sessions that were resolved off the flow.",
        count,
    ) % {"count": count}
    return f"{added} {basis}"


def _why(flow: CandidateFlow, grafts: Sequence[Graft], walked: Sequence[_Walked]) -> str:
    parts = [part.why for part in grafts]
    followed = sum(each.walk.followed for each in walked)
    if followed:
        parts.append(_reinforced(followed, flow))
    return " ".join(parts)


def _reinforced(followed: int, flow: CandidateFlow) -> str:
    return ngettext(
        "%(count)d session followed “%(flow)s” to its resolution.",
        "%(count)d sessions followed “%(flow)s” to its resolution.",
        followed,
    ) % {"count": followed, "flow": flow.title}


def _nothing(flow: CandidateFlow, walked: Sequence[_Walked]) -> Nothing:
    if not walked:
        return Nothing(reason=_("None of these sessions had “%(flow)s” pinned.") % {"flow": flow.title})
    ends = Counter(each.session.outcome for each in walked)
    return Nothing(
        reason=_(
            "The sessions left “%(flow)s” without saying what helped instead "
            "(%(resolved)d resolved, %(escalated)d escalated)."
        )
        % {"flow": flow.title, "resolved": ends["resolved"], "escalated": ends["escalated"]},
        questions=(
            _("What was done after the flow was left?"),
            _("Which answer did the flow not offer?"),
        ),
    )
