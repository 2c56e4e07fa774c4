"""Secrets as people tell them: codes for doors and second factors, licence keys, passwords ahead of it."""

from flowpilot.core.redaction.rule import STRONG, VALUE, Rule, rule
from flowpilot.core.redaction.values import is_assigned, is_key, is_signed, is_spoken, is_switch_value

_IS = r"(?:[ \t]{0,3}[:=]|[ \t]{1,2}(?:is|was|are|to))?[ \t]{1,3}"
_GROUPS = r"(?=[A-Za-z0-9-]{0,40}\d)[A-Za-z0-9]{2,8}(?:-[A-Za-z0-9]{2,8}){1,7}"

PROSE: tuple[Rule, ...] = (
    rule(
        "code",
        "code|pin|combination|otp|seed",
        r"\b(?:(?:door|gate|alarm|safe|lock|entry|keypad|bypass|backup|recovery|one[- ]time|verification"
        r"|security|unlock|access|mfa|2fa|duo|voicemail|activation|enrol?lment)[ -]{1,2}"
        r"(?:codes?|pins?|combination)|(?:otp|totp|mfa|2fa)(?:[ ](?:codes?|seed|secret))?)"
        + _IS
        + rf"(?P<secret>\d{{4,12}}[#*]?(?![\w.:/-])|{_GROUPS}(?![\w-])|[A-Z2-7]{{16,64}}(?!\w))",
    ),
    rule(
        "licence_key",
        "licen|product|serial|activation",
        r"\b(?:licen[cs]e|product|activation|serial)(?:/\w{1,12})?[ -](?:keys?|codes?)"
        + _IS
        + rf"(?P<secret>{_GROUPS})(?![\w-])",
    ),
    rule(
        "pass_stated",
        "pass|pw|p/w",
        r"(?<![A-Za-z])(?:pass|pw|p/w)(?:[ \t]{1,2}(?:is|was|to)|[ \t]{0,2}[:=])[ \t]{0,3}" + STRONG,
        is_spoken,
    ),
    rule(
        "name_and_pass",
        "u:|un:|user:",
        r"\bu(?:n|ser)?:[ \t]{0,3}[\w.@\\-]{1,64}[ \t,;/]{1,4}p(?:w|ass)?:[ \t]{0,3}" + VALUE,
        is_assigned,
    ),
    rule(
        "password_before",
        "as password|as the password|as his password|as her password|as a password|as my password",
        r"(?<!\S)(?P<secret>[^\s\"'<>]{5,48})[ \t]as[ \t](?:(?:the|his|her|a|my)[ \t])?password",
        is_spoken,
    ),
    rule(
        "new_one", "one is|one was", r"\b(?:new|old|current)[ \t]one[ \t](?:is|was)[ \t]" + STRONG, is_signed
    ),
    rule("changed_from", "from", r"\bchanged[ \t](?:\w{1,12}[ \t])?from[ \t]" + STRONG, is_signed),
    rule(
        "changed_to",
        "changed",
        r"\bchanged[ \t](?:\w{1,12}[ \t])?from[ \t][^\s<>]{1,64}[ \t]to[ \t]" + STRONG,
        is_signed,
    ),
    rule("laps", "laps", r"\blaps\b[^\n]{0,30}?[ \t]" + STRONG, is_signed),
    rule(
        "creds_for",
        "cred|login",
        r"\b(?:creds?|credentials?|logins?)[ \t](?:for|on|to)[ \t][^\n:]{1,40}:[ \t]{0,3}[\w.@\\-]{2,64}"
        r"[ \t]?[/:|][ \t]?" + STRONG,
        is_spoken,
    ),
    rule(
        "root_slash",
        "root|admin|sa",
        r"(?<![\w/\\.@-])(?:root|admin|administrator|sa)[ \t]?[/:][ \t]?" + STRONG,
        is_signed,
    ),
    rule(
        "passphrase", "passphrase", r"\bpassphrase[ \t:=]{1,3}[\"'](?P<secret>[^\"'\n]{8,128})[\"']", is_key
    ),
    rule("wifi_plain", "wifi|wi-fi|wlan", r"\b(?:wi-?fi|wlan)[ \t]{0,2}:[ \t]{1,3}" + STRONG, is_signed),
    rule(
        "wifi_key", "wifi|wi-fi|wlan|wireless", r"\b(?:wi-?fi|wlan|wireless)[ -]key[ \t]" + STRONG, is_spoken
    ),
    rule("rocommunity", "community", r"\br[ow]community6?[ \t]{1,4}" + VALUE, is_switch_value),
    rule(
        "community_name",
        "community",
        r"\bsnmp[ \t]?v?[123]?c?[ \t]{1,2}community[ \t]{1,2}(?:name|string)[ \t]{0,2}[:=][ \t]{0,3}" + VALUE,
        is_switch_value,
    ),
    rule("shared_secret", "shared", r"\bpre-?shared-(?:secret|key)[ \t]{1,3}" + STRONG, is_spoken),
    rule("token_adjacent", "token|key", r"\b(?:api|access|auth)[ -](?:token|key)[ \t]" + STRONG, is_key),
    rule(
        "answer",
        "answer",
        r"\b(?:security|secret)[ \t]answer[ \t]{0,2}(?:is|was|:)[ \t]{1,3}" + STRONG,
        is_spoken,
    ),
    rule(
        "app_password",
        "app password|app-password",
        r"\bapp[ -]password[^\n:]{0,32}?[ \t:]{1,3}(?P<secret>[a-z]{4}(?:[ -][a-z]{4}){3})(?![a-z])",
    ),
    rule(
        "named_value",
        "password|pwd|secret|apikey",
        r"\b(?:key|name)=\"[^\"\n]{0,40}(?:password|pwd|secret|apikey)[^\"\n]{0,20}\"[ \t]{1,4}value=\""
        r"(?P<secret>[^\"\n]{3,200})\"",
        is_switch_value,
    ),
)
