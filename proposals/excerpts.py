"""Where a step of a tree comes from, word for word, as far as its reader may open the sessions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.models import User
from flowpilot.ai.answers import texts_of
from flowpilot.ai.contracts import SessionFacts
from flowpilot.core.web import visible
from proposals import facts
from sessions.models import AISession

SHOWN: Final = 20
"""Excerpts of one step; what more there are is told."""
AROUND: Final = 160
"""Characters of the text before and behind what the step comes from."""
LONGEST: Final = 1200
FIELDS: Mapping[str, str | Promise] = {
    "title": _("Title"),
    "text": _("Problem"),
    "resolution": _("Resolution"),
    "resolution_action": _("What fixed it"),
    "step.title": _("Step"),
    "step.body": _("Guidance of a step"),
    "step.response": _("Answer"),
}


@dataclass(frozen=True)
class Excerpt:
    """A piece of a session; `words` is what the step comes from."""

    session: SessionFacts
    field: str | Promise
    before: str
    words: str
    after: str


@dataclass(frozen=True)
class Excerpts:
    """Those that the reader may see, how many more there are, and from how many sessions not to be opened."""

    shown: list[Excerpt]
    more: int
    hidden: int


def excerpts(grounding: Mapping[str, Any], node: str, user: User) -> Excerpts:
    """The sources of a node in the grounding of a draft or a version."""
    spans: list[dict[str, Any]] = grounding.get("sources", {}).get(node, [])
    named = {UUID(span["session"]) for span in spans}
    seen = set(visible(AISession, user).filter(pk__in=named).values_list("pk", flat=True))
    told = (
        {each.id: each for _row, each in facts.of_any_state(user.account_id, seen)} if user.account_id else {}
    )
    found = [excerpt for span in spans for excerpt in _excerpt(span, told)]
    return Excerpts(found[:SHOWN], max(len(found) - SHOWN, 0), len(named - seen))


def _excerpt(span: Mapping[str, Any], told: Mapping[UUID, SessionFacts]) -> Iterator[Excerpt]:
    """None when the text is not there any more, or shorter than it was."""
    session = told.get(UUID(span["session"]))
    name = f"{span['step']}:{span['field']}" if span.get("step") else span["field"]
    text = texts_of(session).get(name, "") if session else ""
    start, end = span["start"], min(span["end"], span["start"] + LONGEST)
    if session is not None and text[start:end].strip():
        before, after = text[max(start - AROUND, 0) : start], text[end : end + AROUND]
        yield Excerpt(session, FIELDS.get(span["field"], span["field"]), before, text[start:end], after)
