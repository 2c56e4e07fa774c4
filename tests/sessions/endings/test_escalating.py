"""Handing a session on: to whom, with what package, and what the inbox shows of it."""

import re
from typing import Any

import pytest
from django.urls import reverse
from pytest_django import Settings

from flowpilot.accounts.models import Account, Notification, TeamMembership
from sessions import actions
from sessions.actions.replying import keep_draft
from sessions.jobs import index_history
from sessions.models import AISession
from tests.factories import Cast, add_answered, join, make_resolved, make_session, make_user
from tests.screens import HTMX, said, signed_in, text, trigger, words
from tests.sessions.endings.asking import at, get, send, stands

ASKED = {"code": "access", "reason": "No rights on the server", "where": "anybody"}
PACKAGE = {
    "summary": "Mail is late",
    "impact": "All of accounting",
    "steps_tried": "Restart the queue → No change\n\nLook at the log",
    "ruled_out": "The network",
    "hypotheses": "The certificate expired → 40 %\nA full disk",
    "suggestions": "Ask the vendor",
    "engine": "offline",
}


def told(user: Any) -> list[tuple[str, str]]:
    return list(Notification.objects.filter(user=user).order_by("created_at").values_list("kind", "text"))


def inbox(user: Any) -> list[str]:
    page = text(signed_in(user).get("/sessions/inbox/"))
    return re.findall(r"data-row-link>(.*?)</a>", page)


def test_the_package_is_drafted_from_the_thread_and_from_similar_sessions(cast: Cast) -> None:
    past = make_resolved(cast, problem_summary="Mail is late in the evening")
    index_history()
    session = make_session(cast, problem_summary="Mail is late in the evening again")
    add_answered(session, "Look at the queue", kind="check", response="Four thousand wait")

    page = get(cast.engineer, "escalate", session)

    assert "Look at the queue → Four thousand wait" in text(page)
    assert "Similar resolved sessions did this, and this one did not" in words(page)
    assert "Restart the print spooler in 1 session" in words(page)
    assert str(past.pk) not in text(page)


def test_an_edited_package_is_kept_in_its_shape(cast: Cast) -> None:
    session = make_session(cast)

    send(cast.engineer, "escalate", session, **ASKED, **PACKAGE)

    assert stands(session, "escalation_reason", "escalation_code", "escalation_package") == (
        "requesting_escalation",
        "No rights on the server",
        "access",
        {
            "summary": "Mail is late",
            "impact": "All of accounting",
            "steps_tried": [
                {"step": "Restart the queue", "outcome": "No change"},
                {"step": "Look at the log", "outcome": ""},
            ],
            "ruled_out": ["The network"],
            "hypotheses": [{"text": "The certificate expired", "confidence": 0.4}, {"text": "A full disk"}],
            "suggestions": ["Ask the vendor"],
            "missing_checks": [],
            "evidence": [],
            "engine": "offline",
            "suspected_injection": False,
            "shortened": False,
        },
    )
    page = text(get(cast.colleague, "detail", session, htmx=False))
    assert (
        "Tried so far:\n- Restart the queue → No change\n- Look at the log\n\nRuled out:\n- The network"
        in page
    )


def test_to_a_colleague_who_is_told_and_sees_it_first(cast: Cast) -> None:
    older = make_session(cast, problem_summary="Older")
    actions.request_escalation(older, reason="Stuck", by=cast.engineer)
    session = make_session(cast, problem_summary="Mail is late")

    send(cast.engineer, "escalate", session, **{**ASKED, "where": "person", "to": cast.colleague.pk})

    assert told(cast.colleague) == [
        ("escalation_requested", "Engineer asks you to take over “Older”."),
        ("escalation_requested", "Engineer asks you to take over “Mail is late”."),
    ]
    assert len(told(cast.team_admin)) == 1, "of the one that is the whole team's to take"
    assert inbox(cast.colleague) == ["Mail is late", "Older"]
    assert inbox(cast.team_admin) == ["Older", "Mail is late"]
    assert session.events.last().reason == "To Colleague: No rights on the server"


