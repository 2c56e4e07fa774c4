"""Seeded chance: the same seed draws the same demo, and one problem's draws do not move another's."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

Item = TypeVar("Item")


def stream(seed: int, *names: str) -> Random:
    """A random source of its own for what the names say."""
    return Random("/".join([str(seed), *names]))  # noqa: S311 nothing secret is drawn


def spread(rng: Random, items: Sequence[tuple[Item, float]], count: int) -> list[Item]:
    """`count` items in random order, as close to their weights as whole numbers allow.

    Largest remainder method: chance decides about the order, not about the shares.
    """
    total = sum(weight for _, weight in items)
    exact = [weight / total * count for _, weight in items]
    counts = [int(share) for share in exact]
    by_remainder = sorted(range(len(items)), key=lambda place: (counts[place] - exact[place], place))
    for place in by_remainder[: count - sum(counts)]:
        counts[place] += 1
    chosen = [item for (item, _), times in zip(items, counts, strict=True) for _ in range(times)]
    rng.shuffle(chosen)
    return chosen


def weighted(rng: Random, items: Sequence[tuple[Item, float]]) -> Item:
    return rng.choices([item for item, _ in items], [weight for _, weight in items])[0]
