import pytest
from django.test import Client
from django.urls import reverse

from flowpilot.psa.models import PsaPush
from tests.factories import Cast, make_push

pytestmark = pytest.mark.django_db


def url(push: PsaPush, name: str = "told") -> str:
    args = [push.session_id] if name == "told" else [push.session_id, push.pk]
    return reverse(f"sessions:{name}", args=args)


def test_the_session_says_why_its_note_was_not_written_and_tries_again(client: Client, cast: Cast) -> None:
    push = make_push(cast)
    client.force_login(cast.engineer)
    page = client.get(reverse("sessions:detail", args=[push.session_id])).content.decode()
    assert f'hx-get="{url(push)}"' in page
    assert "The ticket is closed" in client.get(url(push), headers={"HX-Request": "true"}).content.decode()

    answer = client.post(url(push, "told-retry"), {"body": "Nobody answered us."})

    push.refresh_from_db()
    assert (answer.status_code, push.state, push.body) == (303, "pending", "Nobody answered us.")


def test_what_nobody_knows_is_decided_by_who_has_looked(client: Client, cast: Cast) -> None:
    push = make_push(cast, state="unknown", error="Read timed out")
    client.force_login(cast.engineer)

    answer = client.post(url(push, "told-arrived"), headers={"HX-Request": "true"})

    push.refresh_from_db()
    assert (answer.status_code, push.state) == (200, "delivered")
    again = client.post(url(push, "told-arrived"), headers={"HX-Request": "true"})
    assert (again.status_code, "no question any more" in again.content.decode()) == (409, True)


def test_a_colleague_reads_and_does_not_decide(client: Client, cast: Cast) -> None:
    push = make_push(cast)
    client.force_login(cast.colleague)

    assert "Try again" not in client.get(url(push)).content.decode()
    assert client.post(url(push, "told-retry")).status_code == 403
    push.refresh_from_db()
    assert push.state == "dead"
