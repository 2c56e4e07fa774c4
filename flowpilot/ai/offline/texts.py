"""Several sessions that are texts only: nobody recorded step by step what was done, asked and answered.

Imported tickets of one problem each tell the whole way in prose. Their steps were read off that prose, so
there is nothing in them to merge or to count; the text that tells most is mined, the others confirm it.
"""

from collections.abc import Sequence
from dataclasses import replace

from flowpilot.ai.contracts import NewFlow, SessionFacts, SourceSpan
from flowpilot.ai.offline.single.mining import mine_one
from flowpilot.core.terms import terms
from flowpilot.flows.document import parse


def mine_texts(sessions: Sequence[SessionFacts]) -> NewFlow | None:
    """The flow of the fullest text, its first question grounded in all; None when steps were recorded."""
    ordered = sorted(sessions, key=lambda session: str(session.id))
    if not all(map(_only_text, ordered)):
        return None
    if any(session.outcome != "resolved" for session in ordered):
        return None
    flows = [(session, flow) for session in ordered if isinstance(flow := mine_one(session), NewFlow)]
    if not flows:
        return None
    told, flow = max(flows, key=lambda pair: len(_actions(pair[1])))
    others = [session for session in ordered if session.id != told.id]
    tree = parse(flow.tree)
    root = tree.root
    also = "\n".join(
        ["Also reported as:", "", *(f"- {session.title}" for session in others if session.title)]
    )
    nodes = tuple(
        replace(node, body=f"{node.body}\n\n{also}".strip()) if node.id == root else node
        for node in tree.nodes
    )
    same = "one more reports the same" if len(others) == 1 else f"{len(others)} more report the same"
    confirming = tuple(
        SourceSpan(session=session.id, field="title", start=0, end=len(session.title))
        for session in others
        if session.title
    )
    left = [title for session, other in flows if session.id != told.id for title in _actions(other)]
    return flow.model_copy(
        update={
            "summary": flow.summary.replace(
                "Based on the resolution of one ticket",
                f"Based on the resolution of one ticket; {same}",
            ),
            "why": _why(flow, len(ordered), [title for title in left if title not in _actions(flow)]),
            "tree": replace(tree, nodes=nodes).to_json(),
            "grounding": {**flow.grounding, root: (*flow.grounding[root], *confirming)},
        }
    )


_SAID = 0.9
"""Share of the words of steps that the text has too, from which on they were read off it."""


def _only_text(session: SessionFacts) -> bool:
    """Whether nothing was recorded: no answer, no outcome, and steps in the words of the resolution."""
    if not session.steps or any(step.outcome or step.chosen or step.response for step in session.steps):
        return False
    said = set(terms(session.resolution))
    told = [word for step in session.steps for word in terms(f"{step.title}\n{step.body}")]
    return sum(word in said for word in told) >= _SAID * len(told)


def _actions(flow: NewFlow) -> list[str]:
    return [node.title for node in parse(flow.tree).nodes if node.kind == "action"]


def _why(flow: NewFlow, count: int, left: Sequence[str]) -> str:
    told = f"{count} resolved sessions report this problem; the flow follows the one that tells most."
    more = "; ".join(dict.fromkeys(left))
    return f"{told} Worth comparing, from the others: {more}." if more else told
