"""Of how many clients the sessions are that speak for a proposal: kept beside their number."""

from importlib import import_module

import pytest
from django.db import connection

from flowpilot.accounts.models import Client
from proposals import actions
from proposals.models import FlowProposal, ProposalEvidence
from sessions import actions as sessions
from sessions.models import AISession
from tests.factories import Cast, make_proposal, make_resolved
from tests.proposals.test_learning_job import OneCluster, pass_over, similar
from tests.screens import HTMX, at, signed_in, words


def of_client(cast: Cast, number: int, name: str | None) -> AISession:
    """A session of the one problem, at a client or at none."""
    session = similar(cast, number)
    client = name and Client.objects.get_or_create(account=cast.account, name=name)[0]
    AISession.objects.filter(pk=session.pk).update(client=client)
    return session


def clients() -> int:
    return FlowProposal.objects.get().client_count


def counted_anew() -> int:
    speaking = FlowProposal.objects.get().evidence.counting().exclude(session__client=None)
    return speaking.values("session__client").distinct().count()


def test_a_new_proposal_has_the_clients_of_its_sessions(cast: Cast) -> None:
    for number, name in enumerate(("Kite", "Contoso", "Kite", None)):
        of_client(cast, number, name)

    pass_over(cast, OneCluster())

    assert clients() == counted_anew() == 2


@pytest.mark.parametrize("decided", ["pending", "rejected"])
def test_only_clients_that_no_session_was_of_are_added(cast: Cast, decided: str) -> None:
    of_client(cast, 1, "Kite")
    pass_over(cast, OneCluster())
    FlowProposal.objects.update(status=decided)
    found = []

    for number, names in enumerate((("Kite",), ("Contoso", "Contoso", "Kite"), (None,)), start=1):
        for place, name in enumerate(names):
            of_client(cast, number * 10 + place, name)
        pass_over(cast, OneCluster())
        found.append((clients(), counted_anew()))

    assert found == [(1, 1), (2, 2), (2, 2)]


def test_a_client_whose_only_session_was_reopened_counts_no_longer_and_again_later(cast: Cast) -> None:
    of_client(cast, 1, "Kite")
    reopened = of_client(cast, 2, "Contoso")
    pass_over(cast, OneCluster())
    reopened.refresh_from_db()
    sessions.reopen(reopened, by=cast.engineer)
    actions.supersede_stale_evidence(cast.account.pk)
    less = clients()

    of_client(cast, 3, "Contoso")
    pass_over(cast, OneCluster())

    assert (less, clients(), counted_anew()) == (1, 2, 2)


def test_the_clients_of_another_proposal_are_its_own(cast: Cast) -> None:
    make_proposal(cast)
    of_client(cast, 1, cast.client.name)

    pass_over(cast, OneCluster())

    assert list(FlowProposal.objects.values_list("client_count", flat=True)) == [1, 1]


def test_splitting_off_and_carrying_count_anew(cast: Cast) -> None:
    original, duplicate = make_proposal(cast), make_proposal(cast)
    contoso = Client.objects.create(account=cast.account, name="Contoso")
    AISession.objects.filter(pk=duplicate.evidence.get().session_id).update(client=contoso)
    again = make_resolved(cast)
    ProposalEvidence.objects.create(account=cast.account, proposal=original, session=again, resolution_no=1)

    actions.mark_duplicate(duplicate, draft=duplicate.current_draft_id, of=original, by=cast.team_admin)
    original.refresh_from_db()
    both = original.client_count
    actions.split_off(original, original.evidence.get(session__client=contoso).session, by=cast.team_admin)
    original.refresh_from_db()

    assert (both, original.client_count) == (2, 1)


def test_what_was_there_before_the_column_is_counted_by_its_migration(cast: Cast) -> None:
    proposal, without = make_proposal(cast), make_proposal(cast)
    for name in ("Kite", "Kite", "Contoso", None, "Reopened"):
        client = name and Client.objects.get_or_create(account=cast.account, name=name)[0]
        session = make_resolved(cast, client=client)
        ProposalEvidence.objects.create(
            account=cast.account, proposal=proposal, session=session, resolution_no=1
        )
        if name == "Reopened":
            sessions.reopen(session, by=cast.engineer)
    AISession.objects.filter(pk=without.evidence.get().session_id).update(client=None)
    FlowProposal.objects.update(client_count=0)

    with connection.cursor() as cursor:
        cursor.execute(import_module("proposals.migrations.0018_counted_clients").COUNT)

    counts = {row.pk: row.client_count for row in FlowProposal.objects.all()}
    assert counts == {proposal.pk: 3, without.pk: 0}


def test_a_row_says_of_how_many_clients_the_sessions_are(cast: Cast) -> None:
    proposal = make_proposal(cast)
    told = []

    for number in (0, 1, 4):
        FlowProposal.objects.filter(pk=proposal.pk).update(evidence_count=4, client_count=number)
        told.append(words(signed_in(cast.engineer).get(at("queue"), headers=HTMX)))

    assert "4 sessions · 0.0% confidence" in told[0]
    assert "4 sessions · 1 client · 0.0% confidence" in told[1]
    assert "4 sessions · 4 clients · 0.0% confidence" in told[2]
