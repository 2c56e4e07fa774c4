"""Inviting, and joining by the link."""

import re
from datetime import timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
import time_machine
from django.core import mail, signing
from django.core.mail.backends.base import BaseEmailBackend
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from flowpilot.accounts.actions import invitations, people
from flowpilot.accounts.models import Account, AuditEvent, Invitation, Team, TeamMembership, User
from flowpilot.accounts.refusals import AlreadyThere, Changed, LinkDead, Refused, TooMany
from flowpilot.accounts.roles import NotAllowed
from tests.factories import PASSWORD, Cast, make_invitation, make_user
from tests.screens import signed_in, words

ENGINEER, TEAM_ADMIN = TeamMembership.Role.ENGINEER, TeamMembership.Role.TEAM_ADMIN
NEW = "new@acme.example"
JOIN = reverse("invitation:join")
INVITATIONS = reverse("people:invitations")


class Down(BaseEmailBackend):
    """A mail server that hangs up."""

    def send_messages(self, email_messages: Any) -> int:
        raise SMTPServerDisconnected


def invite(cast: Cast, email: str = NEW, *, account_admin: bool = False) -> str:
    """An invitation into the first team; returns the token."""
    roles = {cast.team: TEAM_ADMIN}
    return invitations.invite(email, roles=roles, account_admin=account_admin, by=cast.account_admin)[1]


def sent(cast: Cast, **given: Any) -> dict[str, Any]:
    return {"email": NEW, "teams": [cast.team.pk], "role": ENGINEER, **given}


def told(cast: Cast) -> list[tuple[str, str]]:
    rows = AuditEvent.objects.filter(account=cast.account).exclude(verb__startswith="signed")
    return list(rows.order_by("created_at", "id").values_list("verb", "subject_name"))


def join(token: str, **given: str) -> tuple[Client, Any]:
    """What a stranger gets who follows the link and fills the form in."""
    client = Client()
    client.get(reverse("invitation:link", args=[token]))
    form = {"name": "New Person", "password1": PASSWORD, "password2": PASSWORD, **given}
    return client, client.post(JOIN, form)


def test_whoever_accepts_is_in_with_the_roles_of_the_invitation(cast: Cast) -> None:
    token = invite(cast, "New@Acme.Example", account_admin=True)

    client, answer = join(token)

    person = User.objects.get(email=NEW)
    assert answer.headers["Location"] == reverse("home")
    assert client.get(reverse("sessions:list")).context["user"] == person
    assert (person.account, person.name, person.account_admin) == (cast.account, "New Person", True)
    assert list(person.memberships.values_list("team", "role")) == [(cast.team.pk, TEAM_ADMIN)]
    assert Invitation.objects.get().accepted_at is not None
    assert told(cast) == [("invited", NEW), ("invitation_accepted", "New Person")]


def test_an_account_that_requires_a_second_factor_asks_for_it_next(cast: Cast) -> None:
    Account.objects.filter(pk=cast.account.pk).update(mfa_required=True)

    client, answer = join(invite(cast))

    assert client.get(answer.headers["Location"]).headers["Location"] == reverse("mfa_index")
    assert client.get(reverse("mfa_activate_totp")).status_code == 200, (
        "without asking for the password again"
    )


def test_a_link_works_once(cast: Cast) -> None:
    token = invite(cast)
    join(token)

    again, answer = join(token)

    assert (answer.status_code, User.objects.filter(email=NEW).count()) == (410, 1)
    assert "_auth_user_id" not in again.session


def test_who_leaves_has_left_no_link_to_come_back_by(cast: Cast) -> None:
    leaver = make_user(cast.account, "leaver", account_admin=True)
    own, others = "back@elsewhere.example", invite(cast)
    token = invitations.invite(own, roles={}, account_admin=True, by=leaver)[1]

    people.deactivate(leaver, by=cast.account_admin)

    assert join(token)[1].status_code == 410
    assert join(others)[1].status_code == 302
    assert ("invitation_revoked", own) in told(cast)


