"""What was known before a session: the library and the history as they were when it began."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from analytics.actions.gaps import find_gaps
from analytics.actions.known import NoneCouldBeLookedUp, look_up
from analytics.models import KnowledgeGap, KnownBefore
from flowpilot.core.scope import account_scope
from flowpilot.flows import actions as flows
from flowpilot.flows.models import Flow, FlowDocument, FlowPosting, FlowVersion
from proposals.models import ProposalEvidence
from sessions.jobs import index_history
from sessions.models import AISession, SessionEvent
from tests.analytics.planting import put
from tests.factories import Cast, make_proposal, make_version, small_tree

TITLE = "Scanner stops with error 0x8021 after the firmware update"
TOLD = "The scanner in reception stops with 0x8021."
ABOUT = {"problem_summary": TITLE, "intake_content": {"text": TOLD}}
A_DAY = timedelta(days=1)


@pytest.fixture
def desk(cast: Cast) -> Iterator[Cast]:
    with account_scope(cast.account.pk):
        yield cast


def begun(desk: Cast, at: datetime, number: int = 1, **more: Any) -> list[AISession]:
    return put(desk, number, begun=at, **{**ABOUT, **more})


def looked_up(desk: Cast) -> dict[datetime, KnownBefore]:
    """By the beginning of the sessions."""
    look_up(desk.account, timezone.now() + 2 * A_DAY)
    return {row.session.created_at: row for row in KnownBefore.objects.select_related("session")}


def library() -> list[Any]:
    """As everybody sees it."""
    return [
        list(Flow.objects.order_by("pk").values("pk", "status", "current_version")),
        list(FlowDocument.objects.order_by("flow").values_list("flow", "length", "indexed_at")),
        FlowPosting.objects.count(),
    ]


@pytest.mark.django_db
def test_flows_that_came_later_do_not_hide_the_one_of_those_days(desk: Cast) -> None:
    then = make_version(
        desk,
        title="Scanner stops after the update",
        summary="It stops with 0x8021 since the firmware is new.",
    )
    moment = timezone.now()
    for number in range(6):
        make_version(desk, title=TITLE, summary=f"{TOLD} Place {number}.")
    begun(desk, moment)
    before = library()

    assert [row.fitting_flow for row in looked_up(desk).values()] == [then.flow_id]
    assert library() == before, "nobody else sees the past"


@pytest.mark.django_db
def test_a_flow_is_known_from_its_publication_until_it_is_retired_and_after_it_is_restored(
    desk: Cast,
) -> None:
    version = make_version(desk, title=TITLE, summary=TOLD)
    moments = [version.published_at - A_DAY, timezone.now()]
    flows.retire(version.flow, by=desk.account_admin)
    moments.append(timezone.now())
    flows.restore(version.flow, by=desk.account_admin)
    moments.append(timezone.now())
    flows.retire(version.flow, by=desk.account_admin)
    moments.append(timezone.now())
    for moment in moments:
        begun(desk, moment)

    found = looked_up(desk)

    assert [found[moment].fitting_flow is not None for moment in moments] == [False, True, False, True, False]
    assert {row.fitting_flow for row in found.values()} == {None, version.flow_id}


@pytest.mark.django_db
def test_a_session_is_compared_with_the_version_of_those_days_and_not_with_what_it_taught(desk: Cast) -> None:
    version = make_version(desk, title="Reception", summary="")
    before = timezone.now()
    taught = small_tree(f"{TITLE} {TOLD}")
    flows.publish_version(version.flow, taught, base=version, by=desk.account_admin)
    after = timezone.now()
    for moment in (before, after):
        begun(desk, moment)

    found = looked_up(desk)

    assert (found[before].fitting_flow, found[after].fitting_flow) == (None, version.flow_id)
    assert FlowVersion.objects.count() == 2


@pytest.mark.django_db
def test_resolutions_that_came_later_do_not_hide_the_earlier_one(desk: Cast) -> None:
    now = timezone.now()
    begun(desk, now - 30 * A_DAY, resolution_summary="The driver was put back to the earlier version.")
    begun(desk, now - 20 * A_DAY)
    begun(desk, now - 5 * A_DAY, 25)
    index_history()

    found = looked_up(desk)

    asked = (now - 30 * A_DAY, now - 20 * A_DAY)
    assert [found[moment].resolved_alike for moment in asked] == [0, 1]
    newest = max(found)
    assert found[newest].resolved_alike == 2, "the others were still open then"


@pytest.mark.django_db
def test_only_what_stood_as_resolved_when_it_began_was_known(desk: Cast) -> None:
    now = timezone.now()
    (again,) = begun(desk, now - 40 * A_DAY)
    turns = {"resolve": 39, "reopen": 20}
    for verb, days in turns.items():
        SessionEvent.objects.create(
            account=desk.account, session=again, verb=verb, created_at=now - days * A_DAY
        )
    back, resolved = now - 20 * A_DAY, now - 10 * A_DAY
    rows = AISession.objects.filter(pk=again.pk)
    rows.update(reopened_at=back, resolved_at=resolved, ended_at=resolved, resolution_no=2)
    moments = [now - days * A_DAY for days in (40.5, 30, 15, 5)]
    for moment in moments:
        begun(desk, moment, status="abandoned")
    index_history()

    found = looked_up(desk)

    assert [found[moment].resolved_alike for moment in moments] == [0, 1, 0, 1]


@pytest.mark.django_db
def test_what_the_analysis_found_to_be_the_same_was_known_once_it_was_resolved(desk: Cast) -> None:
    now = timezone.now()
    words = ["Payroll refuses a column", "Nobody can be paid", "The export of wages fails"]
    sessions = [
        put(desk, 1, begun=now - days * A_DAY, problem_summary=told)[0]
        for days, told in zip((9, 6, 3), words, strict=True)
    ]
    proposal = make_proposal(desk)
    for session in sessions:
        ProposalEvidence.objects.create(
            account=desk.account, proposal=proposal, session=session, resolution_no=1
        )

    found = looked_up(desk)

    assert [found[session.created_at].resolved_alike for session in sessions] == [0, 1, 2]


@pytest.mark.django_db
def test_what_the_analysis_is_about_to_see_is_looked_up_after_it_or_a_day_later(desk: Cast) -> None:
    now = timezone.now()
    begun(desk, now - timedelta(hours=2), analysis_status="pending")

    assert look_up(desk.account, now) == 0
    assert look_up(desk.account, now + A_DAY) == 1


@pytest.mark.django_db
def test_a_session_that_cannot_be_read_stops_neither_the_look_nor_the_search(
    desk: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = begun(desk, timezone.now() - 9 * A_DAY, 3)
    (bad,) = begun(desk, timezone.now() - 8 * A_DAY, problem_summary=None, intake_content=["?"])

    find_gaps(desk.account)

    assert set(KnownBefore.objects.values_list("session", flat=True)) == {each.pk for each in good}
    assert KnowledgeGap.objects.get().demand == 3
    assert look_up(desk.account, timezone.now()) == 0
    monkeypatch.setattr("analytics.actions.known.A_RUN", 1)
    with pytest.raises(NoneCouldBeLookedUp):
        look_up(desk.account, timezone.now())
    assert bad.pk not in KnownBefore.objects.values_list("session", flat=True)
