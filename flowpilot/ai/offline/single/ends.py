"""What stands around the plan: the first question, the resolution with its background, the hand-overs."""

import re
from collections.abc import Sequence

from flowpilot.ai.contracts import SessionFacts, SourceSpan
from flowpilot.ai.offline.single import harmless
from flowpilot.ai.offline.single.around_ends import ELSEWHERE, around_end
from flowpilot.ai.offline.single.background import background_of
from flowpilot.ai.offline.single.flow_title import PRODUCT
from flowpilot.ai.offline.single.plan import Action, Choice, Reading, Span, actions_of
from flowpilot.ai.offline.single.symptom import Symptom
from flowpilot.ai.offline.single.tree import Ends, source_span


def ends_of(session: SessionFacts, symptom: Symptom, reading: Reading, cause: Choice | None) -> Ends:
    actions = actions_of(reading.plan)
    done = tuple(dict.fromkeys(source_span(session.id, action.span) for action in actions))
    asked = tuple(source_span(session.id, span) for span in symptom.spans) or _whole_text(session) or done
    background, background_spans = background_of(session, reading, cause)
    solved = _solved(session, symptom, reading, actions)
    if solved == harmless.OTHER_MATTER:
        background, background_spans = "", ()
    return Ends(
        question=symptom.question,
        question_body=symptom.body,
        question_spans=asked,
        solved=solved,
        solved_body=background,
        solved_spans=(*done, *background_spans),
        other="A different problem: gather details and hand over",
        other_body=_other_body(symptom),
        exhausted="Known fixes do not apply or did not help",
        exhausted_body=_exhausted_body(symptom, actions, reading),
        end_spans=done,
        harmless=reading.harmless,
    )


_WAY_HEADING = re.compile(
    r"^[#* ]{0,7}(?P<kind>work ?-?arounds?|resolutions?|solutions?|fix|method \d+ ?[:.-] ?work ?-?around)\b",
    re.IGNORECASE | re.MULTILINE,
)
_AROUND = re.compile(r"\bto work ?-?around\b", re.IGNORECASE)
_RESOLVE = re.compile(r"\bto (?:resolve|fix|correct|solve)\b", re.IGNORECASE)


def _solved(session: SessionFacts, symptom: Symptom, reading: Reading, actions: Sequence[Action]) -> str:
    """What is true now; what a product cannot do stays so, and another way has been found."""
    looks = len(actions) == 1 and _LOOKS.match(actions[0].title) is not None
    if looks and not actions[0].items and _IGNORED.search(session.resolution):
        return harmless.RESOLUTION
    ignored = reading.harmless
    if ignored is not None and harmless.of_other_matter(session.resolution, ignored[1], actions):
        return harmless.OTHER_MATTER
    titles = offered(actions)
    only_around = _only_around(session.resolution, actions)
    designed = '"' not in symptom.solved and _designed(session, reading, titles, only_around=only_around)
    around = designed or only_around or _beside(titles, reading) or _stays_so(session, reading)
    if not actions or not around:
        return symptom.solved
    lasts = designed or any(map(ELSEWHERE.search, titles))
    return around_end(symptom, session, titles, lasts=lasts)


def _designed(session: SessionFacts, reading: Reading, titles: Sequence[str], *, only_around: bool) -> bool:
    """Whether the text says that it will stay so, and no act changes what it says that of."""
    if not (reading.by_design or only_around) or not _DESIGNED.search(session.resolution):
        return False
    if not only_around and all(map(_ABSTAINS.match, titles)):
        return False
    repairs = _REPAIRS if reading.by_design else _CHANGES
    return not any(map(repairs.match, titles))


def _beside(titles: Sequence[str], reading: Reading) -> bool:
    """Whether all that is done is something else instead."""
    other = ELSEWHERE if reading.by_design else _INSTEAD
    return bool(titles) and all(other.search(title) and not _ABSTAINS.match(title) for title in titles)