def test_who_administers_no_more_invites_no_more(cast: Cast) -> None:
    former = make_user(cast.account, "former", account_admin=True)
    token = invitations.invite("back@elsewhere.example", roles={}, account_admin=True, by=former)[1]

    people.set_account_admin(former, admin=False, by=cast.account_admin)

    assert join(token)[1].status_code == 410


def test_a_form_that_was_open_when_the_link_died_is_refused(cast: Cast) -> None:
    token = invite(cast)
    client = Client()
    client.get(reverse("invitation:link", args=[token]))
    invitations.revoke(Invitation.objects.get(), by=cast.account_admin)

    answer = client.post(JOIN, {"name": "New", "password1": PASSWORD, "password2": PASSWORD})

    assert answer.status_code == 410
    assert User.objects.filter(email=NEW).exists() is False


def test_a_link_lasts_seven_days(cast: Cast) -> None:
    token = invite(cast)

    with time_machine.travel(timezone.now() + timedelta(days=6, hours=23), tick=False):
        assert invitations.offered(token).email == NEW
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=1), tick=False):
        with pytest.raises(LinkDead):
            invitations.offered(token)
        with pytest.raises(LinkDead):
            invitations.accept(token, name="New", password=PASSWORD)


@pytest.mark.parametrize(
    "token",
    ["", "x", "a:b:c", signing.dumps(["0" * 32, "0" * 32, "s"]), "\u0000", "A" * 5000],
    ids=["empty", "word", "shape", "other_salt", "nul", "long"],
)
def test_what_is_no_link_of_ours_is_dead(db: None, token: str) -> None:
    with pytest.raises(LinkDead):
        invitations.offered(token)
    with pytest.raises(LinkDead):
        invitations.accept(token, name="New", password=PASSWORD)


def test_a_link_says_nothing_of_another_account(cast: Cast, outsiders: Cast) -> None:
    """Signed for one account, the key of another's invitation leads nowhere."""
    theirs = make_invitation(outsiders, "x@rival.example")
    claim = [cast.account.pk.hex, theirs.pk.hex, "secret"]
    with pytest.raises(LinkDead):
        invitations.offered(signing.dumps(claim, salt="flowpilot.accounts.invitation"))


def test_of_the_link_only_a_hash_is_kept(cast: Cast) -> None:
    token = invite(cast)
    secret = signing.loads(token, salt="flowpilot.accounts.invitation")[2]
    row = Invitation.objects.values().get()

    assert all(secret not in str(value) for value in row.values())


def test_the_token_stands_in_no_address_but_the_first(cast: Cast) -> None:
    token = invite(cast)

    answer = Client().get(reverse("invitation:link", args=[token]))

    assert (answer.status_code, answer.headers["Location"]) == (303, JOIN)
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_teams_that_were_archived_meanwhile_are_left_out(cast: Cast) -> None:
    token = invite(cast)
    Team.objects.filter(pk=cast.team.pk).update(archived_at=timezone.now())

    person = invitations.accept(token, name="New", password=PASSWORD)

    assert person.memberships.count() == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": ""}, "This field is required."),
        ({"password2": "other"}, "The two passwords differ."),
        ({"password1": "short", "password2": "short"}, "This password is too short."),
        ({"password1": NEW, "password2": NEW}, "too similar to the e-mail"),
    ],
    ids=["name", "typo", "short", "similar"],
)
def test_what_does_not_fit_is_told_and_nothing_is_used_up(
    cast: Cast, given: dict[str, str], said: str
) -> None:
    token = invite(cast)

    client, answer = join(token, **given)

    assert answer.status_code == 422
    assert said in words(answer)
    assert PASSWORD not in answer.content.decode()
    client.post(JOIN, {"name": "New", "password1": PASSWORD, "password2": PASSWORD})
    assert User.objects.filter(email=NEW).exists() is True


