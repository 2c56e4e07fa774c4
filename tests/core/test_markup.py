"""Markdown and code become HTML that can do no harm, and nothing that was written is lost."""

import pytest

from flowpilot.core import markup


def test_markdown_becomes_html() -> None:
    assert (
        markup.render("**Locked** since `09:00`")
        == "<p><strong>Locked</strong> since <code>09:00</code></p>\n"
    )


def test_line_breaks_of_notes_are_kept() -> None:
    assert markup.render("one\ntwo") == "<p>one<br>\ntwo</p>\n"


def test_lists_keep_the_number_they_start_with() -> None:
    assert markup.render("3. three\n4. four") == '<ol start="3">\n<li>three</li>\n<li>four</li>\n</ol>\n'


def test_raw_html_is_shown_as_text() -> None:
    assert markup.render("<b onclick=x()>hi</b>") == "<p>&lt;b onclick=x()&gt;hi&lt;/b&gt;</p>\n"


def test_images_are_not_loaded() -> None:
    assert "<img" not in markup.render("![a](https://tracker.example/pixel.png)")


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "/admin/",
        "//evil.example",
    ],
)
def test_links_lead_only_to_the_web_and_to_mail(address: str) -> None:
    assert "href" not in markup.render(f"[x]({address})")


def test_links_open_apart_and_tell_nothing_of_us() -> None:
    assert markup.render("[x](https://learn.example/a)") == (
        '<p><a href="https://learn.example/a" target="_blank" rel="noopener noreferrer nofollow">x</a></p>\n'
    )


def test_code_blocks_are_coloured_by_class_names() -> None:
    html = markup.render("```powershell\nGet-Service $name\n```")
    coloured = '<span class="nb">Get-Service</span> <span class="nv">$name</span>'
    assert html == f'<pre class="hl" tabindex="0"><code>{coloured}\n</code></pre>\n'


def test_code_of_an_unknown_language_is_plain_and_escaped() -> None:
    assert (
        markup.render("```klingon\n<script>\n```")
        == '<pre class="hl" tabindex="0"><code>&lt;script&gt;\n</code></pre>\n'
    )


@pytest.mark.parametrize("language", sorted(markup.LEXERS))
def test_highlighting_escapes_code_in_every_language(language: str) -> None:
    html = markup.highlighted("<script>alert(1)</script>", language)
    assert "<script" not in html


def test_long_texts_are_rendered_up_to_the_limit_and_shown_whole() -> None:
    line = "**b** <i>\n"
    text = line * (markup.RENDERED_LIMIT // len(line) + 5)
    html = markup.render(text)
    rendered, plain = html.split('<div class="fp-plain">')
    assert rendered.count("<strong>b</strong>") + plain.count("**b** &lt;i&gt;") == text.count("**b**")
    assert plain.count("**b**") >= 5


def test_a_long_line_without_breaks_is_cut_at_the_limit() -> None:
    html = markup.render("x" * (markup.RENDERED_LIMIT + 3))
    assert html.endswith('<div class="fp-plain">xxx</div>')


def test_a_table_of_a_hundred_thousand_rows_is_rendered_up_to_the_limit_and_shown_whole() -> None:
    text = "a|b\n-|-\n" + "1\n" * 100_000

    rendered, plain = markup.render(text).split('<div class="fp-plain">')

    assert rendered.count("<tr>") == markup.RENDERED_LINES - 1
    assert plain == "1\n" * (100_000 - markup.RENDERED_LINES + 2) + "</div>"


def test_of_signs_without_end_a_part_is_rendered_and_the_rest_shown_as_it_stands() -> None:
    rendered, plain = markup.render("[" * (markup.RENDERED_SIGNS + 7)).split('<div class="fp-plain">')

    assert rendered == f"<p>{'[' * markup.RENDERED_SIGNS}</p>\n"
    assert plain == "[[[[[[[</div>"


def test_lines_full_of_signs_are_cut_between_lines() -> None:
    line, whole = "[a] [b] [c]\n", markup.RENDERED_SIGNS // 6

    rendered, plain = markup.render(line * (whole + 100)).split('<div class="fp-plain">')

    assert rendered.count("[a] [b] [c]") == whole
    assert plain == line * 100 + "</div>"


def test_tables_are_rendered_up_to_a_number_of_cells_and_beyond_as_text() -> None:
    """The parser adds the cells that a row lacks: these 80 columns and 100 rows are 8,000."""
    table = "|a" * 80 + "\n" + "|-" * 80 + "\n" + "|b\n" * 100

    html = markup.render(f"{table}\n{table}")

    first, second = html.split("</table>")
    assert first.count("<tr>") == 101
    assert second.count("|b") == 100
    assert "<t" not in second
