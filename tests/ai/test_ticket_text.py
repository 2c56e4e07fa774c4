import pytest

from flowpilot.ai.offline.text.model import Code, ListBlock, Note, Paragraph, Quote, Section, Table
from flowpilot.ai.offline.text.parse import parse_document


def kinds(sections: tuple[Section, ...]) -> list[tuple[str, int | None, str]]:
    return [(s.heading.kind, s.heading.number, s.heading.title) for s in sections]


def only_list(text: str) -> ListBlock:
    (section,) = parse_document(text).sections
    (block,) = section.blocks
    assert isinstance(block, ListBlock)
    return block


def test_bare_lines_markdown_and_bold_are_headings() -> None:
    text = "Cause\nOld driver.\n\n## Resolution\nReplace it.\n\n**Workaround**\n\nPrint to PDF."
    assert kinds(parse_document(text).sections) == [
        ("cause", None, ""),
        ("resolution", None, ""),
        ("workaround", None, ""),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("### Method 2: Raise the quota", ("method", 2, "Raise the quota")),
        ("Resolution 1 - Restart the spooler", ("resolution", 1, "Restart the spooler")),
        ("Workaround Method 2 - Use the tray", ("method", 2, "Use the tray")),
        ("Solution/Workaround", ("resolution", None, "")),
        ("### Scenario 3", ("scenario", 3, "")),
        ("More information", ("more_information", None, "")),
    ],
)
def test_heading_says_kind_number_and_title(line: str, expected: tuple[str, int, str]) -> None:
    assert kinds(parse_document(f"{line}\nText.").sections) == [expected]


def test_resolution_for_a_cause_knows_the_cause() -> None:
    (section,) = parse_document("### Resolution for cause 2\nUnplug it.").sections
    assert section.heading.target == ("cause", 2)


def test_methods_stand_under_their_resolution() -> None:
    (resolution,) = parse_document(
        "Resolution\nTry these.\n\nMethod 1\n\nUnplug it.\n\nMethod 2\n\nReset it."
    ).sections
    assert kinds(resolution.children) == [("method", 1, ""), ("method", 2, "")]


def test_a_sentence_that_begins_like_a_heading_is_text() -> None:
    (section,) = parse_document(
        "Cause of the noise is the fan, which has to be cleaned twice a year."
    ).sections
    assert section.heading.kind == "text"


def test_label_with_its_text_on_one_line_ends_with_the_paragraph() -> None:
    sections = parse_document("Cause: the scope was full\n\n1. Open the console\n2. Widen the scope").sections
    assert [s.heading.kind for s in sections] == ["cause", "text"]


def test_blocks_know_their_characters_in_the_source() -> None:
    text = "Intro.\n\n- one\n- two\n\n```cmd\nipconfig /all\n```\n\nLast."
    (section,) = parse_document(text).sections
    assert [text[block.start : block.end] for block in section.blocks] == [
        "Intro.",
        "- one\n- two",
        "ipconfig /all",
        "Last.",
    ]


def test_nested_lists_and_code_stay_under_their_step() -> None:
    steps = only_list(
        "1. Run this:\n\n   ```cmd\n   net stop spooler\n   ```\n2. Pick one:\n   - red\n   - blue"
    )
    code, colours = steps.items[0].blocks[0], steps.items[1].blocks[0]
    assert isinstance(code, Code)
    assert (code.text, code.language) == ("net stop spooler", "cmd")
    assert isinstance(colours, ListBlock)
    assert [item.text for item in colours.items] == ["red", "blue"]


def test_steps_torn_apart_by_unindented_code_are_one_list() -> None:
    steps = only_list("1. Run this:\n\n```cmd\nhostname\n```\n\n2. Note the name.")
    assert [item.text for item in steps.items] == ["Run this:", "Note the name."]
    assert isinstance(steps.items[0].blocks[0], Code)


