"""From several ended sessions of one problem to a flow."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from flowpilot.ai.contracts import NewFlow, Nothing, SessionFacts
from flowpilot.ai.offline.many.building import Builder
from flowpilot.ai.offline.many.cases import UNSOLVED, Cases, cases_of
from flowpilot.ai.offline.many.evidence import merge_by_evidence, unplaced_fixes
from flowpilot.ai.offline.many.labelling import clearest_title, node_title, quoted_list
from flowpilot.ai.offline.many.merging import Item, merge_by_words
from flowpilot.ai.offline.many.observing import observe
from flowpilot.ai.offline.many.words import read
from flowpilot.ai.offline.many.writing import Writer, numbered


def mine_many(sessions: Sequence[SessionFacts]) -> NewFlow | Nothing:
    """A flow from the sessions of one problem, or why there is none.

    Escalated sessions count as evidence against what was tried in them; abandoned ones are not read. The
    result does not depend on the order of `sessions`.
    """
    ended = [session for session in sessions if session.outcome != "abandoned"]
    cases = read_cases(ended)
    if all(case.cause == UNSOLVED for case in cases.cases):
        return _too_thin(ended)
    title = clearest_title(ended)
    if not title or not _informative(cases):
        return _too_thin(ended)
    return _flow(ended, cases, title)


def read_cases(sessions: Sequence[SessionFacts]) -> Cases:
    """Sessions with their steps merged by meaning."""
    observed = observe(sessions)
    items = merge_by_evidence(merge_by_words(observed), observed)
    return cases_of(items, observed, unplaced_fixes(items, observed))


def _flow(sessions: Sequence[SessionFacts], cases: Cases, title: str) -> NewFlow:
    builder = Builder(cases)
    first = builder.build()
    writer = Writer(cases, builder.plan, title)
    written = numbered(writer, writer.write_confirmation(writer.write(first)))
    return NewFlow(
        title=title,
        summary=_summary(sessions, cases, title),
        why=_why(sessions, cases, builder.plan.items(first)),
        domain=_domain(sessions),
        tree=written.tree.to_json(),
        grounding=written.grounding,
    )


def _informative(cases: Cases) -> bool:
    """Whether some fix says more than a word or two."""
    fixes = {fix for case in cases.cases for fix in case.fixes}
    return any(
        len(read(f"{seen.wording} {seen.body}").concepts) > 1
        for fix in fixes
        for seen in cases.items[fix].observations
    )


def _too_thin(sessions: Sequence[SessionFacts]) -> Nothing:
    resolved = sum(session.outcome == "resolved" for session in sessions)
    if not resolved:
        reason = _("None of these sessions was resolved: there is no fix to lead to.")
    else:
        reason = _("The resolved sessions do not say what fixed the problem.")
    return Nothing(
        reason=reason,
        questions=(
            _("What was changed or done that made it work?"),
            _("What did the user see before, word for word?"),
            _("What showed that this was the cause and not another?"),
        ),
    )


def _summary(sessions: Sequence[SessionFacts], cases: Cases, title: str) -> str:
    fixes = len({fix for case in cases.cases for fix in case.fixes})
    purpose = ngettext(
        "Leads from “%(title)s” to the one fix that is known to help.",
        "Finds which of %(count)d fixes helps with “%(title)s”.",
        fixes,
    ) % {"title": title, "count": fixes}
    resolved = sum(session.outcome == "resolved" for session in sessions)
    basis = ngettext(
        "Based on %(count)d session, %(resolved)d of it resolved.",
        "Based on %(count)d sessions, %(resolved)d of them resolved.",
        len(sessions),
    ) % {"count": len(sessions), "resolved": resolved}
    return f"{purpose} {basis}"


def _why(sessions: Sequence[SessionFacts], cases: Cases, used: set[int]) -> str:
    resolved = sum(session.outcome == "resolved" for session in sessions)
    reasons = [
        ngettext(
            "%(count)d resolved session of this problem has no flow yet.",
            "%(count)d resolved sessions of this problem have no flow yet.",
            resolved,
        )
        % {"count": resolved}
    ]
    helped = {fix for case in cases.cases for fix in case.fixes}
    unused = set(range(len(cases.items))) - used
    reasons += _left_out(_("because no other session confirms these words"), cases, unused & cases.unplaced)
    reasons += _left_out(_("because others helped more often"), cases, (unused & helped) - cases.unplaced)
    reasons += _left_out(
        _("because they never helped and told nothing apart"), cases, unused - helped - cases.unplaced
    )
    return " ".join(reasons)


def _left_out(reason: str, cases: Cases, places: set[int]) -> list[str]:
    if not places:
        return []
    steps = quoted_list(_titles([cases.items[place] for place in sorted(places)]))
    return [_("Left out, %(reason)s: %(steps)s.") % {"reason": reason, "steps": steps}]


def _titles(items: Sequence[Item]) -> list[str]:
    return list(dict.fromkeys(node_title(item) for item in items))


def _domain(sessions: Sequence[SessionFacts]) -> str | None:
    named = [session.domain for session in sessions if session.domain]
    return min(set(named), key=lambda domain: (-named.count(domain), domain), default=None)
