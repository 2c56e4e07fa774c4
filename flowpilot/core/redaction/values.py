"""Does a value look like a secret, given how it was introduced? Pure tests of short strings."""

import re
from collections import Counter
from math import log2

NOT_SECRET = frozenset(
    re.findall(
        r"[\w/]+",
        """
    a able about above according account active admin administrator after again aging all allowed also
    always an and another any apply are as asterisks at authentication available back bad based be because
    been before below between blank both but by bypass cached can cannot case change changed changes
    changing clear cleared client complex complexity confirm correct could created credential credentials
    current default deleted denied did different disabled do does domain done dots email empty enable
    enabled encrypted enter entered entry error every example exist exists expiration expire expired expires
    expiry fail failed false field file fine first for forgotten from generate generated get given good had
    has hash hashed have hello help her hidden his history hybrid if ignore in incorrect input insecure
    instead into invalid is it its keeper key known label last lastpass later left length less like link
    local locked lockout login long lost manager matching may message minimum mismatch missing more must my
    n/a na needed never new next nil no none not now null number of off ok old on once one only optional or
    otherwise our out over own page pass password passwords per permanently phone placeholder please policy
    prompt prompts protected protection provided provider redacted remembered removed repeat require
    required requirement reset resets resetting same sanitized saved secret secrets secure see self
    sensitive sent server service set should since so some sso start still stored string strong sync synced
    synchronization synchronized temporary text than that the their them then there these they this those to
    token too true twice two type undefined unknown unlocked unset up updated use used user username users
    using valid value vault verified was we weak were what when where which while will with without working
    works would writeback wrong yes yet you your
    """,
    )
)
"""Words that follow "password is" and its like in ordinary sentences, and usual placeholders."""

_PLACEHOLDER = re.compile(
    r"[$%({\[*#@<]|[xX*•.\-_?]+$|x{3,}|<|\\?\$"
    r"|(?:your|my|the|some|new|old|example|sample|dummy|fake|change)[-_]?[A-Za-z_]*$"
    r"|.*(?:\$\{[\w.]+\}|xxxx|XXXX|\*\*\*|\.\.\.$|…)",
)
_CODE = re.compile(
    r"[A-Za-z_][\w.:]*\(|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$"
    r"|[A-Z][a-z]+-[A-Z][A-Za-z]+$|[A-Za-z_]\w*\[|(?:self|this|os|env)\."
)
_NAMED = re.compile(
    r"\{?[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}\}?$"  # GUID
    r"|S-1-\d+(?:-\d+)+$"  # SID
    r"|\(?KB\d{5,8}\)?$|0x[0-9A-Fa-f]{1,16}$|(?:AADSTS|CVE-|MS\d\d-|ORA-|SQLSTATE)[\d-]+$"
    r"|v?\d{1,5}(?:[.:/-]\d{1,5})+(?:[AaPp][Mm])?$"  # versions, addresses, dates, times
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+$|https?://|www\.|[A-Za-z]:\\|\\\\|/\w+/|(?:HKLM|HKCU|HKEY_)\w*"
    r"|[\w-]+\.(?:com|net|org|local|exe|dll|msc|cpl|ps1|txt|html?|aspx?|pdf|docx?)\b"
    r"|\d+(?:st|nd|rd|th|d|h|m|s|ms|kb|mb|gb|tb|bit|day|days|hours|hrs|min|mins|chars?|x)?$",
    re.I,
)
_PRODUCT = re.compile(
    r"(?:office|microsoft|windows|win|outlook|exchange|server|sharepoint|sql|sha|md|tls|ssl|ipv"
    r"|utf|base|aes|rc|des|oauth|saml|http|smb|wpa|ntlmv|ldapv|usb|o|m|ms|ad|id|code"
    r"|error|step|case|port|version|user|event|event ?id|ver|rev|build|ticket|room|pc|ie)"
    r"[-_ ]?v?\d[\d.]*\w{0,3}[):]?$",
    re.I,
)
_FILL_IN = re.compile(r"EXAMPLE$|([Xx*0.])\1{5}|(?i:your_?|put_|_here$|placeholder|redacted)")
LEAST_VARIETY, LEAST_VARIETY_OF_LONG = 2.4, 2.8
"""Bits a character; what people fill in by hand ("1111…", "xxxx…") has less."""
_SIGN = re.compile(r"[!#$%^&*+=~?]")
_WEBLIKE = re.compile(r"://|\.\w{2,4}/|[?&]\w+=|\w/\w")
_SENTENCE = re.compile(
    r"(?:please|your|enter|invalid|the|this|no|not|must|should|cannot|could|failed|a|an|new|old|if|when)\b"
    r"|.*[.?!:]$",
    re.I,
)
_LETTERS = re.compile(r"[^\W\d_]+$")
_MORE_WORDS = re.compile(r"[ \t]+[A-Za-z0-9(]")
_CODE_NAME = re.compile(r"[a-z]+(?:[A-Z][a-z]+)+$|[a-z]+(?:_[a-z]+)+$|[A-Z]+(?:_[A-Z]+)+$")


