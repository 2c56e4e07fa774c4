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


def test_what_was_chosen_is_looked_up_together_and_goes_by_its_name(cast: Cast) -> None:
    User.objects.filter(pk=cast.engineer.pk).update(name="", email="a@first.example")
    chosen = {"client": str(cast.client.pk), "person": str(cast.engineer.pk), "team": str(cast.team.pk)}
    form = choosing(cast, **chosen)

    with CaptureQueriesContext(connection) as queries:
        assert form.is_valid()
        found = {name: str(row) for name, row in form.cleaned_data.items()}

    assert found == {"client": "Northwind", "person": "a@first.example", "team": "Service desk"}
    assert [row.pk for row in form.cleaned_data.values()] == [cast.client.pk, cast.engineer.pk, cast.team.pk]
    assert len(queries) == 1


@pytest.mark.parametrize("value", ["x", "0", "\x00"])
def test_what_is_no_key_is_refused_by_the_field_without_a_query(cast: Cast, value: str) -> None:
    form = choosing(cast, client=value, person="", team="")

    with CaptureQueriesContext(connection) as queries:
        assert list(form.errors) == ["client", "person", "team"]

    assert len(queries) == 0
