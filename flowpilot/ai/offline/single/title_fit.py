"""A title within its limit: said shorter where that loses nothing, else without what tells least."""

import re
from collections.abc import Iterator
from itertools import combinations

from flowpilot.ai.offline.single.asking import clause_of
from flowpilot.ai.offline.text.sentences import first_words
from flowpilot.ai.offline.text.verbs import third_person
from flowpilot.core.terms import terms, weight

_PRODUCT_NAMES = (
    "Exchange|Outlook|Office|Word|Excel|SharePoint|Teams|Entra|Purview|OneDrive|Access|Lync|Visio"
)
_SHORTER = (
    (r"\berror message\b", "error"),
    (r"\b(?:may|might) (?:receive|get|experience)\b", "receive"),
    (r"\b(when|if|after|while) (you|users) try to (?=\w+ )", r"\1 \2 "),
    (rf"\bMicrosoft (?=(?:{_PRODUCT_NAMES})\b)", ""),
    (r"\bin (?:an? |the )?(Exchange Server(?: \d{4})?) environment\b", r"in \1"),
    (r" in (?:an? |the )?hybrid (?:environment|deployment)$", " (hybrid)"),
    (r" in (?:an? |the )?([\w ]{3,20}) hybrid (?:environment|deployment)$", r" in \1 hybrid"),
    (r"\b(?:the )?on-premises environment\b", "on-premises"),
    (r"\bthat (?:is|are|was|were) (?=(?:last |newly )?\w+(?:ed|ent|own|ilt)\b)", ""),
    (r"\b(?:that|which) (?:has|have|contains?) (?=more than|fewer|multiple|several|an?\b)", "with "),
    (r"(?<=\w )(?:an?|the) (?=\w)(?!web\b)", ""),
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
    (r"\bMicrosoft 365 Apps for enterprise\b", "Microsoft 365 Apps"),
    (r"\bby using\b", "with"),
    (r"^You (?=can't |cannot )", ""),
    (r"\bcannot\b", "can't"),
    (r"\b(do|does|is|are|was|were|has|have) not\b", r"\1n't"),
    (r"\bin order to\b", "to"),
    (r" \((?=[^()]*[A-Z])[A-Za-z0-9-]{2,6}s?\)", ""),
    (r"\b(?:un[a-z]+edly|successfully|properly|programmatically) ", ""),
    (r"^(?:An?|The) (?=\w)", ""),
    (r"\bMicrosoft 365\b", "M365"),
    (r"\bOffice 365\b", "O365"),
    (r"\b(when|if|after|while) (?:an?|the) user tries to (?=\w+ )", r"\1 users "),
)
"""What may be said shorter in a title that is too long, the least loss first."""
_BOUNDARY = re.compile(
    r"(?:,|;|:| -| –)? (?=(?:when|while|if|because|after|before|unless|during|due to|even|in|on|for|from|with"
    r"|without|by|(?<!by )using|through|at|as|that|who|which|instead|despite|(?<!when )trying to"
    r"|to (?:a|an|the|on|another|Microsoft|Exchange|[A-Z]\w+)\b"
    r"|and (?:you|users?|it|they|messages?|senders?|the \w+ (?:is|are|can't|fails))"
    r"|or (?:you|users?|it|they))\b(?!-))|[,;:] (?!(?:and|or) |[^,;]*,? (?:and|or) )| [-–] "
)
_ENOUGH = 0.7
"""Share of what a title tells that whole phrases have to keep; else it is better broken off at its end."""
_QUOTE_ENOUGH = 0.4
"""The same for an error that is quoted as a whole: it is found by its words."""
_MOST_PARTS = 9
_CLAUSE = re.compile(r"(?:when|while|if|because|after|before|unless|during|and|due to)\b", re.IGNORECASE)
"""What can follow a gap: it leans on no phrase before it, as the place of a product does."""
HANGING = re.compile(
    r"\b(?:when|while|if|even|because|after|before|against|tries|in|on|for|from|with|by|using|at|as|to|and|or|not|an?|the|of"
    r"|(?:that|which|who)(?:'s| is| are| was| were| you| have| has)?|between(?! .* and )[^,]*"
    r"|(?<!be )(?<!is )(?<!are )(?:installed|configured|migrated|synced|hosted|last saved|running|set up))$",
    re.IGNORECASE,
)
"""What wants more words after it."""
_GAP = 1.0
"""Cost of leaving out a phrase that is not the last."""
_QUOTE_LAST = 12
"""Characters that the word after a quotation ("error", "message") may take."""


