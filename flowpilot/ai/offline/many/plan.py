"""What to ask and try in which order, before it is written as a tree: a graph in which equal parts are one.

Paths rejoin by construction: a node that asks or tries the same and goes on the same way is the same node.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Ending = Literal["exhausted", "elsewhere"]


@dataclass(frozen=True)
class Ask:
    """A test; `unknown` is where it goes on if nobody can tell, or the answer is another."""

    item: int
    branches: tuple[tuple[str, int], ...]
    """Answer (key) and the step that follows."""
    unknown: int


@dataclass(frozen=True)
class Attempt:
    """A remedy; where it does not help, it goes on with `otherwise`."""

    item: int
    otherwise: int


@dataclass(frozen=True)
class Prepare:
    """What has to be done before `then` is tried; it solves nothing itself."""

    item: int
    then: int


@dataclass(frozen=True)
class HandOver:
    ending: Ending


Step = Ask | Attempt | Prepare | HandOver


class Plan:
    """Steps by number. `reached` holds, for each step, the sessions whose cases led to it."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.reached: list[set[int]] = []
        self._numbers: dict[Step, int] = {}

    def add(self, step: Step, sessions: Iterable[int]) -> int:
        """Number of the step, which is new or one that asks the same and goes on the same way."""
        number = self._numbers.setdefault(step, len(self.steps))
        if number == len(self.steps):
            self.steps.append(step)
            self.reached.append(set())
        self.reached[number].update(sessions)
        return number

    def items(self, root: int) -> set[int]:
        """Items that the steps from `root` on ask or try."""
        found: set[int] = set()
        waiting, seen = [root], {root}
        while waiting:
            step = self.steps[waiting.pop()]
            if not isinstance(step, HandOver):
                found.add(step.item)
            after = [number for number in followers(step) if number not in seen]
            seen.update(after)
            waiting += after
        return found


def followers(step: Step) -> tuple[int, ...]:
    """Numbers of the steps that can come next, in the order of the options."""
    match step:
        case Ask(branches=branches, unknown=unknown):
            return (*(number for _, number in branches), unknown)
        case Attempt(otherwise=otherwise):
            return (otherwise,)
        case Prepare(then=then):
            return (then,)
        case HandOver():
            return ()
