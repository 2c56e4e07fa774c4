"""What must stay exact inside prose: paths, registry keys, commands, codes, what is typed; set as code."""

import re
from collections.abc import Callable

from flowpilot.ai.offline.text.code_spans import is_apart, with_whole_names

_SPAN = re.compile(r"(?<!\\)`[^`\n]+`|(?:https?|file)://\S+")
_PART = r"[^\s\\,;\"”<>*\[\]]+"
_HOLE = r"<[^<>\n]{1,40}>"
_KEY = (
    rf"(?:HKEY_[A-Z_]+|HK(?:LM|CU|CR|U)):? ?\\{{1,2}}(?:{_PART}|{_HOLE})"
    rf"(?:(?: [\w.()-]+){{0,5}}?\\{{1,2}}(?:{_PART}|{_HOLE}))*(?:\\(?=[\s,;.]|$))?"
)
_PATH = (
    rf"(?:(?<![A-Za-z])(?:\\\\\?\\)?(?:[A-Za-z]:|[Dd]rive: ?|<[A-Za-z ]{{1,40}}>:?)\\|\\\\[\w.$<-])"
    rf"(?:[^\s\\,;\"”<>*|]|{_HOLE})*"
    rf"(?:(?:(?<!\.) [\w.()-]+){{0,5}}?\\(?:[^\s\\,;\"”<>*|]|{_HOLE})+)*"
    r"(?:(?: [A-Z]\w+){1,2}(?= (?:folder|directory|file|group|account|user)\b))?"
)
_FROM_VARIABLE = r"%[A-Za-z][\w()]*%(?:\\[^\s\\,;\"”<>*|]+(?:(?: [\w.()-]+){0,2}?\\[^\s\\,;\"”<>*|]+)*)?"
_CMDLET = (
    r"\b(?![Aa]dd-(?:[Ii]n|[Oo]n)s?\b)(?:Get|Set|New|Remove|Add|Enable|Disable|Test|Start|Stop|Restart|Import|Export|Update|Connect"
    r"|Disconnect|Install|Uninstall|Invoke|Move|Resume|"
    r"Suspend|Clear|Reset|Repair|Grant|Revoke|Mount|Dismount|Register|Unregister|Convert|ConvertTo"
    r"|ConvertFrom|Write|Select|Where|ForEach|Out|Format|Search|Complete|Restore|Unlock|Rename|Copy)"
    r"-[A-Z][A-Za-z0-9]+(?:\.ps1)?"
    r"(?: -[A-Z]\w+(?::\$?\w+)?(?: (?:\$\w+|[\"'<][^\"'>\n]{1,40}[\"'>]|[A-Z0-9]\w*))?)*"
)
_FILE = (
    r"(?<![A-Za-z0-9.\\/@-])[A-Za-z0-9][\w#-]*(?:\.[A-Za-z][\w-]*)*?\.(?:ps1|exe|dll|config|bat|cmd|msi|msc|cpl|reg|admx|adml|vbs"
    r"|sys|inf|ini|xml|log|ocx|dat|dotm?|xlsb|cab|edb|aspx|asmx|svc|adm|msp|mda|txt|pst|ost)\b(?!\.?\w|[/\\])"
)
_CODES = (
    r"\b0x[0-9A-Fa-f]{2,}\b|(?:\b\w+(?=\{))?\{?\b[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}\b\}?"
    r"|(?<![\w\\/@.$%=-])(?!HKEY_[A-Z_]+\\)[A-Za-z]\w*_\w*[A-Za-z0-9]\b(?![\w\\@/%=]|\.\w)"
    r"|(?<![\w$])\$(?:true|false|null)\b"
)
_RDN = r"(?:CN|OU|DC|O|L|ST?|C)= ?"
_DN = (
    rf"\b(?:CN|OU|DC)= ?[^,\n`\"]{{1,60}}(?:, ?{_RDN}[^,\n`\"=]{{1,60}})*"
    rf", ?{_RDN}(?:<[^<>\n]{{1,40}}>|[^,\n`\"*=]{{1,60}}(?=\")|[^\s,`\"*]+)"
)
_NO_HTML = r"(?!(?:h\d|p|div|br?|i|a|span|[uo]l|li|table|t[rdh]|img|em|strong|script)\b)"
_TAG = rf"<{_NO_HTML}[A-Za-z][^<>\n`]{{0,160}}>"
_SUBKEY = rf"\b(?:SOFTWARE|Software|SYSTEM|System)\\{{1,2}}{_PART}(?:(?: [\w.()-]+){{0,3}}?\\{{1,2}}{_PART})*"
_SWITCH = (
    r"(?<![\w/<`-])-[A-Z][A-Za-z]{2,}(?::\$?\w+)?\b"
    r"|(?<![\w/<.:])/[A-Za-z]{4,}(?= (?:switch|option|parameter|command|argument)\b)"
)
_COMMAND = (
    r"(?i:\b(?:iisreset|gpupdate|ipconfig|netsh|sfc|chkdsk|rundll32|regsvr32|outlook|setup|msiexec"
    r"|net (?:stop|start)|dism|wevtutil|nltest|winrm|reg (?:add|delete|query)|\w+(?=\.exe))(?:\.exe)?"
    r"(?: [/-][\w:.]+)+)"
    r"|\b(?:iisreset|gpupdate|ipconfig|nslookup|msconfig|regsvr32|dcdiag|repadmin|setspn|certutil|winver)\b"
)
_WILD = (
    r"(?<![\w*`=,:\\])\\?\*(?:\.[A-Za-z][\w-]*)+\b(?![*\w])"
    r"|(?<![\w*`-])[A-Za-z][\w-]*\*[\w*-]*(?:\.[a-z]\w*){1,4}\.(?:com|net|org)\b"
)
_CALL = (
    r"(?<![\w.])[A-Za-z]\w{2,}\(\)"
    r"|(?<![\w=\"`])=(?:[A-Z][A-Za-z]+\((?:[^()`\n]|\([^()`\n]{0,60}\)){1,200}\)"
    r"|\$?[A-Z]{1,2}\$?\d+(?:=\w+)?\b)"
)
"""Files and hosts by a pattern, "*.ost"; functions as they are called, and formulas of a sheet."""
_PROMPT = r"(?:\bPS )?\b[A-Z]:\\(?:[^<>`\n*]{0,60}[^<>`\n*\s])?>"
_EXACT = re.compile(
    r"(?:(?<![\w)>])\*)?(?P<exact>"
    + "|".join(
        (
            *(_PROMPT, _KEY, _PATH, _FROM_VARIABLE, _WILD, _CALL, _CMDLET, _COMMAND, _FILE, _CODES, _DN),
            *(_TAG, _SUBKEY, _SWITCH),
        )
    )
    + r")(?:\*(?!\w))?"
)


