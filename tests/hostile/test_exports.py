"""Whatever is taken away as CSV holds no cell that a spreadsheet would compute."""

import ast
import csv
import io

import pytest
from django.urls import reverse

from flowpilot.accounts import audit
from tests.addresses import of_the_product
from tests.architecture.test_house import ROOT, sources
from tests.factories import Cast
from tests.hostile.values import ALL
from tests.screens import signed_in

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=HYPERLINK(0)", "-cmd")
BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n")


def cells(content: bytes) -> list[str]:
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    return [cell for row in rows for cell in row]


def plant(cast: Cast) -> None:
    for text in (*FORMULAS, *(value.replace("\x00", "") for value in ALL.values())):
        audit.record(audit.Verb.EXPORTED, account_id=cast.account.pk, note=text, by=None)


def test_every_export_of_the_url_map(cast: Cast) -> None:
    """Exports are found by their answer: what comes as CSV is one."""
    plant(cast)
    client, found = signed_in(cast.account_admin), []
    for each in of_the_product(cast):
        for answer in (client.get(each.url), client.post(each.url, {"format": "csv"})):
            if answer.headers.get("Content-Type", "").startswith("text/csv"):
                found.append(each.name)
                assert [cell for cell in cells(answer.content) if cell.startswith(BEGINS)] == []

    assert "accounts:audit-export" in found


@pytest.mark.django_db
def test_what_was_neutralised_can_still_be_read(cast: Cast) -> None:
    plant(cast)

    answer = signed_in(cast.account_admin).post(reverse("accounts:audit-export"))

    assert {f"'{formula}" for formula in FORMULAS} <= {*cells(answer.content)}


def test_only_one_module_writes_csv() -> None:
    writers = {
        str(path.relative_to(ROOT))
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr in ("writer", "DictWriter")
        and isinstance(node.value, ast.Name)
        and node.value.id == "csv"
    }
    assert writers == {"flowpilot/core/export.py"}
