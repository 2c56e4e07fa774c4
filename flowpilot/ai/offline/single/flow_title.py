"""A ticket's title as the title of a flow: without boilerplate, short, with the product to search for."""

import re
from collections import Counter

from flowpilot.ai.offline.single.asking import UNABLE, clause_of
from flowpilot.ai.offline.single.error import DIRECTION, evened
from flowpilot.ai.offline.single.title_fit import UNENDED, fitted, told
from flowpilot.ai.offline.single.title_words import tightened, with_brief_names, with_first_sentence
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.sentences import first_words

TITLE_LIMIT = 90

_BOILERPLATE = re.compile(
    r"^(?:(?:re|fw|fwd|aw|wg|tr)\s*:\s*|\[[^\]]{1,40}\]\s*|(?:fixed|solved|resolved|closed|done|urgent|prb"
    r"|fix|bug|info|howto|kb|error message)\s*[:\-–]\s*"
    r"|(?:ticket|case|incident|issue|inc|sr|cs|req)[ _-]*#?\s*\d+\s*[:\-–]?\s*|#\d+\s*[:\-–]?\s*|(?:fixed"
    r"|fix|resolve|resolving|fixing|fixes for|troubleshoot|troubleshooting)\s+(?=\S)|how to (?:fix|resolve"
    r"|troubleshoot)\s+|(?:remove|delete|suppress|stop|get rid of) (?:the )?(?=(?:\S+ ){0,4}?"
    r"(?:duplicated?|unwanted|orphaned|corrupt(?:ed)?|stuck|repeated|warnings?|errors?|prompts?)\b))",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"\s*(?:[-–|(\[]\s*(?:fixed|solved|resolved|closed|done|urgent|please help|help|(?:kb ?)?\d{6,7})"
    r"\s*[)\]]?)\s*$",
    re.IGNORECASE,
)
PRODUCTS = (
    "Microsoft 365", "M365", "Office 365", "O365", "Exchange Online", "Exchange Server", "Exchange",
    "Outlook", "SharePoint Online", "SharePoint", "OneDrive", "OneNote", "Teams Rooms", "Teams",
    "Skype for Business", "Lync", "Excel Services", "Excel", "Word", "PowerPoint", "Access", "Visio",
    "Project", "Publisher", "Office", "Skype", "Intune", "Entra", "Active Directory", "Azure", "Windows "
    "Server", "Windows",
    "macOS", "iOS", "iPhone", "Android", "Chrome", "Edge", "Firefox", "Internet Explorer", "Hyper-V",
    "VMware", "SQL Server", "IIS", "Citrix", "Veeam", "FortiGate", "SonicWall", "Meraki", "UniFi", "Cisco",
    "QuickBooks", "Sage", "Adobe", "Acrobat", "Zoom", "Duo", "Okta", "Viva", "Power BI", "PowerPivot",
    "Microsoft Forms", "Planner", "InfoPath", "Power Automate", "Power Apps",
    "OWA", "EAC", "EMS", "ECP", "EOP", "ActiveSync", "AD FS", "SCOM", "Autodiscover", "HCW",
    "Hybrid Configuration", "Purview", "Yammer", "Synology", "QNAP", "Datto", "printer", "VPN", "DNS",
    "DHCP", "Wi-Fi", "BitLocker", "Remote Desktop", "RDP",
)  # fmt: skip
_OTHERWISE = {
    "Access": r"(?! (?:is |was )?(?:[Dd]enied|[Cc]ontrol|[Ee]dge|[Pp]anel|[Pp]oint|[Tt]oken|[Rr]ights?"
    r"|error))",
    "Edge": r"(?! (?:Server|Transport|[Ss]ervice|role|server))",
    "Teams": r"(?! groups\b| group\b(?! (?:chat|call|meeting)))",
    "Project": r"(?! (?:is|was|has|file|menu|window)\b)",
}
"""Words after which a product's name means something else: "401 Access denied", "a site's Teams group"."""
PRODUCT = re.compile("|".join(rf"\b{re.escape(name)}\b{_OTHERWISE.get(name, '')}" for name in PRODUCTS))
_ERROR_LAST = re.compile(
    r"^(?:errors?|warning)(?: message)? (?P<when>(?:when|if|while|after|in) [^:]+): "
    r"\"?(?P<what>[^\"]{10,80})\"?$",
    re.IGNORECASE,
)