_TRIES = re.compile(
    r"\b(?P<word>when|if|after|while) (?P<who>an?|the) user tries to (?P<verb>\w+)\b(?! (?:or|and)\b)"
)


def _tries(match: re.Match[str]) -> str:
    return f"{match['word']} {match['who']} user {third_person(match['verb'])}"


def tightened(title: str, limit: int) -> str:
    """The title shorter, as far as needed; what it quotes stays as it is."""
    parts = re.split(r"(\"[^\"]*\")", title)
    if len(title) > limit:
        parts[::2] = [_TRIES.sub(_tries, part) for part in parts[::2]]
    for pattern, shorter in _SHORTER:
        for i in range(0, len(parts), 2):
            while len("".join(parts)) > limit:
                parts[i], found = re.subn(pattern, shorter, parts[i], count=1, flags=re.IGNORECASE)
                if not found:
                    break
    return re.sub(r" {2,}", " ", "".join(parts)).strip()


_BRIEF_NAMES = (
    (r"\bSkype for Business\b(?! \d{4})", "Skype"),
    (r"\bSharePoint Online\b", "SharePoint"),
    (r"\bExchange Server\b", "Exchange"),
)


def with_brief_names(title: str) -> str:
    """The title with the products called by what everybody calls them; what it quotes stays as it is."""
    parts = re.split(r"(\"[^\"]*\")", title)
    for full, brief in _BRIEF_NAMES:
        parts[::2] = [re.sub(full, brief, part) for part in parts[::2]]
    return "".join(parts)


def fitted(title: str, limit: int, product: re.Pattern[str]) -> str:
    """At most `limit` characters: the phrases that tell most, whole, and never a torn quotation."""
    if len(title) <= limit:
        return title
    quoted = re.match(r"\"[^\"]*\"(?: (?:error|message|warning)s?\b(?: message)?)?", title)
    if quoted is not None and title[quoted.end() :].startswith((" or ", " and ")):
        title = quoted[0] if quoted[0].endswith(("error", "message", "warning")) else f"{quoted[0]} error"
        return fitted(title, limit, product)
    if quoted is not None and quoted.end() > limit:
        quotation = title[1 : title.index('"', 1)]
        inner = first_words(quotation, limit - _QUOTE_LAST)
        return f'"{inner}"' if inner == quotation else f'"{inner} …" error'
    best = max(_shorter(title, limit, product), key=lambda found: found[0], default=(0.0, ""))[1]
    if '"' not in best and (told_error := _by_quote(title, limit)):
        return told_error
    broken_off = _cut(title, limit)
    enough = _QUOTE_ENOUGH if best.startswith('"') else _ENOUGH
    worse = (
        not best
        or UNENDED.search(best) is not None
        or told(best) < enough * min(told(title), told(broken_off))
    )
    return broken_off if worse and broken_off.count('"') % 2 == 0 else best or _cut(title, limit)


UNENDED = re.compile(
    r"\b(?:same|displays?|returns?|prompted|tries to \w+|when (?:you|users) log"
    r"|(?:that|which) (?:is|are) \w+ing)$",
    re.IGNORECASE,
)
"""Tells of something that has to be named yet."""
_BY_QUOTE = re.compile(
    r"(?:\b(?:with|receive|sees?|says|errors?|warnings?|messages?|prompted|notices?)\b[^\"]{0,25}|: )"
    r"(?P<quote>\"[^\"]{12,}\")(?P<kind> (?:errors?|warning|message|notice|notification|prompt)\b)?"
)