def test_to_another_team_which_sees_it_from_then_on(cast: Cast) -> None:
    session = make_session(cast, problem_summary="Mail is late")
    assert get(cast.other_team_admin, "detail", session).status_code == 404

    send(cast.engineer, "escalate", session, **{**ASKED, "where": "team", "to_team": cast.other_team.pk})
    assert inbox(cast.other_team_admin) == ["Mail is late"]
    assert told(cast.other_team_admin)[0][0] == "escalation_requested"
    answer = send(cast.other_team_admin, "accept", session)

    assert answer["HX-Redirect"] == at("detail", session)
    assert stands(session, "team", "escalated_to", "asked_team") == (
        "active",
        cast.other_team,
        cast.other_team_admin,
        None,
    )
    assert told(cast.engineer) == [("escalation_answered", "Otherlead took over “Mail is late”.")]
    assert told(cast.other_team_admin) == []


@pytest.mark.parametrize("htmx", [True, False], ids=["in the dialog", "in the inbox"])
@pytest.mark.parametrize("first", ["other_team_admin", "colleague"])
def test_the_loser_in_another_team_is_told_who_won_though_it_is_theirs_to_see_no_more(
    cast: Cast, first: str, htmx: bool
) -> None:
    winner = getattr(cast, first)
    loser = cast.colleague if winner == cast.other_team_admin else cast.other_team_admin
    session = make_session(cast, problem_summary="Mail is late")
    actions.request_escalation(session, reason="Stuck", to_team=cast.other_team, by=cast.engineer)
    page = get(loser, "detail", session, htmx=False) if htmx else signed_in(loser).get("/sessions/inbox/")
    offered = re.findall(rf'"({at("accept", session)}\?offered=[^"]+)"', text(page))[0]
    if htmx:
        dialog = text(signed_in(loser).get(offered, headers=HTMX))
        assert f'hx-post="{offered}"' in dialog
    send(winner, "accept", session)

    answer = signed_in(loser).post(offered, headers=HTMX if htmx else {})

    assert said(answer) == [f"{winner} has taken it over already."]
    assert answer["HX-Redirect" if htmx else "Location"] == "/sessions/inbox/"
    assert stands(session, "escalated_to") == ("active", winner)
    assert send(loser, "accept", session).status_code == 404
    assert signed_in(cast.account_admin).post(offered).status_code == 409
    assert signed_in(make_user(cast.account, "stranger")).post(offered).status_code == 404


def test_who_handed_it_to_another_team_is_told_without_a_way_to_a_page_that_is_not_theirs(cast: Cast) -> None:
    for to_team, where in ((cast.other_team, ""), (None, at)):
        session = make_session(cast)
        actions.request_escalation(session, reason="Stuck", to_team=to_team, by=cast.engineer)
        taker = cast.other_team_admin if to_team else cast.colleague
        actions.accept_escalation(AISession.objects.get(pk=session.pk), by=taker)

        url = Notification.objects.filter(user=cast.engineer).latest("created_at").url
        assert url == (where("detail", session) if callable(where) else where)


def test_whoever_of_the_team_is_free_is_told_and_without_a_team_the_accounts_admins(cast: Cast) -> None:
    wanted = ("escalation_requested", "Engineer asks you to take over “Mail is late”.")
    actions.request_escalation(
        make_session(cast, problem_summary="Mail is late"), reason="Stuck", by=cast.engineer
    )
    people = (cast.colleague, cast.team_admin, cast.engineer, cast.other_team_admin, cast.account_admin)
    assert [told(each) for each in people] == [[wanted], [wanted], [], [], []]

    alone = make_session(cast, problem_summary="Mail is late", team=None)
    actions.request_escalation(alone, reason="Stuck", by=cast.engineer)
    assert [told(each) for each in people] == [[wanted], [wanted], [], [], [wanted]]


