"""Secrets known by what introduces them: command lines, device configurations, labels and sentences."""

import re

from flowpilot.core.redaction.rule import STRONG, VALUE, Rule, rule
from flowpilot.core.redaction.values import (
    is_assigned,
    is_key,
    is_literal,
    is_spoken,
    is_stated,
    is_switch_value,
    is_token,
)

_PASSWORD = (
    r"(?:pass[ _-]?(?:word|phrase|code|wort)s?|passwd|(?<![A-Za-z])pwd|(?-i:(?<=[a-z])Pwd)"  # noqa: S105 a pattern
    r"|kennwort|wachtwoord|contrase\u00f1a|senha"
    r"|mot[ _]de[ _]passe)"
)
_SHORT_PASSWORD = r"(?:(?<![A-Za-z])(?:pass|pw|pin)|(?-i:(?<=[a-z])Pass))"  # noqa: S105 a pattern
_SHARED_KEY = (
    r"(?:pre[- ]?shared[- ]?(?:key|secret)|\bpsk(?:secret)?|shared[- ]secret"
    r"|(?:wpa\d?|wi-?fi|wlan|wireless|network"
    r"|radius|tunnel|ipsec|vpn)[- ](?:security[- ])?(?:key|secret|passphrase)|key content)"
)
_KEY_LABEL = (
    r"(?<!public)(?<!publickey)"
    r"(?:(?:api|access|secret|client|auth|private|encryption|subscription|session|consumer|app|account"
    r"|storage|master|refresh|bearer|webhook|signing|shared|o?auth|host|function|admin)[ ._-]?"
    r"(?:access[ ._-]?)?(?:key|secret|token)"
    r"|(?:shared)?accesskey|accountkey|secrete?|token|credentials?|api[ _-]?hash)"
)
_ASSIGN = r"(?:\[\])?[\"'\]\)]{0,2}[ \t]{0,4}(?::=|=>|->|\u2192|!?={1,3}|:)[ \t]{0,4}@?"
_HEX8 = r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"


_PASSWORD_HINTS = "pass|pwd|kennwort|wachtwoord|contrase|senha"  # noqa: S105 a pattern
_KEY_HINTS = "key|secret|token|credential|hash"

