"""The star of a flow: everybody's own."""

import pytest
from django.urls import reverse

from flowpilot.flows import actions, favourites
from flowpilot.flows.models import FlowFavourite
from tests.factories import Cast, make_version
from tests.screens import HTMX, signed_in, text

pytestmark = pytest.mark.django_db


def test_a_star_is_set_twice_and_taken_away(cast: Cast) -> None:
    flow, client = make_version(cast, title="Printer").flow, signed_in(cast.engineer)
    address = reverse("flows:star", args=[flow.pk])

    for _turn in range(2):
        answer = client.post(address, {"starred": "1"}, headers=HTMX)
        assert 'aria-pressed="true"' in text(answer)
        assert list(FlowFavourite.objects.values_list("user", "flow")) == [(cast.engineer.pk, flow.pk)]
    for page in (reverse("flows:detail", args=[flow.pk]), reverse("flows:library")):
        assert "is-starred" in text(client.get(page))
        assert "is-starred" not in text(signed_in(cast.colleague).get(page))

    gone = client.post(address, {"starred": "0"})
    assert (gone.status_code, gone.headers["Location"]) == (303, reverse("flows:detail", args=[flow.pk]))
    assert not FlowFavourite.objects.exists()


def test_the_newest_star_comes_first_and_retired_flows_are_left_out(cast: Cast, outsiders: Cast) -> None:
    first, second, third = (make_version(cast, title=title).flow for title in ("One", "Two", "Three"))
    for flow in (first, second, third):
        favourites.star(flow, by=cast.engineer)
    favourites.star(make_version(outsiders).flow, by=outsiders.engineer)
    actions.retire(second, by=cast.team_admin)

    assert [flow.title for flow in favourites.of(cast.engineer, limit=5)] == ["Three", "One"]
    assert [flow.title for flow in favourites.of(cast.engineer, limit=1)] == ["Three"]