def with_code_marks(text: str) -> str:
    """Inline markdown in which paths, registry keys, cmdlets, codes and placeholders stand as code."""
    return "\n".join(map(_line_marked, text.split("\n")))


def _line_marked(text: str) -> str:
    if "<" in text:
        text = _HOLE_STRESS.sub(r"\1\3>", text.replace("\\\\\\<", "\\<"))
    text = _VERSION_HOLE.sub("x", _with_holes(text))
    element = _ELEMENT.match(text)
    if element is not None:
        return _code(_STRESS.sub(r"\2", element["element"]))
    apart = is_apart(text)
    line = _EMPHASISED_LINE.match(text)
    if line is not None and _EXACT.fullmatch(line["what"]):
        return _code(line["what"])
    whole = _WHOLE.match(line["what"] if line is not None else text)
    if whole is not None:
        return f"{_code(whole['path'])}{whole['stop']}"
    if _DISTINGUISHED.fullmatch(text):
        return _code(text)
    text = _BRACKETED_KEY.sub(r"`\1`", text)
    for mark in (_announced, _typed, _quoted_part, _single, _marked, _emphasised):
        text = _outside_code(text, mark)
    text = _ADDRESS.sub(_address_code, text) if "://" in text else text
    return text if apart or "`" not in text else with_whole_names(text)


