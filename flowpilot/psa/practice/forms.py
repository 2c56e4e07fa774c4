"""What people type at the practice PSA."""

from django import forms
from django.utils.translation import gettext_lazy as _

from flowpilot.psa.models import PracticeTicket

TEXT_LIMIT = 20_000


class TicketForm(forms.ModelForm[PracticeTicket]):
    body = forms.CharField(
        label=_("Description"), max_length=TEXT_LIMIT, widget=forms.Textarea(attrs={"rows": 6})
    )

    class Meta:
        model = PracticeTicket
        fields = ("title", "body", "client", "contact", "priority")


class ChangeForm(forms.ModelForm[PracticeTicket]):
    class Meta:
        model = PracticeTicket
        fields = ("status", "priority", "refuses_notes")


class NoteForm(forms.Form):
    """A note of somebody who works there, or of the customer."""

    text = forms.CharField(
        label=_("New note"), max_length=TEXT_LIMIT, widget=forms.Textarea(attrs={"rows": 3})
    )
    internal = forms.BooleanField(label=_("internal note"), required=False)