_DESIGNED = re.compile(
    r"\b(?:is|are) by[ -]design\b|\bby-design\b|\bexpected behavio|\blimitations?\b"
    r"|\b(?:is|are)(?:n't| not) (?:supported|available|honored)\b|\b(?:does|do)(?:n't| not) support\b",
    re.IGNORECASE,
)
_ABSTAINS = re.compile(r"(?:avoid|do not|don't)\b", re.IGNORECASE)
"""Who does so has ended the problem, unless the text calls it a way around."""
_LOOKS = re.compile(r"(?:make sure|ensure|verify|check|ignore|confirm)\b", re.IGNORECASE)
_IGNORED = re.compile(r"\bcan (?:safely |then |also )?ignore (?:the|this|these|it)\b", re.IGNORECASE)
_REPAIRS = re.compile(r"(?:(?:un)?install|update|upgrade|apply)\b", re.IGNORECASE)
_CHANGES = re.compile(
    rf"{_REPAIRS.pattern}|(?:configure|set|delete|disable|enable|change|edit|insert|modify|increase"
    r"|make sure)\b",
    re.IGNORECASE,
)
_INSTEAD = re.compile(r"\binstead\b", re.IGNORECASE)


def _stays_so(session: SessionFacts, reading: Reading) -> bool:
    """Whether the text calls it a limitation and offers nothing that it says resolves it."""
    headings = {found["kind"].lower() for found in _WAY_HEADING.finditer(session.resolution)}
    resolved = any("around" not in kind for kind in headings)
    return reading.by_design and not resolved


def _only_around(resolution: str, actions: Sequence[Action]) -> bool:
    """Whether every action stands below a heading, or a sentence, that calls it a way around."""
    return all(
        action.span.field == "resolution" and _stands_around(resolution, action.span) for action in actions
    )


def _stands_around(resolution: str, span: Span) -> bool:
    """Whether the last heading above the action, or what is said below it, calls it a way around."""
    above = [found for found in _WAY_HEADING.finditer(resolution) if found.start() <= span.start]
    if above and "around" in above[-1]["kind"].lower():
        return True
    told = resolution[above[-1].start() if above else 0 : span.end]
    return bool(_AROUND.search(told)) and not _RESOLVE.search(told)


def _whole_text(session: SessionFacts) -> tuple[SourceSpan, ...]:
    """The problem text as a source, for a ticket without a title."""
    if not session.text.strip():
        return ()
    return (SourceSpan(session=session.id, field="text", start=0, end=len(session.text)),)


def _other_body(symptom: Symptom) -> str:
    product = _products(symptom)
    lines = [
        "Hand over:",
        "",
        "- the exact wording or code of what is shown, with a screenshot",
        f"- what was being done, on which device, and the version of {product}",
        "- since when, how often, and who else is affected",
    ]
    if symptom.error:
        lines.append(f'- that it is not "{_one_line(symptom.error)}"')
    return "\n".join(lines)


def _products(symptom: Symptom) -> str:
    """The products that the problem names, as a technician would ask for their versions."""
    told = _NO_PRODUCT.sub("", f"{symptom.title} {symptom.question}")
    found = list(dict.fromkeys(_BY_NAME.get(name, name) for name in PRODUCT.findall(told)))
    whole = [name for name in found if not any(name != other and name in other for other in found)]
    return " and ".join(whole[:2]) or "the product"


_NO_PRODUCT = re.compile(
    r"(?<=Web )Access\b|(?<=Client )Access\b|(?<=Conditional )Access\b|(?<=Current )Project\b"
    r"|Windows (?=Live\b)|\bAccess (?:to|(?:is )?[Dd]enied)\b|(?<=Out of )Office\b"
    r"|\b(?:Access|Windows|Project|Word|Office) (?=LiveId|[Ss]ervice"
    r"|Online Server|cannot\b|[Ee]dge|rights?\b)|\bprinters?\b"
)
"""Parts of longer names, and words of a message, that are no product whose version could be asked for."""
_BY_NAME = {
    "M365": "Microsoft 365",
    "O365": "Office 365",
    "HCW": "Hybrid Configuration wizard",
    "Hybrid Configuration": "Hybrid Configuration wizard",
    "EMS": "Exchange Management Shell",
    "EAC": "Exchange admin center",
    "OWA": "Outlook on the web",
}


_READS = re.compile(r"\b(?:Get|Test)-(?!Credential|Help|Command|Date|Content|Host|History)[A-Z]\w+")


def _outputs(actions: Sequence[Action]) -> list[str]:
    """Commands of the actions whose output tells the next person how things stand."""
    text = "\n".join(
        part
        for action in actions
        for part in (*_ordered(action), *action.items, action.command.body if action.command else "")
    )
    found: dict[str, str] = {}
    for command in _READS.findall(text):
        found.setdefault(command.casefold(), command)
    return list(found.values())[:3]


