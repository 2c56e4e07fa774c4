"""Values that a request asks for together."""

import pytest
from django.db import connection
from django.http import HttpRequest
from django.test.utils import CaptureQueriesContext

from flowpilot.accounts.models import Client, Team
from flowpilot.core.asking import Asked, asked_by, subquery
from flowpilot.core.counting import counted
from tests.factories import Cast


def test_whoever_needs_a_value_first_asks_for_all_that_are_expected(cast: Cast) -> None:
    asked = Asked()
    asked.expect("teams", counted(Team.objects.for_account(cast.account)))
    asked.expect("name", subquery(Client.objects.filter(pk=cast.client.pk).values("name")))
    asked.expect("nobody", subquery(Client.objects.none().values("name")))
    asked.expect("nothing", counted(Client.objects.none()))

    with CaptureQueriesContext(connection) as queries:
        found = [asked.answer(name) for name in ("name", "teams", "nobody", "nothing")]

    assert (found, len(queries)) == (["Northwind", 2, None, 0], 1)


def test_an_answer_is_given_once_and_asked_for_anew(cast: Cast) -> None:
    asked, teams = Asked(), counted(Team.objects.for_account(cast.account))
    asked.expect("teams", teams)
    first = asked.answer("teams")
    Team.objects.create(account=cast.account, name="Night shift")

    with pytest.raises(KeyError):
        asked.answer("teams")
    asked.expect("teams", teams)
    assert (first, asked.answer("teams")) == (2, 3)


def test_what_is_answered_but_not_taken_yet_is_not_asked_again(cast: Cast) -> None:
    asked, teams = Asked(), counted(Team.objects.for_account(cast.account))
    asked.expect("teams", teams)
    asked.expect("more", teams)
    asked.answer("more")

    with CaptureQueriesContext(connection) as queries:
        asked.expect("teams", teams)
        found = asked.answer("teams")

    assert (found, len(queries)) == (2, 0)


def test_a_request_has_one_collection() -> None:
    request = HttpRequest()

    assert asked_by(request) is asked_by(request)
    assert asked_by(request) is not asked_by(HttpRequest())
