"""Whatever is pasted into a ticket is read in bounded time: no error, no tree beyond the limits."""

import gc
import signal
from collections.abc import Iterator
from types import FrameType

import pytest

from flowpilot.ai.contracts import NewFlow, Nothing
from flowpilot.ai.offline.parsing import steps_of
from flowpilot.ai.offline.single.mining import mine_one
from flowpilot.flows.document import problems
from tests.ai.tickets import ticket

LENGTH = 100_000
REPEATED = 30_000
GENEROUS_SECONDS = 3.0
"""Of this process alone. The slowest takes 0.7, on a loaded machine 1.4; to look through all lines once for
each of them, 5 to 9."""

BAITS = (
    "> ", "[", "- ", "<div>", "<ul><li>a", "<p>x</p>", "(", "`", "```\n", "\n> ", "1. ", "# ", "**a", "a _",
    "\\", "C:\\a b ", "HKEY_A\\", "<a ", "![", "[a](", " ", "\n\n", "a. ", "! ", "If it is x, do y. ",
    "Restart the x. ", "Restart the x and then open the y, ", "1. a\n- b\n", "1. a\n\ntext\n\n",
    "- a\n  - b\n", "> a\n\n1. b\n\n```\nc\n```\n\n",
    "Method 1\nDo it.\n", "# a\nRestart x.\n", "Get-A\n", "Regards,\n",
    "From: a\nSent: b\nTo: c\n", "|a|b|\n", "x", "&amp;", "Note: ", "to ", "when you x ",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _hard_stop() -> Iterator[None]:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"still reading after {GENEROUS_SECONDS:.0f} seconds of computing")

    # Looking through what other tests left in memory is no part of the reading.
    gc.collect()
    gc.freeze()
    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, GENEROUS_SECONDS)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)
    gc.unfreeze()


def is_sound(finding: NewFlow | Nothing) -> bool:
    return isinstance(finding, Nothing) or problems(finding.tree) == []


@pytest.mark.parametrize("bait", BAITS)
def test_endless_repetition_is_read_to_the_end(bait: str) -> None:
    text = (bait * REPEATED)[:REPEATED]
    assert is_sound(mine_one(ticket(text, text, text)))
    assert all(step.title for step in steps_of(text))


def test_lists_nested_without_end_keep_their_words() -> None:
    lines, size = list[str](), 0
    while size < LENGTH:
        lines.append("  " * len(lines) + f"- Restart server {len(lines)}")
        size += len(lines[-1]) + 1
    assert is_sound(mine_one(ticket("Servers stop", "They stop.", "\n".join(lines))))
    assert f"Restart server {len(lines) - 1}" in "\n".join(step.body for step in steps_of("\n".join(lines)))


def test_quotations_nested_without_end_are_read() -> None:
    text = "".join("> " * depth + "Restart it.\n" for depth in range(1, 310))
    assert is_sound(mine_one(ticket("Servers stop", text, text)))


def test_a_manual_of_hundreds_of_actions_is_no_flow() -> None:
    text = "\n\n".join(f"Method {n}\n\nReplace fuse {n} of the lift and test it." for n in range(1, 60))
    finding = mine_one(ticket("Lift stands still", "The lift stands still.", text))
    assert isinstance(finding, Nothing)
    assert "59 separate actions" in finding.reason