def _ordered(action: Action) -> list[str]:
    """What the action says is to be done; why it happens may name commands that nobody runs."""
    return [text for text in action.context if not text.startswith("**Cause:**")]


def _one_line(text: str) -> str:
    line = re.sub(r"\s+", " ", text).strip().rstrip(".:").replace("`", "")
    return line if len(line) <= 120 else line[:119].rsplit(" ", 1)[0] + " …"


def plain_titles(actions: Sequence[Action]) -> list[str]:
    """What is done, each once: parts of a long action that are told apart by number only are one."""
    return list(dict.fromkeys(_BY_STEP.sub("", action.title) for action in actions))


def offered(actions: Sequence[Action]) -> list[str]:
    """The same in short: of many, a procedure in parts is one, and what every version does its way."""
    each = plain_titles(actions)
    if len(each) <= _FEW:
        return _once_for_all(each)
    return _once_for_all([_BY_STEP.sub("", action.whole or action.title) for action in actions])


def _once_for_all(titles: Sequence[str]) -> list[str]:
    acts = [_FOR_CASE.sub("", title) for title in titles]
    bare = set(titles) & set(acts)
    told = [
        act if acts.count(act) > 1 and act not in bare else title
        for act, title in zip(acts, titles, strict=True)
    ]
    return list(dict.fromkeys(told))


_FEW = 3
"""As many as a summary names."""
_BY_STEP = re.compile(r" \(steps? \d[\d and to]*\)$")
_FOR_CASE = re.compile(r" \((?:[^()]|\([^()]*\))*\)$")
"""For whom one of several ways to do the same is."""


_ONCE_SOLVED = re.compile(
    r"(?:if|when|once|after)\b[^,]*(?:\bno longer\b|\b(?:goes|went) away\b|\bdisappears?\b|\bstops\b"
    r"|\b(?:is|are|was|has been) (?:resolved|fixed|solved|gone)\b"
    r"|\b(?:resolves|fixes|solves) the (?:issue|problem|error)\b"
    r"|\bworks (?:correctly|as expected|again|now|fine)\b|\bdoes(?:n't| not) occur\b)",
    re.IGNORECASE,
)
"""Advice for a case that is solved: it has no place where nothing helped."""


_ONLY_SENDS = re.compile(
    r"(?:(?:[Ii]f|[Ww]hen) [^,\d]*\b(?:persists?|still|continues?|remains?|(?:do|does)(?: not|n't))\b"
    r"[^,\d]*, |[Ff]or (?:more|further|additional) (?:help|assistance)\b[^,]*, )?"
    r"(?:[Pp]lease )?(?:[Cc]ontact|[Cc]all) "
    r"(?P<who>(?:the )?(?:[A-Z][\w&@]+ )(?:(?:[A-Z][\w&]+|\d+|and|technical|customer|product) ){0,4}?"
    r"(?:[Ss]upport|[Ss]ervices?)(?: [Ss]ervices?)?)"
    r"(?: for (?:further |more |additional )?(?:assistance|help|support|troubleshooting))?\.?$"
)
"""Says to whom the case goes, and nothing that the hand-over does not say itself."""


def _exhausted_body(symptom: Symptom, actions: Sequence[Action], reading: Reading) -> str:
    lines = ["Tried or ruled out on the way here:", "", *(f"- {title}" for title in plain_titles(actions))]
    unsolved = [text for text in reading.handover if not (_ONCE_SOLVED.match(text) or text.endswith(":"))]
    addressed = next((found["who"] for found in map(_ONLY_SENDS.match, unsolved) if found), "")
    lines += ["", f"Hand over to {addressed}:" if addressed else "Hand over:", ""]
    if symptom.error:
        lines.append(f'- whether "{_one_line(symptom.error)}" still appears, and when it last did')
    lines += [
        "- which of these steps were done, with what result or message",
        f"- the version of {_products(symptom)}, and the affected users or devices",
        *(f"- the output of `{command}`" for command in _outputs(actions)),
    ]
    lines += [f"\n{text}" for text in unsolved[:3] if not _ONLY_SENDS.match(text)]
    return "\n".join(lines)
