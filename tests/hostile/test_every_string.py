"""Every string of the set (`values.texts`) where it comes in otherwise than by a form: filters of the API,
files of flows, files that commands take in. Long runs only: the tests beside this send strings of our own."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from flowpilot.api import router
from flowpilot.flows.actions.importing import planned
from flowpilot.flows.exchange.files import WRITERS
from flowpilot.flows.models import Flow
from sessions.importing.columns import SYNONYMS
from sessions.importing.lifecycle import COLUMNS
from sessions.models import AISession
from tests.factories import Cast
from tests.hostile.test_every_field import active
from tests.hostile.test_files import exchanged_at, exported, leaves, read_or_refused, take_in
from tests.hostile.values import packed, texts
from tests.screens import signed_in

pytestmark = pytest.mark.soak
ROWS = 200
"""So many strings come to one table."""
OPENED = 20
"""So many of the rows that came of a file are looked at, spread over it."""
DAY = "1/3/2016 08:00"
TICKET = {"title": "Nobody can print", "description": "The printer on the third floor is silent."}
ROWS_OF: dict[str, dict[str, str]] = {
    "import_event_log": dict(zip(COLUMNS, ("T", "Closed", "0", "0", DAY, DAY, DAY, DAY), strict=True)),
    "import_tickets": {**dict.fromkeys(SYNONYMS, ""), **TICKET, "resolution": "The spooler was restarted."},
}
"""What each command takes in as it is."""


def test_in_the_filters_of_the_api(cast: Cast) -> None:
    client, given = signed_in(cast.account_admin), texts()
    for _prefix, viewset, name in router.registry:
        own: Any = viewset
        filters = [*own.filterset_class.base_filters, "cursor", "page_size", "format", "ordering", "view"]
        for start in range(0, len(given), len(filters)):
            asked = dict(zip(filters, given[start : start + len(filters)], strict=False))
            assert client.get(reverse(f"{name}-list"), asked).status_code < 500, str(asked)


def test_in_a_file_of_flows(cast: Cast) -> None:
    """It is refused with reasons, or can be planned."""
    document = exported(cast)
    places = [path for path in leaves(document) if path]
    for number, value in enumerate(texts()):
        changed = exchanged_at(document, places[number % len(places)], value)
        portables, reasons = read_or_refused(json.dumps(changed))
        assert len(planned(cast.account.pk, portables, by=cast.account_admin)) == len(portables)
        assert bool(reasons) != bool(portables), value


def table(values: Sequence[str], row: Mapping[str, str], at: int) -> str:
    """A row for each value, in which one column after the other has it; the first from column `at` on."""
    written = io.StringIO()
    rows = csv.DictWriter(written, [*row])
    rows.writeheader()
    for number, value in enumerate(values):
        changed = [*row][(at + number) % len(row)]
        rows.writerow({**row, [*row][0]: f"T-{at}-{number}", changed: value})
    return written.getvalue()


def flows_of(document: Any, values: Iterable[str]) -> Iterator[str]:
    """A file of flows for each value, which stands in all its texts."""
    for number, value in enumerate(values):
        changed = json.loads(json.dumps(document))
        flow = changed["flows"][0]
        flow |= {"slug": f"hostile-{number}", "title": value[:150].strip() or "Blank", "summary": value[:900]}
        for node in flow["tree"]["nodes"]:
            node |= {"title": value[-150:].strip() or "Blank", "body": value[:6_000]}
        yield json.dumps(changed)


def files(cast: Cast) -> Iterator[tuple[str, str, str]]:
    """Command, ending of the name, content."""
    given = [text.replace("\x00", "") for text in texts()]
    for command, row in ROWS_OF.items():
        for number, start in enumerate(range(0, len(given), ROWS)):
            yield command, "csv", table(given[start : start + ROWS], row, number)
    for content in flows_of(exported(cast), packed(given, 6_000)):
        yield "import_flows", "json", content
        portables, _reasons = read_or_refused(content)
        if portables:
            yield "import_flows", "md", WRITERS["md"](portables)


def seen(client: Client, cast: Cast) -> list[str]:
    """What is active on the lists and on some of the pages of what there is."""
    addresses = [reverse("sessions:list"), reverse("flows:library")]
    for model, name in ((AISession, "sessions:detail"), (Flow, "flows:detail")):
        keys = list(model.objects.filter(account=cast.account).values_list("pk", flat=True))
        addresses += [reverse(name, args=[pk]) for pk in keys[:: max(1, len(keys) // OPENED)]]
    return [f"{url}: {found}" for url in addresses for found in active(client.get(url))]


def test_in_the_files_of_the_commands(cast: Cast, tmp_path: Path) -> None:
    """It is taken in or refused by a command error; nothing of it is active on the pages that show it."""
    client, came = signed_in(cast.account_admin), Counter[str]()
    for number, (command, ending, content) in enumerate(files(cast)):
        path = tmp_path / f"{number}.{ending}"
        path.write_text(content, "utf-8", errors="replace", newline="")
        with transaction.atomic():
            before = AISession.objects.count() + Flow.objects.count()
            take_in(command, path, cast)
            came[f"{command} {ending}"] += AISession.objects.count() + Flow.objects.count() - before
            assert seen(client, cast) == []
            transaction.set_rollback(True)
    assert len(came) == 4
    assert min(came.values()) >= len(came), came
