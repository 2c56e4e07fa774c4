"""What is typed about sessions."""

from typing import Any

from django import forms

from flowpilot.accounts.models import User


class HandOverForm(forms.Form):
    """Whom a session goes to: somebody of the reader's account."""

    to = forms.ModelChoiceField(queryset=User.objects.none())

    def __init__(self, *args: Any, reader: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        to: Any = self.fields["to"]
        to.queryset = User.objects.for_account(reader.account_id)
