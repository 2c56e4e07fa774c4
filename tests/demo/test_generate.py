"""The told quarter: repeatable, plausible, and consistent with what the verbs of a session allow."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest

from flowpilot.demo.catalogue import catalogue
from flowpilot.demo.chance import spread
from flowpilot.demo.generate import sessions
from flowpilot.demo.shapes import DemoSession
from sessions.models.ending import EscalationCode

NOW = datetime(2026, 3, 17, 15, 0, tzinfo=UTC)
TOLD = list(sessions(7, NOW))
ENDED = ("resolved", "escalated", "abandoned")
MOVES = {
    "open": ("", "active"),
    "pause": ("active", "paused"),
    "resume": ("paused", "active"),
    "accept_escalation": ("requesting_escalation", "active"),
    "reopen": ("resolved", "active"),
}


def of_status(status: str) -> list[DemoSession]:
    return [session for session in TOLD if session.end.status == status]


def test_same_seed_tells_the_same_story() -> None:
    assert list(sessions(7, NOW)) == TOLD


def test_another_seed_tells_another_story() -> None:
    assert list(sessions(8, NOW)) != TOLD


def test_size_scales_the_number_of_sessions() -> None:
    assert len(list(sessions(7, NOW, 0.25))) < len(TOLD) / 3


def test_quarter_has_the_asked_numbers() -> None:
    share = {status: len(of_status(status)) / len(TOLD) for status in ENDED}
    assert len(TOLD) >= 300
    assert share["resolved"] == pytest.approx(0.75, abs=0.04)
    assert share["escalated"] == pytest.approx(0.15, abs=0.03)
    assert share["abandoned"] == pytest.approx(0.07, abs=0.02)
    assert {session.end.status for session in TOLD} == {*ENDED, "active", "paused", "requesting_escalation"}


def test_every_problem_is_resolved_in_several_ways_and_wordings() -> None:
    for slug in set(catalogue().problems) - {"thin"}:
        resolved = [session for session in of_status("resolved") if session.problem == slug]
        assert len({session.end.resolution_action for session in resolved}) >= 4, slug
        assert len({session.summary for session in resolved}) >= 2, slug


def test_several_sessions_leave_each_flow_at_the_same_place() -> None:
    left = Counter(
        session.flow
        for session in of_status("resolved")
        if session.account == "brightwater"
        and {step.source for step in session.steps} >= {"flow", "engineer"}
        and session.end.resolution_no == 1
    )
    assert {flow for flow, times in left.items() if times >= 3} >= {
        "ad_lockout",
        "outlook_password_prompts",
        "print_spooler_crash",
        "server_disk_full",
        "vpn_no_internal",
    }


def test_sessions_lie_within_ninety_days_and_mostly_in_working_hours() -> None:
    assert all(NOW - timedelta(days=91) < session.created_at for session in TOLD)
    assert all(session.touched_at <= NOW for session in TOLD)
    zones = {account.slug: ZoneInfo(account.time_zone) for account in catalogue().accounts}
    local = [session.created_at.astimezone(zones[session.account]) for session in TOLD]
    at_work = [moment for moment in local if moment.weekday() < 5 and 7 <= moment.hour < 18]
    assert len(at_work) / len(local) > 0.9


def test_steps_follow_each_other_in_time() -> None:
    for session in TOLD:
        times = [moment for step in session.steps for moment in (step.asked_at, step.answered_at) if moment]
        assert times == sorted(times)
        assert all(session.created_at <= moment for moment in times)


def test_ended_sessions_end_after_their_last_step() -> None:
    for session in TOLD:
        assert (session.end.ended_at is not None) == (session.end.status in ENDED)
        if session.end.ended_at:
            assert session.end.ended_at == session.touched_at


def test_what_was_escalated_says_of_what_kind_it_is() -> None:
    kinds = {each.end.escalation_code for each in of_status("escalated")}

    assert kinds < set(EscalationCode.values)
    assert len(kinds) > 2


def test_events_lead_from_state_to_state_as_the_verbs_do() -> None:
    for session in TOLD:
        assert [event.at for event in session.events] == sorted(event.at for event in session.events)
        assert session.events[0].verb == "open"
        assert session.events[-1].after == session.end.status
        assert all(first.after == second.before for first, second in pairwise(session.events))
        for event in session.events:
            assert MOVES.get(event.verb, (event.before, event.after)) == (event.before, event.after)


def test_only_the_holder_moves_a_session() -> None:
    for session in TOLD:
        holder = session.user
        for event in session.events:
            holder = event.actor if event.verb == "accept_escalation" and event.actor else holder
            assert event.actor == holder or (event.verb == "abandon" and event.actor is None)
        assert (session.end.escalated_to or session.user) == holder


def test_confidence_is_that_of_the_last_step() -> None:
    for session in TOLD:
        assert (session.confidence is None) == (session.scored_at is None)
        if session.confidence is not None:
            assert session.confidence == session.steps[-1].confidence_after


def test_flow_sessions_are_surer_than_the_others() -> None:
    def mean(told: list[DemoSession]) -> float:
        scores = [session.confidence for session in told if session.confidence is not None]
        return sum(scores) / len(scores)

    guided = [session for session in TOLD if session.flow]
    assert mean(guided) > mean([session for session in TOLD if not session.flow]) + 0.15


def test_chosen_option_is_one_of_those_offered() -> None:
    for session in TOLD:
        for step in session.steps:
            assert step.chosen is None or step.chosen in step.options
            assert step.chosen or step.response


def test_no_placeholder_is_left() -> None:
    assert [session.problem for session in TOLD if "{{" in repr(session)] == []


def test_tickets_are_numbered_in_order_of_time() -> None:
    for account in catalogue().accounts:
        numbers = [
            int(session.ticket_data["number"])
            for session in TOLD
            if session.account == account.slug and session.ticket_data
        ]
        assert numbers == sorted(set(numbers))


def test_ticket_stands_in_the_intake_of_ticket_sessions_only() -> None:
    for session in TOLD:
        has_ticket = session.intake_type in ("psa_ticket", "combined")
        assert (session.ticket_data is not None) == has_ticket
        assert session.intake_content["ticket_data"] == session.ticket_data


def test_accounts_share_no_person_and_no_client() -> None:
    crews = [
        {(session.user, session.client) for session in TOLD if session.account == account.slug}
        for account in catalogue().accounts
    ]
    first, second = ([set(column) for column in zip(*crew, strict=True)] for crew in crews)
    assert first[0].isdisjoint(second[0])
    assert first[1].isdisjoint(second[1])


def test_spread_keeps_to_the_weights() -> None:
    assert Counter(spread(Random(1), [("a", 3), ("b", 1)], 8)) == {"a": 6, "b": 2}
    assert Counter(spread(Random(1), [("a", 1), ("b", 1), ("c", 1)], 4)).total() == 4