def _by_quote(title: str, limit: int) -> str:
    """The message alone, where the rest of the title leaves no room for it: it is what one searches for."""
    found = _BY_QUOTE.search(title)
    short = f"{found['quote']}{found['kind'] or ' error'}" if found is not None else ""
    return short if len(short) <= limit else ""


def _shorter(title: str, limit: int, product: re.Pattern[str]) -> Iterator[tuple[float, str]]:
    """Every way to leave out phrases that makes the title short enough, with what it still tells."""
    parts = _phrases(title, product)
    clause = clause_of(title) is not None
    for count in range(1, len(parts)):
        for dropped in combinations(range(1, len(parts)), count):
            kept = [at for at in range(len(parts)) if at not in dropped]
            shown = _whole("".join(parts[at] for at in kept))
            if len(shown) > limit or not _joined(parts, kept, product):
                continue
            if clause and clause_of(shown) is None:
                continue
            gaps = sum(1 for at in dropped if at < kept[-1])
            defined = _DEFINED if any(_DEFINING.search(parts[at]) for at in kept) else 0.0
            yield told(shown) + defined - _GAP * gaps, shown


def told(text: str) -> float:
    """How much the words of a title tell about which problem it is."""
    return sum(weight(term) for term in dict.fromkeys(terms(text)))


def _joined(parts: list[str], kept: list[int], product: re.Pattern[str]) -> bool:
    """Whether what follows a gap is a clause of its own, or the place of a product."""
    after_gap = [parts[at].strip(" ,;:-–") for at in kept[1:] if at - 1 not in kept]
    return all(
        _CLAUSE.match(part)
        or _DEFINING.match(part)
        or ((place := _PLACE.match(part)) and product.match(part, place.end()))
        for part in after_gap
    )


_DEFINING = re.compile(
    r"(?:[a-z]+ (?:[a-z]+ ){0,3}?)?(?:\d[\d,.]* (?:\w+ )?or (?:more|fewer|less|later)"
    r"|(?:more|fewer|less|larger|longer|smaller|earlier|later) than \d)",
    re.IGNORECASE,
)
"""From how many on a problem exists: without it the title names another one."""
_DEFINED = 8.0
"""Weight of such a number among the words that it competes with."""
_PLACE = re.compile(r"(?:in|on) (?:an? |the )?", re.IGNORECASE)


def _phrases(title: str, product: re.Pattern[str]) -> list[str]:
    """The title cut where phrases begin; not within a quotation, brackets or a product's name."""
    closed = [match.span() for match in re.finditer(r"\"[^\"]*\"|\([^()]*\)", title)]
    closed += [match.span() for match in product.finditer(title)]
    cuts = [
        match.start()
        for match in _BOUNDARY.finditer(title)
        if not any(start < match.start() < end for start, end in closed)
    ]
    cuts = [0, *(cut for cut in cuts if cut > _SHORTEST // 2), len(title)]
    parts = [title[start:end] for start, end in zip(cuts, cuts[1:], strict=False)]
    return (
        [*parts[: _MOST_PARTS - 1], "".join(parts[_MOST_PARTS - 1 :])] if len(parts) > _MOST_PARTS else parts
    )


def _cut(title: str, limit: int) -> str:
    return _whole(first_words(title, limit))


def _whole(short: str) -> str:
    """Without words at the end that want more words after them."""
    short = short.rstrip(" ,;:-–(")
    while (hanging := HANGING.search(short)) is not None and hanging.start() > _SHORTEST:
        short = short[: hanging.start()].rstrip(" ,;:-–(")
    bare = _WITHOUT_VERB.search(short)
    if (
        bare is not None
        and bare.start() > _SHORTEST
        and short[: bare.start()].count('"') % 2 == 0
        and clause_of(bare["clause"]) is None
    ):
        return short[: bare.start()].rstrip(" ,;:-–(")
    return short


_WITHOUT_VERB = re.compile(
    r" (?:when|if|while|because) (?P<clause>(?!\w+ing\b|you\b|users?\b|trying\b|an? |the |it |in |on "
    r"|using\b)"
    r"(?:(?! (?:when|if|while|because|after|for|in|on|with) ).)+)$"
)
"""A condition whose verb was cut off."""
_SHORTEST = 25
