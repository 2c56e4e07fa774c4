"""Seen before: resolved sessions that resemble a problem."""

from sessions import actions
from sessions.jobs import index_history
from sessions.similar import similar
from tests.factories import Cast, make_resolved


def _summaries(cast: Cast, text: str, **options: object) -> list[str | None]:
    return [each.session.problem_summary for each in similar(text, cast.engineer, **options)]


def test_resolved_sessions_are_found_after_the_next_run(cast: Cast) -> None:
    session = make_resolved(cast, problem_summary="Outlook asks for the password again and again")
    make_resolved(cast, problem_summary="The plotter refuses paper with error 0x0000011b")
    assert _summaries(cast, "Outlook wants the password") == []
    assert index_history() == "indexed 2"
    found = similar("Outlook wants the password", cast.engineer)
    assert [each.session for each in found] == [session]
    assert found[0].shared.of_title == ("password", "Outlook")
    assert _summaries(cast, "plotter says 0x11b") == ["The plotter refuses paper with error 0x0000011b"]
    assert _summaries(cast, "Outlook wants the password", without=[session.pk]) == []


def test_reopened_sessions_are_not_found(cast: Cast) -> None:
    session = make_resolved(cast, problem_summary="Outlook asks for the password again and again")
    index_history()
    actions.reopen(session, reason="came back", by=session.user)
    assert _summaries(cast, "Outlook wants the password") == []


def test_sessions_that_are_not_ones_own_to_see_are_not_found(cast: Cast, outsiders: Cast) -> None:
    make_resolved(outsiders, problem_summary="Outlook asks for the password again and again")
    make_resolved(cast, problem_summary="Outlook wants a new password", team=cast.other_team)
    index_history()
    assert _summaries(cast, "Outlook password") == []