_ELEMENT = re.compile(rf"(?P<element>\\?<{_NO_HTML}[A-Za-z][\w:.-]*(?: [\w:.]+=\"[^\"`]*\")+[^`]*?)\\?$")
"""Markup that is all there is on its line."""
_STRESSED_WORD = r"\*(?P<{0}>[A-Za-z][\w -]{{0,40}})\*"
_STRESSED_HOLE = re.compile(
    r"(?<=://)(?!\*(?:contoso|fabrikam))"
    + _STRESSED_WORD.format("behind")
    + r"(?!\w)|(?<![\w*\\])"
    + _STRESSED_WORD.format("before")
    + r"(?=:\\|\\\w|@\w|\.\w+\.\w)"
)
"""A stressed word inside a path or address stands for another: "https://*site*.example.net"."""


_VERSION_HOLE = re.compile(r"(?<=\d\.)[*_]x[*_](?!\w)")
"""Any number of a version: "16.*x*"."""


def _with_holes(text: str) -> str:
    """Such words in angle brackets, there and wherever else the line stresses them."""
    names = {match["behind"] or match["before"] for match in _STRESSED_HOLE.finditer(text)}
    for name in names:
        text = text.replace(f"*{name}*", f"<{name}>")
    return text


_DOUBLED = re.compile(r"(?:(?<=[\w}%>])|(?<=_ROOT ))\\\\(?=[\w{.<%])")
_ESCAPED_MARK = re.compile(r"\\([*_#])")


def code_text(text: str) -> str:
    r"""The text as it stands in code, which knows no escapes; in a path, `\_` and `\*` begin a name."""
    text = text.rstrip("\\") if text.startswith("HK") else text
    text = _DOUBLED.sub(r"\\", unescape_angles(text)).replace("\\@", "@")
    unmarked = _ESCAPED_MARK.sub(r"\1", text)
    return text if "\\" in unmarked else unmarked


def _code(text: str) -> str:
    return f"`{code_text(text)}`"


_ADDRESS = re.compile(
    r"(?P<typed>\b(?:[Tt]ype|[Ee]nter|[Ff]ormat) (?:the (?:URL|address) )?)?"
    r"(?<![\w\"“'`(\[<=/*_])(?P<opened>[(]?)(?P<url>(?:https?|file)://[^\s`|\"“”()]+)"
)
_HOLED = re.compile(
    r"[*<>{}]|/_|_[A-Za-z]|://[^/]*[A-Z]|://\w+(?:/|$)|(?i:contoso|fabrikam|localhost"
    r"|(?:server|domain|tenant|host|site|user|company)name)"
)
"""An address with a placeholder, or of nobody's site: it is typed, not visited."""
_STRESS = re.compile(r"([*_])(?=\w)([^*_\s]+(?:_[^*_\s]+)*)\1(?!\w)")


def _address_code(match: re.Match[str]) -> str:
    url = match["url"]
    kept = url.rstrip(".,;:'’")
    if not (match["typed"] or _HOLED.search(kept)):
        return match.group(0)
    bare = _STRESS.sub(r"\2", unescape_angles(kept))
    return f"{match['typed'] or ''}{match['opened']}`{bare}`{url[len(kept) :]}"


_HOLE_STRESS = re.compile(r"(\\?<)([*_])([A-Za-z][^*_<>`\n]{0,60})\2\\?>")


def exact_parts(text: str) -> list[str]:
    """The paths, registry keys, commands, files and codes that prose names without setting them as code."""
    return [match["exact"].rstrip(".:,;)'’") for match in _EXACT.finditer(unescape_angles(text))]


def _outside_code(text: str, mark: Callable[[str], str]) -> str:
    parts, at = [], 0
    for match in _SPAN.finditer(text):
        span = match.group(0)
        parts += [mark(text[at : match.start()]), _ESCAPED_HOLE.sub("", span) if span[0] == "`" else span]
        at = match.end()
    parts.append(mark(text[at:]))
    return "".join(parts)


