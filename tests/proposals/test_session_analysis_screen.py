from proposals.models import SessionAnalysis
from tests.factories import Cast, make_proposal, make_resolved
from tests.proposals.runs_rows import in_work, put_off
from tests.screens import HTMX, at, signed_in, text, words


def test_what_was_learned_from_a_session(cast: Cast, outsiders: Cast) -> None:
    proposal = make_proposal(cast)
    session = proposal.evidence.get().session
    SessionAnalysis.objects.create(
        account=cast.account,
        session=session,
        resolution_no=1,
        state="completed",
        outcome="new_flow",
        reason="No flow covers it.",
        proposal=proposal,
    )

    page = signed_in(cast.engineer).get(at("session-analysis", session))
    part = signed_in(cast.engineer).get(at("session-analysis", session), headers=HTMX)

    for answer in (page, part):
        assert "New flow by schedule just now No flow covers it." in words(answer)
        assert f'<a href="{at("detail", proposal)}">{proposal.reference}: {proposal.title}</a>' in text(
            answer
        )
    assert ("<html" in text(page), "<html" in text(part)) == (True, False)
    assert signed_in(outsiders.engineer).get(at("session-analysis", session)).status_code == 404


def failed(cast: Cast) -> SessionAnalysis:
    session = make_resolved(cast)
    session.analysis_status = "failed"
    session.save()
    return SessionAnalysis.objects.create(
        account=cast.account,
        session=session,
        resolution_no=1,
        state="failed",
        attempts=3,
        error="The engine gave up.",
    )


def test_admins_are_shown_the_error_of_a_failed_analysis_and_a_retry(cast: Cast) -> None:
    session = failed(cast).session

    seen = {
        person: signed_in(getattr(cast, person)).get(at("session-analysis", session), headers=HTMX)
        for person in ("engineer", "team_admin", "account_admin")
    }

    for part in seen.values():
        assert "Failed by schedule" in words(part)
        assert "3 attempts" in words(part)
    assert ["The engine gave up." in words(part) for part in seen.values()] == [False, True, True]
    assert [at("retry", session) in text(part) for part in seen.values()] == [False, True, True]
    assert [at("propose", session) in text(part) for part in seen.values()] == [False, True, True]


def test_a_proposal_that_the_reader_may_not_see_is_neither_named_nor_linked(cast: Cast) -> None:
    session = make_resolved(cast, team=None)
    proposal = make_proposal(cast, team=None, title="Seen by account admins")
    SessionAnalysis.objects.create(
        account=cast.account,
        session=session,
        resolution_no=1,
        state="completed",
        outcome="supports_pending",
        reason=f"The same finding as “{proposal.title}”.",
        proposal=proposal,
    )

    engineers, admins = (
        signed_in(person).get(at("session-analysis", session))
        for person in (cast.engineer, cast.account_admin)
    )

    assert "Supports a proposal by schedule" in words(engineers)
    for secret in (proposal.title, proposal.reference, str(proposal.pk)):
        assert [secret in text(page) for page in (engineers, admins)] == [False, True]


def test_a_retry_puts_the_session_back_in_the_line(cast: Cast) -> None:
    analysis = failed(cast)
    client = signed_in(cast.team_admin)

    part = client.post(at("retry", analysis.session), headers=HTMX)
    again = client.post(at("retry", analysis.session), headers=HTMX)

    analysis.refresh_from_db()
    assert (analysis.state, analysis.attempts, analysis.error) == ("claimed", 0, "")
    assert "The analysis will try this session again." in words(part)
    assert (again.status_code, again["HX-Reswap"]) == (422, "none")
    assert "There is no failed analysis to retry." in words(again)


def test_a_flow_is_proposed_by_hand_from_one_session(cast: Cast) -> None:
    session = make_resolved(cast)

    part = signed_in(cast.team_admin).post(at("propose", session), headers=HTMX)

    analysis = session.analyses.get()
    assert (analysis.request_no, analysis.requested_by) == (1, cast.team_admin)
    assert (part.status_code, analysis.state) == (200, "completed")
    assert "asked for by Lead" in words(part)
    assert 'hx-swap-oob="beforeend:#toasts"' in text(part)


def test_engineers_neither_retry_nor_propose(cast: Cast) -> None:
    session = failed(cast).session

    for name in ("retry", "propose"):
        assert signed_in(cast.engineer).post(at(name, session)).status_code == 403
    assert session.analyses.get().state == "failed"


def test_engineers_read_how_it_goes_on_with_a_session_that_has_no_result_yet(cast: Cast) -> None:
    later, gave_up, retried = put_off(cast, 4.5), failed(cast), failed(cast)
    signed_in(cast.team_admin).post(at("retry", retried.session))
    client = signed_in(cast.engineer)

    def shown(analysis: SessionAnalysis) -> str:
        return words(client.get(at("session-analysis", analysis.session), headers=HTMX))

    assert "Pending by schedule just now An attempt failed; the next one: in 4 min" in shown(later)
    assert "an admin of its team can have it tried again." in shown(gave_up)
    assert "In the line again: the next run takes it." in shown(retried)
    assert "Claimed by schedule" in shown(in_work(cast))
