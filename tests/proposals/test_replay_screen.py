"""Past sessions walked through a draft, on the proposal's page."""

from copy import copy
from datetime import timedelta
from itertools import count
from typing import Any

from django.utils import timezone
from django_q.models import OrmQ

from flowpilot.core.ids import uuid7
from proposals import actions, jobs
from proposals.models import DraftReplay, FlowProposal, ProposalEvidence
from proposals.replaying import rehearse
from sessions.models import AISession
from tests.factories import Cast, make_proposal
from tests.screens import HTMX, at, signed_in, text, words


def work_off() -> list[str]:
    """What waits in the queue, done as its worker does it."""
    said = [jobs.replay_draft(*row.task["args"]) for row in OrmQ.objects.order_by("pk")]
    OrmQ.objects.all().delete()
    return said


def replayed(cast: Cast, proposal: FlowProposal) -> str:
    """The panel after a replay that was asked for there."""
    client = signed_in(cast.team_admin)
    client.post(at("replay", proposal), headers=HTMX)
    work_off()
    return words(client.get(at("replay", proposal), headers=HTMX))


def test_the_panel_says_how_past_sessions_would_have_fared(cast: Cast) -> None:
    proposal = make_proposal(cast)

    shown = replayed(cast, proposal)

    kept = DraftReplay.objects.get(draft=proposal.current_draft)
    fates = [row["fate"] for row in kept.walked]
    assert (kept.found, len(fates)) == (proposal.evidence_count, proposal.evidence_count)
    assert f"{fates.count('right')} would have come to what fixed them" in shown


def test_a_replay_waits_in_the_queue_once_and_its_panel_looks_again(cast: Cast) -> None:
    proposal = make_proposal(cast)
    client = signed_in(cast.team_admin)

    first = client.post(at("replay", proposal), headers=HTMX)
    client.post(at("replay", proposal), headers=HTMX)

    assert "Looking for sessions to walk" in words(first)
    assert 'hx-trigger="load delay:1s"' in text(first)
    assert work_off() == ["walked 1 of 1"]
    assert "load delay:1s" not in text(client.get(at("replay", proposal), headers=HTMX))


def test_the_panel_says_how_far_a_replay_is_and_keeps_what_the_last_found(
    cast: Cast,
) -> None:
    proposal = make_proposal(cast)
    replayed(cast, proposal)
    actions.request_replay(proposal)
    DraftReplay.objects.update(done=40, found=120)

    shown = words(signed_in(cast.engineer).get(at("replay", proposal), headers=HTMX))

    assert "Walked 40 of 120 sessions" in shown
    assert "1 resolved session walked through this tree: 1 " in shown
    assert "would have come to what fixed" in shown


def test_a_replay_that_was_queued_without_a_draft_is_of_the_current_one(cast: Cast) -> None:
    proposal = make_proposal(cast)

    assert jobs.replay_draft(str(proposal.account_id), str(proposal.pk)) == "walked 1 of 1"


def test_a_replay_that_never_ended_is_not_waited_for(cast: Cast) -> None:
    proposal = make_proposal(cast)
    actions.request_replay(proposal)
    kept = DraftReplay.objects.get()
    DraftReplay.objects.update(asked_at=kept.asked_at - timedelta(minutes=3))

    shown = signed_in(cast.team_admin).get(at("replay", proposal), headers=HTMX)

    assert "has not come to its end" in words(shown)
    assert ("load delay:1s" in text(shown), "Replay past sessions" in words(shown)) == (False, True)


def test_a_replay_again_takes_the_place_of_the_last(cast: Cast) -> None:
    proposal = make_proposal(cast)
    replayed(cast, proposal)

    replayed(cast, proposal)

    assert DraftReplay.objects.filter(draft=proposal.current_draft).count() == 1


def newer_draft(proposal: FlowProposal) -> None:
    drafted = proposal.current_draft
    drafted.pk, drafted.number = uuid7(), drafted.number + 1
    drafted.save(force_insert=True)
    FlowProposal.objects.filter(pk=proposal.pk).update(current_draft=drafted)


def test_a_replay_that_waits_for_an_older_draft_does_not_stand_for_the_newer(cast: Cast) -> None:
    proposal = make_proposal(cast)
    client = signed_in(cast.team_admin)
    client.post(at("replay", proposal), headers=HTMX)
    newer_draft(proposal)

    asked = client.post(at("replay", proposal), headers=HTMX)

    assert ("Looking for sessions" in words(asked), "submit, load" in text(asked)) == (True, False)
    assert work_off() == ["the draft is not the current one any more", "walked 1 of 1"]


def test_asking_again_for_what_still_waits_waits_anew(cast: Cast) -> None:
    proposal = make_proposal(cast)
    actions.request_replay(proposal)
    DraftReplay.objects.update(asked_at=timezone.now() - timedelta(minutes=3))
    client = signed_in(cast.team_admin)

    asked = client.post(at("replay", proposal), headers=HTMX)

    assert "Looking for sessions to walk" in words(asked)
    assert (OrmQ.objects.count(), work_off()) == (1, ["walked 1 of 1"])


def test_two_hundred_sessions_are_walked_as_far_as_the_time_goes(cast: Cast) -> None:
    proposal = make_proposal(cast)
    first = proposal.evidence.get()
    copies = [copy(first.session) for _number in range(199)]
    for session in copies:
        session.pk = uuid7()
    AISession.objects.bulk_create(copies)
    ProposalEvidence.objects.bulk_create(
        ProposalEvidence(account=cast.account, proposal=proposal, session=each, resolution_no=1)
        for each in copies
    )
    told: list[tuple[int, int]] = []
    ticks = count()

    def rehearsed(seconds: float) -> tuple[int, int]:
        whole = rehearse(
            proposal,
            proposal.current_draft,
            seconds=seconds,
            progress=lambda *far: told.append(far),
            clock=lambda: float(next(ticks)),
        )
        return len(whole.walked), whole.found

    assert rehearsed(50) == (50, 200)
    assert told == [(done, 200) for done in range(50)]
    assert rehearsed(1000) == (200, 200)


def test_a_replay_without_time_for_any_session_says_so(cast: Cast) -> None:
    proposal = make_proposal(cast)
    draft = proposal.drafts.get()
    now = timezone.now()
    DraftReplay.objects.create(
        account=cast.account, draft=draft, found=120, asked_at=now - timedelta(seconds=9), walked_at=now
    )

    shown = words(signed_in(cast.engineer).get(at("replay", proposal), headers=HTMX))

    assert "There was no time to walk any of the 120 sessions found." in shown


def test_it_works_without_scripts(cast: Cast) -> None:
    proposal = make_proposal(cast)

    answer: Any = signed_in(cast.team_admin).post(at("replay", proposal))

    assert (answer.status_code, answer.url) == (303, at("replay", proposal))


def test_sessions_of_another_team_are_counted_and_not_named(cast: Cast) -> None:
    proposal = make_proposal(cast)
    session = proposal.evidence.first().session
    session.team, session.problem_summary = cast.other_team, "Hidden incident"
    session.save()

    shown = replayed(cast, proposal)

    assert "Hidden incident" not in shown
    assert "A session that you may not open" in shown
