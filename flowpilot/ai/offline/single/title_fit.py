"""A title within its limit: whole phrases of it, without those that tell least."""

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

from flowpilot.ai.offline.single.asking import Clause, clause_of
from flowpilot.ai.offline.text.sentences import first_words
from flowpilot.core.terms import terms, weight

_BOUNDARY = re.compile(
    r"(?<!prompted)(?:,|;|:| -| –)? (?=(?:when|while|if|because|after|before|unless|during|due to|even"
    r"|in|on|for|from|with|without|by|(?<!by )using|through|at|as|that|who|which|instead|despite"
    r"|(?<!when )trying to|to (?:a|an|the|on|another|Microsoft|Exchange|[A-Z]\w+)\b"
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
    r"\b(?:when|while|if|even|because|after|before|against|tries|in|on|for|from|with|by|using|at|as|to|and|or"
    r"|not|an?|the|of"
    r"|(?:that|which|who)(?:'s| is| are| was| were| you| have| has)?|between(?! .* and )[^,]*"
    r"|(?<!be )(?<!is )(?<!are )(?:installed|configured|migrated|published|synced|hosted|last saved|running"
    r"|set up))$",
    re.IGNORECASE,
)
"""What wants more words after it."""
_GAP = 1.0
"""Cost of leaving out a phrase that is not the last."""
_OF_SUBJECT = 3.0
"""The same for a phrase before the verb: it says of whom or of what the verb is true."""
_QUOTE_LAST = 12
"""Characters that the word after a quotation ("error", "message") may take."""


_BOTH_QUOTED = re.compile(r"\"[^\"]*\" (?:or|and) \"[^\"]*\"")


def fitted(title: str, limit: int, product: re.Pattern[str]) -> str:
    """At most `limit` characters: the phrases that tell most, whole, and never a torn quotation."""
    if len(title) <= limit:
        return title
    quoted = re.match(r"\"[^\"]*\"(?: (?:error|message|warning)s?\b(?: message)?)?", title)
    if quoted is not None and title[quoted.end() :].startswith((" or ", " and ")):
        both = _BOTH_QUOTED.match(title)
        named = both if both is not None and both.end() + len(" error") <= limit else quoted
        title = named[0] if named[0].endswith(("error", "message", "warning")) else f"{named[0]} error"
        return fitted(title, limit, product)
    if quoted is not None and quoted.end() > limit:
        quotation = title[1 : title.index('"', 1)]
        inner = first_words(quotation, limit - _QUOTE_LAST)
        return f'"{inner}"' if inner == quotation else f'"{inner} …" error'
    found = list(_shorter(title, limit, product))
    best = max(
        [each for each in found if not UNENDED.search(each[1])] or found,
        key=lambda each: each[0],
        default=(0.0, ""),
    )[1]
    if '"' not in best and not OR_RECEIVE.match(title) and (told_error := _by_quote(title, limit)):
        return told_error
    broken_off = _cut(title, limit)
    enough = _QUOTE_ENOUGH if best.startswith('"') else _ENOUGH
    worse = (
        not best
        or UNENDED.search(best) is not None
        or told(best) < enough * min(told(title), told(broken_off))
    )
    torn = broken_off.count('"') % 2 or (best and UNENDED.search(broken_off))
    return broken_off if worse and not torn else best or broken_off


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


OR_RECEIVE = re.compile(
    r"(?P<first>[^\"]{20,}?),? or (?:you|users|they) (?:may |might |can )?(?:receive|get|see)s? [^\"]*\"",
    re.IGNORECASE,
)
"""A complaint that stands before a message which only some get."""


def _by_quote(title: str, limit: int) -> str:
    """The message alone, where the rest of the title leaves no room for it: it is what one searches for."""
    found = _BY_QUOTE.search(title)
    if found is None:
        return ""
    short = f"{found['quote']}{found['kind'] or ' error'}"
    told_of_it = short + title[found.end() :] if _RELATIVE.match(title[found.end() :].lstrip()) else short
    return next((told for told in (told_of_it, short) if len(told) <= limit), "")


def _shorter(title: str, limit: int, product: re.Pattern[str]) -> Iterator[tuple[float, str]]:
    """Every way to leave out phrases that makes the title short enough, with what it still tells."""
    parts = _phrases(title, product)
    clause = clause_of(title)
    verb = _verb_part(parts, clause)
    droppable = [at for at in range(1, len(parts)) if at != verb]
    for count in range(1, len(droppable) + 1):
        for dropped in combinations(droppable, count):
            kept = [at for at in range(len(parts)) if at not in dropped]
            shown = _whole("".join(parts[at] for at in kept))
            if len(shown) > limit or not _joined(parts, kept, verb, product):
                continue
            if clause and clause_of(shown) is None:
                continue
            yield told(shown) - _cost(parts, dropped, kept, verb), shown


