"""Steps that only look, until the last of them tells what to do in each case: the cases are answers.

"1. Run Get-X. 2. Do one of the following: - If A is empty, set it. - If A is set, clear it." is a look with
two fixes: the steps before become the way to find out, and each case leads to its own fix.
"""

import re
from collections.abc import Sequence as Many
from dataclasses import dataclass, replace

from flowpilot.ai.offline.single.command_titles import with_command
from flowpilot.ai.offline.single.deciding import LOOKS, only_looks
from flowpilot.ai.offline.single.labels import choice_title, label_text
from flowpilot.ai.offline.single.plan import Action, Choice, Route, Span, distinct
from flowpilot.ai.offline.single.render import numbered
from flowpilot.ai.offline.single.titles import main_step
from flowpilot.ai.offline.text.clauses import YesNo, yes_no
from flowpilot.ai.offline.text.cues import condition_of
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.order_titles import title_of
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.core.terms import terms

_LEADS = re.compile(
    r"\b(?:do|select|take|use|choose|perform) (?:either|one) of the following"
    r"(?: (?:options|actions|steps|methods|procedures))?(?:,.*)?[:.]\s*$",
    re.IGNORECASE,
)
_LEAST, _MOST = 2, 6
_BULLET = re.compile(r"^- ", re.MULTILINE)


@dataclass(frozen=True)
class _Case:
    condition: str
    told: str
    title: str


def by_ending_cases(action: Action) -> Action | Choice:
    """The action, or the question that its steps answer with what is done in each case."""
    *look, last = action.items or ("",)
    cases = _cases(last)
    if not cases or action.command is not None or action.part or not _finds_out(tuple(look)):
        return action
    exact = len(action.item_spans) == len(action.items)
    found_out = Span(action.item_spans[0].start, action.item_spans[-2].end) if exact else action.span
    fixed = action.item_spans[-1] if exact else action.span
    asked = _either(cases)
    labels = [label_text(case.condition) for case in cases]
    if asked is not None:
        labels = ["Yes", "No"] if asked.yes_means_so else ["No", "Yes"]
    routes = tuple(
        Route(label, _fix(action, case, fixed), fixed) for label, case in zip(labels, cases, strict=True)
    )
    body = _body(action, look)
    if asked is not None:
        return Choice(_in_full(asked.title, look), body, routes, found_out, otherwise="Can't tell")
    return Choice(choice_title(labels), body, distinct(routes), found_out, otherwise="None of these")


def _finds_out(look: tuple[str, ...]) -> bool:
    return bool(look) and only_looks(look) and any(map(LOOKS.search, look))


def _body(action: Action, look: Many[str]) -> str:
    parts = (*action.warnings, *action.context, numbered(look, action.first_item))
    return "\n\n".join(part for part in parts if part)


def _cases(step: str) -> list[_Case]:
    """The cases of a step that offers one of several; empty for any other."""
    lead, *told = _BULLET.split(step)
    if not _LEADS.search(lead) or not _LEAST <= len(told) <= _MOST:
        return []
    cases = [case for text in told if (case := _case(text)) is not None]
    different = len({case.condition.casefold() for case in cases}) == len(told)
    return cases if different else []


def _case(text: str) -> _Case | None:
    told = re.sub(r"^  ", "", text.strip(), flags=re.MULTILINE)
    condition = condition_of(told.split("\n", 1)[0])
    order = order_of(condition[1]) if condition is not None else None
    if condition is None or order is None or not order.text:
        return None
    return _Case(condition[0], told, _title(title_of(order.text), told))


def _title(ordered: str, told: str) -> str:
    """What the case orders first; the command by its name, and no look or click where a change follows."""
    if _CODE.match(ordered):
        return with_command("Run the command", "\n".join(_FENCED.findall(told)))
    acts = not _ONLY_LOOKS.match(ordered) and len(ordered.split()) >= _TELLING
    return ordered if acts else main_step([told]) or ordered


_ONLY_LOOKS = re.compile(
    r"(?:check|click|determine|examine|find|get|go|identify|list|locate|look|open|review|select|verify|view)\b",
    re.IGNORECASE,
)


_CODE = re.compile(r"Run the .*\b(?:code|commands?|cmdlets?|scripts?)\b", re.IGNORECASE)
_FENCED = re.compile(r"```\w*\n(.*?)```", re.DOTALL)
_TELLING = 4


def _fix(action: Action, case: _Case, span: Span) -> Action:
    return replace(
        action,
        title=case.title,
        span=span,
        warnings=(),
        context=(case.told,),
        items=(),
        item_spans=(),
        weak=False,
    )


def _in_full(question: str, look: Many[str]) -> str:
    """As the step that looks puts it: "Does the badge list exist?", not "Does the list exist?"."""
    wanted = set(terms(question))
    for step in look:
        match = _WHETHER.search(plain_words(step))
        asked = yes_no(match["clause"]) if match is not None else None
        if asked is not None and asked.yes_means_so and wanted <= set(terms(asked.title)):
            return asked.title
    return question


_WHETHER = re.compile(r"\b(?:whether|if) (?P<clause>[^.\n]{8,140})")


def _either(cases: list[_Case]) -> YesNo | None:
    """ "If the list exists", "If the list doesn't exist": one question for both."""
    asked = [yes_no(case.condition) for case in cases]
    if len(asked) != _LEAST or asked[0] is None or asked[1] is None:
        return None
    opposite = asked[0].title == asked[1].title and asked[0].yes_means_so != asked[1].yes_means_so
    return asked[0] if opposite else None
