"""Files that are not what they say, through every field that takes one; imports with anything anywhere.

The fields are found by themselves (`finding`), the places in an import are all leaves of a file that was
exported, or all columns that an importer knows.
"""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command, get_commands
from django.test import Client
from django.urls import reverse

from flowpilot.flows.actions.importing import planned
from flowpilot.flows.exchange import files as exchanged
from flowpilot.flows.exchange.portable import FileRefused, PortableFlow
from sessions.actions.attachments import AT_ONCE
from sessions.importing.columns import SYNONYMS
from sessions.importing.lifecycle import COLUMNS
from sessions.models import AISession
from tests.addresses import Address
from tests.factories import Cast, make_session, make_version, picture
from tests.hostile.finding import distinct, forms_on, undone
from tests.hostile.forms import Form
from tests.hostile.test_every_field import active
from tests.hostile.values import CANARY, EVERYTHING, SHORT, files, packed, texts
from tests.screens import signed_in

NAME = 180
"""Characters of a file's name, several strings in one."""
SVG = f"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><{CANARY}/></svg>".encode()
CONTENTS = {
    "script.svg": SVG,
    "page.png": b"<!doctype html><script>alert(1)</script>",
    "behind.png": picture() + b"<script>alert(1)</script>",
    "broken.png": picture()[:-20],
    "huge.png": picture()[:16] + (30_000).to_bytes(4, "big") * 2 + picture()[24:],
    "frames.gif": b"GIF89a" + b"\xff" * 60,
    "program.log": b"MZ\x90\x00" + b"\x00" * 80,
    "marks.txt": "\ufeff\u202e".encode() + EVERYTHING.encode(),
    "wide.txt": EVERYTHING.encode("utf-16"),
    "halved.log": b"\xff\xfe\x00\xd8\x00",
    "latin.csv": "=1+1;\xe4".encode("latin-1"),
    "nothing.txt": b"",
    "deep.json": b'{"flows": ' + b"[" * 20_000,
    "number.json": b'{"schema": NaN, "flows": 1e999}',
    "flow.md": EVERYTHING.encode(),
    SHORT.replace("/", "") + ".txt": b"x",
    "../../etc/passwd": b"x",
    "CON.png\u202egpj": picture(),
}


def with_files(cast: Cast) -> tuple[Client, list[Form]]:
    client = signed_in(cast.account_admin)
    session = make_session(cast, user=cast.account_admin)
    pages = ["console:home", "flows:exchange"]
    addresses = [Address(name, reverse(name)) for name in pages]
    addresses.append(Address("sessions:detail", reverse("sessions:detail", args=[session.pk])))
    forms = distinct(form for form in forms_on(client, addresses) if form.files)
    return client, list({(form.action, *form.files): form for form in forms}.values())


def wrong_with_files(client: Client, form: Form, sent: Sequence[tuple[str, bytes]]) -> list[str]:
    given = {field: [SimpleUploadedFile(*each) for each in sent] for field in form.files}
    answer = undone(client, form, {**form.fields, "problem": "Printer", **given})
    found = active(answer)
    bad = answer.status_code >= 500 or found
    return [f"{form.action} {[name for name, _ in sent]}: {answer.status_code} {found[:5]}"] if bad else []


def test_files_that_are_not_what_they_say(cast: Cast) -> None:
    client, forms = with_files(cast)

    assert len(forms) >= 3
    sent = [wrong_with_files(client, form, [each]) for form in forms for each in CONTENTS.items()]
    assert [said for wrong in sent for said in wrong] == []


@pytest.mark.soak
def test_every_file_of_the_set(cast: Cast) -> None:
    """Pictures one by one, also under a name that they have not; strings as names and contents, so many at
    once as a form takes."""
    client, forms = with_files(cast)
    given = [(path.name, path.read_bytes()) for path in files()]
    disguised = [(f"{name}.png", content) for name, content in given]
    named = [(f"{text[:NAME]}.txt", text.encode(errors="replace")) for text in packed(texts(), NAME)]
    for form in forms:
        for each in (*given, *disguised):
            assert wrong_with_files(client, form, [each]) == []
        at_once = AT_ONCE if form.several else 1
        for start in range(0, len(named), at_once):
            assert wrong_with_files(client, form, named[start : start + at_once]) == []


def exported(cast: Cast) -> Any:
    flow = make_version(cast).flow
    return json.loads(exchanged.WRITERS["json"]([PortableFlow.of(flow)]))


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of a document, whole lists and objects among them."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from leaves(each, (*path, key))


def exchanged_at(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    changed = json.loads(json.dumps(document))
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return changed


def read_or_refused(text: str) -> tuple[list[PortableFlow], Sequence[object]]:
    try:
        return exchanged.read("flows.json", text.encode()), ()
    except FileRefused as refusal:
        return [], refusal.reasons


ODD: tuple[Any, ...] = (SHORT, EVERYTHING, None, -1, 10**40, True, [], {}, [[[{}]]], "\u202e")


def test_anything_anywhere_in_a_file_of_flows(cast: Cast) -> None:
    """It is refused with reasons, or can be planned."""
    document = exported(cast)
    for path in leaves(document):
        for value in ODD:
            portables, reasons = read_or_refused(json.dumps(exchanged_at(document, path, value)))
            entries = planned(cast.account.pk, portables, by=cast.account_admin)
            assert len(entries) == len(portables)
            assert bool(reasons) != bool(portables) or (path, value) == (("flows",), [])


def table(columns: list[str], value: str) -> str:
    """A row for each column, in which that one has the value."""
    rows = [[value if each == at else f"Printer {at}" for each in columns] for at in columns]
    written = io.StringIO()
    csv.writer(written).writerows([columns, *rows, [value] * len(columns)])
    return written.getvalue()


def imported_from(value: str) -> dict[str, str]:
    """What each command that takes a file in is given."""
    return {
        "import_event_log": table([*COLUMNS], value),
        "import_flows": f"# {value}\n\n{value}\n",
        "import_tickets": table([*SYNONYMS], value),
    }


def take_in(command: str, path: Path, cast: Cast) -> None:
    """What cannot be taken in is a command error or a non-zero end; anything else would be a fault."""
    with suppress(CommandError, SystemExit):
        call_command(command, str(path), account=cast.account.slug, verbosity=0, stdout=io.StringIO())


def test_anything_anywhere_in_the_files_of_the_commands(cast: Cast, tmp_path: Path) -> None:
    """It is taken in or refused by a command error; nothing of it is active on the pages that show it."""
    for number, value in enumerate((SHORT, EVERYTHING, "\x00", "9" * 400, "2025-02-30", "\ud7ff\u202e")):
        given = imported_from(value)
        assert {*given} == {name for name in get_commands() if name.startswith("import_")}
        for command, content in given.items():
            path = tmp_path / f"{number}{'.md' if command == 'import_flows' else '.csv'}"
            path.write_text(content, "utf-8", newline="")
            take_in(command, path, cast)
    client = signed_in(cast.account_admin)
    rows = AISession.objects.filter(account=cast.account)
    addresses = [reverse("sessions:list"), *(reverse("sessions:detail", args=[row.pk]) for row in rows[:8])]

    assert rows.count() >= 2
    assert [found for url in addresses for found in active(client.get(url))] == []
