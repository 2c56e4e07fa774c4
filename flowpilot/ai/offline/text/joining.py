"""Numbered lists that a text tears apart, put together."""

from collections.abc import Sequence
from dataclasses import replace

from flowpilot.ai.offline.text.model import Block, ListBlock

_BETWEEN = 3
"""Blocks at most between two parts of one list."""
_SECOND = 2


def joined(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Numbered lists torn apart by unindented code or notes, put together: those belong to the step above."""
    result: list[Block] = []
    for block in blocks:
        host = _host_of(result, block)
        inner = _host_within(result, block) if host is None else None
        if inner is not None:
            result[inner:] = [_grown_within(result[inner], result[inner + 1 :], block)]
            continue
        if host is None or not isinstance(block, ListBlock):
            result.append(block)
            continue
        result[host:] = [_grown(result[host], result[host + 1 :], block)]
    return tuple(result)


def _host_within(result: Sequence[Block], block: Block) -> int | None:
    """The list whose last entry holds the list that this one counts on."""
    if not isinstance(block, ListBlock) or not block.ordered or block.first_number < _SECOND:
        return None
    for back in range(1, min(_BETWEEN + 1, len(result)) + 1):
        candidate = result[-back]
        if isinstance(candidate, ListBlock):
            inside = [*candidate.items[-1].blocks, *result[len(result) - back + 1 :]]
            return len(result) - back if _host_of(inside, block) is not None else None
    return None


def _grown_within(host: Block, between: Sequence[Block], block: Block) -> Block:
    if not isinstance(host, ListBlock):
        return host
    last = host.items[-1]
    inside = joined([*last.blocks, *between, block])
    grown = replace(last, blocks=inside, end=block.end)
    return replace(host, items=(*host.items[:-1], grown), end=block.end)


def _host_of(result: Sequence[Block], block: Block) -> int | None:
    if not isinstance(block, ListBlock) or not block.ordered or block.first_number < _SECOND:
        return None
    for back in range(1, min(_BETWEEN + 1, len(result)) + 1):
        candidate = result[-back]
        if isinstance(candidate, ListBlock) and candidate.ordered:
            counts_on = candidate.first_number + len(candidate.items) == block.first_number
            return len(result) - back if counts_on else None
    return None


def _grown(host: Block, between: Sequence[Block], more: ListBlock) -> Block:
    if not isinstance(host, ListBlock):
        return host
    last = host.items[-1]
    if between:
        last = replace(last, blocks=(*last.blocks, *between), end=between[-1].end)
    return replace(host, items=(*host.items[:-1], last, *more.items), end=more.end)
