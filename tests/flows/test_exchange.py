"""Flows as files: they come back as they went out, and what does not fit is refused with its line."""

import json
import re
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from flowpilot.core.edge.bodies import limit_at
from flowpilot.core.text import clean_json
from flowpilot.flows import actions, exchange_views
from flowpilot.flows.actions.importing import import_flows, planned
from flowpilot.flows.exchange import files, jsonfile, markdown, mermaid, packing
from flowpilot.flows.exchange.lines import lines_of
from flowpilot.flows.exchange.portable import LARGEST, FileRefused, PortableFlow, Reason
from flowpilot.flows.management.commands import export_flows
from flowpilot.flows.models import Flow, FlowDraft, FlowVersion
from tests.factories import Cast, make_version, small_tree
from tests.flows.strategies import trees
from tests.screens import signed_in, text, words

EXCHANGE = reverse("flows:exchange")
SMALL = PortableFlow(
    "printer", "Printer prints nothing", "Gets pages out.\n\n# Not a title", "printing", small_tree()
)

plain = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
portables = st.builds(
    PortableFlow,
    slug=st.from_regex(r"[a-z0-9-]{0,10}", fullmatch=True),
    title=plain.filter(str.strip),
    summary=plain,
    domain=plain,
    tree=trees(),
    one_client=st.booleans(),
)


def lines_in(refused: FileRefused) -> list[int]:
    return [reason.line for reason in refused.reasons]


@pytest.mark.parametrize("kind", ["json", "md"])
@given(flows=st.lists(portables, min_size=1, max_size=2))
@settings(max_examples=12)
def test_what_goes_out_comes_back_as_it_was(kind: str, flows: list[PortableFlow]) -> None:
    file = files.WRITERS[kind](flows).encode()

    assert files.read(f"flows.{kind}", file) == flows


def test_markdown_saved_with_windows_line_ends_comes_back_too() -> None:
    assert markdown.read(markdown.written([SMALL]).replace("\n", "\r\n")) == [SMALL]


def test_markdown_reads_as_a_document() -> None:
    assert markdown.written([SMALL]).split("\n")[:20] == [
        "# Printer prints nothing",
        "",
        "> Gets pages out.",
        ">",
        "> # Not a title",
        "",
        "- Name: `printer`",
        "- Domain: `printing`",
        "- First step: `n1`",
        "",
        "## `n1` question: Does the printer show an error?",
        "",
        "- `o1` Yes → `n2`",
        "- `o2` No → `n4`",
        "",
        "## `n2` action: Restart the print spooler",
        "",
        "- `o1` Solved → `n3`",
        "- `o2` Not solved → `n4`",
        "",
    ]


def test_mermaid_draws_every_step_and_answer() -> None:
    assert mermaid.written(small_tree('Is "it" on?')).split("\n")[:4] == [
        "flowchart TD",
        '    N1{{"Is #34;it#34; on?"}}',
        '    N1 -->|"Yes"| N2',
        '    N1 -->|"No"| N3',
    ]


def test_the_lines_of_values_are_those_of_the_text() -> None:
    written = '{\n "a": [\n  1,\n  {"b, {": "x\\"]"}\n ]\n}'

    assert lines_of(written) == {(): 1, ("a",): 2, ("a", 0): 3, ("a", 1): 4, ("a", 1, "b, {"): 4}


def changed(**tree: Any) -> str:
    data = json.loads(jsonfile.written([SMALL]))
    data["flows"][0]["tree"].update(tree)
    return json.dumps(data, indent=1)


@pytest.mark.parametrize(
    ("file", "line", "what"),
    [
        ("[]", 1, "This is no file of flows"),
        ('{\n"format": oops', 2, "is no JSON"),
        ('{"format": "flowpilot-flows",\n"version": 2}', 2, "Only version 1"),
        ('{"format": "flowpilot-flows", "version": 1,\n"flows": 3}', 2, "flows must be a list, not a number"),
        ('{"format": "flowpilot-flows", "version": 1,\n\n"flows": [\n7]}', 4, "A flow must be an object"),
        ('{"format": "flowpilot-flows", "version": 1, "flows": [],\n"more": 1}', 2, "more is not known here"),
        (changed(root="n9"), 10, "n9"),
    ],
)
def test_json_that_does_not_fit_is_refused_with_its_line(file: str, line: int, what: str) -> None:
    with pytest.raises(FileRefused) as refused:
        jsonfile.read(file)

    assert lines_in(refused.value)[0] == line
    assert what in refused.value.reasons[0].what


