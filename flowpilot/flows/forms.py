"""What is typed about flows beside their trees."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.models import Client, Team, User
from flowpilot.core.web import visible
from flowpilot.flows.actions import Seen
from flowpilot.flows.domains import DOMAIN_CHOICES
from flowpilot.flows.exchange.packing import unpacked
from flowpilot.flows.exchange.portable import LARGEST
from flowpilot.flows.models import Flow

DOMAINS = [("", _("None")), *DOMAIN_CHOICES]


def _title() -> forms.CharField:
    return forms.CharField(label=_("Title"), max_length=200)


class TextsForm(forms.Form):
    """What a flow says of itself beside its tree; a title is what it needs to be published."""

    title = _title()
    summary = forms.CharField(
        label=_("Summary"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 2})
    )
    domain = forms.CharField(
        label=_("Domain"), required=False, max_length=100, widget=forms.Select(choices=DOMAINS)
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        present = self["domain"].value() or ""
        if present not in dict(DOMAINS):
            # A domain of the account's own, from a file or a proposal: it stays as long as nobody chooses.
            self.fields["domain"].widget.choices = [*DOMAINS, (present, present)]


class LockForm(forms.Form):
    """The state of the draft that was seen."""

    lock = forms.CharField(max_length=60, widget=forms.HiddenInput)

    def clean_lock(self) -> Seen:
        try:
            return Seen.read(self.cleaned_data["lock"])
        except ValueError:
            raise forms.ValidationError(_("This names no state of a draft.")) from None


class NoteForm(LockForm):
    """What the next version is published with, and the state of the draft that was seen."""

    note = forms.CharField(
        label=_("Note for this version"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class _OfTeam(forms.Form):
    """A choice among the teams that the person answers for; account admins may leave it open."""

    team = forms.ModelChoiceField(queryset=Team.objects.none(), label=_("Team"), empty_label=_("All teams"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams = visible(Team, user).order_by("name")
        field: forms.ModelChoiceField[Team] = self.fields["team"]  # type: ignore[assignment]
        field.queryset = teams if user.account_admin else teams.filter(pk__in=user.admin_team_ids)
        field.required = not user.account_admin
        if not user.account_admin:
            field.empty_label = None


class NewFlowForm(_OfTeam):
    title = _title()
    domain = forms.ChoiceField(label=_("Domain"), choices=DOMAINS, required=False)
    client = forms.ModelChoiceField(
        queryset=Client.objects.none(), label=_("Client"), required=False, empty_label=_("All clients")
    )

    field_order: tuple[str, ...] = ("title", "domain", "team", "client")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        self.fields["client"].queryset = visible(Client, user).order_by("name")  # type: ignore[attr-defined]


class ForkForm(NewFlowForm):
    """A variant is for one client, and keeps its origin's domain."""

    domain = None  # type: ignore[assignment]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        self.fields["client"].required = True


class DetailsForm(NewFlowForm):
    """Whose a flow is and when it is looked at again."""

    title = None  # type: ignore[assignment]
    domain = None  # type: ignore[assignment]
    owner = forms.ModelChoiceField(
        queryset=User.objects.none(), label=_("Owner"), required=False, empty_label=_("Nobody")
    )
    review_due_at = forms.DateTimeField(
        label=_("Review due"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)

    field_order = ("team", "client", "owner", "review_due_at", "seen")

    def __init__(self, *args: Any, user: User, flow: Flow, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        people = User.objects.filter(account_id=flow.account_id, is_active=True).order_by("name")
        self.fields["owner"].queryset = people  # type: ignore[attr-defined]


class ImportForm(_OfTeam):
    """A file of flows, or, once what it would change was looked at, its name and bytes again: packed, so that
    they fit into a field and come back as they were."""

    upload = forms.FileField(
        label=_("File"),
        required=False,
        widget=forms.FileInput,  # nothing is kept that could be cleared
        help_text=_("JSON or Markdown as exported here"),
    )
    name = forms.CharField(max_length=200, required=False, widget=forms.HiddenInput)
    packed = forms.CharField(max_length=LARGEST, required=False, widget=forms.HiddenInput)
    confirmed = forms.BooleanField(required=False, widget=forms.HiddenInput)

    field_order = ("upload", "team", "name", "packed", "confirmed")

    def clean(self) -> dict[str, Any] | None:
        typed = super().clean() or self.cleaned_data
        upload = typed.get("upload")
        if upload is None and not typed.get("packed") and "upload" not in self.errors:
            self.add_error("upload", _("Choose a file."))
        elif upload is not None and upload.size > LARGEST:
            self.add_error("upload", _("The file is too large."))
        return typed

    def clean_packed(self) -> bytes:
        try:
            return unpacked(self.cleaned_data["packed"])
        except ValueError:
            self.add_error("upload", _("The page sent something unreadable. Choose the file again."))
            return b""

    def content(self) -> tuple[str, bytes]:
        """Name and bytes of the file. Only of a valid form."""
        upload = self.cleaned_data.get("upload")
        if upload is None:
            return self.cleaned_data["name"], self.cleaned_data["packed"]
        upload.seek(0)
        return upload.name, upload.read()
