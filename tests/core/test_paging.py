import base64
import json
from uuid import UUID

import pytest

from flowpilot.core.paging import page_of
from sessions.models import AISession
from tests.factories import Cast, make_session


def cursor(moment: object, pk: object = UUID(int=1)) -> str:
    return base64.urlsafe_b64encode(json.dumps([moment, str(pk)]).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "given",
    [
        "nonsense",
        cursor("2020-01-01T00:00:00"),
        cursor("0001-01-01T00:00:00+23:59:59"),
        cursor("9999-12-31T23:59:59-23:59:59"),
        cursor("\x00"),
        cursor(2020),
        cursor("2020-01-01T00:00:00+00:00", "no id"),
    ],
)
def test_a_cursor_that_no_row_can_have_gives_the_first_page(cast: Cast, given: str) -> None:
    session = make_session(cast)

    assert page_of(AISession.objects.all(), given).rows == [session]


def test_the_same_moment_in_another_zone_is_the_same_place(cast: Cast) -> None:
    make_session(cast)

    assert page_of(AISession.objects.all(), cursor("2020-01-01T00:00:00+14:00")).rows == []
    assert len(page_of(AISession.objects.all(), cursor("9999-12-31T00:00:00+00:00")).rows) == 1
