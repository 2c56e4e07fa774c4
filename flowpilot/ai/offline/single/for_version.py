"""A way that begins with the version or the case it is for: a question before it, not a footnote in it."""

import re

from flowpilot.ai.offline.single.labels import names_versions
from flowpilot.ai.offline.single.plan import Action, Alternatives, Choice, Plan, Route, alternatives
from flowpilot.ai.offline.single.reader import NO_CONDITION
from flowpilot.ai.offline.text.clauses import YesNo, yes_no
from flowpilot.ai.offline.text.cues import condition_of
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.order_titles import title_of
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.ai.offline.text.sentences import sentences

_FOR = re.compile(
    r"^(?:to \w+ (?:this|the) \w+ )?(?:for|in|on|with|if you(?:'re| are)? (?:use|using|running|have)) "
    r"(?:(?:[\w-]+ ){1,2}(?:that|who) (?:use|run|have|are running) )?(?:the )?"
    r"(?P<version>[^,:;]{4,110}), (?P<rest>.{12,})$",
    re.IGNORECASE | re.DOTALL,
)
_AND_LATER = re.compile(r" and (?:in )?(?P<which>later|earlier|newer|older)(?: versions?)?$")
_ALIKE = 20
"""Characters with which what the condition is for and the title have to begin alike."""


def asked_for_version(plan: Plan) -> Plan:
    """Ways that are tried one after the other, those for one version or case behind the question for it."""
    if isinstance(plan, Action):
        return _asked(plan)
    if not isinstance(plan, Alternatives):
        return plan
    ways = [asked_for_version(part) for part in plan.parts]
    return alternatives(ways) or plan


def _asked(action: Action) -> Plan:
    context = [text for text in action.context if not text.startswith("**Cause:**")]
    if not context:
        return action
    asked = _version_in(context[0], alone=len(context) == 1 and not action.items) or _case_in(
        context[0], action
    )
    return _behind(action, asked) if asked is not None else action


def _version_in(text: str, *, alone: bool) -> YesNo | None:
    """The version as a question; `alone`: nothing else is told, so that even a statement is for it."""
    match = _FOR.match(plain_words(text))
    if match is None or not names_versions(match["version"]):
        return None
    if order_of(match["rest"]) is None and not alone:
        return None
    version = _AND_LATER.sub(r" or \g<which>", match["version"])
    return YesNo(f"Is this {version}?", yes_means_so=True)


def _case_in(text: str, action: Action) -> YesNo | None:
    """The condition with which the only order begins, as a question."""
    begins = sentences(text.split("\n", 1)[0])[:1]
    condition = condition_of(begins[0].text) if begins else None
    order = order_of(condition[1]) if condition is not None else None
    if condition is None or order is None or NO_CONDITION.search(condition[0]):
        return None
    return yes_no(condition[0]) if title_of(order.text)[:_ALIKE] == action.title[:_ALIKE] else None


def _behind(action: Action, asked: YesNo) -> Choice:
    yes, no = (action, None) if asked.yes_means_so else (None, action)
    return Choice(
        asked.title, "", (Route("Yes", yes, action.span), Route("No", no, action.span)), action.span
    )
