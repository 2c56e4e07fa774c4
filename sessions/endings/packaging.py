"""The package for whoever takes over: drafted by the engine, edited as plain text, kept as SHAPES says.

In the dialog each list is a text area with a line for each point; "step → outcome" for what was tried. What
is counted (checks that similar sessions had, the evidence) is not typed.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.utils.translation import gettext as _

from flowpilot.accounts.models import Account, User
from flowpilot.ai import router
from flowpilot.ai.contracts import MissingCheck
from flowpilot.ai.handover import evidence, missing_checks
from sessions.briefing import escalate_request
from sessions.models import AISession
from sessions.snapshots import Package

ARROW: Final = " → "
CAUTIONS: Final = ("suspected_injection", "shortened")
KEPT: Final = (
    "summary",
    "impact",
    "steps_tried",
    "ruled_out",
    "hypotheses",
    "suggestions",
    "missing_checks",
    "evidence",
    "engine",
    "fallback",
    *CAUTIONS,
)
_SURE: Final = re.compile(r"^(?P<text>.+?)\s*→\s*(?P<percent>\d{1,3})\s*%$")


def is_quick(session: AISession) -> bool:
    """Whether the draft is there at once: the rules answer in milliseconds, a model takes seconds."""
    return _engine(session).name == router.OFFLINE.name


def drafted(session: AISession, user: User, *, reason: str = "") -> dict[str, Any]:
    """A package by the account's engine, as the column takes it; the rules always answer.

    Who only looks on asks no model: that costs money.
    """
    engine = _engine(session) if _may_ask(session, user) else router.OFFLINE
    told = engine.escalate(escalate_request(session, user, reason=reason)).model_dump(mode="json")
    return {name: told[name] for name in KEPT}


def as_typed(package: Mapping[str, Any]) -> dict[str, Any]:
    """A package as the dialog's fields."""
    tried = [_line(each["step"], each["outcome"]) for each in package["steps_tried"]]
    causes = [_line(each["text"], f"{round(each['confidence'] * 100)} %") for each in package["hypotheses"]]
    return {
        "summary": package["summary"],
        "impact": package["impact"],
        "steps_tried": "\n".join(tried),
        "hypotheses": "\n".join(causes),
        "ruled_out": "\n".join(_flat(each) for each in package["ruled_out"]),
        "suggestions": "\n".join(_flat(each) for each in package["suggestions"]),
        "engine": package["engine"],
        "fallback": package["fallback"],
        **{name: package[name] for name in CAUTIONS},
    }


def from_typed(session: AISession, user: User, typed: Mapping[str, Any]) -> dict[str, Any]:
    """The dialog's fields as a package; what is counted is counted anew, whoever drafted the words."""
    request = escalate_request(session, user)
    return {
        "summary": typed["summary"],
        "impact": typed["impact"],
        "steps_tried": [
            {"step": step, "outcome": outcome}
            for step, _arrow, outcome in (line.partition(ARROW) for line in _lines(typed["steps_tried"]))
        ],
        "ruled_out": _lines(typed["ruled_out"]),
        "hypotheses": [_hypothesis(line) for line in _lines(typed["hypotheses"])],
        "suggestions": _lines(typed["suggestions"]),
        "missing_checks": [check.model_dump(mode="json") for check in missing_checks(request)],
        "evidence": [str(each) for each in evidence(request)],
        "engine": typed["engine"],
        **{name: typed[name] for name in CAUTIONS},
    }


def missing(session: AISession, user: User) -> list[MissingCheck]:
    """What similar resolved sessions did and this one did not, the most common first."""
    return list(missing_checks(escalate_request(session, user)))


def as_text(session: AISession, package: Package) -> str:
    """For a ticket or a mail: headings and points, without markup."""
    parts = [session.title]
    if session.escalation_reason:
        parts.append(_("Why: %(reason)s") % {"reason": session.escalation_reason})
    parts += [part for part in (package.summary, package.impact) if part]
    sections = (
        (_("Tried so far"), [_line(step, outcome) for step, outcome in package.tried]),
        (_("Ruled out"), package.ruled_out),
        (_("What it may be"), [text for text, _confidence in package.hypotheses]),
        (_("Not checked yet"), package.missing),
        (_("Suggested next"), package.suggestions),
    )
    parts += [_section(heading, points) for heading, points in sections if points]
    return "\n\n".join(parts)


def _section(heading: str, points: Sequence[str]) -> str:
    return "\n".join([f"{heading}:", *(f"- {each}" for each in points)])


def _line(first: str, second: str) -> str:
    return f"{_flat(first)}{ARROW}{_flat(second)}" if second else _flat(first)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _flat(text: str) -> str:
    return " ".join(text.split())


def _hypothesis(line: str) -> dict[str, Any]:
    """As “The certificate expired → 40 %”; without a percentage nobody said how sure it is."""
    told = _SURE.match(line)
    if told is None:
        return {"text": line}
    return {"text": told["text"], "confidence": min(100, int(told["percent"])) / 100}


def _may_ask(session: AISession, user: User) -> bool:
    return session.is_open and session.holder_id == user.pk


def _engine(session: AISession) -> router.RoutedEngine:
    return router.engine_for(Account.objects.get(pk=session.account_id))