def test_an_open_inbox_is_answered_as_soon_as_something_else_waits(cast: Cast) -> None:
    colleague, session = signed_in(cast.colleague), make_session(cast, problem_summary="Mail is late")

    def asked_again(page: Any) -> Any:
        shown = re.findall(r'name="shown" value="(\w+)"', text(page))[0]
        return colleague.get("/sessions/inbox/", {"shown": shown}, headers=HTMX)

    empty = colleague.get("/sessions/inbox/")
    assert (asked_again(empty).status_code, text(asked_again(empty))) == (204, "")
    actions.request_escalation(session, reason="Stuck", by=cast.engineer)
    waits = asked_again(empty)
    assert "Mail is late" in text(waits)
    assert trigger(waits) == {"inbox-changed": {}}
    assert asked_again(waits).status_code == 204
    actions.cancel_escalation(session, by=cast.engineer)
    assert "Nobody waits" in words(asked_again(waits))


def test_what_another_team_was_asked_and_takes_back_is_not_theirs_to_see(cast: Cast) -> None:
    session = make_session(cast)
    actions.request_escalation(session, reason="Stuck", to_team=cast.other_team, by=cast.engineer)

    send(cast.engineer, "cancel-escalation", session, htmx=False)

    assert get(cast.other_team_admin, "detail", session).status_code == 404
    assert told(cast.other_team_admin) == []


def test_to_somebody_outside_ends_the_session_with_its_package(cast: Cast) -> None:
    session = make_session(cast)

    send(
        cast.engineer,
        "escalate",
        session,
        **{**ASKED, "where": "outside", "destination": "Vendor support"},
        **PACKAGE,
    )

    row = AISession.objects.get(pk=session.pk)
    assert (row.status, row.escalation_destination) == ("escalated", "Vendor support")
    assert (row.escalation_package or {})["summary"] == "Mail is late"


@pytest.mark.parametrize("who", ["other_team_admin", "engineer"])
def test_only_somebody_who_could_hold_it_is_asked(cast: Cast, who: str) -> None:
    session = make_session(cast)
    to = getattr(cast, who)

    answer = send(cast.engineer, "escalate", session, **{**ASKED, "where": "person", "to": to.pk})

    assert answer.status_code == 422
    assert "Select a valid choice" in words(answer)
    assert stands(session) == ("active",)


def test_whoever_was_asked_returns_it_with_a_reason(cast: Cast) -> None:
    session = make_session(cast, problem_summary="Mail is late")
    actions.request_escalation(session, reason="Stuck", to=cast.colleague, by=cast.engineer)
    assert send(cast.team_admin, "decline", session, reason="Not mine").status_code == 403

    send(cast.colleague, "decline", session, reason="I have no rights either")

    assert stands(session, "asked_user", "escalated_to") == ("active", None, None)
    assert session.events.last().verb == "decline_escalation"
    assert told(cast.engineer) == [
        ("escalation_answered", "Colleague returned “Mail is late”: I have no rights either")
    ]


def test_whoever_is_asked_by_name_takes_over_a_session_that_has_no_team(cast: Cast) -> None:
    session = make_session(cast, team=None)
    actions.request_escalation(session, reason="Stuck", to=cast.colleague, by=cast.engineer)
    of_a_team = make_session(cast)
    actions.request_escalation(of_a_team, reason="Stuck", to=cast.team_admin, by=cast.engineer)
    TeamMembership.objects.filter(user=cast.team_admin).delete()

    assert (inbox(cast.colleague), inbox(cast.team_admin)) == ([session.title, of_a_team.title], [])
    assert send(cast.colleague, "accept", session).status_code == 200

    assert stands(session, "escalated_to") == ("active", cast.colleague)


def test_what_is_half_typed_does_not_go_into_other_hands(cast: Cast) -> None:
    session, to_admin = make_session(cast), make_session(cast)
    for one in (session, to_admin):
        keep_draft(one, "I think that", by=cast.engineer)
    actions.request_escalation(session, reason="Stuck", by=cast.engineer)

    actions.accept_escalation(session, by=cast.colleague)
    actions.reassign(to_admin, to=cast.colleague, by=cast.team_admin)

    assert [stands(one, "draft_answer") for one in (session, to_admin)] == [("active", "")] * 2


