"""Names of people, machines and lines: taken out before the vendor reads a text, put back into answers.

Unlike secrets they come back, so nothing of this is kept: the numbers follow from the order in which names
occur in what is sent, which only ever grows at its end, so a session's names keep theirs from turn to turn.
GUIDs, SIDs, versions, KB numbers and error codes stay: an answer rests on them.
"""

import ipaddress
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from flowpilot.ai.offline.intake.reading import codes_of, hosts_in

MARK: Final = re.compile(r"<(?:MAIL|HOST|IP|PHONE|PERSON)_\d{1,6}>")
_MAIL: Final = re.compile(
    r"(?<![\w.+-])([\w+-]{1,40}(?:\.[\w+-]{1,40}){0,3})@([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4})"
)
_IPV4: Final = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\w)")
_IPV6: Final = re.compile(r"(?<![\w:])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{1,4}(?![\w:])")
_PHONE: Final = re.compile(
    r"(?<![\w.<-])(?:\+\d{1,3}[ .-]?(?:\(?\d{1,5}\)?[ ./-]?){2,5}\d{2,5}"
    r"|0\d{2,5}[ /-]{1,3}\d{3,4}(?:[ -]?\d{2,4}){1,3}|\(?\d{3}\)?[ .-]\d{3}[.-]\d{4})(?![\w.-]*\w)"
)
_VERSION: Final = re.compile(r"(?:version|build|ver|release|firmware|v)[.: ]{0,3}$", re.IGNORECASE)
_SIGNED: Final = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Herr|Frau)\.?[ ]"
    r"|\b(?i:regards|thanks|thank you|cheers|sincerely|Gr\u00fc\u00dfe|Gr\u00fc\u00dfen),?[ ]?\n{1,2}"
    r"|\b(?i:user|contact|caller|reported by|requested by|from|name):[ ])"
    r"(?P<name>[A-Z\u00c0-\u00dd][\w'\u2019-]{1,30}(?:[ ][A-Z\u00c0-\u00dd][\w'\u2019-]{1,30}){1,2})",
)
_PUBLIC: Final = frozenset({"1.1.1.1", "1.0.0.1", "8.8.8.8", "8.8.4.4", "9.9.9.9"})


@dataclass
class Identifiers:
    """One conversation's names: `within` takes them out, `restored` puts them back."""

    _marks: dict[str, str] = field(default_factory=dict)
    """By name, in the spelling of the first time and in lower case for its kind."""
    _names: dict[str, str] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)

    def within(self, value: Any) -> Any:
        """The same structure of JSON without names."""
        if isinstance(value, str):
            return self.mask(value)
        if isinstance(value, dict):
            return {key: self.within(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.within(item) for item in value]
        return value

    def mask(self, text: str) -> str:
        """The longest names first, so that none is cut by a shorter one within it."""
        for kind, name in _found(text):
            self._mark(kind, name)
        known = sorted((name for name in self._marks if name in text.lower()), key=len, reverse=True)
        if not known:
            return text
        pattern = re.compile(
            r"(?<![\w.@-])(?:" + "|".join(map(re.escape, known)) + r")(?!\w|[.@-]\w)", re.IGNORECASE
        )
        return pattern.sub(lambda found: self._marks[found[0].lower()], text)

    def restored(self, text: str) -> str:
        """Plain text with the names back in it; marks that nobody gave stay."""
        return MARK.sub(lambda found: self._names.get(found[0], found[0]), text)

    def restored_json(self, text: str) -> str:
        """The same within the texts of a JSON document, however its signs are escaped. What is no whole
        document stays as it is: nobody can read it."""
        try:
            return json.dumps(self._put_back(json.loads(text)))
        except (ValueError, RecursionError):
            return text

    def _put_back(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.restored(value)
        if isinstance(value, dict):
            return {key: self._put_back(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._put_back(item) for item in value]
        return value

    def _mark(self, kind: str, name: str) -> None:
        if name.lower() in self._marks:
            return
        self._counts[kind] = self._counts.get(kind, 0) + 1
        mark = f"<{kind}_{self._counts[kind]}>"
        self._marks[name.lower()], self._names[mark] = mark, name


def _found(text: str) -> Iterator[tuple[str, str]]:
    mails = list(_MAIL.finditer(text))
    for mail in mails:
        yield "MAIL", mail[0]
    for mail in mails:
        yield from _of_mail(mail, text)
    for signed in _SIGNED.finditer(text):
        yield "PERSON", signed["name"]
    for host in hosts_in(text, codes_of([text])):
        yield ("IP" if _is_address(host) else "HOST"), host
    yield from _matches("IP", _IPV4, text, _is_address)
    yield from _matches("IP", _IPV6, text, _is_address)
    yield from _matches("PHONE", _PHONE, text, _is_phone)


def _of_mail(mail: re.Match[str], text: str) -> Iterator[tuple[str, str]]:
    """Whom a mail address names, where the text names them, too; and machines of its domain."""
    parts = [part for part in re.split(r"[._-]", mail[1]) if part.isalpha() and len(part) > 1]
    if len(parts) == 2:
        spelt = re.search(rf"(?<!\w){parts[0]}[ ]{parts[1]}(?!\w)", text, re.IGNORECASE)
        if spelt:
            yield "PERSON", spelt[0]
    domain = re.escape(mail[2])
    for host in re.finditer(rf"(?<![\w.@-])(?:[A-Za-z0-9-]{{1,63}}\.){{1,3}}{domain}(?![\w-])", text):
        yield "HOST", host[0]


def _matches(
    kind: str, pattern: re.Pattern[str], text: str, accepts: Callable[[str], bool]
) -> Iterator[tuple[str, str]]:
    for found in pattern.finditer(text):
        if accepts(found[0]) and not _VERSION.search(text, max(0, found.start() - 12), found.start()):
            yield kind, found[0].strip()


def _is_address(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified or text in _PUBLIC or text.startswith("255."))


def _is_phone(text: str) -> bool:
    return 8 <= sum(sign.isdigit() for sign in text) <= 15
