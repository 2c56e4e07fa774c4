"""The problem in words: the flow's title, the question that confirms it, and what is true when it is gone."""

import re
from dataclasses import dataclass, replace

from flowpilot.ai.offline.single.asking import asked, clause_of, is_plural, task_of
from flowpilot.ai.offline.single.error import QUOTED, evened, find_error, named_in, short_error, telling_line
from flowpilot.ai.offline.single.plan import Span
from flowpilot.ai.offline.single.render import bulleted, fenced, item, prose, render
from flowpilot.ai.offline.single.solved import solved_title, without_remark
from flowpilot.ai.offline.text.clauses import lower_first, yes_no
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.model import Block, Code, Document, ListBlock, Note, Paragraph, Section
from flowpilot.ai.offline.text.sentences import first_words, sentences

TITLE_LIMIT = 90


_BOILERPLATE = re.compile(
    r"^(?:(?:re|fw|fwd|aw|wg|tr)\s*:\s*|\[[^\]]{1,40}\]\s*|(?:fixed|solved|resolved|closed|done|urgent|prb"
    r"|fix|bug|info|howto|kb)\s*[:\-–]\s*"
    r"|(?:ticket|case|incident|issue|inc|sr|cs|req)[ _-]*#?\s*\d+\s*[:\-–]?\s*|#\d+\s*[:\-–]?\s*|(?:fixed"
    r"|fix|resolve|resolving|fixing|troubleshoot|troubleshooting)\s+(?=\S)|how to (?:fix|resolve"
    r"|troubleshoot)\s+)",
    re.IGNORECASE,
)


_TAIL = re.compile(
    r"\s*(?:[-–|(\[]\s*(?:fixed|solved|resolved|closed|done|urgent|please help|help)\s*[)\]]?)\s*$",
    re.IGNORECASE,
)


PRODUCTS = (
    "Microsoft 365", "Office 365", "Exchange Online", "Exchange Server", "Exchange", "Outlook",
    "SharePoint Online", "SharePoint", "OneDrive", "OneNote", "Teams Rooms", "Teams",
    "Skype for Business", "Lync", "Excel", "Word", "PowerPoint", "Access", "Visio", "Project",
    "Publisher", "Office", "Intune", "Entra", "Active Directory", "Azure", "Windows Server", "Windows",
    "macOS", "iPhone", "Android", "Chrome", "Edge", "Firefox", "Internet Explorer", "Hyper-V", "VMware",
    "SQL Server", "IIS", "Citrix", "Veeam", "FortiGate", "SonicWall", "Meraki", "UniFi", "Cisco",
    "QuickBooks", "Sage", "Adobe", "Acrobat", "Zoom", "Duo", "Okta", "Viva", "Power BI", "PowerPivot",
    "OWA", "Autodiscover", "Hybrid Configuration", "HCW", "Purview", "Yammer", "Synology", "QNAP",
    "Datto", "printer", "VPN", "DNS", "DHCP", "Wi-Fi", "BitLocker", "Remote Desktop", "RDP",
)  # fmt: skip


_PRODUCT = re.compile("|".join(rf"\b{re.escape(name)}\b" for name in PRODUCTS))


