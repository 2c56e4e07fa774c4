"""What is written about a team's work is shown to nobody of another team, and stands in no audit and no
export. Published flows are the library of the whole account."""

from typing import Any

from django.test import Client
from django.urls import reverse

from flowpilot.accounts.models import AuditEvent
from flowpilot.psa.models import PsaConnection
from proposals.models import FlowProposal
from sessions import actions as session_actions
from sessions.models import AISession
from tests.addresses import Address, of_the_product
from tests.factories import (
    Cast,
    add_answered,
    join,
    make_attachment,
    make_invitation,
    make_practice_ticket,
    make_proposal,
    make_session,
    make_user,
    small_tree,
)
from tests.screens import signed_in

CANARY = "canary8129"
SEEN_BY_THE_TEAM = {"sessions:list", "sessions:detail", "proposals:queue", "proposals:detail"}
LISTS = (
    "sessions:list",
    "proposals:queue",
    "flows:library",
    "api-session-list",
    "api-proposal-list",
    "api-flow-list",
)


def worked_on(cast: Cast) -> AISession:
    """A resolved session of the first team with the canary in all that people write in it."""
    session = make_session(
        cast,
        problem_summary=f"Printer {CANARY}",
        intake_content={"text": f"The printer {CANARY} prints nothing.", "log": CANARY},
    )
    add_answered(session, f"Restart {CANARY}", outcome="worked", response=f"Typed {CANARY}")
    make_attachment(session, f"{CANARY}.png")
    make_attachment(session, "error.log", CANARY.encode())
    session_actions.resolve(
        session, summary=f"The spooler had stopped, {CANARY}.", action=f"Restart {CANARY}", by=session.user
    )
    return session


def learned(cast: Cast) -> FlowProposal:
    proposal = make_proposal(cast, title=f"Printer {CANARY}", summary=f"Says {CANARY}.")
    proposal.current_draft = proposal.drafts.create(
        account=cast.account,
        number=2,
        title=proposal.title,
        summary=proposal.summary,
        tree=small_tree(CANARY).to_json(),
        engine="offline",
    )
    proposal.save()
    return proposal


def written(cast: Cast) -> list[Address]:
    """Everything of the first team, and the pages on which it stands."""
    session, proposal = worked_on(cast), learned(cast)
    rows = {
        "sessions:detail": session,
        "sessions:seen-before": session,
        "proposals:session-analysis": session,
        "api-session-detail": session,
        "proposals:detail": proposal,
        "proposals:alike": proposal,
        "api-proposal-detail": proposal,
    }
    return [Address(name, reverse(name, args=[row.pk])) for name, row in rows.items()]


def seen_by(client: Client, addresses: list[Address]) -> list[str]:
    asked = [(each.name, each.url) for each in addresses]
    asked += [(each.name, f"{each.url}?q={CANARY[:-1]}") for each in addresses if each.name in LISTS]
    return [name for name, url in asked if has_canary(client.get(url))]


def has_canary(answer: Any) -> bool:
    """Whoever is answered with a stream sees what it is about; it may have no end."""
    return answer.streaming or CANARY in answer.content.decode(errors="replace")


def test_nobody_of_another_team_sees_it(cast: Cast) -> None:
    listed = list(of_the_product(cast))  # made before what is sought, which then is the newest of each list
    addresses = [*written(cast), *listed]
    engineer = make_user(cast.account, "elsewhere")
    join(engineer, cast.other_team)

    own = [each for each in addresses if each.name in SEEN_BY_THE_TEAM]
    assert {*seen_by(signed_in(cast.engineer), own)} == SEEN_BY_THE_TEAM
    assert seen_by(signed_in(engineer), addresses) == []
    assert seen_by(signed_in(cast.other_team_admin), addresses) == []


def test_what_account_admins_keep_is_shown_to_nobody_below_them(cast: Cast) -> None:
    listed = [each for each in of_the_product(cast) if each.name != "sessions:stream"]
    make_invitation(cast, f"{CANARY}@acme.example")
    make_practice_ticket(cast)
    PsaConnection.objects.update(trouble=f"401 for {CANARY}")

    kept = {"people:invitations", "accounts:audit", "connections:one"}
    assert kept <= {*seen_by(signed_in(cast.account_admin), [each for each in listed if each.name in kept])}
    assert seen_by(signed_in(cast.engineer), listed) == []
    assert seen_by(signed_in(cast.team_admin), listed) == []


def test_texts_of_sessions_stand_in_no_audit_and_in_no_export_but_their_own(cast: Cast) -> None:
    worked_on(cast)
    client = signed_in(cast.account_admin)

    exports = [
        each for each in of_the_product(cast) if "export" in each.name and each.name != "sessions:export"
    ]
    answers = [client.post(each.url, {"format": "csv"}) for each in exports]

    assert len(answers) >= 1
    assert [answer for answer in answers if CANARY in answer.content.decode("utf-8-sig")] == []
    noted = AuditEvent.objects.values_list("changes", "note", "subject_name")
    assert CANARY not in str(list(noted))