COMMANDS: tuple[Rule, ...] = (
    rule(
        "net_use",
        "net use|net.exe use",
        r"\bnet(?:\.exe)?\s{1,4}use\s[^\n]{0,200}?/u(?:ser)?:\"?[^\s\"]{1,128}\"?[ \t]{1,4}" + VALUE,
        is_switch_value,
    ),
    rule(
        "net_use_first",
        "net use|net.exe use",
        r"\bnet(?:\.exe)?\s{1,4}use\s{1,4}(?:[a-z*]:?\s{1,4})?\"?\\\\[^\s\"]{1,200}\"?[ \t]{1,4}"
        + VALUE
        + r"(?=[^\n]{0,80}/u(?:ser)?:)",
        is_switch_value,
    ),
    rule(
        "net_user",
        "net user|net.exe user|net1 user",
        r"\bnet1?(?:\.exe)?\s{1,4}user\s{1,4}(?:\"[^\"\n]{1,80}\"|[^\s/\"]{1,80})[ \t]{1,4}" + VALUE,
        is_switch_value,
    ),
    rule(
        "switch_colon",
        "/p",
        r"(?<!\S)[/-]{1,2}(?:pass(?:word[od]?)?|pwd|p|rp|pd|smartcardpin):" + VALUE,
        is_switch_value,
    ),
    rule(
        "switch_word",
        "-p|--password|/p|/rp",
        r"(?<!\S)(?:--?pass(?:word|wd)?|--?pw|-pwd|/rp|/ru\s{1,4}\S{1,80}\s{1,4}/rp)[ \t=]{1,4}" + VALUE,
        is_switch_value,
    ),
    rule(
        "psexec",
        "psexec|sshpass|sqlcmd|osql|bcp",
        r"\b(?:psexec(?:64)?|sshpass|sqlcmd|osql|bcp)(?:\.exe)?\b[^\n]{0,160}?\s-p[ \t]{0,2}" + VALUE,
        is_switch_value,
    ),
    rule(
        "mysql",
        "mysql",
        r"\bmysql(?:dump|admin)?\b[^\n]{0,120}?\s-p(?P<secret>[^\s\"'<>-][^\s\"'<>]{2,128})",
        is_switch_value,
    ),
    rule(
        "user_percent",
        "smbclient|rpcclient",
        r"\b(?:smbclient|rpcclient)\b[^\n]{0,160}?\s-U[ \t]{0,2}['\"]?[^\s%'\"]{1,80}%(?P<secr"
        r"et>[^\s'\"<>]{1,128})",
        is_switch_value,
    ),
    rule(
        "ldap_bind",
        "ldap",
        r"\bldap(?:search|modify|add|passwd)\b[^\n]{0,200}?\s-w[ \t]{1,4}" + VALUE,
        is_switch_value,
    ),
    rule(
        "curl_user",
        "curl",
        r"\bcurl\b[^\n]{0,300}?\s(?:-u|--user|-U|--proxy-user)[ \t=]{0,3}(?P<open>['\"]?)[^\s:"
        r"'\"]{0,128}:['\"]?(?P<secret>[^\s'\"<>]{3,128})",
        is_switch_value,
    ),
    rule(
        "curl_user_next_line",
        "--user|-u ",
        r"^\s{0,8}(?:-u|--user)[ \t=]{1,3}['\"]?[\w.@-]{1,80}:['\"]?(?P<secret>[^\s'\"<>]{3,128})",
        is_switch_value,
        flags=re.I | re.M,
    ),
    rule(
        "secure_string",
        "securestring",
        r"ConvertTo-SecureString\b(?:[ \t]{1,4}-(?:String|AsPlainText|Force)){0,4}[ \t]{1,4}" + VALUE,
        is_switch_value,
    ),
    rule(
        "network_credential",
        "credential",
        r"(?:NetworkCredential|PSCredential)[\]\w:]{0,8}\s{0,2}\(\s{0,2}[\"'][^\"'\n]{1,128}["
        r"\"']\s{0,2},\s{0,2}[\"'](?P<secret>[^\"'\n]{1,128})[\"']",
        is_switch_value,
    ),
    rule("passin", "pass", r"\b(?:-pass(?:in|out)?[ \t]{1,3})pass:(?P<secret>[^\s\"'<>]{1,128})"),
)

