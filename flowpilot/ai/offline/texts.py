"""Several sessions that are texts only: nobody recorded step by step what was done, asked and answered.

Imported tickets of one problem each tell the whole way in prose. Their steps were read off that prose, so
there is nothing in them to merge or to count; the text that tells most is mined, the others confirm it.
"""

from collections.abc import Sequence

from flowpilot.ai.contracts import NewFlow, SessionFacts, SourceSpan
from flowpilot.ai.offline.single.mining import mine_one, steps_repeat_the_text
from flowpilot.flows.document import parse


def mine_texts(sessions: Sequence[SessionFacts]) -> NewFlow | None:
    """The flow of the fullest text, its first question grounded in all; None when steps were recorded."""
    ordered = sorted(sessions, key=lambda session: str(session.id))
    if not all(session.steps and steps_repeat_the_text(session) for session in ordered):
        return None
    if any(session.outcome != "resolved" for session in ordered):
        return None
    flows = [(session, flow) for session in ordered if isinstance(flow := mine_one(session), NewFlow)]
    if not flows:
        return None
    told, flow = max(flows, key=lambda pair: len(_actions(pair[1])))
    others = [session for session in ordered if session.id != told.id]
    root = parse(flow.tree).root
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
                f"Based on the resolution of one ticket; {len(others)} more report the same",
            ),
            "why": _why(flow, len(ordered), [title for title in left if title not in _actions(flow)]),
            "grounding": {**flow.grounding, root: (*flow.grounding[root], *confirming)},
        }
    )


def _actions(flow: NewFlow) -> list[str]:
    return [node.title for node in parse(flow.tree).nodes if node.kind == "action"]


def _why(flow: NewFlow, count: int, left: Sequence[str]) -> str:
    told = f"{count} resolved sessions report this problem; the flow follows the one that tells most."
    more = "; ".join(dict.fromkeys(left))
    return f"{told} Worth comparing, from the others: {more}." if more else told
