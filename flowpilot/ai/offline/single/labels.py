"""Conditions as labels: answers to choose from, and paragraphs that only say for whom the next blocks are."""

import re
from collections.abc import Callable
from collections.abc import Sequence as Many

from flowpilot.ai.offline.single.flow_title import PRODUCT
from flowpilot.ai.offline.single.plan import Span
from flowpilot.ai.offline.single.short_labels import shortened
from flowpilot.ai.offline.text.cues import VERSION_LINE
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.model import Block, Item, ListBlock, Paragraph
from flowpilot.ai.offline.text.orders import order_of

CONTENT_LIST = re.compile(
    r"\b(?:following|any of the|one of the)\b.{0,40}\b(?:conditions?|permissions?|values?|settings?"
    r"|examples?|information|articles?|locations?|folders?|files?|products?|versions?|"
    r"items|entries|attributes|properties|requirements|limitations|keys?|subkeys?|reasons|symptoms"
    r"|views|layouts|formats|modes|types|addresses|ports|roles|prerequisites|parameters)\b",
    re.IGNORECASE,
)

PICKED = re.compile(
    r"\b(?:can|could|may|might|try|consider)\b.{0,60}\b(?:following|these) (?:\w+ )?(?:actions|things|steps"
    r"|tasks)\b",
    re.IGNORECASE,
)
"""Bullets that somebody picks from; numbered ones below such a lead are done in order."""

ONE_OF = re.compile(
    r"\b(?:one(?: or more)?|any|either|each|some) of (?:the following|these)\b.{0,40}\b(?:methods?"
    r"|workarounds?|options?|solutions?|actions?|resolutions?|ways|approaches|things|fixes|procedures"
    r"|alternatives|steps|tasks)\b"
    r"|\b(?:the following|these) (?:\w+ )?(?:methods|workarounds|options|solutions|resolutions|approaches"
    r"|alternatives)\b"
    r"|\bdo (?:one(?: or more)?|either|any) of the following\b|\bone of (?:the following|these)(?: \w+)?:$"
    r"|\beither of the following\b|\bby either:?$|\b(?:two|three|several) ways to\b.{0,60}:$",
    re.IGNORECASE,
)


WAYS = re.compile(
    r"\b(?:methods?|workarounds?|options|solutions?|actions?|resolutions?|ways|steps|tasks|procedures|do)\b",
    re.IGNORECASE,
)


DEPENDS = re.compile(
    r"\bas appropriate\b|\bdepending on\b|\bappropriate for\b|\bfor your (?:version|situation"
    r"|environment)\b|\bthat applies\b|\bwhichever\b",
    re.IGNORECASE,
)


_LABEL = re.compile(r"^(?:for|in|on|if|when|with)\b[^.]{3,110}:$", re.IGNORECASE)


def label_text(text: str) -> str:
    """A condition as an answer to choose: "For Windows 8:" becomes "Windows 8"."""
    text = plain_words(text).strip(" .:;,")
    text = re.sub(
        r"^(?:for|in|on|with)\s+(?:the\s+)?(?=\S)(?![^,]{3,60}, (?:the|an?|your)\b)",
        "",
        text,
        flags=re.IGNORECASE,
    )
    text = re.sub(r"^(?:if|when)\s+", "", text, flags=re.IGNORECASE)
    text = re.sub(r", such as [^,]{3,80}(?:, |$)", " ", text).strip()
    text = shortened(text)
    return text if _INNER_CAPITAL.match(text) else text[:1].upper() + text[1:]


_INNER_CAPITAL = re.compile(r"i?[a-z]{1,3}[A-Z]")
""" "macOS", "iPhone": names that begin small."""
Group = tuple[str, Span, list[Block]]
"""A label with its place and the blocks that it is about."""


def by_label(blocks: Many[Block]) -> list[list[Group]]:
    """Runs of blocks under paragraphs such as "For Outlook 2016:", each run with what stands before it.

    Empty when nothing is labelled like that. A label that comes again begins another run.
    """
    runs: list[list[Group]] = [[("", Span(0, 0), [])]]
    for group in _labelled(blocks):
        labels = {label.casefold() for label, _, _ in runs[-1][1:]}
        if group[0] and group[0].casefold() in labels:
            runs.append([("", Span(0, 0), _after_steps(runs[-1][-1][2]))])
        if group[0]:
            runs[-1].append(group)
        else:
            runs[-1][0][2].extend(group[2])
    usable = all(len(run) > 2 and all(blocks for _, _, blocks in run[1:]) for run in runs)
    return runs if usable else []


def _after_steps(blocks: list[Block]) -> list[Block]:
    """Take off what follows the last list: it leads to the next run."""
    lists = [i for i, block in enumerate(blocks) if isinstance(block, ListBlock)]
    after = blocks[lists[-1] + 1 :] if lists else []
    del blocks[len(blocks) - len(after) :]
    return after


def _labelled(blocks: Many[Block]) -> list[Group]:
    groups: list[Group] = [("", Span(0, 0), [])]
    told = _told_inline(blocks)
    for i, block in enumerate(blocks):
        if i in told:
            label, rest = told[i]
            groups.append((label, Span(block.start, block.end), [Paragraph(rest, block.start, block.end)]))
        elif isinstance(block, Paragraph) and _is_label(block.text):
            groups.append((label_text(block.text), Span(block.start, block.end), []))
        else:
            groups[-1][2].append(block)
    return groups


