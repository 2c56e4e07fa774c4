"""Detectors of knowledge gaps against planted truth: how often they find what is there and what is not.

    python -m benchmarks.gaps [--seeds 200]

Needs no database. Prints one JSON object.
"""

import argparse
import json
import os
from collections import Counter
from datetime import UTC, datetime
from random import Random
from statistics import mean, median

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flowpilot.settings")

import django

django.setup()

from analytics.gaps.decay import change_point  # noqa: E402 models can be imported from here on
from analytics.gaps.topics import ALIKE, LEAST  # noqa: E402
from analytics.gaps.trees import is_high, is_weak  # noqa: E402
from flowpilot.ai.offline.clustering import group  # noqa: E402
from flowpilot.ai.offline.similarity import Problem  # noqa: E402
from flowpilot.core.statistics import calibration_error, wilson  # noqa: E402
from flowpilot.demo.generate import sessions  # noqa: E402
from flowpilot.demo.shapes import DemoSession  # noqa: E402

FLOW_RATE = 0.75


def drawn(random: Random, rate: float, n: int) -> int:
    return sum(random.random() < rate for _case in range(n))


def weak_options(random: Random, rounds: int) -> dict[str, float]:
    """An option of n choices in a flow of 600, at the flow's rate, and 20 points below it."""
    found: dict[str, float] = {}
    for name, rate, n in (
        ("power_60", FLOW_RATE - 0.20, 60),
        ("false_20", FLOW_RATE, 20),
        ("false_60", FLOW_RATE, 60),
    ):
        alarms = 0
        for _round in range(rounds):
            taken, others = drawn(random, rate, n), drawn(random, FLOW_RATE, 600 - n)
            alarms += is_weak(wilson(taken, n), (taken + others) / 600)
        found[name] = alarms / rounds
    return found


def escalations(random: Random, rounds: int) -> dict[str, float]:
    """A domain of 40 sessions in a team of 600 with 12 % escalated, as the others, and 20 points above."""
    found: dict[str, float] = {}
    for name, rate in (("power_40", 0.32), ("false_40", 0.12)):
        alarms = 0
        for _round in range(rounds):
            hits, others = drawn(random, rate, 40), drawn(random, 0.12, 560)
            alarms += is_high(wilson(hits, 40), (hits + others) / 600)
        found[name] = alarms / rounds
    return found


def decay(random: Random, rounds: int) -> dict[str, float]:
    """90 % until session 150, 60 % from then on, asked after every fifth session; 400 without a change."""
    delays, false, places = [], 0, []
    for _round in range(rounds):
        outcomes = [random.random() < (0.9 if place < 150 else 0.6) for place in range(300)]
        for n in range(150, 301, 5):
            place = change_point(outcomes[:n])
            if place is not None:
                delays.append(n - 150)
                places.append(abs(place - 150))
                break
        steady = [random.random() < 0.85 for _place in range(400)]
        false += any(change_point(steady[:n]) is not None for n in range(40, 401, 5))
    return {
        "found": len(delays) / rounds,
        "median_delay_sessions": median(delays),
        "median_distance_of_the_place": median(places),
        "false_alarms_per_1000_sessions": round(false / rounds / 400 * 1000, 3),
    }


def calibration(random: Random, rounds: int) -> dict[str, float]:
    """Scores that are 10 points too high: the error that is measured over 1,000 sessions."""
    errors = []
    for _round in range(rounds):
        bins = [[0.0, 0, 0] for _bin in range(10)]
        for _case in range(1000):
            score = 0.2 + 0.75 * random.random()
            one = bins[min(9, int(score * 10))]
            one[0], one[1], one[2] = one[0] + score, one[1] + (random.random() < score - 0.1), one[2] + 1
        errors.append(calibration_error([(said, int(true), int(n)) for said, true, n in bins]))
    return {"planted": 0.1, "mean": round(mean(errors), 4)}


def topics(seeds: int) -> dict[str, float]:
    """The demo's problems that have no flow, told by several people: a topic is right for the sessions of the
    problem that most of it is about; a problem is found when it has a topic."""
    right, whole, found, planted = 0, 0, 0, 0
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    for seed in range(seeds):
        told = [each for each in sessions(seed, now) if each.flow is None and each.end.ended_at]
        for account in {each.account for each in told}:
            own = [each for each in told if each.account == account and not each.problem.startswith("thin")]
            slugs = [each.problem for each in own]
            many = {slug for slug, n in Counter(slugs).items() if n >= LEAST}
            seen = set()
            for members in group([problem_of(each) for each in own], from_on=ALIKE):
                if len(members) >= LEAST:
                    slug, n = Counter(slugs[place] for place in members).most_common(1)[0]
                    right, whole = right + n, whole + len(members)
                    seen.add(slug)
            found, planted = found + len(seen & many), planted + len(many)
    return {"precision": round(right / whole, 3), "recall": round(found / planted, 3)}


def problem_of(told: DemoSession) -> Problem:
    fix = "\n".join([told.end.resolution_summary or "", *(step.title for step in told.steps)])
    return Problem(told.summary, str(told.intake_content.get("text") or ""), fix, told.domain)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, metavar="N")
    rounds = parser.parse_args().seeds
    random = Random(7)
    print(
        json.dumps(
            {
                "weak_options": weak_options(random, rounds * 10),
                "escalations": escalations(random, rounds * 10),
                "decay": decay(random, rounds),
                "calibration": calibration(random, rounds),
                "topics": topics(max(1, rounds // 20)),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
