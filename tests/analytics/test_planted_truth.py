"""The detectors' rules against planted truth, with seeds that do not change."""

from collections import Counter
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest

from analytics.gaps.finding import Look
from analytics.gaps.topics import LEAST, uncovered_topics
from benchmarks.gaps import calibration, decay, escalations, weak_options
from flowpilot.core.ids import uuid7
from flowpilot.core.scope import account_scope
from flowpilot.demo.generate import sessions
from sessions.models import AISession
from tests.analytics.planting import NOW
from tests.factories import Cast, make_version

PROBLEMS = 5


def test_an_option_twenty_points_weaker_is_found_and_an_equal_one_is_not() -> None:
    found = weak_options(Random(3), 400)

    assert found["power_60"] >= 0.8
    assert max(found["false_20"], found["false_60"]) <= 0.05


def test_a_domain_twenty_points_above_its_team_is_found_and_an_equal_one_is_not() -> None:
    found = escalations(Random(3), 400)

    assert found["power_40"] >= 0.8
    assert found["false_40"] <= 0.05


def test_a_decay_is_found_within_some_dozens_of_sessions_at_about_its_place() -> None:
    found = decay(Random(3), 20)

    assert found["found"] == 1.0
    assert found["median_delay_sessions"] <= 40
    assert found["median_distance_of_the_place"] <= 15
    assert found["false_alarms_per_1000_sessions"] <= 0.5


def test_a_planted_error_of_calibration_is_measured() -> None:
    assert abs(calibration(Random(3), 5)["mean"] - 0.1) <= 0.02


def planted(cast: Cast, seed: int) -> dict[UUID, str]:
    """Ended sessions of some of the demo's problems without a flow, told by several people; which problem
    each is about. Those about one of them were put on a flow that does not help, and left it."""
    told = [each for each in sessions(seed, NOW) if each.flow is None and each.end.ended_at]
    problems = sorted({each.problem for each in told if not each.problem.startswith("thin")})
    some = set(Random(seed).sample(problems, PROBLEMS))
    told = [each for each in told if each.problem in some]
    wrong, left = make_version(cast), Counter(each.problem for each in told).most_common(1)[0][0]
    rows = [
        AISession(
            pk=uuid7(),
            matched_flow=wrong.flow if each.problem == left else None,
            flow_version=wrong if each.problem == left else None,
            left_flow_at=NOW - timedelta(days=30) if each.problem == left else None,
            account=cast.account,
            user=cast.engineer,
            team=cast.team,
            created_at=NOW - timedelta(days=30),
            ended_at=NOW - timedelta(days=29),
            status=each.end.status,
            problem_summary=each.summary,
            problem_domain=each.domain,
            intake_content=each.intake_content,
            resolution_no=each.end.resolution_no,
            resolved_at=each.end.resolved_at,
            resolution_summary=each.end.resolution_summary,
            resolution_action=each.end.resolution_action,
        )
        for each in told
    ]
    AISession.objects.bulk_create(rows)
    return {row.pk: each.problem for row, each in zip(rows, told, strict=True)}


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_detector_makes_topics_of_problems_without_a_flow_that_are_about_one_thing(
    cast: Cast, seed: int
) -> None:
    with account_scope(cast.account.pk):
        truth = planted(cast, seed)
        found = [
            Counter(truth[pk] for pk in each.sessions) for each in uncovered_topics(Look(cast.account, NOW))
        ]

    main = [topic.most_common(1)[0] for topic in found]
    many = {problem for problem, n in Counter(truth.values()).items() if n >= LEAST}
    assert sum(n for _problem, n in main) >= 0.9 * sum(topic.total() for topic in found)
    assert len({problem for problem, _n in main} & many) >= 0.9 * len(many)
