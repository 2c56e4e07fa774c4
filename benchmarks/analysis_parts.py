"""The parts that `analysis.py` measures: `prepared SLUG` or `offline SLUG`, once Django is set up."""

import json
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import psutil

from flowpilot.accounts.models import Account
from flowpilot.ai.contracts import AnalyseRequest, AnalyseResult, Analyst, NewFlow, SessionFacts, SourceSpan
from flowpilot.ai.offline.domains import classify
from flowpilot.ai.router import engine_for
from flowpilot.core.scope import account_scope
from proposals import jobs
from sessions.models import AISession

SAMPLED_EVERY = 10_000
CODE = re.compile(r"0x8[0-9A-F]{7}")
Answer = TypeVar("Answer")


@dataclass
class Watch:
    """Adds up clock and processor time."""

    seconds: float = 0.0
    cpu: float = 0.0

    def time(self, call: Callable[[], Answer]) -> Answer:
        clock, cpu = time.perf_counter(), time.process_time()
        try:
            return call()
        finally:
            self.seconds += time.perf_counter() - clock
            self.cpu += time.process_time() - cpu

    def row(self, sessions: int) -> dict[str, float]:
        return {
            "sessions": sessions,
            "seconds": self.seconds,
            "per_second": sessions / max(self.seconds, 1e-9),
            "cpu": self.cpu,
            "per_cpu_second": sessions / max(self.cpu, 1e-9),
        }


class Prepared:
    """Knows all answers before it is asked: sessions that name one error code are of one problem."""

    name = "offline"

    def cluster(self, sessions: Sequence[SessionFacts]) -> list[tuple[SessionFacts, ...]]:
        groups: dict[str, list[SessionFacts]] = defaultdict(list)
        for facts in sessions:
            groups[_code(facts)].append(facts)
        return [tuple(members) for members in groups.values()]

    def analyse(self, request: AnalyseRequest) -> AnalyseResult:
        told = tuple(
            SourceSpan(session=facts.id, field="title", start=0, end=len(facts.title))
            for facts in request.sessions
        )
        finding = NewFlow(
            title=request.sessions[0].title,
            summary="Prepared.",
            why="Prepared.",
            domain=None,
            tree=TREE,
            grounding={"n1": told, "n2": told},
        )
        return AnalyseResult(finding=finding, confidence=0.5, engine="offline", basis=("prepared",))


@dataclass
class Timed:
    """Another engine with the time that it takes."""

    engine: Analyst
    name: str = "timed"
    cluster_watch: Watch = field(default_factory=Watch)
    analyse_watch: Watch = field(default_factory=Watch)

    def cluster(self, sessions: Sequence[SessionFacts]) -> list[tuple[SessionFacts, ...]]:
        return self.cluster_watch.time(lambda: self.engine.cluster(sessions))

    def analyse(self, request: AnalyseRequest) -> AnalyseResult:
        return self.analyse_watch.time(lambda: self.engine.analyse(request))


class Memory:
    """Resident memory, sampled as the work goes on."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._done = 0
        self.samples: list[dict[str, float]] = [self._sample()]

    def progress(self, done: int) -> None:
        before, self._done = self._done, self._done + done
        if before // SAMPLED_EVERY != self._done // SAMPLED_EVERY:
            self.samples.append(self._sample())

    def _sample(self) -> dict[str, float]:
        return {"done": self._done, "mb": self._process.memory_info().rss / 2**20}


def _code(facts: SessionFacts) -> str:
    found = CODE.search(f"{facts.title} {facts.text}")
    return found.group() if found else facts.title


def _node(pk: str, kind: str, title: str, *targets: str) -> dict[str, Any]:
    options = [
        {"id": f"o{place}", "label": f"Way {place}", "next": target}
        for place, target in enumerate(targets, start=1)
    ]
    return {"id": pk, "kind": kind, "title": title, "body": "", "script": None, "options": options}


TREE: dict[str, object] = {
    "schema": 1,
    "root": "n1",
    "nodes": [
        _node("n1", "question", "Does the message show the code?", "n2", "n4"),
        _node("n2", "action", "Do what helped before", "n3", "n4"),
        _node("n3", "resolution", "Works again"),
        _node("n4", "escalation", "Hand over with the log"),
    ],
}


def run(account: Account, engine: Analyst) -> tuple[jobs.Tally, Watch, list[dict[str, float]]]:
    watch, memory = Watch(), Memory()
    tally = watch.time(
        lambda: jobs.run(account.pk, engine_of=lambda _account: engine, progress=memory.progress)
    )
    if tally.skipped or tally.errors or tally.failed:
        raise SystemExit(f"The job did not do its work: {json.dumps(tally.as_json())}")
    return tally, watch, memory.samples


def prepared(account: Account) -> dict[str, Any]:
    tally, watch, samples = run(account, Prepared())
    return {
        "rows": {"end to end": watch.row(tally.completed)},
        "outcomes": dict(tally.outcomes),
        "memory": samples,
    }


def offline(account: Account) -> dict[str, Any]:
    with account_scope(account.pk):
        texts = [
            f"{session.title}\n{session.intake_content.get('text', '')}"
            for session in AISession.objects.for_account(account.pk).awaiting_analysis()
        ]
    domains = Watch()
    domains.time(lambda: [classify(text) for text in texts])
    engine = Timed(engine_for(account))
    tally, watch, samples = run(account, engine)
    rest = Watch(
        watch.seconds - engine.cluster_watch.seconds - engine.analyse_watch.seconds,
        watch.cpu - engine.cluster_watch.cpu - engine.analyse_watch.cpu,
    )
    return {
        "rows": {
            "end to end": watch.row(tally.completed),
            "of it: mining": engine.analyse_watch.row(tally.completed),
            "of it: grouping": engine.cluster_watch.row(tally.completed),
            "of it: the job itself": rest.row(tally.completed),
            "domain classification": domains.row(len(texts)),
        },
        "outcomes": dict(tally.outcomes),
        "memory": samples,
    }


if __name__ == "__main__":
    part, slug = sys.argv[1:]
    measured = {"prepared": prepared, "offline": offline}[part](Account.objects.get(slug=slug))
    print(json.dumps(measured))
