"""What reviewers type into the dialogs of a decision."""

from contextlib import suppress
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from proposals.models import ProposalDecision

REASONS = [(reason.value, reason.label) for reason in ProposalDecision.ASKED_FOR]
DISMISS_REASONS = [("", _("No particular reason")), *REASONS]


class DecisionForm(forms.Form):
    """The draft that the reviewer saw, and a remark."""

    draft = forms.UUIDField(widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("Note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class ApproveForm(DecisionForm):
    """With `confirmed`, the reviewer answers for what no session names."""

    confirmed = forms.BooleanField(required=False)


class DismissForm(DecisionForm):
    reason_code = forms.ChoiceField(
        label=_("Reason"),
        required=False,
        choices=DISMISS_REASONS,
        initial="",
        widget=forms.RadioSelect(attrs={"autofocus": True}),
    )
    more_sessions = forms.IntegerField(
        label=_("Bring back after how many more sessions"),
        required=False,
        min_value=1,
        max_value=100_000,
        help_text=_("Left empty: when twice as many speak for it as now."),
    )

    field_order = ("draft", "reason_code", "more_sessions", "note")


class RejectForm(DecisionForm):
    reason_code = forms.ChoiceField(
        label=_("Reason"),
        widget=forms.RadioSelect(attrs={"autofocus": True}),
        choices=REASONS,
        error_messages={"required": _("Choose why it is rejected.")},
    )

    field_order = ("draft", "reason_code", "note")


def original_named(value: str) -> tuple[str, UUID] | None:
    """ "proposal:<id>" or "flow:<id>" in its two parts."""
    kind, _colon, key = value.partition(":")
    with suppress(ValueError):
        return (kind, UUID(key)) if kind in ("proposal", "flow") else None
    return None


class DuplicateForm(DecisionForm):
    """Which proposal or flow says the same."""

    of = forms.CharField(error_messages={"required": _("Choose what it is a duplicate of.")})

    def clean_of(self) -> tuple[str, UUID]:
        given = original_named(self.cleaned_data["of"])
        if given is None:
            raise forms.ValidationError(_("Choose what it is a duplicate of."))
        return given


class SplitForm(forms.Form):
    """Which session is split off."""

    session = forms.UUIDField()


class BulkForm(forms.Form):
    """Which proposals, with the drafts that were seen: ticked ones, or all that the filters leave."""

    action = forms.ChoiceField(choices=[("approve", ""), ("dismiss", ""), ("reject", "")])
    all = forms.BooleanField(required=False)
    sure = forms.BooleanField(required=False)


class BulkDismissForm(forms.Form):
    reason_code = forms.ChoiceField(
        label=_("Reason"), required=False, choices=DISMISS_REASONS, initial="", widget=forms.RadioSelect
    )
    note = forms.CharField(
        label=_("Note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class BulkRejectForm(BulkDismissForm):
    reason_code = forms.ChoiceField(
        label=_("Reason"),
        widget=forms.RadioSelect,
        choices=REASONS,
        error_messages={"required": _("Choose why they are rejected.")},
    )
