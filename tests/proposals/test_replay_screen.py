"""Past sessions walked through a draft, on the proposal's page."""

from typing import Any

from proposals.models import DraftReplay
from tests.factories import Cast, make_proposal
from tests.screens import HTMX, at, signed_in, words


def walked(cast: Cast, **extra: Any) -> tuple[Any, str]:
    proposal = make_proposal(cast, **extra)
    client = signed_in(cast.team_admin)
    client.post(at("replay", proposal), headers=HTMX)
    return proposal, words(client.get(at("replay", proposal), headers=HTMX))


def test_the_panel_says_how_past_sessions_would_have_fared(cast: Cast) -> None:
    proposal, shown = walked(cast)

    kept = DraftReplay.objects.get(draft=proposal.current_draft)
    fates = [row["fate"] for row in kept.walked]
    assert (kept.found, len(fates)) == (proposal.evidence_count, proposal.evidence_count)
    assert f"{fates.count('right')} would have come to what fixed them" in shown


def test_a_replay_again_takes_the_place_of_the_last(cast: Cast) -> None:
    proposal, _shown = walked(cast)

    signed_in(cast.team_admin).post(at("replay", proposal), headers=HTMX)

    assert DraftReplay.objects.filter(draft=proposal.current_draft).count() == 1


def test_it_works_without_scripts(cast: Cast) -> None:
    proposal = make_proposal(cast)

    answer: Any = signed_in(cast.team_admin).post(at("replay", proposal))

    assert (answer.status_code, answer.url) == (303, at("replay", proposal))


def test_sessions_of_another_team_are_counted_and_not_named(cast: Cast) -> None:
    proposal = make_proposal(cast)
    session = proposal.evidence.first().session
    session.team, session.problem_summary = cast.other_team, "Hidden incident"
    session.save()
    client = signed_in(cast.team_admin)
    client.post(at("replay", proposal), headers=HTMX)

    shown = words(client.get(at("replay", proposal), headers=HTMX))

    assert "Hidden incident" not in shown
    assert "A session that you may not open" in shown
