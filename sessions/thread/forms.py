"""What is sent from the thread."""

from django import forms

from sessions.actions import TITLE_LIMIT
from sessions.actions.replying import DRAFT_LIMIT
from sessions.models import AISessionStep


class SayForm(forms.Form):
    """An answer to the step that was seen, or something of one's own (`kind`)."""

    expected_step = forms.IntegerField(required=False, min_value=0)
    option = forms.CharField(required=False, max_length=40)
    outcome = forms.ChoiceField(required=False, choices=[("", ""), *AISessionStep.Outcome.choices])
    response = forms.CharField(required=False, max_length=DRAFT_LIMIT, strip=True)
    kind = forms.ChoiceField(required=False, choices=[("", ""), ("note", ""), ("action", "")])
    own_outcome = forms.ChoiceField(required=False, choices=[("", ""), *AISessionStep.Outcome.choices])


class DraftForm(forms.Form):
    """What stands in the field so far."""

    response = forms.CharField(required=False, max_length=DRAFT_LIMIT, strip=False)


class LeaveForm(forms.Form):
    """Why the flow does not fit."""

    reason = forms.CharField(required=False, max_length=TITLE_LIMIT)