_WHOLE = re.compile(
    r"^(?P<path>(?:(?:Computer|User) Configuration\\|Administrative"
    r" Templates\\|HKEY_[A-Z_]+\\|[A-Z]:\\(?!>)|%\w+%\\"
    r"|\\(?=[A-Z][\w ]*\\)|~/(?=\w+/))"
    r"(?:[^`*\n.:;,]|[.](?=\S)|\*(?=[.\\])){3,200}[^`*\n.:;, ]"
    r"|(?i:(?:reg|regsvr32|net|netsh|sc|cscript|msiexec|rundll32|dism|sfc|setspn|certutil|icacls|appcmd"
    r"|stsadm|psconfig|setup)(?:\.exe)?) (?=[^`\n]*(?:[\\/=]| -))(?:[^`\n.]|[.](?=\S)){3,300}[^`\n.:;, ])"
    r"(?P<stop>[.:;,]?)$"
)
"""A path, or a command with its arguments, that is all there is on its line: its blanks belong to it."""
_EMPHASISED_LINE = re.compile(r"^(?P<mark>[*_])(?=\S)(?P<what>[^*`\n]+)(?P=mark)$")
_DISTINGUISHED = re.compile(r"(?:CN|OU|DC)=[^,`*\n]{1,60}(?:,(?:CN|OU|DC)=[^,`*\n]{1,60})+")
"""A name in the directory that is all there is on its line."""
_BRACKETED_KEY = re.compile(r"\[((?:HKEY_|HK[LC][MU])[^\]`\n]+)\]")
_ANNOUNCED = re.compile(
    r"(?P<lead>\b(?:run|type|use|enter|execute|paste)\b[^:\n]{0,40}\bfollowing (?:\w+ ){0,2}?"
    r"(?:command|cmdlet|text|line|syntax|path)s?\b[^:`\n]{0,60}: ?"
    r"|\bto the following (?:value|text|string|name|format): "
    r"|^(?:value name|key path|value type|hive|data type|dword|string|subkey): )"
    r"(?P<quote>[*\"“]{0,2})(?P<what>[^`*\"“”\n]{2,200}?)(?P<after>(?P=quote)[\"”]?\.?)$",
    re.IGNORECASE | re.MULTILINE,
)
"""The rest of a line behind "run the following command:" or behind the name of a registry field."""
_PROSE = re.compile(r"[a-z]{2,}[.,] [A-Za-z]|\b(?:and then|where|you)\b")


def _announced(text: str) -> str:
    return _ANNOUNCED.sub(_announced_code, text)


def _announced_code(match: re.Match[str]) -> str:
    if _PROSE.search(match["what"]):
        return match.group(0)
    return f"{match['lead']}{_code(match['what'])}"


_DIRECTED = (
    r"(?=,? (?:in|into|at|on) (?:the|a|an) |,? (?:and|then) |, (?:press|click|select|tap)\b"
    r"|[.,;]?$|\. [A-Z])"
)
_TYPED = re.compile(
    r"(?<!Enum )(?<!of )(?<!to )(?<!data )(?<!value )(?<!object )(?<!file )\b(?P<verb>[Tt]ype|[Ee]nter) (?:"
    r"(?P<mark>\*\*|\*|_|\")(?P<marked>[^`*_\"\n]{1,80}?)(?P=mark)"
    rf"|(?P<bare>(?:regedit|exit|cmd|gpedit|control|services|mmc|notepad|powershell|winword|\d{{1,8}}|[\w%-]*[\\%.]"
    rf"[\w%\\.-]*\w|[A-Za-z]\w*(?:[a-z][A-Z]|_)\w*)){_DIRECTED})"
)


def _typed(text: str) -> str:
    return _TYPED.sub(lambda match: f"{match['verb']} {_code(match['marked'] or match['bare'])}", text)


_QUOTED_PART = re.compile(
    r"(?P<verb>\b(?:[Aa]dd|[Aa]ppend|[Rr]emove|[Rr]eplace|with|suffix) )"
    r"\"(?P<what>(?=[^\"\s]{0,60}[=?&/])[\w?&=/.%-]{2,80})\""
)
"""What is put into an address or taken out of it: add "?lift=1"."""


