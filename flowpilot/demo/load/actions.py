"""Make sessions, flows and proposals in any number, all or nothing."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext as _

from flowpilot.core.scope import account_scope
from flowpilot.demo.chance import stream
from flowpilot.demo.load.ground import Ground, ground_of
from flowpilot.demo.load.knowledge import Learned, Learner, count
from flowpilot.demo.load.problems import Problem, drawn, invent
from flowpilot.demo.load.stories import Plan, Story, tell
from flowpilot.demo.load.tables import Row, Table
from flowpilot.flows.models import Flow, FlowVersion
from proposals.models import FlowProposal, ProposalDecision, ProposalDraft, ProposalEvidence, SessionAnalysis
from sessions.models import AISession, AISessionStep, SessionEvent

DAYS = 365
WRITTEN_AT_ONCE = 5000
SESSIONS_PER_PROBLEM = 50
Progress = Callable[[int], None]


class NotEmpty(Exception):
    """The account has sessions already."""


@dataclass(frozen=True)
class Size:
    """How much is made. Of the sessions, `pending` are resolved and await their analysis, the newest ones."""

    sessions: int
    flows: int = 0
    proposals: int = 0
    pending: int = 0
    problems: int | None = None

    @property
    def kinds(self) -> int:
        """Different problems, at least as many as are known."""
        wanted = self.problems or max(1, self.sessions // SESSIONS_PER_PROBLEM)
        return min(max(wanted, self.known), max(self.sessions, 1))

    @property
    def approved(self) -> int:
        """Proposals that became one of the flows."""
        return min(self.flows, self.proposals // 3)

    @property
    def known(self) -> int:
        """Problems that have a flow, a proposal, or both; each takes a session that is done."""
        return self.flows + self.proposals - self.approved


@dataclass(frozen=True)
class Made:
    sessions: int
    steps: int
    events: int
    flows: int
    proposals: int


@transaction.atomic
def make(
    slug: str,
    size: Size,
    *,
    seed: int,
    now: datetime,
    append: bool = False,
    progress: Progress = lambda done: None,
) -> Made:
    """Write what `size` says into the account, which is made if there is none. Raises `NotEmpty` when it
    holds sessions and `append` is not given, and `ground.NobodyThere`."""
    since = now - timedelta(days=DAYS)
    ground = ground_of(slug, since)
    with account_scope(ground.account.pk):
        before = AISession.objects.for_account(ground.account.pk).count()
        if before and not append:
            raise NotEmpty(_("The account “%(slug)s” has sessions already.") % {"slug": slug})
        return _Load(ground, size, seed, now, before).write(progress)


class _Load:
    def __init__(self, ground: Ground, size: Size, seed: int, now: datetime, before: int) -> None:
        self._ground, self._size, self._now, self._before = ground, size, now, before
        self._since = now - timedelta(days=DAYS)
        self._seed = seed
        self._rng = stream(seed, ground.account.slug, str(before))
        self._learner = Learner(
            ground,
            self._rng,
            flows=size.flows,
            approved=size.approved,
            proposals=size.proposals - size.approved,
            now=now,
        )
        self._problems: dict[int, Problem] = {}
        self._written: defaultdict[str, int] = defaultdict(int)
        owned = {"account_id": ground.account.pk}
        self._tables = {
            "sessions": Table(AISession, **owned),
            "steps": Table(AISessionStep, **owned),
            "events": Table(SessionEvent, **owned),
            "flows": Table(Flow, **owned),
            "versions": Table(FlowVersion, **owned),
            "proposals": Table(FlowProposal, **owned),
            "drafts": Table(ProposalDraft, **owned),
            "decisions": Table(ProposalDecision, **owned),
            "analyses": Table(SessionAnalysis, attempts=1, state="completed", engine="offline", **owned),
            "evidence": Table(ProposalEvidence, **owned),
        }

    def write(self, progress: Progress) -> Made:
        for start in range(0, self._size.sessions, WRITTEN_AT_ONCE):
            stop = min(start + WRITTEN_AT_ONCE, self._size.sessions)
            self._write_some(range(start, stop))
            progress(stop - start)
        count(self._ground.account.pk, self._since)
        return Made(**{name.name: self._written[name.name] for name in fields(Made)})

    def _write_some(self, numbers: range) -> None:
        stories: list[Story] = []
        learned = Learned()
        for number in numbers:
            problem, story = self._told(number)
            stories.append(story)
            self._learner.learn(problem, story, learned)
        self._copy("sessions", [story.session for story in stories])
        self._copy("steps", [step for story in stories for step in story.steps])
        self._copy("events", [event for story in stories for event in story.events])
        for part in fields(Learned):
            self._copy(part.name, getattr(learned, part.name))
        with connection.cursor() as cursor:
            # Foreign keys are checked now and not all at the end, where nothing would show how it goes on.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")

    def _told(self, number: int) -> tuple[Problem, Story]:
        size, rng = self._size, self._rng
        problem = self._problem(drawn(rng, number, size.kinds))
        at = self._moment(number)
        plan = Plan(
            number=self._before + number,
            problem=problem,
            created_at=at,
            now=self._now,
            is_pending=number >= size.sessions - size.pending,
            is_first=number < size.kinds,
            version=self._learner.version_for(problem, at),
        )
        return problem, tell(plan, self._ground, rng)

    def _problem(self, kind: int) -> Problem:
        """Those of an earlier load of the account have other numbers."""
        if kind not in self._problems:
            self._problems[kind] = invent(self._seed, self._before + kind)
        return self._problems[kind]

    def _moment(self, number: int) -> datetime:
        """More and more sessions from month to month, most of them in office hours."""
        share = (number + 1) / (self._size.sessions + 1)
        day = self._since + timedelta(days=int((DAYS - 2) * share**0.7))
        return day + timedelta(minutes=min(self._rng.gauss(12 * 60, 150) % (24 * 60), 24 * 60))

    def _copy(self, name: str, rows: list[Row]) -> None:
        if rows:
            self._tables[name].write(rows)
            self._written[name] += len(rows)