DEVICES: tuple[Rule, ...] = (
    rule("snmp_community", "snmp-server", r"\bsnmp-server community[ \t]{1,4}" + VALUE, is_switch_value),
    rule(
        "snmp_community_prose",
        "communit",
        r"\b(?:snmp(?:v[12]c?)?[ \t]{1,2}(?:ro|rw|read|write)?[ \t-]{0,2}communit(?:y|ies)"
        r"(?:[ \t]{1,2}(?:string|name))?|community[ \t]{1,2}string)[ \t]{0,3}(?:is|was|to|:|="
        r"|set to)?[ \t]{0,3}" + VALUE,
        is_stated,
    ),
    rule(
        "snmpget",
        "-c ",
        r"\bsnmp(?:get|walk|set|bulkwalk|getnext)\b[^\n]{0,80}?\s-c[ \t]{0,2}" + VALUE,
        is_switch_value,
    ),
    rule(
        "ios_secret",
        "enable|username",
        r"\b(?:enable|username[ \t]{1,2}(?!and\b|or\b)\S{1,64}"
        r"(?:[ \t]{1,2}privilege[ \t]{1,2}\d{1,2})?)[ \t]{1,2}(?:secret|password)[ \t]{1,2}"
        r"(?:[0-9]{1,2}[ \t]{1,2})?" + VALUE,
        is_switch_value,
    ),
    rule(
        "ios_key",
        "isakmp|tacacs|radius-|key-string|authentication",
        r"\b(?:crypto isakmp|tacacs-server|radius-server|key-string|(?:ntp"
        r"|ospf) authentication)[ \t]{1,2}(?:key[ \t]{1,2})?"
        r"(?:[0-9][ \t]{1,2})?(?P<secret>(?!address|host)\S{4,128})",
        is_switch_value,
    ),
    rule(
        "typed_key",
        "key 7|password 7|secret 5|secret 8|secret 9",
        r"\b(?:key|password|secret)[ \t]{1,2}[5789][ \t]{1,2}(?P<secret>\S{6,200})",
    ),
    rule("fortinet", " enc ", r"\bset[ \t]{1,2}\S{1,40}[ \t]{1,2}ENC[ \t]{1,2}(?P<secret>\S{8,400})"),
    rule("junos", "ascii-text", r"(?:ascii-text[ \t]{1,2}\"?(?P<secret>[^\s\"]{4,200}))"),
    rule(
        "shared_key",
        "shared|psk|wpa|wi-fi|wifi|wlan|wireless|network|radius|tunnel|ipsec|vpn|key content",
        _SHARED_KEY + r"(?:[ \t]{1,2}(?:for|of|on)[ \t][^\n:=.]{0,40}?)?(?:[ \t]{0,6}(?:[:=]|->)[ \t]{0,4}"
        r"|[ \t]{1,3}(?:is|was|set to|changed to)[ \t]{1,3}(?:now[ \t])?)" + VALUE,
        is_stated,
    ),
    rule(
        "shared_key_adjacent",
        "psk|shared|wpa",
        r"(?:\bpsk|pre-?shared[- ]key|wpa-psk|psksecret|wpa passphrase)[ \t]{1,3}"
        r"(?:ascii[ \t]{1,2}\d[ \t]{1,2})?" + STRONG,
        is_spoken,
    ),
)

