"""What people type into the sessions room."""

from django import forms
from django.utils.translation import gettext_lazy as _

PROBLEM_CHARACTERS = 200_000
"""Of a pasted log; what is looked for is its beginning."""


class ProblemForm(forms.Form):
    """A problem in somebody's own words, an error message, or a log."""

    problem = forms.CharField(
        label=_("What is the problem?"),
        max_length=PROBLEM_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Symptoms, the exact error message or its code, the application or device."),
    )