def test_a_broken_step_is_named_with_the_line_on_which_it_begins() -> None:
    file = changed().replace('"title": "Restart the print spooler"', '"title": ""')

    with pytest.raises(FileRefused) as refused:
        jsonfile.read(file)

    (reason,) = refused.value.reasons
    begins = file.split("\n")[reason.line - 1 : reason.line + 1]
    assert [line.strip() for line in begins] == ["{", '"id": "n2",']
    assert "title is empty" in reason.what


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("", Reason(1, 'There is no flow in it: one begins with a line like "# Title".')),
        ("# A\n\nLoose words", Reason(3, "This line belongs to nothing: guidance is quoted with “> ”.")),
        (
            markdown.written([SMALL]).replace("## `n3` resolution", "## `n3` ending"),
            Reason(
                20,
                "Node n3: kind “ending” is unknown: choose one of question, action, resolution, escalation.",
            ),
        ),
    ],
)
def test_markdown_that_does_not_fit_is_refused_with_its_line(file: str, reason: Reason) -> None:
    with pytest.raises(FileRefused) as refused:
        markdown.read(file)

    assert [one.what for one in refused.value.reasons if one.line >= reason.line][0] == reason.what


def test_files_of_other_kinds_and_encodings_are_refused() -> None:
    with pytest.raises(FileRefused, match="Only .json and .md"):
        files.read("flows.exe", b"")
    with pytest.raises(FileRefused, match="line 2: The file is not UTF-8"):
        files.read("flows.md", b"# A\n\xff")


def test_the_schema_says_what_a_file_may_hold() -> None:
    schema = clean_json(jsonfile.JSON_SCHEMA)
    flow = schema["properties"]["flows"]["items"]  # type: ignore[index, call-overload]

    assert set(json.loads(jsonfile.written([SMALL]))["flows"][0]) == set(flow["required"])  # type: ignore[index, call-overload]


def test_importing_what_was_exported_changes_nothing(cast: Cast) -> None:
    flow = make_version(cast, summary="Gets pages out.").flow

    entries = import_flows(cast.account.pk, [PortableFlow.of(flow)], by=cast.team_admin)

    assert [entry.what for entry in entries] == ["same"]
    assert (FlowVersion.objects.count(), FlowDraft.objects.count()) == (1, 0)


def test_a_new_flow_is_published_and_a_changed_one_becomes_a_draft(cast: Cast) -> None:
    flow = make_version(cast).flow
    theirs = PortableFlow(flow.slug, flow.title, flow.summary, "", small_tree("Is it on?"))

    entries = import_flows(cast.account.pk, [SMALL, theirs, theirs], team=cast.team, by=cast.team_admin)

    assert [entry.what for entry in entries] == ["new", "change", "twice"]
    made = Flow.objects.get(slug="printer")
    assert (made.status, made.team, PortableFlow.of(made)) == ("published", cast.team, SMALL)
    assert FlowDraft.objects.get(flow=flow).tree["nodes"][0]["title"] == "Is it on?"
    again = planned(cast.account.pk, [SMALL, theirs], by=cast.team_admin)
    assert [entry.what for entry in again] == ["same", "draft"]


def test_a_flow_of_another_team_is_left_alone(cast: Cast) -> None:
    flow = make_version(cast, team=cast.other_team).flow
    theirs = PortableFlow(flow.slug, "Other words", "", "", small_tree())

    assert [one.what for one in planned(cast.account.pk, [theirs], by=cast.team_admin)] == ["foreign"]


def hand_in(client: Client, cast: Cast, name: str, content: str) -> Any:
    upload = SimpleUploadedFile(name, content.encode())
    return client.post(EXCHANGE, {"upload": upload, "team": cast.team.pk})


def test_a_file_is_looked_at_before_it_is_taken_in(cast: Cast) -> None:
    client = signed_in(cast.team_admin)
    looked = hand_in(client, cast, "flows.md", markdown.written([SMALL]))
    assert "New: is published" in words(looked)
    assert not Flow.objects.exists()

    again = re.search(r'name="packed" value="(.*?)"', text(looked))
    assert again
    fields = {"name": "flows.md", "packed": again[1], "team": cast.team.pk, "confirmed": "on"}
    client.post(EXCHANGE, fields)

    assert PortableFlow.of(Flow.objects.get()) == SMALL


@pytest.mark.parametrize(
    "packed", ["x", packing.packed(b"[]")[:-8], packing.packed(b" " * (LARGEST + 1)), "e30="], ids=range(4)
)
def test_a_file_that_comes_back_broken_or_too_large_is_refused(cast: Cast, packed: str) -> None:
    fields = {"name": "flows.json", "packed": packed, "confirmed": "on"}

    response = signed_in(cast.account_admin).post(EXCHANGE, fields)

    assert response.status_code == 422
    assert "Choose the file again" in words(response)