def test_somebody_who_is_signed_in_is_told_to_sign_out_first(cast: Cast) -> None:
    client = signed_in(cast.engineer)
    client.get(reverse("invitation:link", args=[invite(cast)]))

    assert "You are signed in" in words(client.get(JOIN))
    assert client.post(JOIN, {}).status_code == 409


# --- inviting ---


@pytest.mark.parametrize("by", ["engineer", "team_admin"])
def test_only_account_admins_invite(cast: Cast, by: str) -> None:
    with pytest.raises(NotAllowed):
        invitations.invite(NEW, roles={cast.team: ENGINEER}, account_admin=False, by=getattr(cast, by))
    invitation = make_invitation(cast)
    for verb in (invitations.send_again, invitations.revoke):
        with pytest.raises(NotAllowed):
            verb(invitation, by=getattr(cast, by))


def test_admins_of_another_account_do_nothing_to_it(cast: Cast, outsiders: Cast) -> None:
    for verb in (invitations.send_again, invitations.revoke):
        with pytest.raises(NotAllowed):
            verb(make_invitation(cast, f"{verb.__name__}@acme.example"), by=outsiders.account_admin)


def test_an_invitation_leads_into_a_team_or_to_the_account(cast: Cast) -> None:
    with pytest.raises(Refused, match="Choose at least one team"):
        invitations.invite(NEW, roles={}, account_admin=False, by=cast.account_admin)


def test_who_is_in_the_account_is_not_invited(cast: Cast) -> None:
    with pytest.raises(AlreadyThere, match="is in this account already"):
        invite(cast, "Engineer@ACME.example")


def test_an_address_has_one_open_invitation(cast: Cast) -> None:
    invite(cast)
    with pytest.raises(AlreadyThere, match="has an open invitation"):
        invite(cast, "NEW@acme.example")

    with time_machine.travel(timezone.now() + timedelta(days=8), tick=False):
        invite(cast)

    assert Invitation.objects.unanswered().count() == 1
    assert Invitation.objects.count() == 2


def test_the_number_of_open_invitations_has_a_bound(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitations, "MOST_OPEN", 1)
    invite(cast)

    with pytest.raises(TooMany, match="There are 1 open invitations"):
        invite(cast, "second@acme.example")


def test_sending_again_makes_a_new_link_and_ends_the_old_one(cast: Cast) -> None:
    old = invite(cast)
    invitation = Invitation.objects.get()
    with pytest.raises(TooMany, match="a moment ago"):
        invitations.send_again(invitation, by=cast.account_admin)

    with time_machine.travel(timezone.now() + timedelta(days=9), tick=False):
        new = invitations.send_again(invitation, by=cast.account_admin)
        assert invitations.offered(new).email == NEW
        with pytest.raises(LinkDead):
            invitations.offered(old)
    assert told(cast) == [("invited", NEW), ("invitation_sent_again", NEW)]


def test_a_revoked_invitation_is_over(cast: Cast) -> None:
    token = invite(cast)
    invitation = Invitation.objects.get()

    invitations.revoke(invitation, by=cast.account_admin)

    with pytest.raises(LinkDead):
        invitations.offered(token)
    for verb in (invitations.revoke, invitations.send_again):
        with pytest.raises(Changed):
            verb(invitation, by=cast.account_admin)
    assert told(cast) == [("invited", NEW), ("invitation_revoked", NEW)]


# --- what an admin sees, and does not learn ---


def test_the_page_invites_and_lists_what_is_open(cast: Cast) -> None:
    client = signed_in(cast.account_admin)

    answer = client.post(INVITATIONS, sent(cast), follow=True)

    assert "The invitation is on its way to new@acme.example." in words(answer)
    assert [row.email for row in answer.context["page"].rows] == [NEW]
    (message,) = mail.outbox
    assert (message.to, message.subject) == ([NEW], "Invitation to Acme on FlowPilot")
    link = re.findall(r"http://testserver(/invitation/\S+)", str(message.body))[0]
    assert Client().get(link).headers["Location"] == JOIN


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"email": "no address"}, "Enter a valid email address."),
        ({"email": "engineer@acme.example"}, "is in this account already"),
        ({"teams": []}, "Choose at least one team"),
        ({"teams": ["0" * 8]}, "is not a valid"),
        ({"role": "king"}, "Select a valid choice."),
    ],
    ids=["email", "there", "no_team", "bad_team", "role"],
)
def test_an_invitation_that_does_not_fit_is_told(cast: Cast, given: dict[str, Any], said: str) -> None:
    answer = signed_in(cast.account_admin).post(INVITATIONS, sent(cast, **given))

    assert answer.status_code == 422
    assert said in words(answer)
    assert mail.outbox == []


