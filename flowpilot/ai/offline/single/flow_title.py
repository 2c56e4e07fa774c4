"""A ticket's title as the title of a flow: without boilerplate, short, with the product to search for."""

import re
from collections import Counter

from flowpilot.ai.offline.single.asking import clause_of
from flowpilot.ai.offline.single.error import DIRECTION, evened
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.sentences import first_words

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
    r"\s*(?:[-–|(\[]\s*(?:fixed|solved|resolved|closed|done|urgent|please help|help|(?:kb ?)?\d{6,7})"
    r"\s*[)\]]?)\s*$",
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
PRODUCT = re.compile("|".join(rf"\b{re.escape(name)}\b" for name in PRODUCTS))
_ERROR_LAST = re.compile(
    r"^errors?(?: message)? (?P<when>(?:when|if|while|after) [^:]+): \"?(?P<what>[^\"]{10,70})\"?$",
    re.IGNORECASE,
)


def flow_title(title: str, text: str) -> str:
    """The ticket's title without boilerplate; with the product where only the text names one."""
    cleaned = (
        without_boilerplate(title, text)
        or first_words(plain_words(text.strip().split("\n", 1)[0]), TITLE_LIMIT)
        or "Unnamed problem"
    )
    told = _ERROR_LAST.match(cleaned) if len(cleaned) > TITLE_LIMIT else None
    if told is not None:
        cleaned = f'"{told["what"]}" error {told["when"]}'
    whole = _tightened(cleaned.rstrip(" :"))
    short = _cut(whole)
    short = short[:1].upper() + short[1:]
    product = "" if PRODUCT.search(short) else _product(whole, text)
    if not product or product.casefold() in short.casefold():
        return short
    named = f"{short} ({product})"
    return named if len(named) <= TITLE_LIMIT else short


def _product(title: str, text: str) -> str:
    """The product that the title names, else the one that the text names above all others."""
    named = PRODUCT.search(title)
    if named is not None:
        return named.group(0)
    counts = Counter(PRODUCT.findall(text))
    if len(counts.keys() & _OFFICE) > _FEW:
        return "Office"
    special = Counter({name: count for name, count in counts.items() if name not in _GENERAL})
    return next((name for name, _ in (special or counts).most_common(1)), "")


_OFFICE = {"Word", "Excel", "PowerPoint", "Outlook", "Access", "Visio", "Project", "Publisher", "OneNote"}
_FEW = 2
"""Programs of Office from which on a text is about none of them alone."""
_GENERAL = {"Microsoft 365", "Office 365", "Office", "Windows", "Windows Server", "Azure", "Active Directory"}
"""Named along with the product that a problem is about."""


