"""What the vendor may keep of a session: the bytes up to its marks are the same from turn to turn."""

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync

from flowpilot.accounts.models import Account
from flowpilot.ai.anthropic.engine import AnthropicEngine
from flowpilot.ai.contracts import Entities, GuideRequest, SimilarSession, StepFacts
from flowpilot.ai.streaming import last_step
from tests.ai.requests import a_script, a_session, a_step, a_triage, an_escalation
from tests.ai.wire.test_analysis import TWO, finding
from tests.ai.wire.vendor import ESCALATE, GUIDE, SCRIPT, TRIAGE, Vendor
from tests.factories import Cast

Json = dict[str, Any]
LOOKED_BACK = 20
"""Blocks before a mark in which the vendor looks for what it kept."""


def blocks(body: Json) -> list[Json]:
    """What is sent, in the order in which the vendor keeps it, with the marks."""
    settings = {
        name: body.get(name) for name in ("model", "tools", "tool_choice", "output_config", "thinking")
    }
    contents = [each["content"] for each in body["messages"]]
    told = [block for content in contents for block in (content if isinstance(content, list) else [content])]
    return [settings, *body["system"], *told]


def encoded(block: Any) -> str:
    kept = {**block, "cache_control": None} if isinstance(block, dict) else block
    return json.dumps(kept, ensure_ascii=False, sort_keys=True)


class Kept:
    """The vendor's cache, counted in bytes: a question is read up to the longest beginning that was kept, and
    written up to its last mark."""

    def __init__(self) -> None:
        self._beginnings: set[str] = set()
        self.read = self.written = self.plain = 0

    def ask(self, body: Json) -> None:
        sent = blocks(body)
        texts = [encoded(block) for block in sent]
        marks = [place for place, block in enumerate(sent, start=1) if "cache_control" in block]
        near = {place for mark in marks for place in range(max(1, mark - LOOKED_BACK), mark + 1)}
        known = max((place for place in near if "".join(texts[:place]) in self._beginnings), default=0)
        sizes = [len(text.encode()) for text in texts]
        self.read += sum(sizes[:known])
        self.written += sum(sizes[known : max(marks)])
        self.plain += sum(sizes[max(known, *marks) :])
        self._beginnings |= {"".join(texts[:mark]) for mark in marks}

    @property
    def share(self) -> float:
        return self.read / (self.read + self.written + self.plain)


def past(number: int, *, meanwhile: bool = False, similarity: float = 0.6) -> SimilarSession:
    return SimilarSession(
        id=UUID(int=900 + number),
        title=f"Tunnel of site {number} ends in phase 2",
        resolution="The provider had replaced the router, and its new one let nothing on UDP 4500 through. "
        * 3,
        resolution_action="Have the provider open UDP 500 and 4500",
        steps=(a_step(number, "Is UDP 500 open?"), a_step(number, "Does another provider's line work?")),
        similarity=similarity,
        meanwhile=meanwhile,
    )


def step(number: int) -> StepFacts:
    body = f"Look at part {number} of the gateway's log. " * 9
    return a_step(number, f"Does part {number} of the log name the peer?", body=body, response="It does not.")


TEXT = "The tunnel of the branch does not come up since the change of its line. " * 20
LOG = "2026-11-02 10:01:07 ike 0:branch: no SA proposal chosen, negotiation failed\n" * 40


def turn(
    number: int, *, title: str = "VPN", similar: Sequence[SimilarSession] = (), **more: Any
) -> GuideRequest:
    told = a_session(*(step(each) for each in range(1, number + 1)), text=TEXT, log=LOG, **more)
    return GuideRequest(session=told.model_copy(update={"title": title}), similar=tuple(similar))


def guided(account: Account, vendor: Vendor, request: GuideRequest) -> Json:
    vendor.says(GUIDE)
    async_to_sync(last_step)(AnthropicEngine(account).guide(request))
    return vendor.asked[-1]


def ten_turns(account: Account, vendor: Vendor) -> list[Json]:
    """A session in which the triage speaks after the first turn, the figures of past sessions move at every
    one, another session is resolved before the fourth, and an engineer puts the customer right."""
    first = guided(account, vendor, turn(0, similar=[past(1), past(2), past(3)]))
    rest = []
    for number in range(1, 10):
        moved = [past(each, similarity=round(0.9 - 0.01 * number * each, 3)) for each in (3, 1, 2)]
        new = [past(9, meanwhile=True)] if number > 2 else []
        request = turn(
            number,
            title="VPN of the branch ends in phase 2",
            similar=[*new, *moved],
            client="Harbour" if number > 5 else "",
            entities=Entities(products=("FortiGate",)),
        )
        rest.append(guided(account, vendor, request))
    return [first, *rest]


def marks(sent: Sequence[Any]) -> list[int]:
    """How many blocks come up to each mark."""
    return [place for place, block in enumerate(sent, start=1) if "cache_control" in block]


def beginning(sent: Sequence[Any], size: int) -> str:
    return "".join(encoded(block) for block in sent[:size])


def test_whatever_changes_from_turn_to_turn_the_marked_bytes_stay(cast: Cast, vendor: Vendor) -> None:
    asked = [blocks(body) for body in ten_turns(cast.account, vendor)]
    kept = Kept()
    for body in vendor.asked:
        kept.ask(body)

    assert [len(marks(sent)) for sent in asked] == [3] * 10
    for before, after in pairwise(asked):
        for size in marks(before):
            assert beginning(before, size) == beginning(after, size)
    assert kept.share > 0.8


def test_what_begins_a_question_is_the_same_for_everybody(
    cast: Cast, outsiders: Cast, vendor: Vendor
) -> None:
    here = blocks(guided(cast.account, vendor, turn(1, similar=[past(1)])))
    there = blocks(guided(outsiders.account, vendor, turn(2, title="Mail is late", client="Harbour")))

    assert (marks(here)[0], beginning(here, 2)) == (2, beginning(there, 2))


def test_what_is_asked_once_is_not_paid_for_to_be_kept(cast: Cast, vendor: Vendor) -> None:
    engine = AnthropicEngine(cast.account)
    for answer in (TRIAGE, SCRIPT, ESCALATE, finding()):
        vendor.says(answer)

    engine.triage(a_triage())
    engine.script(a_script())
    engine.escalate(an_escalation(step(1)))
    engine.analyse(TWO)

    assert [marks(blocks(body)) for body in vendor.asked] == [[2]] * 4
    hour = {"type": "ephemeral", "ttl": "1h"}
    assert [body["system"][0]["cache_control"] for body in vendor.asked] == [hour] * 4
