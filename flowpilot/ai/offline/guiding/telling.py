"""The words around a step: why this one, how sure that is, and how to do it."""

import re
from collections.abc import Sequence
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from flowpilot.ai.contracts import GuideKind, SimilarSession
from flowpilot.ai.offline.guiding.repeats import did, words_of
from flowpilot.ai.offline.parsing import CHECK
from flowpilot.flows.document import Node

TITLE: Final = 200
_BODY: Final = 4_000
_EATEN: Final = re.compile(r"[\\`*_<>\[\]~&|]")
_PRIOR: Final = 3.0
"""Sessions that what is known beforehand counts as, against the similar ones."""
_NAMED: Final = 2
"""Left-out steps that are named; the others are counted."""


def kind_of(node: Node) -> GuideKind:
    if node.kind == "question":
        return "question"
    reads = node.script.risk == "read" if node.script else bool(CHECK.match(node.title))
    return "check" if reads else "action"


def body_with_script(node: Node) -> str:
    """The node's text with its commands below, and how to take them back."""
    script = node.script
    if script is None:
        return node.body[:_BODY]
    told = _("To take it back: %(undo)s") % {"undo": _as_it_stands(script.undo)}
    undo = f"\n\n{told}" if script.undo else ""
    commands = f"\n\n```{script.shell}\n{script.body}\n```{undo}"
    return f"{node.body[: _BODY - len(commands)]}{commands}".strip()


def _as_it_stands(text: str) -> str:
    """Plain text within Markdown: as code where some of its signs would vanish."""
    if not _EATEN.search(text):
        return text
    return f"`{text}`" if "`" not in text and "\n" not in text else f"\n\n```\n{text}\n```"


def result_title(node: Node) -> str:
    """The question for what came of a step that is not to be done again."""
    return (_("What came of it: %(title)s?") % {"title": node.title.rstrip("?. ")})[:TITLE]


def left_out(titles: Sequence[str]) -> str:
    """A sentence for the steps that were passed over; empty without any."""
    if not titles:
        return ""
    named = ", ".join(f"“{title}”" for title in titles[:_NAMED])
    more = len(titles) - _NAMED
    if more > 0:
        named = _("%(named)s and %(count)d more") % {"named": named, "count": more}
    return _("Left out, because it was done before: %(steps)s.") % {"steps": named}


def confidence(prior: float, known: str, title: str, similar: Sequence[SimilarSession]) -> tuple[float, str]:
    """How likely a step helps, and why: what is known beforehand (`prior`, in words `known`), weighed as
    three sessions, together with how many of the similar resolved ones took the step."""
    words = words_of(title)
    count = sum(did(session, words) for session in similar)
    value = (_PRIOR * prior + count) / (_PRIOR + len(similar))
    if not similar:
        return round(value, 3), _("%(known)s; no similar resolved session is known.") % {"known": known}
    told = ngettext(
        "%(count)d of %(all)d similar resolved session took this step.",
        "%(count)d of %(all)d similar resolved sessions took this step.",
        len(similar),
    ) % {"count": count, "all": len(similar)}
    return round(value, 3), f"{known}; {told}"


def percent(value: float) -> str:
    return f"{round(100 * value)} %"