_VERSION = re.compile(
    r"\b(?:20\d\d|365|xp|vista|windows \d|version|update|cu\d|sp\d|earlier|later|\d+-bit|click-(?:to|2)-run"
    r"|explorer \d+|msi|\d+\.\d+(?:\.\d+)*)\b",
    re.IGNORECASE,
)
_INLINE = re.compile(
    r"^(?:to \w+ (?:this|the) \w+ )?"
    r"(?P<label>(?:if you(?:'re| are| have| use| run)|for|if your|if (?:the|this) (?:issue|problem|error"
    r"|behaviou?r) (?:only )?(?:occurs|happens|appears)(?: only)? (?:in|on|with)) [^,.:]{4,90}), "
    r"(?P<rest>.{12,})$",
    re.IGNORECASE | re.DOTALL,
)


def _told_inline(blocks: Many[Block]) -> dict[int, tuple[str, str]]:
    """Label and order of paragraphs such as "If you use Outlook 2016, install …", several in a row.

    One of them counts where the others are labels alone on their lines.
    """
    found: dict[int, tuple[str, str]] = {}
    alone = [
        i for i, block in enumerate(blocks) if isinstance(block, Paragraph) and names_versions(block.text)
    ]
    for i, block in enumerate(blocks):
        line = VERSION_LINE.match(block.text) if isinstance(block, Paragraph) else None
        if line is not None and names_versions(line["label"]) and (line["kb"] or order_of(line["rest"])):
            rest = f"Install update {line['number']}: {line['kb']}" if line["kb"] else f"{line['rest']}."
            found[i] = (label_text(line["label"]), rest)
            continue
        match = _INLINE.match(block.text) if isinstance(block, Paragraph) else None
        order = order_of(match["rest"]) if match is not None else None
        if match is not None and order is not None and _VERSION.search(match["label"]):
            rest = match["rest"]
            if order.text or (alone and rest.endswith(":")):
                found[i] = (label_text(match["label"]), rest[:1].upper() + rest[1:])
    several = sorted([*found, *alone])
    near = len(several) > 1 and several[-1] - several[0] < 2 * len(several)
    return found if near else {}


_JOINING_WORDS = """
and or for in on the a an of with later earlier newer older version versions edition editions client clients
users using bit mode only installations installation desktop web apps app subscription subscriptions systems
devices type types
"""
_JOINING = frozenset(_JOINING_WORDS.split())
_NAME = re.compile(r"[A-Z0-9]")
_LONGEST_VERSIONS = 150


def names_versions(text: str) -> bool:
    """ "Outlook 2010 and later versions" alone on its line: for whom the next blocks are."""
    plain = plain_words(text).strip().rstrip(":")
    words = re.findall(r"[\w.+-]+", plain)
    return (
        len(words) >= 2
        and len(plain) <= _LONGEST_VERSIONS
        and not re.search(r"[.:;!?](?: |$)|https?:", plain)
        and bool(_VERSION.search(plain))
        and all(_NAME.match(word) or word.lower() in _JOINING for word in words)
        and order_of(plain) is None
    )


def _is_label(text: str) -> bool:
    plain = plain_words(text)
    return names_versions(text) or (
        bool(_LABEL.match(plain))
        and order_of(plain) is None
        and not CONTENT_LIST.search(plain)
        and "example" not in plain.lower()
    )


WHICH_VERSION = "Which version or edition is in use?"
WHICH_USED = "Which of these is in use?"
WHICH_ROLE = "Which role do you have?"
WHICH_APPLIES = "Which of these applies?"


def choice_title(labels: Many[str]) -> str:
    """What to ask so that these labels answer it."""
    for question, fits in _ASKED:
        if labels and all(map(fits, labels)):
            return question
    return WHICH_APPLIES


def is_used(label: str) -> bool:
    """ "Skype for Business Web App", "Other devices": something used, nothing that happens."""
    rest = PRODUCT.sub("", label)
    named = rest != label or _DEVICE.search(label)
    return bool(named) and all(
        word[:1].isupper() or word in _JOINING or word == "devices" for word in rest.split()
    )


_DEVICE = re.compile(r"\b(?:i?OS|devices|desktop|web|browsers?)\b")
_ROLE = re.compile(
    r"^(?:\w+ ){0,3}(?:owners?|admin(?:istrator)?s?|users?|members?|guests?|organizers?|managers?)$",
    re.IGNORECASE,
)
_HAPPENS = re.compile(r"(?:the (?:issue|problem|error)|you (?!use|have|run|are)\w+) ", re.IGNORECASE)
"""Tells what goes wrong where, not what is in use."""
_ASKED: tuple[tuple[str, Callable[[str], object]], ...] = (
    (WHICH_VERSION, lambda label: _VERSION.search(label) and not _HAPPENS.match(label)),
    (WHICH_USED, is_used),
    (WHICH_ROLE, _ROLE.match),
)


def item_condition(part: Item) -> str | None:
    """The label of an entry that begins with a condition: "For Outlook 2016: …"."""
    first = part.text.split("\n", 1)[0]
    if order_of(first) is not None and not re.match(r"(?:if|for|when)\b", first, re.IGNORECASE):
        return None
    if part.blocks and names_versions(first):
        return label_text(first)
    if part.blocks and re.match(r"(?:for|in|if|when|on)\b.{3,120}:$", plain_words(first), re.IGNORECASE):
        return label_text(first) if order_of(first) is None else None
    match = re.match(
        r"^(?P<label>(?:for|in|if|when|on)\b[^.:]{3,90})[:,]\s", plain_words(first) + " ", re.IGNORECASE
    )
    return label_text(match["label"]) if match else None
