"""What sorts of secrets were masked, in words for people: never the secrets, never the rules' own names."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.utils.translation import ngettext_lazy

from flowpilot.core.redaction import CERTAIN, Masked

_WORDS: Final[Mapping[str, Any]] = {
    "password": ngettext_lazy("%(n)d password", "%(n)d passwords", "n"),
    "token": ngettext_lazy("%(n)d API key or token", "%(n)d API keys or tokens", "n"),
    "private_key": ngettext_lazy("%(n)d private key", "%(n)d private keys", "n"),
    "recovery": ngettext_lazy("%(n)d recovery or licence key", "%(n)d recovery or licence keys", "n"),
    "shared": ngettext_lazy("%(n)d shared key", "%(n)d shared keys", "n"),
    "community": ngettext_lazy("%(n)d SNMP community", "%(n)d SNMP communities", "n"),
    "code": ngettext_lazy("%(n)d one-time code", "%(n)d one-time codes", "n"),
    "address": ngettext_lazy("%(n)d address with credentials", "%(n)d addresses with credentials", "n"),
}
_RULES: Final = {
    "private_key": "private_key putty_key age dpapi_blob",
    "recovery": "bitlocker_recovery product_key licence_key laps",
    "password": "password_hash pwdump",
    "shared": "shared_key shared_key_adjacent shared_secret wifi_plain wifi_key ios_key",
    "community": "snmp_community snmp_community_prose snmpget rocommunity community_name",
    "code": "code otpauth answer",
    "address": "url_credentials softlayer_address slack_hook teams_hook discord_hook query_signature",
    "token": "authorization bearer header_key guid_secret key key_prose aws_secret token_adjacent",
}
_CLASSES: Final = {rule: name for name, rules in _RULES.items() for rule in rules.split()}


def class_of(rule: str) -> str:
    """The sort of secret that a rule finds; most of those that read prose find passwords."""
    return _CLASSES.get(rule) or ("token" if rule in CERTAIN else "password")


def told(texts: Iterable[Masked]) -> list[str]:
    """How many secrets of which sort were masked in texts of one masker, each counted once."""
    rules: dict[str, str] = {}
    for masked in texts:
        for span in masked.spans:
            if span.rule != "repeated":
                rules.setdefault(masked.text[span.start : span.end], span.rule)
    counted = Counter(class_of(rule) for rule in rules.values())
    return [str(_WORDS[name] % {"n": counted[name]}) for name in _WORDS if counted[name]]
