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
)
_PRODUCTS_WORDS = """
OneDrive SharePoint PowerPoint OneNote PowerShell JavaScript VBScript GitHub YouTube LinkedIn InfoPath
FrontPage AutoComplete AutoCorrect AutoSave AutoRecover AutoDiscover AutoText BitLocker ActiveSync ActiveX
WordPad WinHTTP NetBIOS DocuSign QuickBooks BlackBerry McAfee SkyDrive PivotTable SmartArt MacBook JScript
WebView StarOffice PowerPivot FoxPro ForeFront BizTalk AppSense TeamViewer DropBox WordPerfect iPhone AppData
SmartScreen
"""
_PRODUCTS = frozenset(word.casefold() for word in _PRODUCTS_WORDS.split())
_CODE = re.compile(r"(`{3,}.*?`{3,}|`[^`\n]+`|(?:https?|file)://\S+)", re.DOTALL)


def exact_names(texts: Iterable[str]) -> frozenset[str]:
    """Names of registry values, properties and the like that these texts tell; no products."""
    found = {match["name"] for text in texts for pattern in _TOLD for match in pattern.finditer(text)}
    return frozenset(name for name in found if name.casefold() not in _PRODUCTS)


def with_exact_names(tree: Tree, names: frozenset[str]) -> Tree:
    """The tree with these names as code in every body."""
    if not names:
        return tree
    longest_first = "|".join(sorted(map(re.escape, names), key=lambda name: (-len(name), name)))
    pattern = re.compile(rf"(?<![\w`\\/.@$%<-])[*_]?\b({longest_first})\b[*_]?(?![\w`\\/@>=-]|\.\w)")
    return replace(tree, nodes=tuple(replace(node, body=_marked(node.body, pattern)) for node in tree.nodes))


def _marked(body: str, pattern: re.Pattern[str]) -> str:
    parts = _CODE.split(body)
    parts[::2] = [pattern.sub(r"`\1`", part) for part in parts[::2]]
    return "".join(parts)
