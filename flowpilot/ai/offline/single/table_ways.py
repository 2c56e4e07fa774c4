"""A table of causes and what removes each, or of versions and what is done in each, as a question."""

import re
from collections.abc import Sequence as Many

from flowpilot.ai.offline.single.cause_ways import NOT_KNOWN, WHICH_CAUSE
from flowpilot.ai.offline.single.labels import WHICH_APPLIES, WHICH_VERSION, label_text
from flowpilot.ai.offline.single.plan import Choice, Plan, Route, Span, distinct
from flowpilot.ai.offline.single.ways import PlanBlocks
from flowpilot.ai.offline.text.model import Paragraph, Table

_CAUSE = re.compile(r"(?:possible )?(?:causes?|reasons?)$", re.IGNORECASE)
_CASE = re.compile(
    r"(?:symptoms?|scenarios?|problems?|issues?|conditions?|situations?"
    r"|(?:errors?|messages?)(?: or description)?)$",
    re.IGNORECASE,
)
_REMEDY = re.compile(
    r"(?:resolutions?|solutions?|fix(?:es)?|workarounds?|remed(?:y|ies)|actions?|what to do)$", re.IGNORECASE
)
_VERSION = re.compile(r"\b(?:installations?|versions?|editions?|msi|click-to-run|20\d\d)\b", re.IGNORECASE)
_MOST = 10


def table_ways(table: Table, plan_blocks: PlanBlocks) -> Plan | None:
    """The table as a choice; None for one that tells facts."""
    rows = [_cells(row) for row in table.rows if not re.fullmatch(r"[|\s:-]*", row)]
    if len(rows) < 2 or any(len(row) != len(rows[0]) for row in rows):
        return None
    head, body = rows[0], rows[1:]
    if len(head) == 2 and _REMEDY.match(head[1]) and (_CAUSE.match(head[0]) or _CASE.match(head[0])):
        question = WHICH_CAUSE if _CAUSE.match(head[0]) else WHICH_APPLIES
        return _choice(question, [(row[0], row[1]) for row in body], table, plan_blocks)
    if len(body) == 1 and all(map(_VERSION.search, head)):
        return _choice(WHICH_VERSION, list(zip(head, body[0], strict=True)), table, plan_blocks)
    return None


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


def _choice(
    question: str, told: Many[tuple[str, str]], table: Table, plan_blocks: PlanBlocks
) -> Choice | None:
    span = Span(table.start, table.end)
    routes = tuple(
        Route(label_text(label), plan_blocks(_paragraphs(way, table)).plan, span) for label, way in told
    )
    labels = {route.label.casefold() for route in routes}
    if len(labels) < len(routes) or len(routes) > _MOST or sum(1 for route in routes if route.plan) < 2:
        return None
    unsure = NOT_KNOWN if question != WHICH_VERSION else ""
    return Choice(
        question, "", distinct(routes), span, otherwise="" if unsure else "None of these", unsure=unsure
    )


def _paragraphs(cell: str, table: Table) -> list[Paragraph]:
    parts = [part.strip() for part in re.split(r"<br ?/?>", cell)]
    return [Paragraph(part, table.start, table.end) for part in parts if part]
