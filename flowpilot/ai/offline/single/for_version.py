"""A way that begins with the version it is for: a question before it, not a footnote in it."""

import re
from dataclasses import replace

from flowpilot.ai.offline.single.labels import names_versions
from flowpilot.ai.offline.single.plan import Action, Alternatives, Choice, Plan, Route
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.orders import order_of

_FOR = re.compile(
    r"^(?:to \w+ (?:this|the) \w+ )?(?:for|in|on|with|if you(?:'re| are)? (?:use|using|running|have)) "
    r"(?:(?:[\w-]+ ){1,2}(?:that|who) (?:use|run|have|are running) )?(?:the )?"
    r"(?P<version>[^,:;]{4,110}), (?P<rest>.{12,})$",
    re.IGNORECASE | re.DOTALL,
)


def asked_for_version(plan: Plan) -> Plan:
    """Ways that are tried one after the other, those for one version behind the question for it."""
    if isinstance(plan, Action):
        return _asked(plan)
    if not isinstance(plan, Alternatives):
        return plan
    return replace(
        plan, parts=tuple(_asked(part) if isinstance(part, Action) else part for part in plan.parts)
    )


def _asked(action: Action) -> Plan:
    told = [text for text in action.context if not text.startswith("**Cause:**")]
    match = _FOR.match(plain_words(told[0])) if told else None
    if match is None or not names_versions(match["version"]):
        return action
    if order_of(match["rest"]) is None and (len(told) > 1 or action.items):
        return action
    routes = (Route("Yes", action, action.span), Route("No", None, action.span))
    version = _AND_LATER.sub(r" or \g<which>", match["version"])
    return Choice(f"Is this {version}?", "", routes, action.span)


_AND_LATER = re.compile(r" and (?:in )?(?P<which>later|earlier|newer|older)(?: versions?)?$")