@pytest.mark.parametrize(
    "text", ["WARNING:\n> Back up first.", "> [!WARNING]\n> Back up first.", "Warning: Back up first."]
)
def test_warnings_are_notes_of_their_kind(text: str) -> None:
    (section,) = parse_document(text).sections
    (note,) = section.blocks
    assert isinstance(note, Note)
    assert (note.kind, note.warns) == ("warning", True)
    assert [block.text for block in note.blocks if isinstance(block, Paragraph)] == ["Back up first."]


def test_quotes_and_tables_are_kept() -> None:
    (section,) = parse_document("> It broke\n\n|A|B|\n|-|-|\n|1|2|").sections
    quote, table = section.blocks
    assert isinstance(quote, Quote)
    assert isinstance(table, Table)
    assert table.rows == ("|A|B|", "|-|-|", "|1|2|")


def test_cmdlet_alone_on_a_line_is_code() -> None:
    (section,) = parse_document("Run this command:\nGet-Printer -Name LAB1\nThen print.").sections
    assert [type(block) for block in section.blocks] == [Paragraph, Code, Paragraph]


def test_html_becomes_the_same_structure_with_offsets_into_the_html() -> None:
    text = (
        "<h3>Resolution</h3><p>Do <b>this</b>:</p>"
        "<ol><li>Open <code>C:\\Temp</code></li><li>Close &amp; wait</li></ol>"
    )
    (section,) = parse_document(text).sections
    paragraph, steps = section.blocks
    assert section.heading.kind == "resolution"
    assert isinstance(paragraph, Paragraph)
    assert paragraph.text == "Do **this**:"
    assert isinstance(steps, ListBlock)
    assert [item.text for item in steps.items] == ["Open `C:\\Temp`", "Close & wait"]
    assert text[steps.items[1].start : steps.items[1].end] == "Close &amp; wait"


def test_markup_shown_as_code_is_not_html() -> None:
    (section,) = parse_document("Add this:\n\n```xml\n<p>one</p>\n<p>two</p>\n```").sections
    assert isinstance(section.blocks[1], Code)


def test_greeting_signature_and_quoted_mail_are_dropped() -> None:
    mail = "Hi Ben,\n\nReplaced the cable.\n\nKind regards,\nAda\n\n"
    text = mail + "On Mon, 3 Mar 2025 Ben Hill wrote:\n> It broke"
    (section,) = parse_document(text).sections
    assert [block.text for block in section.blocks if isinstance(block, Paragraph)] == ["Replaced the cable."]


def test_mail_headers_inside_code_do_not_end_the_text() -> None:
    text = "Headers:\n\n```\nFrom: a@example.com\nSent: today\nTo: b@example.com\n```\n\nEnd."
    (section,) = parse_document(text).sections
    assert isinstance(section.blocks[-1], Paragraph)
    assert section.blocks[-1].text == "End."


@pytest.mark.parametrize(
    "text", ["", "\n\n", "```", "> ", "- ", "1.", "|", "#", "NOTE:", "**", "<p><p></div>"]
)
def test_fragments_are_read_without_fuss(text: str) -> None:
    assert parse_document(text).source == text


@pytest.mark.parametrize(
    "placeholder", ["<hostname>", "<SECRET_1>", "<user name>", "<ada@example.com>", "<address>", "<title>"]
)
def test_placeholders_in_html_are_text_not_tags(placeholder: str) -> None:
    (section,) = parse_document(f"<p>Type {placeholder} here.</p><p>Then wait.</p>").sections
    assert [block.text for block in section.blocks if isinstance(block, Paragraph)] == [
        f"Type {placeholder} here.",
        "Then wait.",
    ]


def test_an_inner_list_torn_apart_by_unindented_code_stays_in_its_step() -> None:
    text = """1. Stop the feeder.
2. Clear the queue:

   a. Open the folder:

C:\\Labels\\Queue

    b. Delete the files in it.

3. Start the feeder.
"""
    listed = only_list(text)
    assert [item.text for item in listed.items] == [
        "Stop the feeder.",
        "Clear the queue:",
        "Start the feeder.",
    ]
    (inner,) = listed.items[1].blocks
    assert isinstance(inner, ListBlock)
    assert [item.text for item in inner.items] == ["Open the folder:", "Delete the files in it."]
