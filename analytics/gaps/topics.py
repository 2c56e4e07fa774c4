"""Problems that come again and again and have no flow."""

import logging
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

from analytics.gaps.finding import Found, Look, weigh
from analytics.sets import taught, unused
from flowpilot.ai.offline.clustering import group
from flowpilot.ai.offline.similarity import Problem, problem_of
from flowpilot.core.terms import terms
from flowpilot.flows.models import Flow
from proposals.facts import of_any_state
from sessions import sets

log = logging.getLogger(__name__)

LEAST: Final = 3
"""Sessions that make a topic."""
ALIKE: Final = 0.5
"""Similarity from which on two sessions are of one topic: lower than for one finding, because a topic is a
place to look at, while a finding becomes a flow."""
LOOKED_AT: Final = 1500
"""Sessions of a team, the newest ones: comparing is the costly part."""
READ_AT_ONCE: Final = 300
NAMED_BY: Final = 4
TERMS_KEPT: Final = 12
KNOWN_BY: Final = 50
"""Sessions, the newest ones, by which a topic is known again."""
Told = tuple[UUID, Problem]
_WORD: Final = re.compile(r"[\w.-]+")


def uncovered_topics(look: Look) -> Iterator[Found]:
    """Ended sessions for which no flow was followed to the end and none fitted, those that left one among
    them (the set of what is new or known without a flow), put together by what they are about.
    What a flow in force was made of is covered by it."""
    rows = look.ended().filter(~sets.followed(look.now)).exclude(unused(look.now))
    rows = rows.exclude(taught(proposal__published_version__flow__status=Flow.Status.PUBLISHED))
    teams = rows.values_list("team_id", flat=True).distinct()
    for team in sorted(teams, key=str):
        ids = rows.filter(team_id=team).order_by("-created_at").values_list("pk", flat=True)[:LOOKED_AT]
        yield from _of_team(look, team, list(ids))


def _of_team(look: Look, team: UUID | None, ids: Sequence[UUID]) -> Iterator[Found]:
    told: list[Told] = []
    for start in range(0, len(ids), READ_AT_ONCE):
        told += _told(look.account.pk, ids[start : start + READ_AT_ONCE])
    told.sort(key=lambda each: each[0])
    widespread = _spread(told)
    for members in group([problem for _pk, problem in told], from_on=ALIKE):
        if len(members) >= LEAST:
            yield _topic(look, team, [told[place] for place in members], widespread)


def _told(account_id: UUID, ids: Sequence[UUID]) -> list[Told]:
    """One that cannot be read is logged and left out: it stops no other."""
    try:
        return [(facts.id, problem_of(facts)) for _place, facts in of_any_state(account_id, ids)]
    except (AttributeError, KeyError, TypeError, ValueError):
        if len(ids) == 1:
            log.exception("Session %s cannot be read", ids[0])
            return []
    half = len(ids) // 2
    return [*_told(account_id, ids[:half]), *_told(account_id, ids[half:])]


def _spread(told: Sequence[Told]) -> Counter[str]:
    """In how many sessions a word stands: what stands in many names none."""
    return Counter(word for _pk, problem in told for word in problem.terms)


def _topic(look: Look, team: UUID | None, members: Sequence[Told], widespread: Counter[str]) -> Found:
    words = telling_words([problem for _pk, problem in members], widespread)
    ids = tuple(pk for pk, _problem in members)
    domains = Counter(problem.domain or "" for _pk, problem in members)
    weight = weigh(look, ids)
    return Found(
        "uncovered_topic",
        "",
        " · ".join(as_written(words[:NAMED_BY], members)) or members[0][1].title,
        {
            "terms": list(words),
            "n": weight.demand,
            "resolved": weight.resolved,
            "escalated": weight.escalated,
            "median_minutes": round(weight.median_minutes, 1),
            "sessions": [str(pk) for pk in ids[-KNOWN_BY:]],
        },
        ids,
        team,
        domains.most_common(1)[0][0],
    )


def as_written(words: Sequence[str], members: Sequence[Told]) -> list[str]:
    """The words as most of the sessions write them: what is compared are stems."""
    written: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for _pk, problem in members:
        for word in _WORD.findall(f"{problem.title} {problem.text}"):
            for stem in terms(word):
                written[stem][word.strip(".-").lower()] += 1
    return [written[stem].most_common(1)[0][0] if stem in written else stem for stem in words]


def telling_words(problems: Sequence[Problem], widespread: Counter[str]) -> list[str]:
    """The words that most of these share and few others have, the most telling first."""
    within: defaultdict[str, float] = defaultdict(float)
    for problem in problems:
        for word in problem.terms:
            within[word] += 1.0 + (word in problem.title_terms)
    shared = {word: weight for word, weight in within.items() if weight * 2 > len(problems)}
    ranked = sorted(shared, key=lambda word: (-shared[word] / (widespread[word] ** 0.5), word))
    return ranked[:TERMS_KEPT]
