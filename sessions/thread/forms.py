"""What is sent from the thread."""

from django import forms

from sessions.actions import TITLE_LIMIT
from sessions.actions.replying import DRAFT_LIMIT
from sessions.forms import FilesField
from sessions.models import AISessionStep


class SayForm(forms.Form):
    """An answer to the step that was seen, or something of one's own (`kind`)."""

    expected_step = forms.IntegerField(required=False, min_value=0)
    option = forms.CharField(required=False, max_length=40)
    outcome = forms.ChoiceField(required=False, choices=[("", ""), *AISessionStep.Outcome.choices])
    response = forms.CharField(required=False, max_length=DRAFT_LIMIT, strip=True)
    kind = forms.ChoiceField(required=False, choices=[("", ""), ("note", ""), ("action", "")])
    own_outcome = forms.ChoiceField(required=False, choices=[("", ""), *AISessionStep.Outcome.choices])
    uploads = FilesField(required=False)


class DraftForm(forms.Form):
    """What stands in the field so far."""

    response = forms.CharField(required=False, max_length=DRAFT_LIMIT, strip=False)


class WayForm(forms.Form):
    """Leaving the flow, and why; coming back to it; taking an answer back. `expected_step`: the one that was
    seen to wait."""

    expected_step = forms.IntegerField(required=False, min_value=0)
    reason = forms.CharField(required=False, max_length=TITLE_LIMIT)


def refusals(form: forms.Form) -> str:
    """All that is wrong with what was sent, in sentences."""
    return " ".join(str(said) for field in form.errors.values() for said in field)
