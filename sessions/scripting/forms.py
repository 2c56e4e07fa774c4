"""The forms of the script panel."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sessions.actions.scripting import PURPOSE_LIMIT
from sessions.models import AISessionStep, GeneratedScript

VALUE_LIMIT = 500
RESULT_LIMIT = 20_000


class ScriptForm(forms.Form):
    """What for, which follows the step that waits as long as nobody wrote there; and for which shell."""

    purpose = forms.CharField(
        label=_("What is it for?"),
        max_length=PURPOSE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 2, "data-of-step": ""}),
        error_messages={"required": _("Say what the script is for.")},
    )
    shell = forms.ChoiceField(label=_("Shell"), choices=GeneratedScript.Shell.choices)


class ValuesForm(forms.Form):
    """The values of a script's parameters, to have it made again with them."""

    def __init__(self, *args: Any, of: GeneratedScript, **options: Any) -> None:
        super().__init__(*args, **options)
        self.names = [str(each["name"]) for each in of.parameters]
        for each in of.parameters:
            self.fields[f"value-{each['name']}"] = forms.CharField(
                label=each["name"],
                help_text=each["help"],
                initial=each["value"],
                required=False,
                max_length=VALUE_LIMIT,
            )

    @property
    def values(self) -> dict[str, str]:
        """What was filled in, by the parameter's name."""
        return {name: self.cleaned_data[f"value-{name}"] for name in self.names}


class RunForm(forms.Form):
    """What came of a script."""

    outcome = forms.ChoiceField(
        label=_("What came of it?"),
        choices=[choice for choice in AISessionStep.Outcome.choices if choice[0] != "skipped"],
        widget=forms.RadioSelect,
        error_messages={"required": _("Say what came of it.")},
    )
    result = forms.CharField(
        label=_("What it printed"),
        required=False,
        max_length=RESULT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Passwords and keys are masked before it is kept."),
    )
