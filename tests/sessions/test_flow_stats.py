"""What use teaches about a flow: counted at endings, taken back on reopening, the same as counted anew."""

from typing import Any

from django.core.management import call_command
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowpilot.flows.models import Flow, FlowStat, FlowVersion
from sessions import actions, flow_stats
from sessions.actions import following
from sessions.models import AISession, FlowCount
from tests.factories import Cast, make_session, make_version
from tests.screens import signed_in, words

WAYS = {"solved": ("o1", "o1"), "not solved": ("o1", "o2"), "no error": ("o2",)}


def walked(cast: Cast, version: FlowVersion, *answers: str) -> AISession:
    """An active session that followed the flow and gave these answers."""
    session = make_session(cast)
    following.follow(session, version=version, by=session.user)
    for answer in answers:
        step = session.steps.get(answered_at__isnull=True, superseded_at__isnull=True)
        actions.answer(step, option=answer, by=session.user)
        if not session.steps.filter(answered_at__isnull=True).exists():
            following.go_on(session, by=session.user)
    return session


def resolved(session: AISession) -> AISession:
    actions.resolve(session, summary="The spooler hung.", action="Restart it", by=session.user)
    return session


def state(flow: Flow) -> Any:
    """All that is counted of a flow, except times."""
    columns = ("version_id", "node", "option", "shown", "chosen", "resolved", "escalated", "seconds")
    stats = FlowStat.objects.filter(version__flow=flow).exclude(shown=0, chosen=0)
    whole = Flow.objects.values_list("uses", "resolved", "escalated", "last_used_at").get(pk=flow.pk)
    return sorted(stats.values_list(*columns)), whole


def counted(version: FlowVersion) -> dict[str, tuple[int, ...]]:
    rows = FlowStat.objects.filter(version=version).exclude(shown=0)
    return {
        f"{row.node}/{row.option}".rstrip("/"): (row.shown, row.chosen, row.resolved, row.escalated)
        for row in rows
    }


def test_an_ending_counts_each_step_and_answer_on_the_way_to_it(cast: Cast) -> None:
    version = make_version(cast)

    session = resolved(walked(cast, version, *WAYS["solved"]))

    assert counted(version) == {
        "n1": (1, 1, 1, 0),
        "n1/o1": (1, 1, 1, 0),
        "n2": (1, 1, 1, 0),
        "n2/o1": (1, 1, 1, 0),
        "n3": (1, 0, 1, 0),
    }
    flow = Flow.objects.get(pk=version.flow_id)
    assert (flow.uses, flow.resolved, flow.escalated, flow.last_used_at) == (1, 1, 0, session.ended_at)


def test_reopening_takes_it_back_and_another_ending_counts_once(cast: Cast) -> None:
    version = make_version(cast)
    session = resolved(walked(cast, version, *WAYS["no error"]))

    actions.reopen(session, by=session.user)
    assert counted(version) == {}
    assert Flow.objects.get(pk=version.flow_id).last_used_at is None

    actions.escalate(session, reason="Not solvable here", destination="Vendor", by=session.user)
    assert counted(version)["n1/o2"] == (1, 1, 0, 1)
    assert Flow.objects.get(pk=version.flow_id).uses == 1


def test_a_session_without_a_flow_counts_nowhere(cast: Cast) -> None:
    resolved(make_session(cast))

    assert (FlowStat.objects.count(), FlowCount.objects.count()) == (0, 0)


def test_a_flow_that_is_left_for_another_is_counted_too_and_the_ending_belongs_to_the_other(
    cast: Cast,
) -> None:
    first, second = make_version(cast, title="Printer"), make_version(cast, title="Spooler")
    session = walked(cast, first, "o1")
    following.leave(session, reason="It is no printer", by=session.user)
    following.follow(session, version=second, by=session.user)
    actions.answer(
        session.steps.get(answered_at__isnull=True, superseded_at__isnull=True), option="o2", by=session.user
    )
    resolved(session)

    assert counted(first) == {"n1": (1, 1, 0, 0), "n1/o1": (1, 1, 0, 0), "n2": (1, 0, 0, 0)}
    assert counted(second)["n1/o2"] == (1, 1, 1, 0)
    flows = Flow.objects.order_by("title").values_list("title", "uses", "resolved", "last_used_at")
    assert list(flows) == [("Printer", 1, 0, session.ended_at), ("Spooler", 1, 1, session.ended_at)]
    page = words(signed_in(cast.engineer).get(reverse("sessions:of-flow", args=[first.flow_id])))
    assert f"{cast.engineer}, version 1 · just now · went on with “Spooler”" in page
    before = state(first.flow), state(second.flow)

    flow_stats.recount(cast.account.pk)
    assert (state(first.flow), state(second.flow)) == before

    actions.reopen(session, by=session.user)
    assert (counted(first), counted(second), FlowCount.objects.count()) == ({}, {}, 0)


def test_where_a_flow_is_left_its_step_is_met_and_not_answered(cast: Cast) -> None:
    version = make_version(cast)
    session = walked(cast, version, "o1")
    following.leave(session, reason="Not of this flow", by=session.user)

    resolved(session)

    assert counted(version) == {"n1": (1, 1, 1, 0), "n1/o1": (1, 1, 1, 0), "n2": (1, 0, 1, 0)}


def test_the_command_counts_anew(cast: Cast) -> None:
    version = make_version(cast)
    resolved(walked(cast, version, *WAYS["solved"]))
    before = state(version.flow)
    FlowStat.objects.all().delete()

    call_command("recount_flow_stats", account=cast.account.slug)

    assert state(version.flow) == before


@given(
    ends=st.lists(
        st.tuples(
            st.sampled_from(sorted(WAYS)),
            st.sampled_from(["resolve", "escalate", "abandon", "reopen", "open"]),
        ),
        max_size=5,
    )
)
@settings(
    max_examples=8,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_counting_as_it_happens_equals_counting_anew(cast: Cast, ends: list[tuple[str, str]]) -> None:
    version = make_version(cast)
    for way, end in ends:
        session = walked(cast, version, *WAYS[way])
        if end in ("resolve", "reopen"):
            resolved(session)
        if end == "reopen":
            actions.reopen(session, by=session.user)
        if end == "escalate":
            actions.escalate(session, reason="No", destination="Vendor", by=session.user)
        if end == "abandon":
            actions.abandon(session, reason="Gave up", by=session.user)
        flow_stats.count(AISession.objects.get(pk=session.pk))

    before = state(version.flow)
    flow_stats.recount(cast.account.pk)

    assert state(version.flow) == before
