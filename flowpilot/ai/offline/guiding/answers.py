"""What an engineer's own words answer, read carefully: in doubt nothing, and the question is asked again."""

import re
from collections.abc import Sequence
from typing import Final

from flowpilot.ai.contracts import StepFacts
from flowpilot.ai.offline.many.words import answer_key, read, similarity, verdict_of
from flowpilot.flows.document import Node, Option, Tree

_READ: Final = 500
"""Characters of an answer that are looked at."""
_ALIKE: Final = 0.6
_CLEARLY: Final = 0.15
"""How much liker the best label has to be than the next one."""
_BEGINNING: Final = 5
"""Letters of a label's beginning that are enough to name it."""
_UNSURE: Final = re.compile(
    r"\b(?:maybe|perhaps|not sure|unsure|don'?t know|do not know|no idea|unclear|can'?t (?:tell|say)"
    r"|cannot (?:tell|say)"
    r"|possibly|i guess|hard to say|sometimes|it depends)\b|\?\s*$",
    re.IGNORECASE,
)
_BUT: Final = re.compile(r"\b(?:but|however|though|until|before it)\b", re.IGNORECASE)
_NEGATIVE: Final = re.compile(
    r"\b(?:did(?:n'?t| not)|does(?:n'?t| not)|has(?:n'?t| not)|is(?:n'?t| not)|won'?t|not|never"
    r"|can(?:no|')t) (?:yet |really |quite )?"
    r"(?:help|work|fix|chang|solv|resolv|do (?:it|anything|the trick)|made?|better|ok|possible|succe"
    r"|start|connect|print|open)\w*"
    r"|\bno (?:change|luck|difference|effect|joy|improvement|success|better)\b|\bstill\b|\bsame\b"
    r"|\b(?:fail(?:s|ed|ing)?|nope|unchanged"
    r"|unsolved|worse|negative|persists?|refused"
    r"|(?:lock|fail|crash|stop|drop|happen|freez|disconnect)\w* again)\b|^\s*no\b",
    re.IGNORECASE,
)
_POSITIVE: Final = re.compile(
    r"\b(?:works?|worked|working|fixed|solved|resolved|helped|sorted|success(?:ful(?:ly)?)?"
    r"|did the trick|is back|are back"
    r"|all good|good now|fine now|ok now|gone|perfect|succeeded)\b|^\s*(?:yes|yep|yeah|ok(?:ay)?|done)\b",
    re.IGNORECASE,
)
_LED: Final = re.compile(r"(yes|no),? (?:it|they|he|she|we|i|that|this|there)\b", re.IGNORECASE)
"""An answer in a sentence: "yes it is", "no, they don't"."""
_NUMBER: Final = re.compile(r"^\W*(?:option |answer |number |no\.? ?|#)?(\d{1,2})\W*$", re.IGNORECASE)


def verdict(text: str) -> bool | None:
    """Whether something worked, by what somebody says about it: True, False, or None for neither.

    Of "it worked for a minute, but then failed" the end counts.
    """
    said = text[:_READ].replace("’", "'")
    if _UNSURE.search(said):
        return None
    parts = [part for part in _BUT.split(said) if part.strip()]
    for part in reversed(parts):
        negative, positive = _NEGATIVE.search(part), _POSITIVE.search(_NEGATIVE.sub(" ", part))
        if negative and not positive:
            return False
        if positive and not negative:
            return True
    return None


def chosen_of(step: StepFacts, node: Node, tree: Tree) -> Option | None:
    """The option of a node that an answered step took; None where that cannot be told."""
    for option in node.options:
        if step.chosen_option_id == option.id and step.chosen in (None, option.label):
            return option
    for text in (step.chosen or "", step.response):
        found = option_said(text, node, tree)
        if found is not None:
            return found
    if step.outcome == "worked":
        return solved_option(node, tree)
    if step.outcome in ("did_not_work", "skipped"):
        return unsolved_option(node, tree)
    return None


def option_said(text: str, node: Node, tree: Tree) -> Option | None:
    """The option that free text names: by number, label, yes or no, success or failure, or its words."""
    said = " ".join(text[:_READ].split())
    if not said:
        return None
    labels = [option.label for option in node.options]
    place = label_said(said, labels)
    if place is not None:
        return node.options[place]
    told = verdict(said)
    if told is None:
        return None
    return solved_option(node, tree) if told else unsolved_option(node, tree)


def label_said(said: str, labels: Sequence[str]) -> int | None:
    """Place of the label that a text means by its number, by its wording, or by yes and no."""
    number = _NUMBER.match(said)
    if number is not None:
        place = int(number[1]) - 1
        return place if 0 <= place < len(labels) else None
    exact = [place for place, label in enumerate(labels) if _plain(label) == _plain(said)]
    if exact:
        return exact[0]
    if _UNSURE.search(said):
        return None
    keyed = [
        place
        for place, label in enumerate(labels)
        if _yes_or_no(label) and _yes_or_no(label) == _yes_or_no(said)
    ]
    if len(keyed) == 1:
        return keyed[0]
    return _likest(said, labels)


def solved_option(node: Node, tree: Tree) -> Option | None:
    """The option that says it is solved: by its label, else the only one that leads to a resolution."""
    told = [option for option in node.options if verdict_of(option.label) is True]
    ends = [option for option in node.options if tree.node(option.next).kind == "resolution"]
    found = told if len(told) == 1 else ends
    return found[0] if len(found) == 1 else None


def unsolved_option(node: Node, tree: Tree) -> Option | None:
    """The option that goes on when a step did not help; None for a step that only finds something out."""
    told = [option for option in node.options if verdict_of(option.label) is False]
    if len(told) == 1:
        return told[0]
    solving = [option for option in node.options if tree.node(option.next).kind == "resolution"]
    rest = [option for option in node.options if option not in solving]
    return rest[0] if solving and len(rest) == 1 else None


def _likest(said: str, labels: Sequence[str]) -> int | None:
    inside = [place for place, label in enumerate(labels) if len(label) > 3 and _plain(label) in _plain(said)]
    if len(inside) == 1 and read(said).negated == read(labels[inside[0]]).negated:
        return inside[0]
    begun = [place for place, label in enumerate(labels) if _plain(label).startswith(_plain(said))]
    if len(begun) == 1 and len(said) > _BEGINNING:
        return begun[0]
    words = read(said)
    scored = sorted(
        ((similarity(words, read(label), {}), -place) for place, label in enumerate(labels)), reverse=True
    )
    best, place = scored[0]
    second = scored[1][0] if len(scored) > 1 else 0.0
    return -place if best >= _ALIKE and best - second >= _CLEARLY else None


def _yes_or_no(text: str) -> str:
    key = answer_key(text)
    if key in ("yes", "no"):
        return key
    led = _LED.match(text)
    return led[1].lower() if led and not _BUT.search(text) else ""


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" .!?,;:\"'“”")
