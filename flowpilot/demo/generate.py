"""Content and a seed → the sessions of a service desk's last quarter. Pure: no database, no clock.

The same seed, `now` and size give the same sessions, word for word.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from flowpilot.demo.casting import Cast, cast
from flowpilot.demo.catalogue import Catalogue, catalogue
from flowpilot.demo.chance import spread, stream
from flowpilot.demo.endings import Trail
from flowpilot.demo.hours import moments, recent
from flowpilot.demo.intake import numbered, take_in
from flowpilot.demo.material import Account, Cause, Leave, Problem, Route, Way
from flowpilot.demo.plots import Plot, cut_short, explore, follow, leave
from flowpilot.demo.shapes import DemoSession
from flowpilot.demo.timing import final_confidence, played

ENDS = [("resolved", 0.77), ("escalated", 0.16), ("abandoned", 0.07)]
_ENDED = [status for status, _ in ENDS]
_NOT_SCORED = 0.04
_WITHOUT_DOMAIN = 0.05
_WITHOUT_TEAM = 0.3
"""Of the sessions that are about nothing in particular."""
_OPEN_WITHIN = timedelta(hours=30)


@dataclass(frozen=True, slots=True)
class _Part:
    """A session that is to be told: of which problem, how it ends and which way it takes."""

    rng: Random
    account: Account
    team: str
    problem: Problem
    status: str
    way: Way
    start: datetime


def sessions(seed: int, now: datetime, size: float = 1.0) -> Iterator[DemoSession]:
    """All sessions, each account's in order of time.

    `size` scales the numbers in accounts.toml (1.0: some 320 sessions over 90 days before `now`).
    """
    content = catalogue()
    for account in content.accounts:
        parts = [*_ended(seed, now, size, account, content), *_open(seed, now, account, content)]
        told = [_tell(part, now, content) for part in sorted(parts, key=lambda part: part.start)]
        yield from _with_numbers(told, account)


def _ended(seed: int, now: datetime, size: float, account: Account, content: Catalogue) -> Iterator[_Part]:
    for team, counts in account.sessions.items():
        for slug, count in counts.items():
            rng = stream(seed, account.slug, team, slug)
            yield from _ended_of(rng, now, round(count * size), account, team, content.problems[slug])


def _ended_of(
    rng: Random, now: datetime, count: int, account: Account, team: str, problem: Problem
) -> Iterator[_Part]:
    """The problem's sessions: every cause, route and way out of the flow gets its share."""
    states = spread(rng, ENDS, count)
    times = moments(rng, count, now, account.time_zone)
    ways = {
        "resolved": spread(rng, _resolving(problem), states.count("resolved")),
        "escalated": spread(rng, _escalating(problem), states.count("escalated")),
        "abandoned": spread(rng, _resolving(problem), states.count("abandoned")),
    }
    for number, (status, start) in enumerate(zip(states, times, strict=True)):
        own = Random(f"{rng.random()}/{number}")  # noqa: S311 nothing secret is drawn
        yield _Part(own, account, team, problem, status, ways[status].pop(), start)


def _open(seed: int, now: datetime, account: Account, content: Catalogue) -> Iterator[_Part]:
    """A few sessions that are going on right now."""
    rng = stream(seed, account.slug, "open")
    places = [
        (team, content.problems[slug])
        for team, counts in account.sessions.items()
        for slug in counts
        if content.problems[slug].domain
    ]
    for status, count in account.open.items():
        for number in range(count):
            team, problem = rng.choice(places)
            way = spread(rng, _resolving(problem), 1)[0]
            start = recent(rng, now, within=_OPEN_WITHIN)
            own = stream(seed, account.slug, status, str(number))
            yield _Part(own, account, team, problem, status, way, start)


def _resolving(problem: Problem) -> list[tuple[Way, float]]:
    return [(way, way.weight) for way in problem.ways if not isinstance(way, Route) or way.resolves]


def _escalating(problem: Problem) -> list[tuple[Way, float]]:
    """Routes that end in an escalation; without a flow any cause, told to where nobody knew further."""
    routes = [way for way in problem.ways if isinstance(way, Route) and not way.resolves]
    return [(way, way.weight) for way in (routes or problem.causes)]


def _tell(part: _Part, now: datetime, content: Catalogue) -> DemoSession:
    rng, problem, voices = part.rng, part.problem, content.voices
    actors = cast(rng, part.account, part.team, voices)
    plot = _plot(part, actors, content)
    unscored = rng.random() < _NOT_SCORED
    confidence = None if unscored else final_confidence(rng, plot, known_problem=problem.domain is not None)
    steps = played(rng, plot, part.start, confidence)
    steps = [step for step in steps if step.answered_at and step.answered_at < now]
    followed = problem.flow if isinstance(part.way, Route | Leave) else None
    trail = Trail(rng, actors, voices, part.start, steps, now, followed=followed is not None)
    if part.status in _ENDED:
        trail.interrupt()
    ticket = rng.choice(problem.tickets_about(part.way.id))
    intake = take_in(rng, part.account, part.team, ticket, actors, voices, part.start)
    end = trail.end(problem, plot, part.status)
    scored = confidence is not None and trail.steps
    return DemoSession(
        account=part.account.slug,
        team=None if problem.domain is None and rng.random() < _WITHOUT_TEAM else part.team,
        client=actors.client,
        user=actors.engineer,
        problem=problem.slug,
        created_at=part.start,
        intake_type=intake.type,
        intake_content=intake.content,
        ticket_data=intake.ticket_data,
        summary=actors.fill(ticket.summary or rng.choice(problem.summaries)),
        domain=None if rng.random() < _WITHOUT_DOMAIN else problem.domain,
        flow=followed,
        match_score=round(rng.uniform(0.55, 0.93), 3) if followed else None,
        confidence=trail.steps[-1].confidence_after if scored else None,
        scored_at=trail.steps[-1].answered_at if scored else None,
        steps=tuple(trail.steps),
        events=tuple(trail.events),
        end=end,
    )


def _plot(part: _Part, actors: Cast, content: Catalogue) -> Plot:
    rng, problem, way = part.rng, part.problem, part.way
    if isinstance(way, Cause):
        plot = explore(rng, problem, way, actors, solved=part.status != "escalated")
    elif isinstance(way, Leave):
        plot = leave(rng, content.flow_of(problem), problem, way, actors)
    else:
        plot = follow(rng, content.flow_of(problem), way, actors)
    return plot if part.status in ("resolved", "escalated") else cut_short(rng, plot)


def _with_numbers(told: list[DemoSession], account: Account) -> Iterator[DemoSession]:
    """Tickets are numbered in order of time, with other people's tickets in between."""
    number = account.first_ticket
    for place, session in enumerate(told):
        number += 1 + (place * 7) % 5
        if session.ticket_data is None:
            yield session
            continue
        ticket = numbered(session.ticket_data, number, account)
        intake = {**session.intake_content, "ticket_data": ticket}
        yield replace(session, ticket_data=ticket, intake_content=intake)
