"""Draws sessions from a known tree with known causes, and follows a mined tree with what is known.

A truth is drawn from a seed: a domain, three to six causes, questions that split them, questions and acts
that do not. Sessions walk it, and are then made as bad as real ones: steps reworded in made-up words,
dropped, shuffled, mixed with steps that have nothing to do with it.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from flowpilot.ai.contracts import SessionFacts, StepFacts
from flowpilot.flows.document import Node, Option, Tree
from tests.ai.planted_domains import DOMAINS, IRRELEVANT, Domain, Test

REWORDED, DROPPED, ADDED = 0.3, 0.2, 0.2
_SYLLABLES = (
    "zor",
    "fli",
    "ban",
    "quo",
    "mux",
    "tra",
    "vel",
    "gri",
    "pon",
    "shu",
    "wex",
    "dal",
    "kif",
    "nur",
)


@dataclass
class Cause:
    """A fix, and the answers on the way to it. `rank` orders the causes that no answer tells apart."""

    fix: str
    answers: dict[str, str]
    sessions: int
    rank: int = 0


@dataclass
class Truth:
    domain: Domain
    causes: list[Cause]
    acts_in_vain: list[str]
    meaning: dict[str, str] = field(default_factory=dict)
    """Every wording that was used, and the planted step that it stands for."""

    def asked(self, cause: Cause) -> int:
        """How many questions the planted tree asks on the way to this cause."""
        return len(cause.answers)


def plant(seed: int, *, contradiction: bool = False) -> Truth:
    """A truth. With `contradiction`, two fixes share all answers; the first helped more often."""
    rng = random.Random(seed)
    domain = DOMAINS[seed % len(DOMAINS)]
    count = rng.randint(3, 6)
    tests = rng.sample(domain.tests, min(len(domain.tests), rng.randint(4, 7)))
    fixes = rng.sample(domain.fixes, count + contradiction)
    causes = [
        Cause(fix, answers, rng.randint(5, 9))
        for fix, answers in zip(fixes, _split(rng, tests, count), strict=False)
    ]
    if contradiction:
        first = rng.choice(causes)
        first.sessions = 9
        causes.append(Cause(fixes[-1], dict(first.answers), 5, rank=1))
    return Truth(domain, causes, rng.sample(domain.acts_in_vain, 1))


def _split(rng: random.Random, tests: Sequence[Test], count: int) -> list[dict[str, str]]:
    """Answers on the path to each of `count` leaves of a random tree; no path asks a test twice."""
    if count == 1:
        extra = rng.sample(tests, min(len(tests), rng.randint(0, 1)))
        return [{test.title: rng.choice(test.answers) for test in extra}]
    test, rest = tests[0], tests[1:]
    ways = min(len(test.answers), count, 3 if len(rest) < 2 else rng.randint(2, 3))
    if not rest:
        ways = min(len(test.answers), count)
    sizes = [1] * ways
    for _ in range(count - ways):
        sizes[rng.randrange(ways)] += 1
    leaves = []
    shuffled = list(rest)
    rng.shuffle(shuffled)
    for answer, size in zip(test.answers, sizes, strict=False):
        leaves += [{test.title: answer, **leaf} for leaf in _split(rng, shuffled, size)]
    return leaves


def draw(truth: Truth, seed: int) -> list[SessionFacts]:
    """Ended sessions of the truth, every one of them a bad record of what happened."""
    return _Recorder(truth, seed).sessions()


class _Recorder:
    def __init__(self, truth: Truth, seed: int) -> None:
        self._truth = truth
        self._rng = random.Random(f"sessions {seed}")
        self._fixed_variants = self._rng.random() < 0.5
        self._variants: dict[str, list[str]] = {}

    def sessions(self) -> list[SessionFacts]:
        causes = [cause for cause in self._truth.causes for _ in range(cause.sessions)]
        resolved = [self._resolved(cause) for cause in causes]
        escalated = [self._escalated() for _ in range(len(causes) // 10)]
        found = resolved + escalated
        self._rng.shuffle(found)
        return found

    def _resolved(self, cause: Cause) -> SessionFacts:
        steps = self._tests(cause)
        steps += self._in_vain(cause)
        fix = self._step("action", cause.fix, outcome="worked")
        kept = self._noisy(steps)
        if self._rng.random() >= DROPPED:
            kept.append(fix)
        return self._session(kept, "resolved", fix.title)

    def _escalated(self) -> SessionFacts:
        cause, other = self._rng.sample(self._truth.causes, 2)
        steps = [*self._tests(cause), self._step("action", other.fix, outcome="did_not_work")]
        return self._session(self._noisy(steps), "escalated", "")

    def _tests(self, cause: Cause) -> list[StepFacts]:
        kinds = {test.title: test for test in self._truth.domain.tests}
        steps = [
            self._step(kinds[title].kind, title, answer=self._said(answer), options=kinds[title].answers)
            for title, answer in cause.answers.items()
        ]
        self._rng.shuffle(steps)
        return steps

    def _in_vain(self, cause: Cause) -> list[StepFacts]:
        """What was tried first: acts that never help, and the other fix where two share all answers."""
        tried = [act for act in self._truth.acts_in_vain if self._rng.random() < 0.5]
        tried += [
            each.fix
            for each in self._truth.causes
            if each is not cause and each.answers == cause.answers and each.rank < cause.rank
        ]
        return [self._step("action", act, outcome="did_not_work") for act in tried]

    def _said(self, answer: str) -> str:
        said = self._rng.random()
        if answer in ("Yes", "No") and said < 0.15:
            return f"{answer}, the user says"
        return answer.lower() if said > 0.9 else answer

    def _noisy(self, steps: list[StepFacts]) -> list[StepFacts]:
        kept = [step for step in steps if self._rng.random() >= DROPPED]
        for _ in steps:
            if self._rng.random() < ADDED:
                kept.insert(self._rng.randint(0, len(kept)), self._irrelevant())
        return kept

    def _irrelevant(self) -> StepFacts:
        test = self._rng.choice(IRRELEVANT)
        answer = self._rng.choice(test.answers)
        return self._step(test.kind, test.title, answer=answer, options=test.answers, reword=False)

    def _step(
        self,
        kind: str,
        title: str,
        *,
        answer: str | None = None,
        options: tuple[str, ...] = (),
        outcome: str | None = None,
        reword: bool = True,
    ) -> StepFacts:
        said = self._reworded(title) if reword and self._rng.random() < REWORDED else title
        self._truth.meaning[said] = title
        return StepFacts.model_validate(
            {
                "id": UUID(int=self._rng.getrandbits(128)),
                "order": 0,
                "kind": kind,
                "source": "engineer",
                "title": said,
                "options": options,
                "chosen": answer,
                "outcome": outcome,
            }
        )

    def _reworded(self, title: str) -> str:
        """The step in words that nobody knows: new ones each time, or the same two for every engineer."""
        if not self._fixed_variants:
            return self._made_up(title)
        variants = self._variants.setdefault(title, [self._made_up(title), self._made_up(title)])
        return self._rng.choice(variants)

    def _made_up(self, title: str) -> str:
        words = ["".join(self._rng.choices(_SYLLABLES, k=self._rng.randint(2, 3))) for _ in range(3)]
        return f"Is the {' '.join(words)}?" if title.endswith("?") else " ".join(words).capitalize()

    def _session(self, steps: list[StepFacts], outcome: str, fixed_by: str) -> SessionFacts:
        ordered = [step.model_copy(update={"order": order}) for order, step in enumerate(steps)]
        return SessionFacts.model_validate(
            {
                "id": UUID(int=self._rng.getrandbits(128)),
                "title": self._rng.choice(self._truth.domain.titles),
                "text": self._truth.domain.text,
                "domain": self._truth.domain.name,
                "steps": tuple(ordered),
                "outcome": outcome,
                "resolution_action": fixed_by,
                "resolution": f"{fixed_by}. The user confirmed." if fixed_by else "",
            }
        )


@dataclass
class Followed:
    """A walk through a mined tree by somebody who has this cause and knows nothing but its answers."""

    found: bool
    questions: int
    tried: list[str]


def follow(tree: Tree, truth: Truth, cause: Cause) -> Followed:
    node, walked = tree.node(tree.root), Followed(False, 0, [])
    while node.options:
        meant = truth.meaning.get(node.title, "")
        walked.questions += meant != cause.fix and node.options[0].label != "Solved"
        node = tree.node(_taken(node, tree, meant, cause, walked).next)
    walked.found = node.kind == "resolution" and walked.tried[-1:] == [cause.fix]
    return walked


def _taken(node: Node, tree: Tree, meant: str, cause: Cause, walked: Followed) -> Option:
    if node.options[0].label == "Solved":
        walked.tried.append(meant)
        return node.options[0] if meant == cause.fix else node.options[1]
    if node.id == tree.root:
        return node.options[0]
    known = cause.answers.get(meant, "can't tell").lower()
    matching = [
        option for option in node.options if option.label.lower().split(",")[0] == known.split(",")[0]
    ]
    return matching[0] if matching else node.options[-1]
