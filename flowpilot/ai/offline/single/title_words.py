"""A title in fewer words that lose nothing: what everybody says shorter, repetitions, names."""

import re
from collections.abc import Callable

from flowpilot.ai.offline.text.sentences import sentences
from flowpilot.ai.offline.text.verbs import gerund, is_verb, third_person

_PRODUCT_NAMES = (
    "Exchange|Outlook|Office|Word|Excel|SharePoint|Teams|Entra|Purview|OneDrive|Access|Lync|Visio"
)


def _acting(match: re.Match[str]) -> str:
    """ "after you restore a list" -> "after restoring a list"."""
    return f"{match['when']} {gerund(match['verb'])}" if is_verb(match["verb"]) else match[0]


_AFTER_QUOTE = r"^ error (?=(?:when|while|if|in|on|after|during)\b)"
_PHRASE_ENDS = r"\b(?=$| (?:in|on|when|if|for|from|by|and)\b)"
_SHORTER: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"\berror message\b", "error"),
    (r"\b(?:may|might) (?:receive|get|experience)\b", "receive"),
    (r"\b(when|if|after|while) (you|users) try to (?=\w+ )", r"\1 \2 "),
    (rf"\bMicrosoft (?=(?:{_PRODUCT_NAMES})\b)", ""),
    (r"\bin (?:an? |the )?(Exchange Server(?: \d{4})?) environment\b", r"in \1"),
    (r" in (?:an? |the )?hybrid (?:environment|deployment)$", " (hybrid)"),
    (r" in (?:an? |the )?([\w ]{3,20}) hybrid (?:environment|deployment)$", r" in \1 hybrid"),
    (r"\b(?:the )?on-premises environment\b", "on-premises"),
    (
        r"\b(?P<thing>[a-z-]+ [a-z-]+) (?:when|if) the (?P=thing) (?:contains|has) (?:an? )?(?=\w)",
        r"\g<thing> with ",
    ),
    (
        r"\b(?P<thing>\w{4,}(?: \w{4,})?)\b(?P<between>.+?)(?<! in)(?<! on) (?:of|to|in|for|on) "
        rf"the (?P=thing){_PHRASE_ENDS}",
        r"\g<thing>\g<between>",
    ),
    (
        r"\b(?P<thing>[a-z-]{4,} [a-z]+[^s\W])\b(?P<between>.+?\b(?!of|to|in|for|on|from|with)\w+) the "
        rf"(?P=thing){_PHRASE_ENDS}",
        r"\g<thing>\g<between> it",
    ),
    (r"\bthat (?:is|are|was|were) (?=(?:last |newly )?\w+(?:ed|ent|own|ilt)\b)", ""),
    (r"\b(?:that|which) (?:has|have|contains?) (?=more than|fewer|multiple|several|an?\b)", "with "),
    (r"\b(?:that|which) (?:applies|apply) to\b", "for"),
    (r"\b(?:that|which) uses? (?=\w)", "with "),
    (r"\b(?:that|which) (?:you|users) (?:do not|don't) have (?=\w+ed\b)", "not "),
    (r"\b(\d[\d,.]*) or more\b", r"\1+"),
    (r"\b(?:Security |Cumulative )?(?:Bulletin|Update|Advisory) (?=[A-Z]{2}\d)", ""),
    (_AFTER_QUOTE, " "),
    (r"(?<=\w )(?:an?|the) (?=\.?\w)(?!web\b)", ""),
    (r"\bnon-?delivery reports\b(?: \(NDRs?\))?", "NDRs"),
    (r"\bnon-?delivery report\b(?: \(NDR\))?", "NDR"),
    (r"\bemail messages\b", "emails"),
    (r"\bMulti-?Factor Authentication\b", "MFA"),
    (r"\bHybrid Configuration Wizard\b", "HCW"),
    (r"\bExchange Management Shell\b", "EMS"),
    (r"\bExchange admin center\b", "EAC"),
    (r"\bOutlook on the web\b|\bOutlook Web App\b(?: \(OWA\))?", "OWA"),
    (r"\bActive Directory\b", "AD"),
    (r"\binformation\b", "info"),
    (r"\bCumulative Update (?=\d)", "CU"),
    (r"\bService Pack (?=\d)", "SP"),
    (r"\band later versions\b", "or later"),
    (r"(?<=\d) (?:and|or) later\b", "+"),
    (r"\bMicrosoft 365 Apps for enterprise\b", "Microsoft 365 Apps"),
    (r"\bby using\b", "with"),
    (r"^You (?=can't |cannot )|^You(?:'re| are) (?=[a-z]+ly )", ""),
    (r"\bmake (?:an? |any )?changes? to\b", "change"),
    (r"\b(?:specific|certain|some|particular) versions of (?=[A-Z])", ""),
    (r"\bwhen (?=[^,]{3,60} (?:is|are) used$)(?P<what>[^,]+) (?:is|are) used$", r"with \g<what>"),
    (r"\bcannot\b", "can't"),
    (r"\b(do|does|is|are|was|were|has|have) not\b", r"\1n't"),
    (r"\bin order to\b", "to"),
    (r" \((?=[^()]*[A-Z])[A-Za-z0-9-]{2,6}s?\)", ""),
    (r"\b(?:un[a-z]+edly|successfully|properly|programmatically) ", ""),
    (r"^(?:An?|The) (?=\w)", ""),
    (r"^Some (?=\w+s\b)", ""),
    (r"(?<=\w )(?:their|its|your) (?=\w)", ""),
    (r"\b(?P<when>when|after|while|before) you (?P<verb>[a-z]+)(?= (?!or\b|and\b)\w)", _acting),
    (r"\bMicrosoft 365\b", "M365"),
    (r"\bOffice 365\b", "O365"),
    (r"\bwhen using (?=(?-i:[a-z]+ [a-z]+) )", "with "),
    (r"\b(when|if|after|while) (?:an?|the) user tries to (?=\w+ )", r"\1 users "),
)
"""What may be said shorter in a title that is too long, the least loss first."""


