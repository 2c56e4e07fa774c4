"""Tables that are taken away, and what stands in them."""

import csv
import io

from flowpilot.accounts import audit
from tests.factories import Cast
from tests.hostile.values import ALL

FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "=HYPERLINK(0)",
    "-cmd",
    "\uff1d1",
    "\uff20A1",
)
BEGINS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")


def cells(content: bytes) -> list[str]:
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    return [cell for row in rows for cell in row]


def plant_formulas(cast: Cast) -> None:
    for text in (*FORMULAS, *(value.replace("\x00", "") for value in ALL.values())):
        audit.record(audit.Verb.EXPORTED, account_id=cast.account.pk, note=text, by=None)
