"""Names that the source sets exactly in one place, such as a registry value: as code wherever they stand."""

import re
from collections.abc import Iterable
from dataclasses import replace

from flowpilot.flows.document import Tree

_NAME = r"[A-Za-z][A-Za-z0-9]*[a-z0-9][A-Z][A-Za-z0-9]*"
"""Words run together, such as `DisableAutoUpdate`."""
_KINDS = (
    r"(?:registry|DWORD|QWORD|property|parameter|attribute|subkey|key|value|entry|entries|switch|element"
    r"|cmdlet|variable|flag)"
)
_TOLD = (
    re.compile(rf"`(?P<name>{_NAME})`"),
    re.compile(rf"\b(?:named|called|[Tt]ype|[Nn]ame:|DWORD|[Vv]alue) [*\"“_]{{0,2}}(?P<name>{_NAME})\b"),
    re.compile(rf"(?<![\w-])(?P<name>{_NAME})[*\"”_]{{0,2}} (?:\w+ )?{_KINDS}\b"),
    re.compile(rf"\b[Dd]ouble-click (?:the )?[*\"“_]{{0,2}}(?P<name>{_NAME})\b"),
    re.compile(rf"\b{_KINDS}\b[^.\n]{{0,60}} is [*\"“_]{{0,2}}(?P<name>{_NAME})\b"),
)
_FENCED = re.compile(r"^[ >]*(`{3,}).*?^[ >]*\1", re.DOTALL | re.MULTILINE)
_PRODUCTS_WORDS = """
OneDrive SharePoint PowerPoint OneNote PowerShell JavaScript VBScript GitHub YouTube LinkedIn InfoPath
FrontPage AutoComplete AutoCorrect AutoSave AutoRecover AutoDiscover AutoText BitLocker ActiveSync ActiveX
WordPad WinHTTP NetBIOS DocuSign QuickBooks BlackBerry McAfee SkyDrive PivotTable SmartArt MacBook JScript
WebView StarOffice PowerPivot FoxPro ForeFront BizTalk AppSense TeamViewer DropBox WordPerfect iPhone AppData
SmartScreen macOS WinRM
"""
_PRODUCTS = frozenset(word.casefold() for word in _PRODUCTS_WORDS.split())
_CODE = re.compile(r"(`{3,}.*?`{3,}|`[^`\n]+`|(?:https?|file)://\S+)", re.DOTALL)


def exact_names(texts: Iterable[str], resolution: str = "") -> frozenset[str]:
    """Names of registry values, properties and the like that these texts tell, or the code of the resolution
    holds; no products."""
    found = {match["name"] for text in texts for pattern in _TOLD for match in pattern.finditer(text)}
    for code in _FENCED.finditer(resolution):
        found |= set(re.findall(rf"\b{_NAME}\b", code.group(0)))
    return frozenset(name for name in found if not _is_product(name))


def _is_product(name: str) -> bool:
    return name.casefold() in _PRODUCTS


def with_exact_names(tree: Tree, names: frozenset[str]) -> Tree:
    """The tree with these names as code in every body."""
    if not names:
        return tree
    longest_first = "|".join(sorted(map(re.escape, names), key=lambda name: (-len(name), name)))
    pattern = re.compile(
        rf"(?<!not \")(?<!whether \")(?<![\w`\\/.@$%<-])[*_]?\b({longest_first})\b[*_]?(?![\w`\\/@>=-]|\.\w)"
    )
    return replace(tree, nodes=tuple(replace(node, body=_marked(node.body, pattern)) for node in tree.nodes))


def _marked(body: str, pattern: re.Pattern[str]) -> str:
    parts = _CODE.split(body)
    parts[::2] = [pattern.sub(r"`\1`", part) for part in parts[::2]]
    return _with_siblings("".join(parts))


_AMONG = r"(?:, (?:and |or )?| (?:and|or) | to )"
_BEHIND = re.compile(rf"(`{_NAME}`{_AMONG})(?P<name>{_NAME})\b(?![`.\\/@=-]\w)")
_BEFORE = re.compile(rf"(?<![\w`\\/.@$%<-])(?P<name>{_NAME})(?={_AMONG}`{_NAME}`)")


def _with_siblings(body: str) -> str:
    """What is told in one breath with such a name is one, too: "`lockShared` or lockBatch"."""
    while True:
        more = _BEHIND.sub(lambda match: match[1] + _as_code(match["name"]), body)
        more = _BEFORE.sub(lambda match: _as_code(match["name"]), more)
        if more == body:
            return body
        body = more


def _as_code(name: str) -> str:
    return name if _is_product(name) else f"`{name}`"