def test_a_foreign_team_is_no_choice(cast: Cast, outsiders: Cast) -> None:
    answer = signed_in(cast.account_admin).post(INVITATIONS, sent(cast, teams=[outsiders.team.pk]))

    assert answer.status_code == 422
    assert Invitation.objects.count() == 0


def test_inviting_does_not_tell_that_an_address_has_a_login_elsewhere(cast: Cast, outsiders: Cast) -> None:
    """Page, list and number of mails are the same; only the mail itself, which its owner reads, differs."""
    client = signed_in(cast.account_admin)
    answers = [
        client.post(INVITATIONS, sent(cast, email=email), follow=True)
        for email in ("nobody@rival.example", outsiders.engineer.email)
    ]

    said = [[str(message) for message in answer.context["messages"]] for answer in answers]
    assert said == [
        ["The invitation is on its way to nobody@rival.example."],
        [f"The invitation is on its way to {outsiders.engineer.email}."],
    ]
    assert [message.to[0] for message in mail.outbox] == ["nobody@rival.example", outsiders.engineer.email]
    assert ["/invitation/" in str(message.body) for message in mail.outbox] == [True, False]
    assert len({message.subject for message in mail.outbox}) == 1
    assert "nobody was told" in " ".join(str(mail.outbox[1].body).split())


def test_a_link_to_an_address_with_a_login_ends_as_any_dead_one(cast: Cast, outsiders: Cast) -> None:
    taken = invite(cast, outsiders.engineer.email)
    dead = invite(cast)
    invitations.revoke(Invitation.objects.get(email=NEW), by=cast.account_admin)

    _, refused = join(taken)
    _, gone = join(dead)

    assert (refused.status_code, words(refused)) == (gone.status_code, words(gone)) == (410, words(gone))
    outsiders.engineer.refresh_from_db()
    assert outsiders.engineer.account == outsiders.account
    assert Invitation.objects.get(email=outsiders.engineer.email).accepted_at is None


@pytest.mark.parametrize("backend", [f"{__name__}.Down", "django.core.mail.backends.console.EmailBackend"])
def test_without_a_mail_the_admin_gets_the_link_once(cast: Cast, settings: Settings, backend: str) -> None:
    settings.EMAIL_BACKEND = backend
    client = signed_in(cast.account_admin)

    answer = client.post(INVITATIONS, sent(cast))

    assert "no mail server took it" in words(answer)
    link = re.findall(r"http://testserver(/invitation/[^<\s]+)", answer.content.decode())[0]
    assert Client().get(link).status_code == 303
    assert "/invitation/" not in client.get(INVITATIONS).content.decode()


def test_the_page_sends_again_and_revokes(cast: Cast) -> None:
    invitation = make_invitation(cast)
    client = signed_in(cast.account_admin)
    again = reverse("people:invite-again", args=[invitation.pk])

    soon = client.post(again, follow=True)
    Invitation.objects.update(sent_at=timezone.now() - timedelta(hours=1))
    client.post(again)
    gone = client.post(reverse("people:revoke", args=[invitation.pk]), follow=True)
    twice = client.post(reverse("people:revoke", args=[invitation.pk]), follow=True)

    assert "It was sent a moment ago." in words(soon)
    assert [message.to for message in mail.outbox] == [[NEW]]
    assert "The invitation of new@acme.example is revoked." in words(gone)
    assert "Somebody else changed this meanwhile." in words(twice)
