"""Steps that are named by number, once the steps have become actions of their own."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from flowpilot.ai.offline.single.plan import Action, Plan, actions_of, mapped
from flowpilot.ai.offline.text.model import Section, SectionKind

_LETTERED = r"\b(?P<step>[Ss]tep) {number}\.?\(?(?P<letter>[A-Za-z])\)?(?![\w])"


def own_steps(text: str, number: int) -> str:
    """ "Step 2b" among the steps below the second is the second of them: "step 2"."""
    lettered = re.compile(_LETTERED.format(number=number))
    return lettered.sub(lambda found: f"{found['step']} {ord(found['letter'].lower()) - ord('a') + 1}", text)


def with_own_steps(plan: Plan, number: int) -> Plan:
    """The actions that were entry `number` of a list, their references to one another put right."""

    def renamed(action: Action) -> Action:
        return replace(
            action,
            items=tuple(own_steps(text, number) for text in action.items),
            after=tuple(own_steps(text, number) for text in action.after),
        )

    return mapped(plan, renamed)


@dataclass(frozen=True)
class Named:
    """A section that its text calls by number, and what the flow calls it."""

    kind: SectionKind
    number: int
    title: str


_KINDS: dict[SectionKind, str] = {
    "method": r"(?:method|option|approach|procedure)",
    "resolution": r"(?:resolution|solution)",
    "workaround": r"work ?-?around",
    "step": r"step",
}
_CALLED = r"\b{kind} {number}\b(?![.:)]\d)(?: (?:above|below|in this (?:section|article)))?"
_LED_TO = rf"(?<=\bgo to )(?:the )?{_CALLED}"
"""A step is called so for certain only where nothing else has its number."""


_BELOW = -1
"""Below the steps, "go to step 2" speaks of the next section."""


def with_names(plan: Plan, sections: Sequence[Named]) -> Plan:
    """ "Go to step 3", "use Method 1": the section is called by its title, for no number of it is shown."""

    def renamed(action: Action) -> Action:
        last = action.first_item + len(action.items) - 1

        def named(text: str, item: int = 0) -> str:
            for one in sections:
                taken = one.kind == "step" and action.first_item <= one.number <= last
                if taken and item not in (one.number, _BELOW):
                    continue
                pattern = (_LED_TO if taken else _CALLED).format(kind=_KINDS[one.kind], number=one.number)
                text = _outside_code(pattern, f"“{one.title}”" if one.title else f"this {one.kind}", text)
            return text

        return replace(
            action,
            warnings=tuple(map(named, action.warnings)),
            context=tuple(map(named, action.context)),
            items=tuple(named(text, at) for at, text in enumerate(action.items, start=action.first_item)),
            after=tuple(named(text, _BELOW) for text in action.after),
        )

    return mapped(plan, renamed) if sections else plan


_CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)


def _outside_code(pattern: str, title: str, text: str) -> str:
    parts = _CODE.split(text)
    shown = (re.sub(pattern, lambda _: title, part, flags=re.IGNORECASE) for part in parts[::2])
    return "".join(part for pair in zip(shown, [*parts[1::2], ""], strict=True) for part in pair)


def as_this(plan: Plan, own: Named | None) -> Plan:
    """A method that its own text calls by number is "this method"."""
    if own is None or own.kind == "step":
        return plan
    return with_names(plan, [replace(own, title="")])


def named_section(section: Section, plan: Plan | None) -> Named | None:
    """What a counted section is called by; None for those that count nothing or have no act."""
    heading = section.heading
    if heading.kind not in _KINDS or heading.number is None or plan is None:
        return None
    acts = actions_of(plan)
    title = acts[0].title if isinstance(plan, Action) or not heading.title else heading.title
    return Named(heading.kind, heading.number, title) if title else None
