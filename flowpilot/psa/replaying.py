"""What people may change about a push that could not be written, before it is sent again."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from flowpilot.psa.models import PsaPush
from flowpilot.psa.ports import LONGEST_ENTRY, NOTE_LENGTH


class ReplayForm(forms.Form):
    """Text and minutes of a note; what is not sent along stays as it is."""

    body = forms.CharField(label=gettext_lazy("Text of the note"), required=False, max_length=NOTE_LENGTH)
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes worked"), required=False, min_value=0, max_value=LONGEST_ENTRY
    )
    missing = forms.BooleanField(required=False)

    def clean_body(self) -> str:
        body = "\n".join(str(self.cleaned_data["body"]).splitlines())
        if "body" in self.data and not body:
            raise ValidationError(_("A note needs a text."))
        return body

    @property
    def given(self) -> dict[str, Any]:
        """What `outbox.retry` takes of it."""
        named = {name: self.cleaned_data[name] for name in ("body", "minutes") if name in self.data}
        return {**named, "missing": self.cleaned_data["missing"]}

    @property
    def refusal(self) -> str:
        """What does not fit, by the names of the fields."""
        return " ".join(
            f"{self[name].label}: {' '.join(map(str, said))}" for name, said in self.errors.items()
        )

    def shown_in(self, push: PsaPush) -> PsaPush:
        """The push with the text that was typed, which is not saved."""
        push.body = str(self.data.get("body", push.body))
        return push
