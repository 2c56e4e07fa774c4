"""The package for whoever takes over, from the session's log, its playbook and similar sessions."""

from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from flowpilot.ai.contracts import EscalateRequest, EscalateResult, Hypothesis, OpenSession, StepFacts
from flowpilot.ai.handover import evidence, missing_checks, outcome_of, steps_tried
from flowpilot.ai.offline.guiding.playbook import Place, place_of
from flowpilot.ai.offline.guiding.repeats import alike, done_before, is_answered, words_of
from flowpilot.ai.offline.intake.reading import addresses_a_machine
from flowpilot.ai.offline.many.words import verdict_of
from flowpilot.ai.offline.versions import RULES_VERSION

_SUMMARY: Final = 1_000
_MOST: Final = 5
_SUPPOSED: Final = 0.5
"""How sure the end of a playbook's way is: it was reached by answers, and nobody has looked there yet."""


def escalate(request: EscalateRequest) -> EscalateResult:
    """The same request always gives the same package. Causes are branches that no answer excludes."""
    session, place = request.session, place_of(request.session)
    basis = (f"playbook:{place.playbook.domain}@{place.playbook.version}",) if place else ()
    return EscalateResult(
        engine="offline",
        basis=(*basis, *(f"session:{similar.id}" for similar in request.similar)) or ("rule:session-log",),
        prompt_version=RULES_VERSION,
        summary=_summary(request),
        impact=_impact(session),
        steps_tried=steps_tried(session),
        ruled_out=tuple(said for step in session.steps if (said := _ruled_out(step))),
        hypotheses=_hypotheses(session, place),
        suggestions=tuple(_suggestions(request, place)[:_MOST]),
        missing_checks=missing_checks(request),
        evidence=evidence(request),
        suspected_injection=addresses_a_machine(
            f"{session.title}\n{session.text[:20_000]}\n{request.reason}"
        ),
    )


def _summary(request: EscalateRequest) -> str:
    session = request.session
    taken = [step for step in session.steps if is_answered(step) and step.kind != "note"]
    parts = [session.title.rstrip(" .") + "."]
    if request.reason.strip():
        parts.append(
            _("Handed over because: %(reason)s") % {"reason": request.reason.strip().rstrip(".")} + "."
        )
    if taken:
        last = taken[-1]
        told = ngettext(
            "%(count)d step was taken; the last was “%(title)s” (%(outcome)s).",
            "%(count)d steps were taken; the last was “%(title)s” (%(outcome)s).",
            len(taken),
        )
        parts.append(told % {"count": len(taken), "title": last.title, "outcome": outcome_of(last)})
    else:
        parts.append(_("No step was taken in the session yet."))
    return " ".join(parts)[:_SUMMARY]


def _impact(session: OpenSession) -> str:
    scope, onset = session.entities.scope, session.entities.onset
    parts = [_("Affected: %(scope)s.") % {"scope": scope}] if scope else []
    if onset:
        parts.append(_("When: %(onset)s.") % {"onset": onset})
    return " ".join(parts)


def _ruled_out(step: StepFacts) -> str:
    """What an answer excludes: the other answers of a question or check, or that an act mends it."""
    if not is_answered(step) or step.kind == "note" or step.outcome == "skipped":
        return ""
    if step.kind == "action" or verdict_of(step.chosen or "") is not None:
        failed = step.outcome == "did_not_work" or verdict_of(step.chosen or "") is False
        return _("It is not put right by “%(title)s”.") % {"title": step.title} if failed else ""
    others = [label for label in step.options if label != step.chosen]
    if step.chosen is None or not others:
        return ""
    return _("Not %(others)s: “%(chosen)s” was the answer to “%(title)s”.") % {
        "others": ", ".join(f"“{label}”" for label in others), "chosen": step.chosen, "title": step.title,
    }  # fmt: skip


def _hypotheses(session: OpenSession, place: Place | None) -> tuple[Hypothesis, ...]:
    """The answers that are open at the step under way; at the end of a playbook's way, what it ends in."""
    last = session.steps[-1] if session.steps else None
    if last is not None and not is_answered(last) and len(last.options) > 1:
        return _open(last.title, last.options, _SUPPOSED)
    if place is None or place.stand.need == "lost":
        return ()
    node = place.stand.node
    if node.kind == "escalation":
        return (Hypothesis(text=node.title, confidence=_SUPPOSED),)
    return _open(node.title, tuple(option.label for option in node.options), place.prior)


def _open(title: str, labels: tuple[str, ...], share: float) -> tuple[Hypothesis, ...]:
    """Each answer that names a finding, equally likely as nobody has looked yet."""
    findings = [label for label in labels if verdict_of(label) is None]
    return tuple(
        Hypothesis(text=_("%(label)s (to be found out by “%(title)s”)") % {"label": label, "title": title},
                   confidence=round(share / len(findings), 3))
        for label in findings
    )  # fmt: skip


def _suggestions(request: EscalateRequest, place: Place | None) -> list[str]:
    """What resolved similar sessions and was not done here, then where the playbook goes on."""
    done = done_before(request.session)
    found = [
        _("As in “%(title)s”: %(fix)s")
        % {"title": similar.title, "fix": " ".join(similar.resolution_action.split())}
        for similar in sorted(request.similar, key=lambda each: (-each.similarity, each.id))
        if similar.resolution_action.strip()
        and not any(alike(each.words, words_of(similar.resolution_action)) for each in done)
    ]
    if place is not None and place.stand.need != "lost":
        node = place.stand.node
        found.append(node.body if node.kind == "escalation" else node.title)
    return list(dict.fromkeys(found))
