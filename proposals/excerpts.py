"""Where a step of a tree comes from, word for word, as far as its reader may open the sessions."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.models import User
from flowpilot.ai.answers import field_name, texts_of
from flowpilot.ai.contracts import SessionFacts
from flowpilot.core.web import visible
from proposals import facts
from proposals.grounding import digest_of
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
    """A piece of a session; `words` is what the step comes from.

    changed: other words stand there since, as after a second resolution. Then `words` is empty, and `before`
    what the session says now, which may be nothing.
    """

    session: SessionFacts
    field: str | Promise
    before: str
    words: str = ""
    after: str = ""
    changed: bool = False


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
    open_to_user = [span for span in spans if UUID(span["session"]) in seen]
    first = open_to_user[:SHOWN]
    told = _told(user, {UUID(span["session"]) for span in first})
    shown = [excerpt for span in first for excerpt in _excerpt(span, told)]
    return Excerpts(shown, len(open_to_user) - len(first), len(named - seen))


def _told(user: User, ids: Iterable[UUID]) -> dict[UUID, SessionFacts]:
    rows = facts.of_any_state(user.account_id, ids) if user.account_id else ()
    return {each.id: each for _row, each in rows}


def _excerpt(span: Mapping[str, Any], told: Mapping[UUID, SessionFacts]) -> Iterator[Excerpt]:
    """None of a text without words, or of a session that was deleted."""
    session = told.get(UUID(span["session"]))
    if session is None:
        return
    text = texts_of(session).get(field_name(span.get("step"), span["field"]), "")
    field = FIELDS.get(span["field"], span["field"])
    start, end = span["start"], min(span["end"], span["start"] + LONGEST)
    before, after = text[max(start - AROUND, 0) : start], text[end : end + AROUND]
    if _changed(span, text):
        yield Excerpt(session, field, f"{before}{text[start:end]}{after}", changed=True)
    elif text[start:end].strip():
        yield Excerpt(session, field, before, text[start:end], after)


def _changed(span: Mapping[str, Any], text: str) -> bool:
    """Of sources without a digest only that there is less text than they were taken from."""
    if kept := span.get("digest"):
        return digest_of(text[span["start"] : span["end"]]) != kept
    return len(text) < span["end"]
