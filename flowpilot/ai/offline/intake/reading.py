"""What a problem's text names: products, codes, hosts, who is affected and since when, each as written."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from flowpilot.ai.contracts import Entities
from flowpilot.ai.offline.intake.tried import tried_in
from flowpilot.ai.offline.intake.words import WORDS
from flowpilot.core.identifiers import codes_as_written

_MOST: Final = 12
"""Names of one kind that are kept."""
_LONGEST: Final = 20_000
"""Characters of a text that are looked at; a problem is told at the beginning."""


def _joined(names: str) -> str:
    return names.replace("\n", "")


_PRODUCT: Final = re.compile(
    rf"(?<![\w.-])(?:(?i:{_joined(WORDS['products']['any_case'])})"
    rf"|{_joined(WORDS['products']['as_spelt'])})(?![\w-])"
)
_SCOPE: Final = [re.compile(rf"(?<!\w){pattern}", re.IGNORECASE) for pattern in WORDS["scope"]["patterns"]]
_ONSET: Final = [re.compile(rf"(?<!\w){pattern}", re.IGNORECASE) for pattern in WORDS["onset"]["patterns"]]
_INJECTION: Final = [re.compile(pattern, re.IGNORECASE) for pattern in WORDS["injection"]["patterns"]]
_GOES_ON: Final = re.compile(
    r"\s(?:and|but|so|nobody|everybody|he|she|they|we|i|it|users?|the user|which|when|where|my|our)\s",
    re.IGNORECASE,
)
"""Words with which another thought begins."""
_HOST: Final = re.compile(
    r"\\\\(?P<unc>[A-Za-z0-9][\w.-]{1,62})(?=\\)"
    r"|(?<![\w@./\\-])(?P<fqdn>[A-Za-z0-9][\w-]{0,62}(?:\.[\w-]{1,62}){0,4}\.(?:local|lan|corp|internal"
    r"|intern|home))\b"
    r"|(?<![\w@./\\-])(?P<named>[A-Z][A-Z0-9]{0,14}(?:-[A-Z0-9]{1,15}){1,3})(?![\w-])"
    r"|(?<![\w@./\\-])(?P<short>(?:SRV|SQL|DC|FS|PC|NB|WS|RDS|TS|APP|WEB|EX|HV|ESX|NAS|PRN|LT"
    r"|VM)\d{1,4})(?![\w-])"
    r"|(?<![\w.])(?P<address>(?:10|127|192\.168|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2,3})(?![\w.])"
)
_NO_HOST: Final = re.compile(
    r"(?:USB|HDMI|VGA|DVI|RJ|CAT|TLS|SHA|MD|AES|CVE|KB|UTF|ISO|RFC|OFF|WI|E|X|T|IPV|SMB"
    r"|RAID)-?\d*(?:-[A-Z0-9]*)?"
)


def entities_in(parts: Sequence[str]) -> Entities:
    """What these texts name, the first text first: title, then what was typed, then the log."""
    texts = [part[:_LONGEST] for part in parts if part.strip()]
    prose = "\n".join(texts)
    codes = codes_of(texts)
    return Entities(
        products=_once(match.group() for match in _PRODUCT.finditer(prose)),
        codes=codes,
        hosts=hosts_in(prose, codes),
        scope=_first(_SCOPE, texts),
        onset=_first(_ONSET, texts),
        tried=tuple(tried_in(prose)[:_MOST]),
    )


def codes_of(texts: Iterable[str]) -> tuple[str, ...]:
    """Error codes as written, each once, in their order."""
    return _once(code for text in texts for _place, code in codes_as_written(text))


def addresses_a_machine(text: str) -> bool:
    """Whether a text gives instructions to whatever reads it, which no description of a problem does."""
    return any(pattern.search(text) for pattern in _INJECTION)


def hosts_in(text: str, codes: Sequence[str]) -> tuple[str, ...]:
    """Names and private addresses of machines as written, each once; `codes` are none."""
    known = {code.casefold() for code in codes}
    names = (next(group for group in match.groups() if group) for match in _HOST.finditer(text))
    return _once(name for name in names if name.casefold() not in known and not _NO_HOST.fullmatch(name))


def _first(patterns: Sequence[re.Pattern[str]], texts: Sequence[str]) -> str:
    found = (
        match.group().strip() for text in texts for pattern in patterns if (match := pattern.search(text))
    )
    return " ".join(_GOES_ON.split(next(found, ""))[0].split())


def _once(found: Iterable[str]) -> tuple[str, ...]:
    """Each spelling once, whatever its case, at most so many."""
    kept: dict[str, str] = {}
    for each in found:
        kept.setdefault(" ".join(each.split()).casefold(), " ".join(each.split()))
    return tuple(kept.values())[:_MOST]
