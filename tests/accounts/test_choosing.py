"""Selects drawn from one query together."""

import pytest
from django import forms
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowpilot.accounts.choosing import draw_together
from flowpilot.accounts.models import Client, Team, User
from tests.factories import Cast


class Choosing(forms.Form):
    client = forms.ModelChoiceField(Client.objects.none(), empty_label="Any client")
    person = forms.ModelChoiceField(User.objects.none(), empty_label="Anybody")
    team = forms.ModelChoiceField(Team.objects.none())


def choosing(cast: Cast, **data: object) -> Choosing:
    form = Choosing(data or None)
    rows = {"client": Client, "person": User, "team": Team}
    for name, model in rows.items():
        form.fields[name].queryset = model.objects.for_account(cast.account)  # type: ignore[attr-defined]
    draw_together(form, *rows)
    return form


def drawn(form: Choosing, name: str) -> list[tuple[str, str]]:
    return list(form.fields[name].widget.choices)


def test_all_are_drawn_by_name_from_one_query(cast: Cast, outsiders: Cast) -> None:
    User.objects.filter(pk=cast.engineer.pk).update(name="", email="a@first.example")
    form = choosing(cast)
    with CaptureQueriesContext(connection) as queries:
        people, clients = drawn(form, "person"), drawn(form, "client")

    assert len(queries) == 1
    assert clients == [("", "Any client"), (str(cast.client.pk), "Northwind")]
    assert people[:2] == [("", "Anybody"), (str(cast.engineer.pk), "a@first.example")]
    assert [name for _pk, name in people[2:]] == ["Colleague", "Lead", "Otherlead", "Owner"]


@pytest.mark.parametrize("name", ["client", "team"])
def test_what_is_accepted_stays_within_the_rows(cast: Cast, outsiders: Cast, name: str) -> None:
    own, foreign = getattr(cast, name), getattr(outsiders, name)

    assert choosing(cast, **{name: own.pk}).fields[name].clean(own.pk) == own
    with pytest.raises(forms.ValidationError):
        choosing(cast).fields[name].clean(foreign.pk)
