"""Problems that come again and again and have no flow."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

from analytics.gaps.finding import SESSIONS_KEPT, Found, Look, weigh
from flowpilot.ai.offline.clustering import group
from flowpilot.ai.offline.similarity import Problem, problem_of
from flowpilot.core.terms import terms
from proposals.facts import of_any_state
from sessions import sets
from sessions.models import AISession

LEAST: Final = 3
"""Sessions that make a topic."""
LOOKED_AT: Final = 1500
"""Sessions of a team, the newest ones: comparing is the costly part."""
READ_AT_ONCE: Final = 300
NAMED_BY: Final = 4
TERMS_KEPT: Final = 12
_WORD: Final = re.compile(r"[\w.-]+")


def uncovered_topics(look: Look) -> Iterator[Found]:
    """Ended sessions for which no flow was followed and none fitted, put together by what they are about."""
    rows = look.ended().filter(matched_flow__isnull=True).exclude(sets.unused(look.now))
    teams = rows.values_list("team_id", flat=True).distinct()
    for team in sorted(teams, key=str):
        ids = rows.filter(team_id=team).order_by("-created_at").values_list("pk", flat=True)[:LOOKED_AT]
        yield from _of_team(look, team, list(ids))


def _of_team(look: Look, team: UUID | None, ids: Sequence[UUID]) -> Iterator[Found]:
    told: list[tuple[AISession, Problem]] = []
    for start in range(0, len(ids), READ_AT_ONCE):
        part = of_any_state(look.account.pk, ids[start : start + READ_AT_ONCE])
        told += [(row, problem_of(facts)) for row, facts in part]
    told.sort(key=lambda each: each[0].pk)
    widespread = _spread(told)
    for members in group([problem for _row, problem in told]):
        if len(members) >= LEAST:
            yield _topic(look, team, [told[place] for place in members], widespread)


def _spread(told: Sequence[tuple[AISession, Problem]]) -> Counter[str]:
    """In how many sessions a word stands: what stands in many names none."""
    return Counter(word for _row, problem in told for word in problem.terms)


def _topic(
    look: Look, team: UUID | None, members: Sequence[tuple[AISession, Problem]], widespread: Counter[str]
) -> Found:
    words = telling_words([problem for _row, problem in members], widespread)
    ids = tuple(row.pk for row, _problem in members)
    domains = Counter(row.problem_domain or "" for row, _problem in members)
    weight = weigh(look, ids)
    return Found(
        "uncovered_topic",
        "",
        " · ".join(as_written(words[:NAMED_BY], members)) or members[0][0].title,
        {
            "terms": list(words),
            "n": weight.demand,
            "resolved": weight.resolved,
            "escalated": weight.escalated,
            "median_minutes": round(weight.median_minutes, 1),
            "sessions": [str(pk) for pk in ids[-SESSIONS_KEPT:]],
        },
        ids,
        team,
        domains.most_common(1)[0][0],
    )


def as_written(words: Sequence[str], members: Sequence[tuple[AISession, Problem]]) -> list[str]:
    """The words as most of the sessions write them: what is compared are stems."""
    written: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for _row, problem in members:
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
