"""Names that the source sets exactly in one place, such as a registry value: as code wherever they stand."""

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby

from flowpilot.flows.document import Tree

_NAME = r"[A-Za-z][A-Za-z0-9]*[a-z0-9][A-Z][A-Za-z0-9]*"
"""Words run together, such as `DisableAutoUpdate`."""
_KINDS = (
    r"(?:registry|DWORD|QWORD|property|parameter|attribute|subkey|key|value|entry|entries|switch|element"
    r"|cmdlet|variable|flag|method|function|event|macro|application pool)"
)
_TOLD = (
    re.compile(rf"`(?P<name>{_NAME})`"),
    re.compile(
        rf"\b(?:named|called|[Tt]ype|[Nn]ame:|DWORD|[Vv]alue) {{1,4}}[*\"“_]{{0,2}}(?P<name>{_NAME})\b"
    ),
    re.compile(rf"(?<![\w-])(?P<name>{_NAME})[*\"”_]{{0,2}} (?:\w+ )?{_KINDS}\b"),
    re.compile(rf"\bwhen calling [*\"“_]{{0,2}}(?P<name>{_NAME})\b"),
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


_BY_SHAPE = re.compile(
    r"(?<![\w/])(?:CN|OU)=[A-Z]\w*(?: [A-Z]\w*){0,3}(?: \([A-Z0-9]+\))?(?![\w=/]| [A-Z]|, ?\w+=)"
    r"|(?<![\w@/.\\-])[A-Z]\w{2,}(?:\.[A-Z0-9]\w*){2,}\b(?!\.?[\w@/\\])"
    r"|(?<![\w@/.\\-])(?:[a-z0-9][a-z0-9-]*\.){2,}(?:com|net|org|info|local)\b(?![\w@/\\;-]|\.\w)"
    r"|(?<![\w@/.\\-])(?:ad|ms|mso|ol|pp|wd|xl|max|str|dw)[A-Z][A-Za-z0-9]{2,}\b(?![\w@/\\=-]|\.\w)"
    r"|(?<![\w\\/.@:=%{-])(?=[0-9a-fA-F]*[a-fA-F])(?=[A-F]*[0-9])(?:[0-9a-fA-F]{8}|[0-9a-fA-F]{32})\b(?![\w@}=-])"
    r"|(?<![\w\\/])MSExchange[A-Z]\w+\b|(?<![\w,\[;-])[A-Za-z]+[a-z][A-Z]\w*=\w+\b(?![=\w-])"
)
"""Parts of the directory, classes, hosts, constants and attributes by their prefix, settings with a value."""


def exact_names(texts: Iterable[str], resolution: str = "") -> frozenset[str]:
    """Names of registry values, properties and the like that these texts tell, or the code of the resolution
    holds; no products."""
    found = {match["name"] for text in texts for pattern in _TOLD for match in pattern.finditer(text)}
    for code in _FENCED.finditer(resolution):
        found |= set(re.findall(rf"\b{_NAME}\b", code.group(0)))
    return frozenset(name for name in found if not is_product(name))


def is_product(name: str) -> bool:
    return name.casefold() in _PRODUCTS


def with_exact_names(tree: Tree, names: frozenset[str]) -> Tree:
    """The tree with these names, and those that their shape gives away, as code in every body."""
    longest_first = "|".join(sorted(map(re.escape, names), key=lambda name: (-len(name), name)))
    pattern = re.compile(rf"(?<![\w`\\/.@$%<-])[*_]?\b({longest_first})\b[*_]?(?![\w`\\/@>=-]|\.\w)")
    patterns = [_BY_SHAPE, *([pattern] if names else [])]
    return replace(tree, nodes=tuple(replace(node, body=_marked(node.body, patterns)) for node in tree.nodes))


def _marked(body: str, patterns: Iterable[re.Pattern[str]]) -> str:
    """Messages that are quoted stay as they are."""
    runs = groupby(body.splitlines(keepends=True), key=lambda line: _QUOTES.match(line) is not None)
    told = ("".join(lines) for _, lines in runs)
    return "".join(
        run if _QUOTES.match(run) and _MESSAGE.match(run) else _marked_run(run, patterns) for run in told
    )


_QUOTES = re.compile(r"\s*>|- (?:that it is not|whether) \"")
_MESSAGE = re.compile(r"\s*>(?! \*\*(?:Note|Tip|Important|Warning|Caution):)|- ")


def _marked_run(told: str, patterns: Iterable[re.Pattern[str]]) -> str:
    for pattern in patterns:
        parts = _CODE.split(told)
        parts[::2] = [pattern.sub(_emphasised_as_code, part) for part in parts[::2]]
        told = "".join(parts)
    return _with_siblings(told)


def _emphasised_as_code(match: re.Match[str]) -> str:
    return f"`{match.group(match.lastindex or 0)}`"


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
    return name if is_product(name) else f"`{name}`"