def test_each_step_is_told_as_of_who_answered_it_however_often_the_session_changed_hands(cast: Cast) -> None:
    session = make_session(cast)
    for holder, taker in ((cast.engineer, cast.colleague), (cast.colleague, cast.team_admin)):
        add_answered(session, f"Done by {holder}", by=holder)
        actions.request_escalation(session, reason="Stuck", by=holder)
        dialog = words(get(taker, "accept", session))
        actions.accept_escalation(session, by=taker)
        assert f"{holder} is told" in dialog
    add_answered(session, "Done by the third", by=cast.team_admin)
    actions.reassign(session, to=cast.engineer, by=cast.account_admin)
    add_answered(session, "Done once more", by=cast.engineer)

    page = text(signed_in(cast.engineer).get(reverse("sessions:detail", args=[session.pk])))

    said = re.findall(r'__q">([^<]+)<.*?fp-muted fp-small">([^<,]+),', page, re.DOTALL)
    assert said == [
        ("Done by Engineer", "Engineer"),
        ("Done by Colleague", "Colleague"),
        ("Done by the third", str(cast.team_admin)),
        ("Done once more", "Engineer"),
    ]


def test_nobody_is_asked_any_more_for_a_session_that_has_ended(cast: Cast) -> None:
    session = make_session(cast)
    actions.request_escalation(session, reason="Stuck", to=cast.colleague, by=cast.engineer)
    assert len(told(cast.colleague)) == 1

    actions.abandon(session, reason="It went away", by=cast.engineer)

    assert told(cast.colleague) == []


def test_the_second_of_two_acceptors_is_told_who_was_first(cast: Cast) -> None:
    session = make_session(cast)
    actions.request_escalation(session, reason="Stuck", by=cast.engineer)
    late = AISession.objects.get(pk=session.pk)
    send(cast.colleague, "accept", session)

    answer = send(cast.team_admin, "accept", late, htmx=False)

    assert answer.status_code == 409
    assert "Colleague has taken it over already." in words(answer)
    assert stands(session, "escalated_to") == ("active", cast.colleague)


def test_the_inbox_and_its_count_show_what_one_may_take_over(cast: Cast, outsiders: Cast) -> None:
    join(cast.account_admin, cast.team, TeamMembership.Role.TEAM_ADMIN)
    for number in range(2):
        session = make_session(cast, problem_summary=f"Mail is late {number}")
        actions.request_escalation(session, reason="Stuck", by=cast.engineer)
    actions.request_escalation(make_session(outsiders), reason="Stuck", by=outsiders.engineer)

    def count(user: Any) -> str:
        return words(signed_in(user).get("/sessions/inbox/count/", headers=HTMX)).strip()

    assert (count(cast.colleague), count(cast.account_admin), count(cast.engineer)) == ("2", "2", "")
    assert count(cast.other_team_admin) == ""
    assert inbox(cast.engineer) == ["Mail is late 0", "Mail is late 1"]
    page = words(signed_in(cast.engineer).get("/sessions/inbox/"))
    assert "Take it back" in page
    assert "Nobody waits" in words(signed_in(cast.other_team_admin).get("/sessions/inbox/"))


def test_the_reason_goes_into_a_package_that_is_drafted_anew(cast: Cast) -> None:
    session = make_session(cast)

    part = signed_in(cast.engineer).get(at("package", session), {"reason": "No rights"}, headers=HTMX)

    assert "Handed over because: No rights." in text(part)
    assert text(part).lstrip().startswith("<fieldset")


def test_nothing_is_typed_into_a_package_that_its_draft_is_about_to_replace(
    cast: Cast, settings: Settings
) -> None:
    settings.ANTHROPIC_API_KEY = "test-key"
    Account.objects.filter(pk=cast.account.pk).update(ai_mode=Account.AiMode.ANTHROPIC)

    dialog = text(get(cast.engineer, "escalate", make_session(cast)))

    assert ('hx-trigger="load"' in dialog, 'name="reason"' in dialog, 'name="summary"' in dialog) == (
        True,
        True,
        False,
    )


def test_the_dialog_says_who_drafted_the_package_and_why_not_claude(cast: Cast) -> None:
    Account.objects.filter(pk=cast.account.pk).update(ai_mode=Account.AiMode.ANTHROPIC)
    session = make_session(cast)

    shown = words(signed_in(cast.engineer).get(reverse("sessions:package", args=[session.pk])))

    assert "Drafted by the rules. This installation has no key for Claude." in shown
