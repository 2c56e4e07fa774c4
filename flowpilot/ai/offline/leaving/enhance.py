"""From sessions that left a published flow to the changes that would have kept them on it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from flowpilot.ai.contracts import CandidateFlow, Enhancement, Nothing, Reinforced, SessionFacts, SourceSpan
from flowpilot.ai.offline.leaving.branches import Tail, branches_at
from flowpilot.ai.offline.leaving.grafts import Graft, before_escalation, graft, is_dearer, place_of
from flowpilot.ai.offline.leaving.paths import Leaving, Walk, walk
from flowpilot.ai.offline.leaving.titles import title_with_fix
from flowpilot.ai.offline.many.labelling import cut, quoted_list
from flowpilot.flows.changes import Change, diff
from flowpilot.flows.document import Node, Tree, parse, problems


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
    grafts, changed, dropped = _grafted(tree, walked, flow.title)
    if grafts:
        return _enhancement(flow, tree, changed, grafts, _why(flow, grafts, walked, dropped))
    followed = sum(each.walk.followed for each in walked)
    if followed:
        return Reinforced(
            flow_id=flow.flow_id, version_id=flow.version_id, reason=_reinforced(followed, flow)
        )
    return _nothing(flow, walked)


def _grafted(tree: Tree, walked: Sequence[_Walked], title: str) -> tuple[list[Graft], Tree, list[str]]:
    """The parts that fit into the tree, one for each place where it was left, the tree with them, and what
    was left out, in words."""
    proven = {edge for each in walked if each.walk.followed for edge in each.walk.path}
    leavers: dict[Leaving, list[_Walked]] = defaultdict(list)
    for each in walked:
        if each.walk.left_at is not None:
            leavers[place_of(tree, each.walk.left_at, proven)].append(each)
    grafts: list[Graft] = []
    dropped: list[str] = []
    for place in sorted(leavers, key=lambda each: (each.node, each.option or "")):
        if not any(each.fixed_off_the_flow for each in leavers[place]):
            continue
        for tails, label in branches_at(place, [_tail(each) for each in leavers[place]], tree):
            part = _part(tree, place, tails, label, title)
            if part is None:
                dropped.append(_left_out(tree.node(place.node), len(tails)))
            else:
                grafts.append(part)
                tree = part.tree
    return grafts, tree, dropped


def _part(tree: Tree, place: Leaving, tails: Sequence[SessionFacts], label: str, title: str) -> Graft | None:
    """The part that is put in here; what is dearer than the old way comes after it. None if none fits."""
    part = graft(tree, place, tails, label, title)
    if part is not None and is_dearer(part, tree):
        part = graft(tree, before_escalation(tree, place) or place, tails, label, title)
    return None if part is None or problems(part.tree.to_json()) else part


def _left_out(node: Node, sessions: int) -> str:
    return ngettext(
        "Left out: what %(count)d session did at “%(node)s”; what helped is not said, or does not fit in.",
        "Left out: what %(count)d sessions did at “%(node)s”; what helped is not said, or does not fit in.",
        sessions,
    ) % {"count": sessions, "node": cut(node.title, 80)}


def _tail(walked: _Walked) -> Tail:
    session = walked.session.model_copy(update={"steps": walked.walk.own, "flow": None})
    return session, walked.walk.left_at.said if walked.walk.left_at else ""


def _enhancement(flow: CandidateFlow, old: Tree, new: Tree, grafts: Sequence[Graft], why: str) -> Enhancement:
    grounding: dict[str, tuple[SourceSpan, ...]] = {}
    for part in grafts:
        grounding |= part.grounding
    changes = [_with_reason(change, grafts).to_json() for change in diff(old, new)]
    fixes = list(dict.fromkeys(fix for part in grafts for fix in part.fixes))
    return Enhancement(
        title=title_with_fix(flow.title, fixes),
        summary=_summary(fixes, grafts),
        why=why,
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


def _summary(fixes: Sequence[str], grafts: Sequence[Graft]) -> str:
    """Two sentences: what changes where, and what it rests on."""
    places = list(dict.fromkeys(part.where for part in grafts))
    added = ngettext(
        "At %(places)s, the flow now tries %(fixes)s.",
        "At %(places)s, the flow now tries one of %(count)d fixes: %(fixes)s.",
        len(fixes),
    ) % {"places": "; ".join(places), "count": len(fixes), "fixes": quoted_list(fixes, 3)}
    count = sum(part.fixed for part in grafts)
    basis = ngettext(
        "Based on %(count)d session that was resolved off the flow.",
        "Based on %(count)d sessions that were resolved off the flow.",
        count,
    ) % {"count": count}
    return f"{added} {basis}"


def _why(
    flow: CandidateFlow, grafts: Sequence[Graft], walked: Sequence[_Walked], dropped: Sequence[str]
) -> str:
    parts = [*(part.why for part in grafts), *dropped]
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