_SHORTER = (
    (r"\berror message\b", "error"),
    (r"\bwhen (?:you|a user|users) tr(?:y|ies) to (?=\w+ )", "trying to "),
    (r"\bMicrosoft (?=(?:Exchange|Outlook|Office|Word|Excel|SharePoint|Teams|Entra|Purview|OneDrive)\b)", ""),
    (r"\bMulti-?Factor Authentication\b", "MFA"),
    (r"\bHybrid Configuration Wizard\b", "HCW"),
    (r"\bActive Directory\b", "AD"),
    (r"\bOutlook on the web\b", "OWA"),
    (r"\bExchange Management Shell\b", "EMS"),
    (r"(?<=Server) environment\b", ""),
    (r"\bthat (?:is|are|was|were) (?=\w+(?:ed|ent|own|ilt)\b)", ""),
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


_BOUNDARY = re.compile(
    r"(?:,|;|:| -| –)? (?=(?:when|while|if|because|after|before|unless|during|due to|even|in|on|for|from|with"
    r"|without|by|using|through|at|as)\b)|[,;:] | [-–(] ?"
)
_QUOTE_LAST = 12
"""Characters that the word after a quotation ("error", "message") may take."""


def _cut(title: str, limit: int = TITLE_LIMIT) -> str:
    """Cut where a phrase ends; never inside a quotation, never before the verb that makes it a complaint."""
    if len(title) <= limit:
        return title
    quoted = re.match(r"\"[^\"]*\"(?: (?:error|message|warning)s?\b)?", title)
    if quoted is not None and title[quoted.end() :].startswith((" or ", " and ")):
        title = quoted[0] if quoted[0].endswith(("error", "message", "warning")) else f"{quoted[0]} error"
        return _cut(title, limit)
    if quoted is not None and quoted.end() > limit:
        told = title[1 : title.index('"', 1)]
        inner = first_words(told, limit - _QUOTE_LAST)
        return f'"{inner}"' if inner == told else f'"{inner} …" error'
    spans = [match.span() for match in re.finditer(r"\"[^\"]*\"|\([^()]*\)", title)]
    clause = clause_of(title) is not None
    for match in reversed(list(_BOUNDARY.finditer(title, limit // 3, limit + 3))):
        at = match.start()
        whole = at <= limit and not any(start < at < end for start, end in spans)
        whole = whole and not _HANGING.search(title[:at])
        if whole and (not clause or clause_of(title[:at]) is not None):
            return title[:at].rstrip(" ,;:-–(")
    short = first_words(title, limit)
    while (hanging := _HANGING.search(short)) is not None and hanging.start() > limit // 3:
        short = short[: hanging.start()].rstrip(" ,;:-–(")
    return short


_HANGING = re.compile(
    r"\b(?:when|while|if|because|after|before|in|on|for|from|with|by|using|at|as|to|and|or|not|an?|the|of"
    r"|(?:that|which|who)(?:'s| is| are| you| have| has)?|between(?! .* and )[^,]*"
    r"|(?<!be )(?:installed|configured|migrated|synced|hosted))$",
    re.IGNORECASE,
)
"""What wants more words after it."""
_BRACKETED = re.compile(r"^\((?P<text>[^()]{8,120})\)(?= (?:error|message|warning|when|in)\b)")
"""An error text in brackets, as some ticket systems replace quotation marks."""
_PERSON = re.compile(
    rf"(?<=\w{{3}}) [-–|] (?!(?:{'|'.join(map(re.escape, PRODUCTS))})\\b)[A-Z][a-z]+(?: [A-Z][a-z]+)?$"
)
"""Who reported it, after a dash at the end."""
TASK = re.compile(r"^how (?:to|do i|can i|do you) (?=\w)", re.IGNORECASE)
_RECEIVED = re.compile(
    r"^(?:you|users?|the user|a user)(?: may| might| can)? (?:receives?|gets?|sees?) (?:an? |the )?"
    r"(?:(?:error|warning)(?: message)?,? )?(?=[\"“])",
    re.IGNORECASE,
)
"""Nothing is lost without it before a quoted error."""
_UNQUOTED = re.compile(
    r"^(?P<text>[A-Z][^\"“”']{7,110}?)(?P<after> (?:error|warning|message)(?: message)? (?:when|in|for|during"
    r"|after|while|trying|if|on)\b.*)$"
)
_NO_TEXT = re.compile(r"\b(?:with|an?|the|unexpected|following|receives?|gets?|displays?)$", re.IGNORECASE)


def without_boilerplate(title: str, text: str = "") -> str:
    """The ticket's title without prefixes of mail and ticket systems; errors that it names in quotes."""
    cleaned = _PERSON.sub("", plain_words(DIRECTION.sub("", title)).strip(" .:-–"))
    cleaned = _BRACKETED.sub(r'"\g<text>"', TASK.sub("", cleaned))
    cleaned = re.sub(r"[“”]", '"', _RECEIVED.sub("", cleaned))
    for _ in range(3):
        shorter = _TAIL.sub("", _BOILERPLATE.sub("", cleaned)).strip()
        if shorter == cleaned or len(shorter) < 8:
            break
        cleaned = shorter
    cleaned = re.sub(r"^(\"[^\"]*\")$", r"\1 error", _quoted_error(cleaned, text))
    return cleaned[:1].upper() + cleaned[1:]


def _quoted_error(title: str, text: str) -> str:
    """ "Bad Request error when …" with the error in quotes, where the text has these words."""
    match = _UNQUOTED.match(title)
    if match is None or _NO_TEXT.search(match["text"]) or evened(match["text"]) not in evened(text):
        return title
    return f'"{match["text"]}"{match["after"]}'
