"""When a session is not worth a flow, and what to ask so that it becomes one."""

import re

from flowpilot.ai.contracts import Nothing, SessionFacts
from flowpilot.ai.offline.single.ends import offered
from flowpilot.ai.offline.single.plan import Action, Reading, actions_of
from flowpilot.ai.offline.single.titles import FALLBACK_TITLE, first_word
from flowpilot.ai.offline.text.debris import is_debris_line, is_debris_sentence, plain_words
from flowpilot.ai.offline.text.sentences import first_words, sentences
from flowpilot.ai.offline.text.verbs import risk_of

FEWEST_WORDS = 12
MOST_ACTIONS, MOST_KINDS = 40, 9
"""A text with more actions, or more kinds of them, is a manual, not one fix."""
_POINTER_WORDS = 25
"""An action that only looks, told in fewer informative words, sends somebody elsewhere to find out how."""
_LOOKING_WORDS = """
identify determine collect gather find view see check verify review access contact look follow examine read
refer
"""
_LOOKING = frozenset(_LOOKING_WORDS.split())
_STATING = frozenset(("make", "ensure"))
_ELSEWHERE = re.compile(r"\b(?:see|refer to) (?:the )?(?:following|how to)\b|\barticles?:", re.IGNORECASE)
_SAYING = frozenset(("identify", "determine", "collect", "gather", "view", "find"))
_STOP_WORDS = """
the a an of to in on at for with by from and or is are was were be been this that these those it its
as if you your we can may will not do does did have has had when then there which who what issue
problem error resolve fix cause resolution workaround solution status more information see
"""
_STOP = frozenset(_STOP_WORDS.split())


def informative_words(text: str) -> int:
    """Words of the text that say something: no debris, no headings' words, no function words."""
    kept = []
    for line in text.splitlines():
        if not is_debris_line(line):
            kept += [s.text for s in sentences(line) if not is_debris_sentence(s.text)]
    words = re.findall(r"[\w.-]*[A-Za-z][\w.-]*", plain_words(" ".join(kept)))
    return sum(1 for word in words if word.lower() not in _STOP)


_RESTART = re.compile(
    r"^(?:re-?start|re-?boot|power[- ]?cycle|turn (?:it )?off and on|log (?:off|out)|sign out|close"
    r"|refresh|retry|wait)\b",
    re.IGNORECASE,
)


def _says_little(reading: Reading) -> bool:
    """Whether one short step, or nothing but restarts, was done."""
    actions = actions_of(reading.plan)
    words = sum(informative_words(f"{action.title}\n{_beyond_title(action)}") for action in actions)
    return words < FEWEST_WORDS and (len(actions) == 1 or all(_RESTART.match(a.title) for a in actions))


def _only_looks(reading: Reading, resolution: str) -> bool:
    """Whether the one thing to do is to find out, or is named without a word on how it is done."""
    actions = actions_of(reading.plan)
    if len(actions) != 1 or actions[0].command is not None:
        return False
    action = actions[0]
    verb = first_word(action.title)
    if verb in _SAYING and action.risk == "read" and not any(map(_changes, action.items)):
        return True
    told = "\n".join((*_own(action), *action.items, *action.after))
    vague = verb in _LOOKING or (verb in _STATING and _ELSEWHERE.search(resolution) is not None)
    return vague and not action.items and informative_words(told) < _POINTER_WORDS


def _only_avoids(reading: Reading, resolution: str) -> bool:
    """Whether all that is told, in a few words, is what not to do."""
    actions = actions_of(reading.plan)
    return (
        len(actions) == 1
        and first_word(actions[0].title) == "avoid"
        and not actions[0].items
        and informative_words(resolution) < _POINTER_WORDS
    )


def _own(action: Action) -> list[str]:
    return [text for text in action.context if not text.startswith("**Cause:**")]


def _changes(step: str) -> bool:
    return risk_of(plain_words(step.split("\n", 1)[0])) != "read" or "```" in step


def _beyond_title(action: Action) -> str:
    return "\n".join(text for text in action.context if plain_words(text).rstrip(".") != action.title)


_OTHER_ARTICLE = re.compile(
    r"\b(?:see|refer to|visit|go to|follow (?:the )?(?:steps|instructions|guidance))\b[^\n]{0,80}?"
    r"(?:\b(?:articles?|sections?|topics?|guides?|posts?)\b|[\"“]|https?:)",
    re.IGNORECASE,
)
_SHORT = 900
"""Characters within which a pointer to another text is what the resolution says."""
_NUMBERED, _MANY_STEPS = re.compile(r"^[ \t]{0,9}\d{1,2}\. ", re.MULTILINE), 6
_KNOWN_ISSUE = re.compile(
    r"\b(?:known issue|under investigation|(?:is|are) (?:currently )?(?:researching|investigating"
    r"|working (?:on|to))"
    r"|expected (?:behaviou?r|to be fixed)|no action is required|no workarounds?"
    r"|(?:is|are)(?: not|n't) supported)\b",
    re.IGNORECASE,
)


