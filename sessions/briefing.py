"""A session under way as engines are told of it: what guidance and a hand-over are asked with.

The log goes as its interesting lines only. What the text names (products, codes, what was tried) is read from
it anew each time, which takes milliseconds, so it is never out of step with the intake.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from django.db.models import Q

from flowpilot.accounts.models import User
from flowpilot.ai.contracts import (
    EscalateRequest,
    FlowPosition,
    GuideRequest,
    OpenSession,
    SimilarSession,
    StepFacts,
)
from flowpilot.ai.offline.intake.reading import entities_in
from flowpilot.ai.offline.logs import LOG_READ, excerpt
from flowpilot.flows.document import parse
from sessions.models import AISession
from sessions.similar import similar
from sessions.snapshots import text_in
from sessions.telling import candidate, steps_of
from sessions.triaging import triage_by_rules
from sessions.walking import due

TEXT_LIMIT: Final = 100_000
"""Characters of a problem's text that an engine is told at most."""
SIMILAR: Final = 5
SIMILAR_SINCE: Final = 2
INDEXED_WITHIN: Final = timedelta(minutes=5)
"""What was resolved so shortly before a session began may be found only during it."""


def guide_request(session: AISession, user: User) -> GuideRequest:
    """What the next step is asked with; resolved sessions only as far as the user may see them."""
    told = open_session(session)
    return GuideRequest(session=told, position=position(session, told.steps), similar=_similar(session, user))


def escalate_request(session: AISession, user: User, *, reason: str = "") -> EscalateRequest:
    """What a hand-over's package is asked with."""
    return EscalateRequest(session=open_session(session), reason=reason, similar=_similar(session, user))


def open_session(session: AISession) -> OpenSession:
    """The session with its steps that count, in their order."""
    text = _text(session)
    log = excerpt(text_in(session.intake_content, "log_content")[-LOG_READ:])
    return OpenSession(
        id=session.pk,
        title=session.title,
        text=text,
        log=log,
        domain=session.problem_domain,
        client=session.client.name if session.client else "",
        entities=entities_in([session.title, text, log]),
        steps=tuple(steps_of(session.account_id, [session.pk]).get(session.pk, ())),
        score=session.confidence_score if session.scored_at else None,
    )


def position(session: AISession, steps: Sequence[StepFacts]) -> FlowPosition | None:
    """The node of the pinned version that is due; None without a flow, and while the session has left it."""
    version = session.flow_version
    if version is None or not session.follows:
        return None
    taken = [
        (step.node_id, step.chosen_option_id) for step in steps if step.source == "flow" and step.node_id
    ]
    return FlowPosition(flow=candidate(version), node_id=due(parse(version.tree_structure), taken).id)


def _text(session: AISession) -> str:
    parts = (text_in(session.intake_content, "text"), text_in(session.ticket_data or {}, "body"))
    return "\n\n".join(dict.fromkeys(part for part in parts if part))[:TEXT_LIMIT]


def _first_title(session: AISession) -> str:
    """What the session was called before a model put it better: what is looked for by it stays the same."""
    if (session.described_by or {}).get("engine") != "anthropic":
        return session.title
    return triage_by_rules(session.intake_content, session.ticket_data).summary


def _similar(session: AISession, user: User) -> tuple[SimilarSession, ...]:
    """The best of those that were resolved when the session began, which stay the same from turn to turn, and
    the best of those resolved since. They are looked for apart: in an outage, dozens are resolved that fit
    better than any earlier one."""
    problem = f"{_first_title(session)}\n{_text(session)}"
    since = Q(resolved_at__gt=session.created_at - INDEXED_WITHIN)
    earlier = similar(problem, user, limit=SIMILAR, without=[session.pk], among=~since)
    later = similar(problem, user, limit=SIMILAR_SINCE, without=[session.pk], among=since)
    told = sorted([*earlier, *later], key=lambda each: -each.score)
    steps = steps_of(session.account_id, [each.session.pk for each in told])
    return tuple(
        SimilarSession(
            id=each.session.pk,
            title=each.session.title,
            resolution=each.session.resolution_summary or "",
            resolution_action=each.session.resolution_action or "",
            steps=tuple(steps.get(each.session.pk, ())),
            similarity=min(1.0, max(0.0, each.score)),
            meanwhile=each in later,
        )
        for each in told
    )
