"""Causes: the statements, the numbered ones by number, and the question that tells whether one applies."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from flowpilot.ai.offline.single.asking import clause_of
from flowpilot.ai.offline.single.labels import names_versions
from flowpilot.ai.offline.single.plan import Choice, Route, Span
from flowpilot.ai.offline.single.render import bulleted, inline, item, prose, render
from flowpilot.ai.offline.text.clauses import YesNo, is_name, yes_no
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.model import Block, Item, ListBlock, Paragraph, Section, SectionKind
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.ai.offline.text.sentences import sentences
from flowpilot.core.terms import terms

_OCCURS = (
    r"(?:this|the|these|that|such)(?: \w+){0,3}? ?(?:issues?|problems?|errors?|behaviors?|behaviours?"
    r"|warnings?|messages?|situations?|conditions?|symptoms?|failures?|delays?)?"
    r"(?: \w+){0,2}? (?:(?:may|might|can|could|usually|typically|only|generally|also|often) )*(?:occurs?"
    r"|happens?|appears?|arises?|(?:is|are|may be|can be|was) (?:usually )?caused by|results? from|"
    r"(?:be )?triggered|is expected|is returned|is generated|is displayed|is received)"
)
_IF = re.compile(
    rf"^(?:{_OCCURS}\s+)(?P<word>if|when|because|as)\s+(?P<clause>.+)$", re.IGNORECASE | re.DOTALL
)
_STATE = re.compile(
    r"\b(?:missing|disabled|enabled|expired|exceed\w*|corrupt\w*|damaged|incorrect\w*|invalid|wrong"
    r"|outdated|blocked|set to|larger|smaller|full|installed|deleted|duplicate\w*|"
    r"stale|misconfigured|stopped|not|n't|running|configured|hidden|locked|member of|turned (?:on|off)"
    r"|more than|fewer than|at least|too|no longer|contains?|uses?|using|lacks?|have|has|selected"
    r"|assigned)\b",
    re.IGNORECASE,
)
_STRONG_STATE = re.compile(
    r"\b(?:missing|disabled|not enabled|n't enabled|expired|exceed\w*|corrupt\w*|damaged|incorrect|invalid"
    r"|outdated|blocked|set to|too (?:large|small|low|high|long|old)|full|not installed|n't installed"
    r"|deleted|duplicate\w*|"
    r"misconfigured|stopped|not running|n't running|hidden|locked|turned (?:on|off)|lacks?|no longer"
    r"|not a member|not configured|n't configured)\b",
    re.IGNORECASE,
)
_INTERNAL = re.compile(
    r"\b(?:by design|doesn'?t support|does not support|(?:is|are) ?n[o']t supported|designed to|limitation"
    r"|microsoft|known issue|bug|code change|updated to|there(?:'s| is) a (?:problem|known|bug)|regression|"
    r"internally|algorithm|a change in|was introduced)\b",
    re.IGNORECASE,
)
_UNSURE = re.compile(
    r"\b(?:under (?:some|certain)|intermittent\w*|sometimes|may|might|could|likely|probably|or (?:when|if)"
    r"|and (?:when|if)|some reason)\b",
    re.IGNORECASE,
)
_ALL_OF = re.compile(
    r"\b(?:following|these|all|both)\b.{0,40}\bconditions?\b.{0,30}\b(?:are|is) (?:true|met)"
    r"|all of the following|both of the following",
    re.IGNORECASE,
)
_ONE_OF = re.compile(
    r"\b(?:one|any|either|at least one)(?: or (?:more|both))? of the following\b"
    r"|for (?:one|any|either) of|following (?:reasons|causes|scenarios)|several reasons"
    r"|due to (?:one|any) of",
    re.IGNORECASE,
)
_LABELLED = re.compile(
    r"^(?:\*\*)?(?:cause|reason|scenario)\s*(?P<number>\d+)\s*[:.\-–]\s*(?:\*\*)?(?P<text>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_BY_DESIGN = re.compile(
    r"\b(?:by design|expected behaviou?r|known issue|known limitation|design limitation|not supported"
    r"|isn'?t supported|aren'?t supported)\b",
    re.IGNORECASE,
)


_REASONS = re.compile(
    r"\b(?:issues?|problems?|errors?|behaviors?|symptoms?|following (?:\w+ )?(?:reasons|causes)"
    r"|one of the following (?:conditions|situations|scenarios|things))\b",
    re.IGNORECASE,
)


ONE_OF_THEM = "Does at least one"
"""Begins a question that says nothing where the causes are asked for one by one."""

Variants = Mapping[tuple[SectionKind, int], tuple[str, Span]]


@dataclass
class Causes:
    statements: list[tuple[str, Span]] = field(default_factory=list)
    """Markdown, in order."""
    numbered: dict[int, tuple[str, Span]] = field(default_factory=dict)
    """Plain first words by number, for "Resolution for cause 2"."""
    apart: list[tuple[str, Span]] = field(default_factory=list)
    """Causes of which one is given, Markdown, in the order of their list or of their headings."""
    variants: Variants = field(default_factory=dict)
    """Scenarios and symptoms that the problem text counts, for "Resolution for symptom 2"."""
    described: frozenset[str] = frozenset()
    """Words of the problem text."""
    question: Choice | None = None
    """Asks whether the condition is given; its routes are filled in by the caller ("Yes" first)."""
    by_design: bool = False


def read_causes(sections: Iterable[Section]) -> Causes:
    causes = Causes()
    for section in sections:
        _read(section, causes)
    return causes


def _read(section: Section, causes: Causes) -> None:
    heading = section.heading
    if heading.number is not None:
        text = heading.title or first_statement(section.blocks)
        if text:
            causes.numbered.setdefault(heading.number, (text, Span(section.start, section.end)))
            causes.apart.append((text, Span(section.start, section.end)))
    for i, block in enumerate(section.blocks):
        _read_block(block, section.blocks[i + 1 : i + 2], causes)
        if isinstance(block, ListBlock) and heading.number is None:
            _number(block, causes)
        if isinstance(block, Paragraph) and heading.number is None:
            _counted(block, causes)
    for child in section.children:
        if child.heading.kind in ("cause", "scenario", "heading", "more_information"):
            _read(child, causes)


def _counted(block: Paragraph, causes: Causes) -> None:
    """ "Cause 2: the badge has expired" in a paragraph of its own."""
    labelled = _LABELLED.match(block.text)
    if labelled is None:
        return
    told = labelled["text"], Span(block.start, block.end)
    causes.numbered.setdefault(int(labelled["number"]), told)
    if all(told[0] not in known for known, _ in causes.apart):
        causes.apart.append(told)


def _read_block(block: Block, following: tuple[Block, ...], causes: Causes) -> None:
    text = _statement(block)
    if text:
        causes.statements.append((text, Span(block.start, block.end)))
    if isinstance(block, Paragraph):
        causes.by_design = causes.by_design or bool(_BY_DESIGN.search(block.text))
        causes.apart = causes.apart or _one_of(block, following)
        if causes.question is None:
            causes.question = _asked(block, following)


def _statement(block: Block) -> str:
    """The block without sentences that send the reader on to the remedy."""
    if not isinstance(block, Paragraph):
        return render(block)
    kept = [s.text for s in sentences(block.text) if not ((order := order_of(s.text)) and order.generic)]
    return prose(" ".join(kept)) if kept else ""


def _number(block: ListBlock, causes: Causes) -> None:
    for position, part in enumerate(block.items, start=1):
        match = _LABELLED.match(part.text)
        number = int(match["number"]) if match else position
        text = match["text"] if match else part.text
        causes.numbered.setdefault(number, (text, Span(part.start, part.end)))


def first_statement(blocks: Iterable[Block]) -> str:
    """The first sentence of a cause or scenario that says a state; the first at all when none does."""
    said: list[str] = []
    for block in blocks:
        if isinstance(block, Paragraph):
            told = [occurs_when(s.text) for s in sentences(block.text)]
            if not said and told and told[0] and not told[0].endswith(":"):
                return told[0]
            said += [text for s in sentences(block.text) if (text := _own_statement(s.text))]
        if isinstance(block, ListBlock) and not said:
            return plain_words(block.items[0].text).strip(" .;")
    states = [text for text in said if _STATE.search(text) and not _EXPLAINS.search(text)]
    return next(iter(states or said), "")


_EXPLAINS = re.compile(rf"^(?:additionally|however|also|therefore)\b|{_INTERNAL.pattern}", re.IGNORECASE)


def _own_statement(sentence: str) -> str:
    """The sentence, or its condition; of one that leads to a list, only a state it tells itself."""
    if sentence.endswith(":"):
        told = _SUCH_AS.sub("", sentence)
        if told != sentence:
            return told
        return sentence[:-1] if _STRONG_STATE.search(sentence) else ""
    return occurs_when(sentence) or sentence


_SUCH_AS = re.compile(r",? (?:(?:such as|like) the following|as follows):$", re.IGNORECASE)
"""Leads to an example: the sentence before it is complete."""


def occurs_when(sentence: str) -> str:
    """The condition of "this issue occurs when the badge is lost"; empty for any other sentence."""
    plain = plain_words(sentence)
    match = _IF.match(plain) or _UNABLE_IF.match(plain)
    return match["clause"] if match else ""


_UNABLE_IF = re.compile(
    r"^(?:you|users?|they) (?:can't|cannot|can not|are unable to|aren't able to) [^.]{4,90}? if "
    r"(?P<clause>[^.]{8,120})\.?$",
    re.IGNORECASE,
)
""" "You can't open the gate if the badge is lost": the complaint is known, its condition is the cause."""


_LEADS = re.compile(
    r":$|\b(?:of|if) the following (?:\w+ )?(?:conditions|reasons|causes)(?: (?:is|are) (?:true|met))?\.$"
)
"""Leads to the list below, even where it ends with a stop."""


def _asked(block: Paragraph, following: tuple[Block, ...]) -> Choice | None:
    span = Span(block.start, block.end)
    if following and isinstance(following[0], ListBlock) and _LEADS.search(block.text.rstrip()):
        return _asked_of_list(block, following[0])
    for sentence in sentences(block.text):
        asked = _question_in(sentence.text)
        if asked is not None:
            more = _of_the_same(following, asked.title)
            return _yes_no_choice(
                asked, "\n\n".join(part for part in (prose(block.text), more) if part), span
            )
    return None


_SAME_WORDS = 3
"""Words of the question that the next paragraph has to share, to tell more about what it asks for."""


def _of_the_same(following: tuple[Block, ...], question: str) -> str:
    """The paragraph below, where it goes on about the state that the question asks for."""
    below = following[0] if following else None
    if not isinstance(below, Paragraph) or below.text.endswith(":"):
        return ""
    return prose(below.text) if len(set(terms(below.text)) & set(terms(question))) >= _SAME_WORDS else ""


_INNER = re.compile(
    r"\b(?:successfully|can|can't|cannot|could|couldn't|process|driver|engine|component|algorithm|schema"
    r"|internal|garbage)\b",
    re.IGNORECASE,
)
"""What goes on inside a product: nobody can say so on the phone."""


_SAMPLE = re.compile(r"\b[\w.]+@[\w.]+\b|\bfor example\b", re.IGNORECASE)
"""An instance of the problem, not its condition."""


_ONE_MORE = re.compile(r"\b(?:can|may|might|could) also (?:occur|happen|be)\b|^additionally\b", re.IGNORECASE)
"""A further cause: who does not have it may have the first."""


def _question_in(sentence: str) -> YesNo | None:
    plain = plain_words(sentence).strip()
    if order_of(plain) is not None or any(no.search(plain) for no in (_INTERNAL, _SAMPLE, _ONE_MORE)):
        return None
    match = _IF.match(plain)
    if match is None:
        return (
            yes_no(plain)
            if not _UNSURE.search(plain)
            and _STRONG_STATE.search(plain)
            and len(plain) < 110
            and not _vague_start(plain)
            and not _INNER.search(plain)
            else None
        )
    checkable = match["word"].lower() in ("if",) or _STATE.search(match["clause"])
    asked = yes_no(match["clause"].rstrip(".")) if checkable and not _UNSURE.search(match["clause"]) else None
    return None if asked is not None and _of_a_product(asked.title) else asked


def _of_a_product(question: str) -> bool:
    """What a product does by itself is an explanation, not a state that somebody looks up."""
    match = re.match(r"(?:Does|Do) (?P<subject>\S+)", question)
    return match is not None and (is_name(match["subject"]) or bool(_ACTORS.search(question)))


_ACTORS = re.compile(r"\b(?:programs?|replicator|engine|component|algorithm|heap)\b", re.IGNORECASE)


def _vague_start(text: str) -> bool:
    return bool(
        re.match(
            r"(?:this|these|that|it|there|in|by|when|if|starting|for|however|therefore|also|as|because|after"
            r"|microsoft|to|and|but|so|or|then|additionally|specifically|for example|currently|usually)\b",
            text,
            re.IGNORECASE,
        )
    )


def _asked_of_list(block: Paragraph, listed: ListBlock) -> Choice | None:
    span = Span(block.start, listed.end)
    items = [text for text in map(item, listed.items) if text]
    if len(items) == 1:
        first = plain_words(listed.items[0].text)
        asked = yes_no(first) if not _SAMPLE.search(first) else None
        return _yes_no_choice(asked, "", span) if asked else None
    if len(items) < 2:
        return None
    if not all(_checkable(part) for part in listed.items):
        return None
    body = "\n\n".join(part for part in (_listed_what(block.text), bulleted(items)) if part)
    if _ONE_OF.search(block.text):
        return _applies(f"{ONE_OF_THEM} of these apply?", body, span, "None of them")
    if _ALL_OF.search(block.text) and _REASONS.search(block.text) and not _excluding(items):
        return _applies("Do all of these conditions apply?", body, span, "No, at least one does not")
    return None


_PART_OF = re.compile(r"\b(?:some|none|(?:but )?not all|only (?:one|some|part))\b", re.IGNORECASE)
_WHOLE = re.compile(r"(?<!not )\b(?:all|every|each)\b", re.IGNORECASE)


def _excluding(items: list[str]) -> bool:
    """Whether one entry says of some what another, in the same words, says of all: never both at once."""
    part = [set(terms(text)) for text in items if _PART_OF.search(text) and not _WHOLE.search(text)]
    whole = [set(terms(text)) for text in items if _WHOLE.search(text)]
    return any(len(one & other) >= len(one) / 2 for one in part for other in whole)


def _one_of(block: Paragraph, following: tuple[Block, ...]) -> list[tuple[str, Span]]:
    """The entries of a list of which at least one is the cause."""
    listed = following[0] if following else None
    if not isinstance(listed, ListBlock) or not block.text.rstrip().endswith(":"):
        return []
    if (_ALL_OF.search(block.text) and not _ONE_OF.search(block.text)) or _EFFECTS.search(block.text):
        return []
    if not all(_states(part) for part in listed.items):
        return []
    shown = [(item(part), Span(part.start, part.end)) for part in listed.items]
    return [(text, span) for text, span in shown if text]


_EFFECTS = re.compile(
    r"\bfollowing (?:\w+ )?(?:events|issues|problems|results|effects|symptoms|actions|steps)"
    r" (?:\w+ )?(?:occur|happen|appear|arise|are taken)\b"
    r"|\bfollowing (?:\w+ )?(?:limitations|restrictions|requirements):$",
    re.IGNORECASE,
)
"""Leads to what follows from the cause, or to what always holds."""


def _states(part: Item) -> bool:
    """What can be the cause: not an order, not a version, not "a problem with …"."""
    first = plain_words(part.text.split("\n", 1)[0])
    version = names_versions(first) or (clause_of(first) is None and re.search(r"\bversions? \d", first))
    return order_of(first) is None and not version and not _VAGUE.search(first)


_VAGUE = re.compile(
    r"\b(?:problems?|issues?|errors?|failures?)\b.{0,40}\b(?:affects?|exists?|occur(?:s|red)?|prevents?|between"
    r"|with)\b"
    r"|^there(?:'s| is| are) (?:an?|some) (?:\w+ )?(?:problems?|issues?)\b",
    re.IGNORECASE,
)


def _checkable(part: Item) -> bool:
    """A sentence that somebody can say yes or no to; names of things, and "a problem with …", are not."""
    found = sentences(plain_words(part.text))
    first = found[0].text if found else ""
    told = clause_of(first) is not None or (first.endswith(".") and len(first.split()) > _FEWEST_WORDS)
    return told and not _VAGUE.search(first) and not _BY_DESIGN.search(first)


_FEWEST_WORDS = 5


def _listed_what(lead: str) -> str:
    """The sentence above the list, where it says more than that reasons follow."""
    return "" if _REASONS.search(lead) else prose(lead)


def _applies(title: str, body: str, span: Span, no: str) -> Choice:
    return Choice(title, body, (Route("Yes", None, span), Route(no, None, span)), span, unsure="Can't tell")


def _yes_no_choice(asked: YesNo, body: str, span: Span) -> Choice:
    yes, no = Route("Yes", None, span), Route("No", None, span)
    routes = (yes, no) if asked.yes_means_so else (no, yes)
    if len(body) < len(asked.title) * 1.4:
        body = ""
    return Choice(inline(asked.title).replace("`", ""), body, routes, span, unsure="Can't tell")