def _without_plan(name: str, reading: Reading, resolution: str) -> Nothing:
    lines = [line for line in resolution.splitlines() if not is_debris_line(line)]
    said = "\n".join(lines)
    if len(_NUMBERED.findall(said)) >= _MANY_STEPS:
        return Nothing(
            reason=(
                "The text tells several procedures for finding out; it does not say which one "
                "ended the problem."
            ),
            questions=(
                f"Which of the procedures showed why “{name}” happened?",
                "What was changed then, where exactly, step by step?",
                "How was it confirmed that the problem is gone?",
            ),
        )
    if not reading.by_design and len(said) < _SHORT and _OTHER_ARTICLE.search(said):
        return Nothing(
            reason=(
                "The resolution sends to another text for what is to be done; that text is not "
                "part of the ticket."
            ),
            questions=(
                f"Which steps of the other text ended “{name}”?",
                "Under which conditions does it apply, and what has to be checked before?",
                "How was it confirmed that the problem is gone?",
            ),
        )
    if not reading.by_design and _KNOWN_ISSUE.search(said):
        return Nothing(
            reason=(
                "The text says that this is a known issue or a limitation, and names no way around it yet."
            ),
            questions=(
                f"What did you offer the client meanwhile for “{name}”?",
                "Has the maker released a fix since, and in which version?",
                "How can the next engineer tell quickly that it is this issue?",
            ),
        )
    if reading.by_design:
        return Nothing(
            reason="The text says that this is by design or a known limitation, and names no way around it.",
            questions=(
                f"What did you offer the client instead for “{name}”?",
                "Is there a setting, version or product with which it does work?",
                "How can the next engineer tell quickly that it is this limitation?",
            ),
        )
    if reading.handover:
        return Nothing(
            reason="The resolution only hands the case to support; it does not say what they did.",
            questions=(
                f"What did support change so that “{name}” was solved?",
                "What should be checked or collected before support is called?",
            ),
        )
    return Nothing(
        reason="The resolution does not say what to do: it holds no step that somebody could repeat.",
        questions=(
            f"Which step ended “{name}”, and where is it done?",
            "How can the next engineer check that the cause is the same?",
            "How was it confirmed that the problem is gone?",
        ),
    )


def too_thin(session: SessionFacts, reading: Reading) -> Nothing | None:
    """`Nothing` with the reason and questions, or None when there is enough."""
    name = first_words(plain_words(session.title), 80) or "this problem"
    if reading.plan is None or not actions_of(reading.plan):
        return _without_plan(name, reading, session.resolution)
    count, kinds = len(actions_of(reading.plan)), len(offered(actions_of(reading.plan)))
    if count > MOST_ACTIONS or (kinds > MOST_KINDS and not reading.from_steps):
        return Nothing(
            reason=f"The text orders {count} separate actions: that is a log or a manual, not one fix.",
            questions=(
                f"Which of these steps ended “{name}”?",
                "Which of them were needed, and in which order?",
                "How was it confirmed that the problem is gone?",
            ),
        )
    if not reading.from_steps and _only_avoids(reading, session.resolution):
        return Nothing(
            reason="The text only says what to avoid; it does not say how to do without it.",
            questions=(
                f"What was used instead when “{name}” was reported, and how was it set up?",
                "How can the next engineer tell that this is in use?",
                "How was it confirmed that the problem is gone?",
            ),
        )
    if not reading.from_steps and _only_looks(reading, session.resolution):
        return Nothing(
            reason="The text says where to look or what to collect; it does not say what to change then.",
            questions=(
                f"What was found to be wrong when “{name}” was reported?",
                "What was changed then, where exactly, step by step?",
                "How was it confirmed that the problem is gone?",
            ),
        )
    if reading.from_steps and _says_little(reading):
        return Nothing(
            reason="What was done is said in a few words; they name no procedure to repeat.",
            questions=(
                f"What was found to be wrong when “{name}” was reported?",
                f"Where exactly is “{actions_of(reading.plan)[0].title}” done, step by step?",
                "How was it confirmed that the problem is gone, and has it come back since?",
            ),
        )
    if all(action.title == FALLBACK_TITLE for action in actions_of(reading.plan)):
        return Nothing(
            reason="The text shows what to enter or compare; it does not say what is done with it.",
            questions=(
                f"What exactly was done so that “{name}” was solved, and where, step by step?",
                "On which versions does it have to be done in another way?",
                "How was it confirmed that the problem is gone?",
            ),
        )
    words = informative_words(session.resolution)
    if words < FEWEST_WORDS and not reading.from_steps:
        return Nothing(
            reason=f"The resolution has only {words} words that say something; that is too little to guide "
            f"somebody.",
            questions=(
                f"Where exactly is “{actions_of(reading.plan)[0].title}” done, step by step?",
                "What has to be true before it is done, and what can go wrong?",
                "How was it confirmed that the problem is gone?",
            ),
        )
    return None