def is_switch_value(value: str, following: str) -> bool:
    """After a switch that takes a password: anything but a placeholder, another switch or a variable."""
    return not (value[0] in "/-" or _PLACEHOLDER.match(value) or value.lower().strip("*") in NOT_SECRET)


def is_assigned(value: str, following: str) -> bool:
    """After ``password:`` or ``pwd=``: also weak ones, but no prose, placeholder, variable or code."""
    if len(value) < 3 or _is_ordinary(value) or _CODE.match(value):
        return False
    if _LETTERS.match(value) or _CODE_NAME.match(value):
        return not _MORE_WORDS.match(following) and not _CODE_NAME.match(value)
    return len(value) >= 4


def is_stated(value: str, following: str) -> bool:
    """After "the shared key is" or "community string": letters alone will do at the end of a sentence."""
    if len(value) < 4 or _is_ordinary(value):
        return False
    return not (_LETTERS.match(value) and _MORE_WORDS.match(following)) and " " not in value


def is_spoken(value: str, following: str) -> bool:
    """After "the password is": a strong-looking word that is no name of a product, file, place or time."""
    if len(value) < 5 or " " in value or value[0] == "/" or _is_ordinary(value) or _CODE.match(value):
        return False
    return not (_PRODUCT.match(value) or _LETTERS.match(value) or _NAMED.match(value))


def is_signed(value: str, following: str) -> bool:
    """Where no word says "password": only what nothing but a password looks like."""
    return is_spoken(value, following) and bool(_SIGN.search(value)) and not _WEBLIKE.search(value)


def is_key(value: str, following: str) -> bool:
    """After "api key", "token" or "secret": long, varied, with letters and digits, or a phrase in quotes."""
    if len(value) < 8 or _is_ordinary(value) or _CODE.match(value):
        return False
    if " " in value:
        return not _SENTENCE.match(value)
    return is_token(value, following) and not (value.isalpha() or _CODE_NAME.match(value) or value.isdigit())


def is_literal(value: str, following: str) -> bool:
    """In quotes beside a name in code: no word, no path, no variable."""
    return len(value) >= 6 and not (value.isalpha() or _CODE_NAME.match(value) or _is_ordinary(value))


def is_token(value: str, following: str) -> bool:
    """Shaped like a token: what remains is to leave out fill-ins such as ``AKIAXXXXXXXXXXXXXXXX``."""
    least = LEAST_VARIETY_OF_LONG if len(value) >= 32 else LEAST_VARIETY
    return is_filled_in(value, following) and value[0] not in "$%{" and variety(value) >= least


def is_filled_in(value: str, following: str) -> bool:
    """Not what is written where a token belongs, to be replaced: ``ghp_xxxxxx``, ``YOUR_TOKEN_HERE``."""
    return not _FILL_IN.search(value)


def is_in_address(value: str, following: str) -> bool:
    """Between ``user:`` and ``@`` of an address: whatever is no variable or row of signs."""
    return not _PLACEHOLDER.match(value)


def variety(value: str) -> float:
    """Shannon's entropy of the characters, in bits: 0 for one repeated, 4 for sixteen different ones."""
    counts = Counter(value).values()
    return -sum(count / len(value) * log2(count / len(value)) for count in counts)


def _is_ordinary(value: str) -> bool:
    return bool(value.lower() in NOT_SECRET or _PLACEHOLDER.match(value) or _named(value))


def _named(value: str) -> bool:
    return bool(_NAMED.match(value)) and not value.isdigit()
