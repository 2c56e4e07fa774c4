"""Figures of the dashboard say no more than is known: what waits, what is wrong, what no list shows."""

from datetime import timedelta

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from analytics.actions import rollups
from analytics.models import KnownBefore
from analytics.scope import ScopeForm, scope_of
from flowpilot.core.scope import account_scope
from proposals import actions as proposals
from proposals.models import FlowProposal
from sessions.filters import REASON_LENGTH
from tests.analytics.looking import behind, built
from tests.analytics.planting import put
from tests.factories import Cast, make_proposal
from tests.screens import signed_in, words

pytestmark = pytest.mark.usefixtures("noon")


@pytest.mark.django_db
def test_a_number_of_proposals_leads_to_the_queue_only_where_that_shows_just_those(cast: Cast) -> None:
    with account_scope(cast.account.pk):
        make_proposal(cast)
        rejected, long_ago = make_proposal(cast), make_proposal(cast)
        draft = rejected.current_draft_id
        proposals.reject(rejected, draft=draft, reason_code="unsafe", by=cast.account_admin)
        FlowProposal.objects.filter(pk=long_ago.pk).update(created_at=timezone.now() - timedelta(days=40))
        stages, reasons = built(cast.account_admin, "range=7", "funnel").tables

    led = {str(row[0].text): (row[1].value, row[1].url) for row in stages.rows if row[1].value}
    queue = f"{reverse('proposals:queue')}?status=rejected"
    assert led == {"Pending": (1, ""), "Rejected": (1, queue)}
    assert [cell.url for cell in reasons.rows[0]] == ["", "", queue]


@pytest.mark.django_db
def test_a_publication_that_was_undone_is_no_flow_that_was_published(cast: Cast) -> None:
    with account_scope(cast.account.pk):
        proposal = make_proposal(cast)
        for published in (1, 0, 1):
            if published:
                proposals.approve(proposal, draft=proposal.current_draft_id, by=cast.account_admin)
            else:
                proposals.undo(proposal, by=cast.account_admin)
            assert built(cast.account_admin, "", "reuse").facts[1].value == published


@pytest.mark.django_db
def test_days_that_are_still_to_count_are_told(cast: Cast) -> None:
    client = signed_in(cast.account_admin)
    with account_scope(cast.account.pk):
        rollups.catch_up(cast.account)
    assert "still to count" not in words(client.get(reverse("analytics:overview")))

    with account_scope(cast.account.pk):
        put(cast, 1, begun=timezone.now() - timedelta(days=3))
        put(cast, 2, begun=timezone.now() - timedelta(days=9))
    assert "; 2 days are still to count." in words(client.get(reverse("analytics:overview")))


@pytest.mark.django_db
def test_a_filter_that_is_wrong_does_not_take_the_others_away(cast: Cast) -> None:
    form = ScopeForm(QueryDict("domain=none&range=7&since=x&compare=none"), user=cast.account_admin)

    with account_scope(cast.account.pk):
        scope = scope_of(form, cast.account_admin, None, None)

    assert (scope.days, scope.domain, scope.compares) == (7, "", False)


@pytest.mark.django_db
def test_a_reason_that_the_list_cannot_look_for_is_clipped_and_leads_nowhere(cast: Cast) -> None:
    told = {"Needs hands on site": True, "x" * REASON_LENGTH: True, "y" * (REASON_LENGTH + 1): False}
    with account_scope(cast.account.pk):
        for reason in told:
            begun = timezone.now() - timedelta(days=3)
            put(cast, 1, begun=begun, status="escalated", escalation_reason=reason)
        card = built(cast.account_admin, "", "escalations")
        in_words = card.tables[1].rows
        links = [(row[0].value, bool(row[1].url)) for row in in_words]
        assert [behind(row[1].url, cast.account_admin) for row in in_words if row[1].url] == [1, 1]

    assert dict(links) == told
    assert max(len(str(row[0].text)) for row in in_words) == 120


@pytest.mark.django_db
def test_what_was_known_is_a_share_of_what_is_looked_up_and_compared_once_all_of_it_is(cast: Cast) -> None:
    with account_scope(cast.account.pk):
        now, former = (put(cast, 4, begun=timezone.now() - timedelta(days=days)) for days in (5, 40))
        look = [KnownBefore(account=cast.account, session=each) for each in (*now[:3], *former[:2])]
        look[0].resolved_alike = 2
        KnownBefore.objects.bulk_create(look)
        rollups.catch_up(cast.account)
        partly = built(cast.account_admin, "", "known")
        late = [KnownBefore(account=cast.account, session=each) for each in former[2:]]
        KnownBefore.objects.bulk_create(late)
        rollups.mark_everything(cast.account.pk)
        rollups.catch_up(cast.account)
        wholly = built(cast.account_admin, "", "known")

    for card, change in ((partly, ""), (wholly, "33.3 points less than before: 100.0%")):
        new = card.facts[3]
        assert (new.label, new.text, new.n, new.change) == ("New", "66.7%", 3, change)
        assert (card.facts[4].label, card.facts[4].value) == ("Not looked up yet", 1)
    assert "Of the days before, 2 are not looked up yet: nothing is compared." in partly.note
