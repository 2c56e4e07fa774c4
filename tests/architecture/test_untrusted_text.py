"""Text becomes HTML in few places: markdown in one, everything else through Django's escaping."""

import re

from tests.architecture.test_house import ROOT, sources, templates

UNESCAPED = re.compile(r"\bmark_safe\(|\bSafeString\([^)]|\bMarkdownIt\(|\bnh3\.|__html__|autoescape\(")
ALLOWED = {
    "analytics/drawing.py": "charts and tables, whose texts it escapes (tests/analytics/test_drawing.py)",
    "flowpilot/accounts/adapter.py": "the square for an authenticator app, drawn from numbers",
    "flowpilot/core/markup.py": "the one way from markdown and code to HTML",
    "flowpilot/core/templatetags/ui.py": "icons of the sprite and badges of fixed words",
}


def test_only_markup_makes_html_of_text() -> None:
    found = {str(path.relative_to(ROOT)) for path in sources() if UNESCAPED.search(path.read_text())}

    assert found <= set(ALLOWED), "Use the template filter `markdown`, or format_html."


def test_no_template_switches_escaping_off() -> None:
    off = re.compile(r"\|\s*safe(?:seq)?\b|{%\s*autoescape\s+off")

    assert [path.name for path in templates() if off.search(path.read_text())] == []
