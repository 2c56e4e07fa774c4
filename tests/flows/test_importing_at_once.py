"""Files handed in while somebody else is at the same flows: nothing is made twice or written over."""

from threading import Thread

import pytest
from django.db import connection, transaction

from flowpilot.accounts.models import Account
from flowpilot.core.scope import account_scope
from flowpilot.flows.actions.importing import import_flows
from flowpilot.flows.exchange.portable import PortableFlow
from flowpilot.flows.models import Flow, FlowDraft
from tests.factories import Cast, make_cast, make_version, small_tree
from tests.locks import until_somebody_waits

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return make_cast("acme")


def handing_in(cast: Cast, portable: PortableFlow, found: list[str]) -> Thread:
    """Somebody else hands a flow in; what was done with it is found afterwards."""

    def hand_in() -> None:
        with account_scope(cast.account.pk):
            entries = import_flows(cast.account.pk, [portable], by=cast.account_admin)
        found.extend(entry.what for entry in entries)
        connection.close()

    other = Thread(target=hand_in)
    other.start()
    return other


def test_a_file_that_two_hand_in_at_once_is_taken_in_once(cast: Cast) -> None:
    portable = PortableFlow("mail-late", "Mail is late", "", "email", small_tree())
    found: list[str] = []
    with transaction.atomic():
        Account.objects.select_for_update(no_key=True).get(pk=cast.account.pk)
        other = handing_in(cast, portable, found)
        until_somebody_waits()
        import_flows(cast.account.pk, [portable], by=cast.team_admin)
    other.join()

    assert found == ["same"]
    assert list(Flow.objects.values_list("slug", "status")) == [("mail-late", "published")]


def test_a_flow_of_which_somebody_began_a_draft_just_now_is_left_as_it_is(cast: Cast) -> None:
    flow = make_version(cast, title="Printer").flow
    found: list[str] = []
    with transaction.atomic():
        Flow.objects.select_for_update(of=("self",)).get(pk=flow.pk)
        other = handing_in(cast, PortableFlow(flow.slug, "Printer is dead", "", "", small_tree()), found)
        until_somebody_waits()
        FlowDraft.objects.create(
            account_id=flow.account_id, flow=flow, title="Mine", tree=small_tree().to_json()
        )
    other.join()

    assert found == ["draft"]
    assert FlowDraft.objects.get(flow=flow).title == "Mine"