_WHEN = re.compile(
    r"^(?P<word>when|if|after|while|whenever|as soon as|once)\s+(?P<clause>.{6,220}?),\s+(?=(?:you|users?"
    r"|the|it|an?|they|this|some|one|outlook|\w+)\b)(?P<rest>.+)$",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class Symptom:
    title: str
    question: str
    body: str
    error: str
    """Error text or code as written, empty when the ticket names none."""
    solved: str
    spans: tuple[Span, ...]


_TITLE_READ = 400
"""Characters of a ticket's title that are looked at."""


def read_symptom(title: str, document: Document) -> Symptom:
    title = title[:_TITLE_READ]
    cleaned = flow_title(title, document.source)
    whole = without_boilerplate(title) or cleaned
    blocks = _blocks(document.sections)
    error, error_span = find_error(whole, blocks)
    task = bool(_TASK.match(plain_words(title)))
    short = named_in(whole) or error
    when, when_span = _when(blocks)
    spans = [Span(0, len(title), "title")] if title.strip() else []
    spans += [replace(span, field="text") for span in (when_span, error_span) if span is not None]
    return Symptom(
        cleaned,
        _question(whole, telling_line(short, whole), when, _told_first(blocks), task=task),
        _body(blocks, error),
        error,
        solved_title(whole, telling_line(short, whole), task=task),
        tuple(dict.fromkeys(spans)),
    )


_ERROR_LAST = re.compile(
    r"^errors? (?P<when>(?:when|if|while|after) [^:]+): (?P<what>[^\"]{10,70})$", re.IGNORECASE
)


def flow_title(title: str, text: str) -> str:
    """The ticket's title without boilerplate; with the product where only the text names one."""
    cleaned = (
        without_boilerplate(title)
        or first_words(plain_words(text.strip().split("\n", 1)[0]), TITLE_LIMIT)
        or "Unnamed problem"
    )
    told = _ERROR_LAST.match(cleaned) if len(cleaned) > TITLE_LIMIT else None
    if told is not None:
        cleaned = f'"{told["what"]}" error {told["when"]}'
    cleaned = first_words(_tightened(cleaned.rstrip(" :")), TITLE_LIMIT)
    if cleaned.count('"') % 2:
        cleaned += '"' if len(cleaned) < TITLE_LIMIT else ""
    cleaned = cleaned[:1].upper() + cleaned[1:]
    product = None if _PRODUCT.search(cleaned) else _PRODUCT.search(text)
    if product and product.group(0).casefold() in cleaned.casefold():
        product = None
    named = f"{cleaned} ({product.group(0)})" if product else cleaned
    return named if len(named) <= TITLE_LIMIT else cleaned


_SHORTER = (
    (r"\berror message\b", "error"),
    (r"\bwhen (?:you|a user|users) tr(?:y|ies) to (?=\w+ )", "trying to "),
    (r"\bMicrosoft (?=(?:Exchange|Outlook|Office|Word|Excel|SharePoint|Teams|Entra|Purview|OneDrive)\b)", ""),
    (r"\bMulti-?Factor Authentication\b", "MFA"),
    (r"\bHybrid Configuration Wizard\b", "HCW"),
    (r"\bActive Directory\b", "AD"),
    (r"(?<=\w )(?:an?|the) (?=\w)", ""),
)
"""What may be said shorter in a title that is too long, the least loss first."""


def _tightened(title: str) -> str:
    """The title shorter, as far as needed; what it quotes stays as it is."""
    parts = re.split(r"(\"[^\"]*\")", title)
    for pattern, shorter in _SHORTER:
        for i in range(0, len(parts), 2):
            while len("".join(parts)) > TITLE_LIMIT:
                parts[i], found = re.subn(pattern, shorter, parts[i], count=1, flags=re.IGNORECASE)
                if not found:
                    break
    return "".join(parts)


_BRACKETED = re.compile(r"^\((?P<text>[^()]{8,120})\)(?= (?:error|message|warning|when|in)\b)")
"""An error text in brackets, as some ticket systems replace quotation marks."""
_PERSON = re.compile(
    rf"(?<=\w{{3}}) [-–|] (?!(?:{'|'.join(map(re.escape, PRODUCTS))})\\b)[A-Z][a-z]+(?: [A-Z][a-z]+)?$"
)
"""Who reported it, after a dash at the end."""
_TASK = re.compile(r"^how (?:to|do i|can i|do you) (?=\w)", re.IGNORECASE)


def without_boilerplate(title: str) -> str:
    """The ticket's title without prefixes of mail and ticket systems."""
    cleaned = _PERSON.sub("", plain_words(title).strip(" .:-–"))
    cleaned = _BRACKETED.sub(r'"\g<text>"', _TASK.sub("", cleaned))
    for _ in range(3):
        shorter = _TAIL.sub("", _BOILERPLATE.sub("", cleaned)).strip()
        if shorter == cleaned or len(shorter) < 8:
            break
        cleaned = shorter
    return cleaned[:1].upper() + cleaned[1:]


def _blocks(sections: tuple[Section, ...]) -> list[Block]:
    found: list[Block] = []
    for section in sections:
        if section.heading.kind in ("reproduce", "debris", "applies_to"):
            continue
        found += section.blocks
        found += _blocks(section.children)
    return found


_CLAUSE_LIMIT = 120


def _when(blocks: list[Block]) -> tuple[str, Span | None]:
    """ "when you upload a large file" from the first sentence that says so."""
    for block in blocks[:3]:
        if not isinstance(block, Paragraph):
            continue
        for sentence in sentences(block.text)[:3]:
            plain = plain_words(sentence.text)
            match = _WHEN.match(plain)
            if match and "\n" not in match["clause"]:
                clause = first_words(match["clause"], _CLAUSE_LIMIT)
                return f"{match['word'].lower()} {clause}", Span(block.start, block.end)
            late = re.search(r"\b(?P<when>when (?:you|users?|they|a user|an? \w+) [^.:]{6,110})[.:]?$", plain)
            if late:
                return late["when"].rstrip(":. "), Span(block.start, block.end)
    return "", None


def _told_first(blocks: list[Block]) -> str:
    """What the first sentences say that can be asked: "Do you see duplicate folders in your mailbox?"."""
    for block in blocks[:2]:
        for sentence in sentences(block.text)[:2] if isinstance(block, Paragraph) else ():
            plain = re.sub(
                r"^(?:in|on|with) [^,]{3,60}, (?=you\b|users?\b|the\b|a\b|an\b)",
                "",
                plain_words(sentence.text),
                flags=re.IGNORECASE,
            )
            asked = yes_no(plain) if re.match(r"(?:you|users|the|a|an)\b", plain, re.IGNORECASE) else None
            if asked is not None and asked.yes_means_so and _COMPLAINT.search(plain):
                return asked.title
    return ""


_COMPLAINT = re.compile(
    r"\b(?:see|sees|receive|experience|notice|find|not|missing|slow|incorrect\w*|wrong|fails?|crash\w*"
    r"|duplicate\w*|blank|stops?|unexpected\w*|lost|lose|disappears?|delay\w*|hangs?|freez\w*|empty|unable"
    r"|blocked|only|still|unhealthy)\b",
    re.IGNORECASE,
)


def _question(title: str, error: str, when: str, told: str, *, task: bool) -> str:
    """Confirms the problem: by the state that the title quotes, by the error, else by the complaint."""
    quoted = QUOTED.search(title) and not (title.startswith('"') and named_in(title))
    if quoted and not re.search(r"\berrors?\b", title, re.IGNORECASE):
        stated = yes_no(without_remark(title))
        if stated is not None and stated.yes_means_so:
            return stated.title
    shown = short_error(error)
    if shown and (when or evened(shown) in evened(title) or _about(title, shown)):
        return _asked_by_error(title, shown, when)
    if shown:
        confirmed = _asked_by_statement(title, told, task=task).removesuffix("?")
        question = f'{confirmed}, and do you get "{shown}"?'
        return question if len(question) <= _TITLE_MAX else f'Do you get "{shown}"?'
    return _asked_by_statement(title, told, task=task)


def _asked_by_error(title: str, shown: str, when: str) -> str:
    when = re.sub(r"^if (?=you |users? |an? )", "when ", when)
    when = re.sub(r",? in this (?:scenario|situation|case|configuration)\b", "", when)
    when = re.sub(r",? (?:the )?following .*$|,? as (?:shown|follows).*$", "", when)
    question = f'{when[0].upper()}{when[1:]}, do you get "{shown}"?' if when else ""
    if 0 < len(question) <= _TITLE_MAX:
        return question
    about = _about(title, shown)
    question = f'Do you get "{shown}" {about}?' if about else ""
    if 0 < len(question) <= _TITLE_MAX:
        return question
    left = re.sub(rf"[\s,:;–(-]*(?:with )?{re.escape(shown)}[)\s]*$", "", title)
    if left != title and len(left.split()) > 1:
        return f'{asked(left).removesuffix("?")}, with "{shown}"?'
    return f'Do you get "{shown}"?'


_TITLE_MAX = 200


def _asked_by_statement(title: str, told: str, *, task: bool) -> str:
    statement = without_remark(title)
    goal = task_of(statement, task=task)
    if goal:
        return f"Do you need to {lower_first(first_words(goal, 160))}?"
    found = yes_no(statement)
    if found is not None and found.yes_means_so:
        return found.title
    said = _failing(statement) or (told if clause_of(statement) is None else "")
    return said or asked(first_words(statement, 160))


def _about(title: str, shown: str) -> str:
    match = re.search(r"\b(?P<about>(?:when|while|after|if) (?:you|users?|a user|\w+ing) .{4,100})$", title)
    if match and shown.casefold() not in match["about"].casefold():
        return match["about"]
    return ""


def _failing(statement: str) -> str:
    """ "The name doesn't update" -> "Does the name fail to update?"; "can't" -> "Is … unable to"."""
    match = re.match(
        r"^(?P<subject>[^,;:]{2,90}?) (?P<aux>doesn't|don't|does not|do not|can't|cannot"
        r"|can not) (?P<rest>[a-z][^;]{3,140})$",
        statement,
    )
    if match is None or re.search(r"\b(?:that|which|who|because|if|when|after|and)\b", match["subject"]):
        return ""
    if match["rest"].startswith("be "):
        return ""
    subject, aux = lower_first(match["subject"]), match["aux"]
    plural = is_plural(match["subject"])
    if aux.startswith("do"):
        return f"{'Do' if plural else 'Does'} {subject} fail to {match['rest']}?"
    return f"{'Are' if plural else 'Is'} {subject} unable to {match['rest']}?"


def _body(blocks: list[Block], error: str) -> str:
    """What to compare on the phone: the whole error text, further symptoms, the setting."""
    parts: list[str] = []
    size = 0
    for block in blocks:
        text = _told(block)
        if (
            not text
            or size + len(text) > 1500
            or any(evened(text)[:60] == evened(part)[:60] for part in parts)
        ):
            continue
        parts.append(text)
        size += len(text)
        if size > 900:
            break
    if error and not any(evened(error)[:40] in evened(part) for part in parts) and len(error) < 300:
        parts.append(f"> {error}")
    while parts and parts[-1].endswith(":"):
        parts.pop()
    return "\n\n".join(parts)


def _told(block: Block) -> str:
    if isinstance(block, Paragraph):
        return (
            ""
            if re.match(r"consider the following scenario", block.text, re.IGNORECASE)
            and len(block.text) < 60
            else prose(block.text)
        )
    if isinstance(block, Code):
        return fenced(block) if len(block.text) <= 900 else ""
    if isinstance(block, ListBlock):
        return (
            bulleted([text for part in block.items if (text := item(part))])
            if not block.ordered
            else render(block)
        )
    return render(block) if not isinstance(block, Note) or block.kind != "tip" else ""
