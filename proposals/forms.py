"""What reviewers type into the dialogs of a decision."""

from django import forms
from django.utils.translation import gettext_lazy as _

from proposals.models import ProposalDecision

DISMISS_REASONS = [("", _("No particular reason")), *ProposalDecision.Reason.choices]


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
        widget=forms.Select(attrs={"autofocus": True}),
    )
    wake_at_evidence = forms.IntegerField(
        label=_("Bring back at how many sessions"),
        required=False,
        min_value=1,
        max_value=100_000,
        help_text=_("Left empty: at twice as many as now."),
    )

    field_order = ("draft", "reason_code", "wake_at_evidence", "note")


class RejectForm(DecisionForm):
    reason_code = forms.ChoiceField(
        label=_("Reason"),
        widget=forms.RadioSelect(attrs={"autofocus": True}),
        choices=ProposalDecision.Reason.choices,
        error_messages={"required": _("Choose why it is rejected.")},
    )

    field_order = ("draft", "reason_code", "note")


class SplitForm(forms.Form):
    """Which session is split off."""

    session = forms.UUIDField()


class BulkForm(forms.Form):
    """Which proposals, with the drafts that were seen: ticked ones, or all that the filters leave."""

    action = forms.ChoiceField(choices=[("approve", ""), ("dismiss", ""), ("reject", "")])
    all = forms.BooleanField(required=False)
    sure = forms.BooleanField(required=False)


class BulkDismissForm(forms.Form):
    reason_code = forms.ChoiceField(label=_("Reason"), required=False, choices=DISMISS_REASONS)
    note = forms.CharField(
        label=_("Note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class BulkRejectForm(BulkDismissForm):
    reason_code = forms.ChoiceField(
        label=_("Reason"),
        widget=forms.RadioSelect,
        choices=ProposalDecision.Reason.choices,
        error_messages={"required": _("Choose why they are rejected.")},
    )