def _quoted_part(text: str) -> str:
    return _QUOTED_PART.sub(lambda match: match["verb"] + _code(match["what"]), text)


_EMPHASISED_PATH = re.compile(
    r"(?<![\w`\\])([_*])(?=[^_*`\s])((?:(?!\1[\W]|\1$)[^`\n*]){0,90}?\\(?:(?!\1[\W]|\1$)[^`\n*]){0,300})"
    r"(?<!\\)\1(?!\w)"
)


def _marked(text: str) -> str:
    emphasised = _EMPHASISED_PATH.split(text)
    if len(emphasised) > 1:
        return "".join(
            _code(part) if i % 3 == 2 else _marked(part) for i, part in enumerate(emphasised) if i % 3 != 1
        )
    return _EXACT.sub(_as_code, unescape_angles(text))


_SINGLE = re.compile(
    r"(?<![\w\\*/.])\*(?=\.\w+\*|[\w<%])_?([^*`\s]*[^*`\s\\.,:;_])(?:_?([.,:;]?))\*(?![\w*])"
)


def _single(text: str) -> str:
    """An emphasised name with a dot, a dash or the like in it is one name, whatever its parts look like."""
    return _SINGLE.sub(
        lambda match: match.group(0) if match[1].isalnum() else _code(match[1]) + match[2], text
    )


_EMPHASISED = re.compile(
    r"(?<![\w\\*_/.])(?P<stressing>(?<!\w)(?:this|these|an?|in) )?"
    r"(?P<mark>[*_])(?=[\w<%$])(?P<what>[^*_`\n]{0,79}[\w>%)])(?P=mark)(?![\w*_])"
)
_STRESSED = re.compile(
    r"(?:not|no|only|all|any|must|and|or|both|each|before|after|never|always|is|are|same|do"
    r"|your?|their|its|th(?:is|at|ese|ose)|every|new|will|may|can|check)$",
    re.IGNORECASE,
)


def _emphasised(text: str) -> str:
    """Italics off: a single value, name or placeholder is exact and becomes code, words stay words."""
    if "*" not in text and "_" not in text:
        return text
    return _EMPHASISED.sub(_without_emphasis, text)


def _without_emphasis(match: re.Match[str]) -> str:
    what, before = match["what"], match["stressing"] or ""
    a_word = _STRESSED.match(what) or (before and what.isalpha() and what.islower())
    return before + (what if " " in what or a_word else _code(what))


_ESCAPED_HOLE = re.compile(r"(?<=[\s`.@/])\\(?=<)")
_ESCAPED_ANGLE = re.compile(
    r"(?P<path>(?<![A-Za-z0-9_:])[A-Za-z0-9_:]+(?:\\[A-Za-z0-9_.]+){1,12}\\<"
    r"|(?:\b(?:[A-Za-z]|[Dd]rive):|<\w+>:|%\w+%|(?<!\S)\\[\w.()-]+)"
    r"(?:\\(?:[\w.()-]+(?: [\w.()-]+){0,4}|<[^<>\n]{1,40}>)){0,12}\\<)"
    r"|(?<!\b[A-Za-z]:)\\(?P<angle>[<>])"
)


def unescape_angles(text: str) -> str:
    r"""Escapes of angle brackets off; in a prompt `C:\>` and a path `Scan\<user>` the backslash is none."""
    if "\\<" not in text and "\\>" not in text:
        return text
    return _ESCAPED_ANGLE.sub(lambda match: match["path"] or match["angle"], text)


def _as_code(match: re.Match[str]) -> str:
    exact = match["exact"]
    kept = exact.rstrip(".:)'’") if not exact.endswith("...") else exact
    kept += ")" * (kept.count("(") - kept.count(")"))
    if not exact.startswith(kept) or "`" in kept:
        return match.group(0)
    return f"{_code(kept)}{exact[len(kept) :]}"