def _verb_part(parts: list[str], clause: Clause | None) -> int:
    """Which of the parts begins with the finite verb; 0 where none does."""
    return next((at for at, part in enumerate(parts) if clause and part.split()[:1] == [clause.verb]), 0)


def _cost(parts: list[str], dropped: Sequence[int], kept: Sequence[int], verb: int) -> float:
    """What a reader misses besides the words themselves."""
    gaps = sum(_OF_SUBJECT if at < verb else _GAP for at in dropped if at < kept[-1])
    defined = _DEFINED if any(_DEFINING.search(parts[at]) for at in dropped) else 0.0
    lost = any(_WHEN.match(parts[at]) for at in dropped) and any(_WHY.match(parts[at]) for at in kept)
    return gaps + defined + (_SEEN if lost else 0.0)


def told(text: str) -> float:
    """How much the words of a title tell about which problem it is."""
    return sum(weight(term) for term in dict.fromkeys(terms(text)))


def _joined(parts: list[str], kept: list[int], verb: int, product: re.Pattern[str]) -> bool:
    """Whether what follows a gap is a clause of its own, or the place of a product."""
    bare = [part.strip(" ,;:-–") for part in parts]
    return all(
        _leaves_subject(bare, kept, verb) if at == verb else _follows(bare, at, product)
        for at in kept[1:]
        if at - 1 not in kept
    )


def _leaves_subject(parts: list[str], kept: list[int], verb: int) -> bool:
    """Whether the verb keeps its subject when a phrase before it goes: no half of a pair, no participle."""
    left = " ".join(parts[at] for at in kept if at < verb)
    gone = " ".join(parts[at] for at in range(verb) if at not in kept)
    pair = _PAIR.search(_BETWEEN.sub("", gone))
    return not (pair or _PARTICIPLE.search(left) or HANGING.search(left))


_BETWEEN = re.compile(r"\bbetween .+? and\b")
_PAIR = re.compile(r"\b(?:and|or)\b", re.IGNORECASE)
_PARTICIPLE = re.compile(r"[a-z]ed$")


def _follows(parts: list[str], at: int, product: re.Pattern[str]) -> bool:
    part, before = parts[at], parts[at - 1]
    if _CLAUSE.match(part):
        return True
    if _DEFINING.match(part):
        return _RELATIVE.match(before) is None
    place = _PLACE.match(part)
    if place is None or not product.match(part, place.end()):
        return False
    return not part.startswith("to ") or before.startswith(("in ", "on "))


_RELATIVE = re.compile(r"(?:that|which|who) ")
"""A clause that goes as a whole or stays as a whole."""
_WHEN = re.compile(r",? (?:when|while|after|before|during)\b", re.IGNORECASE)
_WHY = re.compile(r",? (?:because|due to)\b", re.IGNORECASE)
_SEEN = 20.0
"""What the caller does comes before why it fails, which nobody knows who searches."""
_DEFINING = re.compile(
    r"(?:[a-z]+ (?:[a-z]+ ){0,3}?)?(?:\d[\d,.]* (?:\w+ )?or (?:more|fewer|less|later)"
    r"|(?:more|fewer|less|larger|longer|smaller|earlier|later) than \d)",
    re.IGNORECASE,
)
"""From how many on a problem exists: without it the title names another one."""
_DEFINED = 8.0
"""Weight of such a number among the words that it competes with."""
_PLACE = re.compile(r"(?:in|on|to) (?:an? |the )?", re.IGNORECASE)


def _phrases(title: str, product: re.Pattern[str]) -> list[str]:
    """The title cut where phrases begin; not within a quotation, brackets or a product's name."""
    closed = [match.span() for match in re.finditer(r"\"[^\"]*\"|\([^()]*\)", title)]
    closed += [match.span() for match in product.finditer(title)]
    cuts = [
        match.start()
        for match in _BOUNDARY.finditer(title)
        if not any(start < match.start() < end for start, end in closed)
    ]
    clause = clause_of(title)
    verb = title.find(f" {clause.verb} ", len(clause.subject) - 1) if clause is not None else -1
    cuts = [0, *sorted({cut for cut in (*cuts, verb) if cut > _SHORTEST // 2}), len(title)]
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
    r" (?:when|if|while|because) (?P<clause>(?!of\b|\w+ing\b|you\b|users?\b|trying\b|an? |the |it |in |on "
    r"|using\b)"
    r"(?:(?! (?:when|if|while|because|after|for|in|on|with) ).)+)$"
)
"""A condition whose verb was cut off."""
_SHORTEST = 25
