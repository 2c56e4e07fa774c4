"""Markdown and code to safe HTML. Everything that engines, importers or people write goes through here.

Two fences, one behind the other: the parser knows no raw HTML and no images, and the sanitiser lets through
only the tags, attributes and class names listed below.
"""

import re
from itertools import islice

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, table
from pygments import highlight as pygments_highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES

RENDERED_LIMIT = 64 * 1024
RENDERED_LINES = 4_000
"""Characters and lines that are rendered; what a text has beyond either is shown as it stands. A table of
two signs a row costs as much as one of long rows."""
RENDERED_SIGNS = 20_000
"""Signs that may open or close something; each is tried, so a text of nothing else is slow to render. What
comes behind is shown as it stands."""
TABLE_CELLS = 12_000
"""Of all tables of a text, with those that a short row lacks, which the parser adds. A table that would go
beyond, and those behind it, are shown as text."""

_SIGN = re.compile(r"[\[\]*_~<&`\\]")

LEXERS = {
    "powershell": "powershell", "ps1": "powershell", "pwsh": "powershell", "posh": "powershell",
    "bash": "bash", "sh": "bash", "shell": "bash", "zsh": "bash",
    "cmd": "batch", "bat": "batch", "batch": "batch",
    "python": "python", "py": "python",
    "json": "json", "yaml": "yaml", "yml": "yaml", "xml": "xml", "ini": "ini", "reg": "registry",
    "sql": "sql", "diff": "diff",
}  # fmt: skip
"""Languages that are coloured, by the names people give them. Others are shown plain."""

ALLOWED_TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p",
    "pre", "s", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip

_formatter = HtmlFormatter(nowrap=True)
_cleaner = nh3.Cleaner(
    tags=ALLOWED_TAGS,
    attributes={"a": {"href", "title"}, "ol": {"start"}},
    allowed_classes={"pre": {"hl"}, "span": {name for name in STANDARD_TYPES.values() if name}},
    # Code scrolls sideways, so it must be reachable by keyboard.
    set_tag_attribute_values={"a": {"target": "_blank"}, "pre": {"tabindex": "0"}},
    link_rel="noopener noreferrer nofollow",
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
)


def highlighted(code: str, language: str) -> SafeString:
    """Code as escaped HTML with Pygments' class names; plain if the language is unknown or it is too long."""
    lexer_name = LEXERS.get(language.strip().lower())
    if lexer_name is None or len(code) > RENDERED_LIMIT:
        return escape(code)
    # Pygments escapes the code and adds nothing but <span class>.
    return mark_safe(pygments_highlight(code, get_lexer_by_name(lexer_name), _formatter))  # noqa: S308


def _fence(code: str, language: str, _attributes: str) -> str:
    return f'<pre class="hl"><code>{highlighted(code, language)}</code></pre>'


def _bounded_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """The parser's rule for tables, until one would go beyond `TABLE_CELLS`. Asked silently it only looks."""
    found = table(state, start, end, True)
    if silent or not found:
        return found
    columns = state.src.count("|", state.bMarks[start], state.eMarks[start]) + 1
    last = next((line for line in range(start, end) if state.isEmpty(line)), end)
    state.env["cells"] = state.env.get("cells", 0) + columns * (last - start)
    return state.env["cells"] <= TABLE_CELLS and table(state, start, end, False)


_parser = (
    MarkdownIt("commonmark", {"html": False, "breaks": True, "highlight": _fence})
    .enable(["table", "strikethrough"])
    .disable("image")
)
_parser.block.ruler.at("table", _bounded_table, {"alt": ["paragraph", "reference"]})


def render(text: str) -> SafeString:
    """Markdown as safe HTML. Line breaks count: notes of engineers mean them."""
    head, rest = _split(text)
    html = _cleaner.clean(_parser.render(head))
    if rest:
        html += f'<div class="fp-plain">{escape(rest)}</div>'
    return mark_safe(html)  # noqa: S308 - cleaned against the list above, the rest escaped


def _split(text: str) -> tuple[str, str]:
    """The part to render, cut at a line's end where there is one, and the rest."""
    head = text[:RENDERED_LIMIT]
    if one_more := next(islice(_SIGN.finditer(head), RENDERED_SIGNS, None), None):
        head = head[: one_more.start()]
    if len(head) < len(text):
        head = head[: head.rfind("\n") + 1 or len(head)]
    lines = head.split("\n", RENDERED_LINES)
    if len(lines) > RENDERED_LINES:
        head = head[: len(head) - len(lines[-1])]
    return head, text[len(head) :]