def flow_title(title: str, text: str, resolution: str = "") -> str:
    """The ticket's title without boilerplate; with the product where only one of the texts names one."""
    cleaned = (
        without_boilerplate(title, text)
        or first_words(plain_words(text.strip().split("\n", 1)[0]), TITLE_LIMIT)
        or "Unnamed problem"
    )
    last = _ERROR_LAST.match(cleaned) if len(cleaned) > TITLE_LIMIT else None
    if last is not None:
        cleaned = f'"{last["what"]}" error {last["when"]}'
    return _called_error(_with_product(cleaned.rstrip(" :"), text, resolution), cleaned)


def _with_product(whole: str, text: str, resolution: str) -> str:
    """The title within its limit, with a product behind it where it names none itself."""
    short = _fitted(whole, TITLE_LIMIT)
    if _names_product(short, whole):
        return short
    product = _product_behind(short, whole, text, resolution)
    names = [product, _BRIEFLY.get(product, product), *_special(whole)] if product else []
    if not product or product.casefold() in short.casefold():
        return short
    for name in names:
        if len(short) + len(name) + len(" ()") <= TITLE_LIMIT:
            return f"{short} ({name})"
    name = names[1]
    shorter = _fitted(whole, TITLE_LIMIT - len(name) - len(" ()"))
    if told(shorter) < (_BESIDE_A_QUOTE if short.startswith('"') else _WORTH_A_PRODUCT) * told(short):
        return short
    if _is_torn(shorter, short):
        return short
    fits = len(shorter) + len(product) + len(" ()") <= TITLE_LIMIT
    return shorter if _names_product(shorter, whole) else f"{shorter} ({product if fits else name})"


def _product_behind(short: str, whole: str, text: str, resolution: str) -> str:
    product = _product(whole, text) or _product("", resolution) or _topic(whole)
    other_word = product.casefold() in short.casefold() and product not in short
    return _topic(whole) if other_word else product


def _names_product(short: str, whole: str) -> bool:
    """Whether the short title names a product; a platform alone is not enough where the whole says more."""
    return bool(_special(short)) or (
        PRODUCT.search(_without_things(short)) is not None and not _special(whole)
    )


def _special(title: str) -> list[str]:
    """The products that a title names, those left out that are named along with any problem."""
    return [name for name in PRODUCT.findall(_without_things(title)) if name not in _GENERAL]


def _without_things(title: str) -> str:
    return _QUOTATION.sub(lambda found: _THING.sub("", found[0]), title)


_QUOTATION = re.compile(r"\"[^\"]*\"")
_THING = re.compile(r"\b(?:printer|VPN|DNS|DHCP|Wi-Fi)\b")
"""In a message it is what the program speaks of, not the program."""


_ONLY_QUOTED = re.compile(r"^(?P<quote>\"[^\"]*\")(?P<place>(?: (?:in|on) .*| \([^()]*\))?)$")


def _called_error(short: str, whole: str) -> str:
    """A quotation that stands alone or with its place is called an error, as the whole title calls it."""
    alone = _ONLY_QUOTED.match(short)
    called = re.match(r"\"[^\"]*\" error\b", whole) and len(short) + len(" error") <= TITLE_LIMIT
    return f"{alone['quote']} error{alone['place']}" if alone and called else short


def _is_torn(shorter: str, whole: str) -> bool:
    """Whether a sentence lost its verb, or what its verb is about."""
    if shorter.startswith('"') or UNABLE.match(shorter):
        return False
    return UNENDED.search(shorter) is not None or (
        clause_of(whole) is not None and clause_of(shorter) is None
    )


