"""Whose verbs are taken: the holder's, the admins' and nobody else's; and what a session may point to."""

from collections.abc import Callable
from typing import Any

import pytest

from flowpilot.accounts.models import User
from flowpilot.accounts.roles import NotAllowed
from sessions import actions, rules
from sessions.models import AISession
from tests.factories import Cast, make_resolved, make_session, make_user, make_version

HOLDERS_ONLY: dict[str, dict[str, Any]] = {
    "pause": {},
    "resume": {},
    "request_escalation": {"reason": "stuck"},
    "cancel_escalation": {},
    "escalate": {"reason": "stuck", "destination": "vendor"},
    "resolve": {"summary": "a", "action": "b"},
    "abandon": {"reason": "gone"},
    "add_step": {"kind": "note", "source": "engineer", "title": "Hm"},
    "rate": {"rating": 3},
}


def ready_for(verb: str, cast: Cast) -> AISession:
    """A session in the state that the verb asks for."""
    session = make_session(cast)
    if verb == "resume":
        actions.pause(session, by=cast.engineer)
    if verb == "cancel_escalation":
        actions.request_escalation(session, reason="stuck", by=cast.engineer)
    return session


@pytest.mark.parametrize("verb", HOLDERS_ONLY)
@pytest.mark.parametrize("person", ["colleague", "team_admin", "other_team_admin", "account_admin"])
def test_only_the_holder_works_in_a_session(cast: Cast, verb: str, person: str) -> None:
    session = ready_for(verb, cast)
    before = session.status

    with pytest.raises(NotAllowed):
        getattr(actions, verb)(session, **HOLDERS_ONLY[verb], by=getattr(cast, person))

    session.refresh_from_db()
    assert (session.status, session.step_count) == (before, 0)


@pytest.mark.parametrize("verb", HOLDERS_ONLY)
def test_the_holder_is_never_refused(cast: Cast, verb: str) -> None:
    session = ready_for(verb, cast)
    before = session.updated_at

    getattr(actions, verb)(session, **HOLDERS_ONLY[verb], by=cast.engineer)

    session.refresh_from_db()
    assert session.updated_at > before


@pytest.mark.parametrize("person", ["engineer", "team_admin", "account_admin"])
def test_the_holder_and_the_admins_reopen(cast: Cast, person: str) -> None:
    session = make_resolved(cast)

    actions.reopen(session, by=getattr(cast, person))

    assert session.status == "active"


@pytest.mark.parametrize("person", ["colleague", "other_team_admin"])
def test_others_do_not_reopen(cast: Cast, person: str) -> None:
    with pytest.raises(NotAllowed):
        actions.reopen(make_resolved(cast), by=getattr(cast, person))


def test_an_account_admin_of_another_account_neither_reopens_nor_reassigns(
    cast: Cast, outsiders: Cast
) -> None:
    with pytest.raises(NotAllowed):
        actions.reopen(make_resolved(cast), by=outsiders.account_admin)
    with pytest.raises(NotAllowed):
        actions.reassign(make_session(cast), to=cast.colleague, by=outsiders.account_admin)


def requested(cast: Cast, **extra: Any) -> AISession:
    session = make_session(cast, **extra)
    actions.request_escalation(session, reason="Needs help", by=cast.engineer)
    return session


@pytest.mark.parametrize(
    "somebody",
    [
        lambda cast, outsiders: outsiders.engineer,
        lambda cast, outsiders: outsiders.account_admin,
        lambda cast, outsiders: cast.other_team_admin,
    ],
)
def test_who_cannot_see_a_session_cannot_take_it_over(
    cast: Cast, outsiders: Cast, somebody: Callable[[Cast, Cast], User]
) -> None:
    session = requested(cast)

    with pytest.raises(NotAllowed):
        actions.accept_escalation(session, by=somebody(cast, outsiders))

    session.refresh_from_db()
    assert (session.status, session.escalated_to) == ("requesting_escalation", None)


def test_a_session_without_a_team_is_taken_over_by_an_account_admin(cast: Cast) -> None:
    session = requested(cast, team=None)

    with pytest.raises(NotAllowed):
        actions.accept_escalation(session, by=cast.colleague)
    actions.accept_escalation(session, by=cast.account_admin)

    assert session.holder_id == cast.account_admin.pk


def test_reassigning_is_the_team_admins(cast: Cast) -> None:
    session = make_session(cast)

    with pytest.raises(NotAllowed):
        actions.reassign(session, to=cast.colleague, by=cast.engineer)
    actions.reassign(session, to=cast.colleague, by=cast.team_admin)

    assert session.holder_id == cast.colleague.pk


@pytest.mark.parametrize(
    "somebody",
    [
        lambda cast, outsiders: outsiders.engineer,
        lambda cast, outsiders: cast.other_team_admin,
        lambda cast, outsiders: make_user(cast.account, "retired", account_admin=True, is_active=False),
    ],
)
def test_nobody_is_given_a_session_that_they_could_not_open(
    cast: Cast, outsiders: Cast, somebody: Callable[[Cast, Cast], User]
) -> None:
    session = make_session(cast)

    with pytest.raises(rules.Incomplete) as refusal:
        actions.reassign(session, to=somebody(cast, outsiders), by=cast.account_admin)

    session.refresh_from_db()
    assert (refusal.value.field, session.holder_id) == ("to", cast.engineer.pk)


@pytest.mark.parametrize("team", ["team", None])
def test_whoever_is_given_a_session_can_open_it(cast: Cast, team: str | None) -> None:
    session = make_session(cast, team=cast.team if team else None)

    actions.reassign(session, to=cast.colleague, by=cast.account_admin)

    assert AISession.objects.visible_to(cast.colleague).filter(pk=session.pk).exists()


@pytest.mark.parametrize(
    ("field", "of"),
    [
        ("team", lambda outsiders: outsiders.team),
        ("client", lambda outsiders: outsiders.client),
        ("flow_version", make_version),
    ],
)
def test_a_session_points_to_nothing_of_another_account(
    cast: Cast, outsiders: Cast, field: str, of: Callable[[Cast], object]
) -> None:
    for engineer in (cast.engineer, cast.account_admin):
        with pytest.raises(rules.Incomplete) as refusal:
            actions.open_session(user=engineer, **{field: of(outsiders)})
        assert refusal.value.field == field

    assert not AISession.objects.exists()


def test_sessions_are_opened_in_own_teams_and_by_account_admins_in_all(cast: Cast) -> None:
    with pytest.raises(rules.Incomplete) as refusal:
        actions.open_session(user=cast.engineer, team=cast.other_team)
    opened = actions.open_session(user=cast.account_admin, team=cast.other_team)

    assert (refusal.value.field, opened.team) == ("team", cast.other_team)