LABELLED: tuple[Rule, ...] = (
    rule(
        "compared",
        _PASSWORD_HINTS + "|" + _KEY_HINTS,
        rf"(?P<quote>[\"'`])(?P<secret>[^\"'`\n]{{4,48}})(?P=quote)"
        rf"[ \t]{{0,2}}[!=]={{1,2}}[ \t]{{0,2}}[\w.$]{{0,24}}(?:{_PASSWORD}|{_KEY_LABEL})",
        is_literal,
    ),
    rule(
        "constructed",
        _PASSWORD_HINTS + "|" + _KEY_HINTS,
        rf"(?:{_PASSWORD}|{_KEY_LABEL})\w{{0,16}}[ \t]{{0,2}}[({{][ \t]{{0,2}}"
        r"[\"'](?P<secret>[^\"'\n]{6,128})[\"'][ \t]{0,2}[)}]",
        is_literal,
    ),
    rule(
        "authorization",
        "authorization|proxy-auth",
        r"\b(?:proxy-)?authorization[\"']?[ \t]{0,2}[:=][ \t]{0,4}[\"']?(?:(?:basic|bearer"
        r"|token|apikey|digest|negotiate|ntlm)[ \t]{1,4})?(?P<secret>[^\s\"'<>,;]{8,8000})",
        is_key,
    ),
    rule("bearer", "bearer", r"\bbearer[ \t]{1,4}(?P<secret>[A-Za-z0-9._~+/=-]{16,8000})", is_key),
    rule(
        "header_key",
        "x-|apikey|token",
        r"[\"'](?:x-[\w-]{0,24}(?:key|token|secret)|api-?key|token"
        r"|private-token)[ \t]{0,2}:[ \t]{0,4}(?P<secret>[^\s\"'<>]{8,1000})",
        is_token,
    ),
    rule(
        "guid_secret",
        "api|_authtoken|authorization|secret",
        r"(?:api[ _-]?key|_authtoken|authorization|client[ _-]?secret|secret[ _-]?key"
        rf"|(?<![a-z])secret)[\"']?[ \t]{{0,4}}(?:[:=]|is)[ \t]{{0,4}}[\"']?(?P<secret>{_HEX8})",
    ),
    rule("key", _KEY_HINTS, _KEY_LABEL + r"(?:_\w{1,24})?" + _ASSIGN + VALUE, is_key),
    rule(
        "key_prose",
        _KEY_HINTS,
        rf"\b{_KEY_LABEL}(?:[ \t][^\n.:=;]{{0,40}}?)?[ \t]{{1,2}}(?:is|was|to|=)[ \t]{{1,3}}"
        r"(?:now[ \t])?" + STRONG,
        is_key,
    ),
    rule(
        "password_assigned",
        _PASSWORD_HINTS,
        _PASSWORD + r"(?:[_-]\w{1,24}|\d{1,2})?" + _ASSIGN + VALUE,
        is_assigned,
    ),
    rule(
        "pass_assigned",
        "pass|pw|pin",
        _SHORT_PASSWORD + r"(?:_\w{1,24}|[_-]?\d)?" + _ASSIGN + VALUE,
        is_assigned,
    ),
    rule(
        "password_next_line",
        _PASSWORD_HINTS,
        _PASSWORD + r"[ \t]{0,2}:?[ \t]{0,2}\n[ \t]{0,8}" + STRONG,
        is_spoken,
    ),
    rule(
        "password_stated",
        _PASSWORD_HINTS,
        _PASSWORD + r"[^\n]{0,60}?(?:\b(?:is|was|are|to|as|ist|lautet|est|es|be)\b|:|=|->"
        r"|\u2192)[ \t]{1,3}(?:(?:now|currently|still|set to|changed to|jetzt)[ \t]{1,2}){0,2}" + STRONG,
        is_spoken,
    ),
    rule(
        "password_digits",
        _PASSWORD_HINTS + "|pin",
        rf"(?:{_PASSWORD}|\b(?:pin|passcode))[^\n\d]{{0,24}}?(?:\bis\b|\bto\b|:"
        rf"|=)[ \t]{{1,3}}(?P<secret>\d{{4,12}})(?![\d.:/-]|[ \t]?(?:days?|char|min|hour|times"
        r"|user|month|second|%))",
    ),
    rule(
        "password_adjacent",
        _PASSWORD_HINTS + "|pw|pass",
        rf"(?:{_PASSWORD}|(?<![A-Za-z])(?:pw|pass))[ \t]{{1,2}}" + STRONG,
        is_spoken,
    ),
    rule(
        "login_slash",
        "login|logon|cred|user",
        r"\b(?:log[io]ns?|creds?|credentials?|user(?:name)?[ /]pass(?:word)?)"
        r"(?:[ \t]{0,2}[:=]|[ \t](?:is|are|was|as|with))?[ \t]{1,3}[\w.@\\-]{2,64}[ \t]{0,2}[/"
        r"|:][ \t]{0,2}" + STRONG,
        is_spoken,
    ),
    rule(
        "aws_secret",
        "aws|amazon",
        r"(?:aws|amazon)[^\n]{0,40}?(?:secret|key)[^\n]{0,24}?[:=][ \t]{0,4}[\"']?(?P<secret>["
        r"A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
        is_token,
    ),
    rule(
        "xml_value",
        "password|secret|pwd|apikey|token",
        r"<(?:\w{1,24}:)?\w{0,24}(?:password|passwd|pwd|secret|apikey|token)\w{0,12}"
        r"(?:[ \t][^>\n]{0,100})?>(?P<secret>[^<\s]{3,500})</",
        is_assigned,
    ),
)