_TRIES = re.compile(
    r"\b(?P<when>(?:when|if|after|while) )(?:(?P<who>(?:an?|the) (?:[\w-]+ ){0,3}user )tries|trying) to "
    r"(?P<verb>\w+)\b(?! (?:or|and)\b)"
)


def _tries(match: re.Match[str]) -> str:
    """ "when a user tries to print" -> "when a user prints"; "when trying to print" -> "when printing"."""
    who, verb = match["who"], match["verb"]
    return f"{match['when']}{who}{third_person(verb)}" if who else f"{match['when']}{gerund(verb)}"


def tightened(title: str, limit: int) -> str:
    """The title shorter, as far as needed; what it quotes stays as it is."""
    parts = re.split(r"(\"[^\"]*\")", title)
    if len(title) > limit:
        parts[::2] = [_TRIES.sub(_tries, part) for part in parts[::2]]
    for pattern, shorter in _SHORTER:
        for i in range(0, len(parts), 2):
            if pattern is _AFTER_QUOTE and i > 0 and parts[i - 1].count(" ") < A_SENTENCE:
                continue
            while len("".join(parts)) > limit:
                told = re.sub(pattern, shorter, parts[i], count=1, flags=re.IGNORECASE)
                if told == parts[i]:
                    break
                parts[i] = told
    return re.sub(r" {2,}", " ", "".join(parts)).strip()


A_SENTENCE = 2
"""Blanks in what a program says; "Tray service" in quotation marks only names its error."""
_BRIEF_NAMES = (
    (r"\bSharePoint Online\b", "SharePoint"),
    (r"\bExchange Server\b", "Exchange"),
)


def with_brief_names(title: str) -> str:
    """The title with the products called by what everybody calls them; what it quotes stays as it is."""
    parts = re.split(r"(\"[^\"]*\")", title)
    for full, brief in _BRIEF_NAMES:
        parts[::2] = [re.sub(full, brief, part) for part in parts[::2]]
    return "".join(parts)


def with_first_sentence(title: str) -> str:
    """An error of several sentences by its first, which is what one searches for."""
    quoted = re.match(r"\"(?P<text>[^\"]*)\"", title)
    first = sentences(quoted["text"])[0].text.rstrip(".") if quoted and quoted["text"].strip() else ""
    return f'"{first}"{title[quoted.end() :]}' if quoted and first.count(" ") >= A_SENTENCE else title