_WORTH_A_PRODUCT, _BESIDE_A_QUOTE = 0.6, 0.4
"""Share of what a title tells that has to be left when the product's name takes the place of the rest: by the
words of an error alone it is found, too."""
_TOPICS = (
    (
        re.compile(
            r"\b(?:mailbox(?:es)?|public folders?|distribution (?:groups?|lists?)|send connectors?"
            r"|edge transport"
            r"|accepted domains?|GAL|EAS|litigation hold|mail flow|NDRs?)\b",
            re.IGNORECASE,
        ),
        "Exchange",
    ),
    (re.compile(r"\b(?:ADO|ODBC|DatePart|recordsets?|subforms?|datasheet)\b"), "Access"),
)
"""Words that only one product has."""


def _topic(title: str) -> str:
    return next((product for words, product in _TOPICS if words.search(title)), "")


def _fitted(title: str, limit: int) -> str:
    long, brief = (tightened(name, limit) for name in (title, with_brief_names(title)))
    opened = tightened(with_first_sentence(title), limit) if len(long) > limit else long
    if len(opened) <= limit < len(long):
        return _upper_first(opened)
    full, short = fitted(long, limit, PRODUCT), fitted(brief, limit, PRODUCT)
    whole = len(brief) <= limit < len(long)
    return _upper_first(short if whole or told(short) > told(full) + _A_NAME else full)


_A_NAME = 1.0
"""What else has to fit before a product is called by less than its name."""


_BRIEFLY = {
    "Hybrid Configuration": "HCW", "Exchange Server": "Exchange", "Exchange Online": "Exchange",
    "SharePoint Online": "SharePoint", "Active Directory": "AD", "Microsoft 365": "M365",
    "Office 365": "O365",
}  # fmt: skip
"""What a product is called where there is little room."""


def _upper_first(text: str) -> str:
    """A capital at the start, unless the word has its own spelling ("eDiscovery")."""
    return text if re.match(r"[a-z][A-Z]", text) else text[:1].upper() + text[1:]


def _product(title: str, text: str) -> str:
    """The product that the title names, else the one that the text names above all others."""
    named = _special(title) or PRODUCT.findall(_without_things(title))
    if named:
        return named[0]
    counts = Counter(name for name in PRODUCT.findall(text) if name not in title)
    if len(counts.keys() & _OFFICE) > _FEW:
        return "Office"
    special = Counter({name: count for name, count in counts.items() if name not in _GENERAL})
    return next((name for name, _ in (special or counts).most_common(1)), "")


_OFFICE = {"Word", "Excel", "PowerPoint", "Outlook", "Access", "Visio", "Project", "Publisher", "OneNote"}
_ONLY_ERROR = re.compile(
    r"^(?:an? )?errors?(?: message)? (?P<when>(?:when|if|while|after|occurs when)\b.+)$", re.I
)
_SHORT_ERROR = 50


def with_error(title: str, error: str) -> str:
    """ "Error when you save" named by its text, where that is short enough to search for."""
    match = _ONLY_ERROR.match(title)
    said = error.strip().rstrip(".")
    if match is None or '"' in title + said or not 3 < len(said) <= _SHORT_ERROR or "\n" in said:
        return title
    return f'"{said}" error {match["when"].removeprefix("occurs ")}'


_FEW = 2
"""Programs of Office from which on a text is about none of them alone."""
_GENERAL = {
    "Microsoft 365", "Office 365", "Office", "Windows", "Windows Server", "Azure", "Active Directory",
    "Entra", "Intune", "macOS", "iOS", "iPhone", "Android",
}  # fmt: skip
"""Named along with the product that a problem is about."""