def test_a_file_as_large_as_may_be_comes_back_as_it_was(cast: Cast) -> None:
    odd = replace(SMALL, summary="line ends stay\r\nas they are\r")
    client = signed_in(cast.account_admin)

    looked = hand_in(client, cast, "flows.json", jsonfile.written([odd]).ljust(LARGEST))
    again = re.search(r'name="packed" value="(.*?)"', text(looked))

    assert again
    client.post(EXCHANGE, {"name": "flows.json", "packed": again[1], "confirmed": "on"})
    assert Flow.objects.get().summary == odd.summary
    assert limit_at(EXCHANGE) > LARGEST


def test_a_refused_file_says_where_and_takes_nothing_in(cast: Cast) -> None:
    response = hand_in(signed_in(cast.team_admin), cast, "flows.json", changed(root="n9"))

    assert response.status_code == 422
    assert "Line 10:" in words(response)
    assert not Flow.objects.exists()


def test_a_retired_flow_is_in_no_file(cast: Cast, capsys: Any) -> None:
    gone = make_version(cast, title="Gone").flow
    make_version(cast, title="In force")
    actions.retire(gone, by=cast.account_admin)
    client = signed_in(cast.engineer)

    call_command("export_flows", account=cast.account.slug)

    for file in (text(client.get(reverse("flows:export"))), capsys.readouterr().out):
        assert [one.title for one in jsonfile.read(file)] == ["In force"]
    assert client.get(reverse("flows:export"), {"flow": gone.pk}).status_code == 404


@pytest.mark.parametrize("kind", ["json", "md"])
def test_what_was_made_for_one_client_says_so_before_it_is_taken_in_for_all(cast: Cast, kind: str) -> None:
    make_version(cast, title="At Northwind", client=cast.client)
    client = signed_in(cast.account_admin)
    file = text(client.get(reverse("flows:export"), {"format": kind}))
    Flow.objects.update(slug="renamed")

    looked = words(hand_in(client, cast, f"flows.{kind}", file))

    assert "At Northwind New: is published for all clients. It was made for one client" in looked
    assert cast.client.name not in file.replace("At Northwind", "")


def test_an_export_is_never_larger_than_what_is_taken_in(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for title in ("One", "Two", "Three"):
        make_version(cast, title=title)
    monkeypatch.setattr(exchange_views, "LARGEST", 100)
    monkeypatch.setattr(export_flows, "MOST_FLOWS", 2)

    response = signed_in(cast.engineer).get(reverse("flows:export"))

    assert response.headers["Location"] == EXCHANGE
    with pytest.raises(CommandError, match="from 1 to 2"):
        call_command("export_flows", account=cast.account.slug)
    files_of = [StringIO(), StringIO()]
    for number, file in enumerate(files_of, start=1):
        call_command("export_flows", account=cast.account.slug, part=number, stdout=file)
    read = [[one.title for one in jsonfile.read(file.getvalue())] for file in files_of]
    assert read == [["One", "Three"], ["Two"]]


@pytest.mark.parametrize("slug", ['a"\r\nX: y', "a b", "ä", "a/b"])
@pytest.mark.parametrize("kind", ["json", "md"])
def test_a_name_that_fits_no_address_is_refused(kind: str, slug: str) -> None:
    file = files.WRITERS[kind]([replace(SMALL, slug=slug)])

    with pytest.raises(FileRefused, match="has only letters from A to Z, digits, - and _"):
        files.read(f"flows.{kind}", file.encode())


def test_engineers_export_and_do_not_import(cast: Cast) -> None:
    flow = make_version(cast).flow
    client = signed_in(cast.engineer)

    assert hand_in(client, cast, "flows.md", markdown.written([SMALL])).status_code == 403
    response = client.get(reverse("flows:export"), {"format": "md", "flow": flow.pk})
    assert markdown.read(text(response)) == [PortableFlow.of(flow)]
    assert response.headers["Content-Disposition"] == f'attachment; filename="{flow.slug}.md"'


def test_the_commands_write_and_read_the_same_file(cast: Cast, tmp_path: Any, capsys: Any) -> None:
    flow = make_version(cast).flow
    call_command("export_flows", account=cast.account.slug)
    file = tmp_path / "flows.json"
    file.write_text(capsys.readouterr().out)

    call_command("import_flows", str(file), account=cast.account.slug, dry_run=True)

    assert capsys.readouterr().out == f"same    {flow.title}\n"
    file.write_text("{")
    with pytest.raises(CommandError, match="line 1:"):
        call_command("import_flows", str(file), account=cast.account.slug)