_BRACKETED = re.compile(r"^\((?P<text>[^()]{8,120})\)(?= (?:error|message|warning|when|in)\b)")
"""An error text in brackets, as some ticket systems replace quotation marks."""
_ERROR_BRACKETED = re.compile(
    r"^Error(?: message)? \((?=[^()]*[a-z] [a-z])(?!\w+ (?:\w+ )?\d{3})(?P<text>[^()]{15,120}?)\.?\)"
    r"(?P<rest> (?:when|in|if|while|after)\b.*)$"
)
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
    r"^(?P<text>[A-Z](?:[^\"“”']|(?<=\w)'(?=\w)){7,110}?)(?P<after> (?:error|warning|message)(?: message)?"
    r" (?:when|in|for|during|after|while|trying|if|on)\b.*)$"
)
_NO_TEXT = re.compile(r"\b(?:with|an?|the|unexpected|following|receives?|gets?|displays?)$", re.IGNORECASE)


_SINGLE_WORD = re.compile(r"[A-Z][a-z]+")
"""What an error is about, not what it says: "Permissions error"."""
_KIND_OF = " (?:(?:error|warning|security|alert) )?(?:warnings?|alerts?|prompts?|notifications?)\\b"
"""After such words stands the message itself: "a certificate warning" is not what the program says."""


def without_boilerplate(title: str, text: str = "") -> str:
    """The ticket's title without prefixes of mail and ticket systems; errors that it names in quotes."""
    cleaned = _PERSON.sub("", plain_words(DIRECTION.sub("", title)).strip(" .:-–"))
    cleaned = _ERROR_BRACKETED.sub(r'"\g<text>" error\g<rest>', cleaned)
    cleaned = _BRACKETED.sub(r'"\g<text>"', TASK.sub("", cleaned))
    cleaned = re.sub(r"[“”]", '"', _RECEIVED.sub("", cleaned))
    for _ in range(3):
        shorter = _TAIL.sub("", _BOILERPLATE.sub("", cleaned)).strip()
        if shorter == cleaned or len(shorter) < 8:
            break
        cleaned = shorter
    cleaned = _quoted_message(_quoted_error(cleaned, text), text)
    cleaned = re.sub(r"^(\"[^\"]*\")(?:$| error occurs(?= when\b))", r"\1 error", cleaned)
    return _upper_first(cleaned)


def _quoted_error(title: str, text: str) -> str:
    """ "Bad Request error when …" with the error in quotes, where the text has these words as a message."""
    match = _UNQUOTED.match(title)
    if match is None or _NO_TEXT.search(match["text"]) or _SINGLE_WORD.fullmatch(match["text"]):
        return title
    if not re.search(rf"\b{re.escape(evened(match['text']))}\b(?!{_KIND_OF})", evened(text)):
        return title
    return f'"{match["text"]}"{match["after"]}'


_SHOWN = re.compile(r"^\s*(?:[-*] )?>(?P<line>[^\n]*)$|```.*?\n(?P<block>.*?)```", re.MULTILINE | re.DOTALL)
_BEGINS = re.compile(r"(?<=[.!:'\"])\s+|\n\s*|\s['\"](?=[A-Z])")
_CIRCUMSTANCE = re.compile(r" (?:when|while|during|if|after|in|on|for|error|message)\b")
_ERROR_FIRST = re.compile(r"errors?\b", re.IGNORECASE)
_MESSAGE_LIMIT = 80
"""Characters of a message beside which something else has room in a title."""
_SENTENCE = 2
"""Blanks from which on words are a message, not a name."""


def _quoted_message(title: str, text: str) -> str:
    """ "412 Tray Is Full when you print" with the message in quotes, where the text shows these words."""
    shown = "\n".join(found["line"] or found["block"] or "" for found in _SHOWN.finditer(text))
    said = " | ".join(map(evened, _BEGINS.split(shown)))
    together = said.replace(" |", "")
    ends = [len(title), *(found.start() for found in reversed(list(_CIRCUMSTANCE.finditer(title))))]
    for end in () if '"' in title or _ERROR_FIRST.match(title) else ends:
        words = evened(title[:end])
        if words.count(" ") < _SENTENCE:
            break
        as_said = "(?: [|])? ".join(map(re.escape, words.split()))
        if words in together and re.search(rf"(?:^|\| ){as_said}\b", said):
            whole = end <= _MESSAGE_LIMIT and not words.endswith(" error")
            return f'"{title[:end]}"{title[end:]}' if whole else title
    return title
