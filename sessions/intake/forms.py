"""What an engineer puts into the intake."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.models import Client, Team, User
from flowpilot.core.uploads.intake import ACCEPTED, Prepared
from flowpilot.psa.lookup import REFERENCE_LIMIT
from sessions.actions.attachments import AT_ONCE
from sessions.actions.intakes import LOG_KEPT, Pen, Typed
from sessions.forms import Files, Tried, TriedFilesField

TEXT_LIMIT = 100_000


class TypedForm(forms.Form):
    """The part without files: what is kept while somebody types."""

    problem = forms.CharField(
        label=_("What is the problem?"),
        required=False,
        max_length=TEXT_LIMIT,
        widget=forms.Textarea(
            attrs={
                "rows": 4,
                "autofocus": True,
                "data-hotkey": "i",
                "placeholder": _(
                    "Symptoms, the exact error, the device; a ticket number; paste a log or a screenshot"
                ),
            }
        ),
    )
    log = forms.CharField(
        label=_("Log"),
        required=False,
        max_length=LOG_KEPT,
        widget=forms.Textarea(attrs={"rows": 10, "wrap": "off", "spellcheck": "false", "class": "fp-code"}),
    )
    ticket = forms.CharField(
        label=_("Ticket"),
        required=False,
        max_length=REFERENCE_LIMIT,
        widget=forms.TextInput(attrs={"placeholder": _("Number, URL or words"), "autocomplete": "off"}),
    )
    client = forms.ModelChoiceField(
        label=_("Client"), queryset=Client.objects.none(), required=False, empty_label=_("No client")
    )
    team = forms.ModelChoiceField(
        label=_("Team"), queryset=Team.objects.none(), required=False, empty_label=None
    )

    key = forms.UUIDField(required=False, widget=forms.HiddenInput)
    after = forms.UUIDField(required=False, widget=forms.HiddenInput)
    """The form whose draft this one was filled with."""

    def __init__(self, *args: Any, user: User, team: Team | None = None, **kwargs: Any) -> None:
        """`team`: of several, the one that counts where none is chosen."""
        super().__init__(*args, **kwargs)
        self.typed, self.readable = Typed(), False
        """What stands in the form, also when something else about it is refused; whether its texts could be
        read."""
        fields: Any = self.fields
        fields["client"].queryset = Client.objects.for_account(user.account_id).current()
        teams = Team.objects.for_account(user.account_id).filter(pk__in=user.team_ids).current()
        fields["team"].queryset = teams
        found = list(teams)
        self._team = team if team in found else next(iter(found), None)
        if len(found) < 2:
            del fields["team"]

    def clean(self) -> dict[str, Any] | None:
        cleaned: dict[str, Any] | None = super().clean()
        self.readable = not {"problem", "log", "ticket"} & set(self.errors)
        given = self.cleaned_data
        self.typed = Typed(
            text=_lines(given.get("problem", "")),
            log=_lines(given.get("log", "")),
            ticket=given.get("ticket", ""),
            client=given.get("client"),
            team=given.get("team") or self._team,
        )
        return cleaned

    @property
    def pen(self) -> Pen:
        return Pen(self.cleaned_data.get("key"), self.cleaned_data.get("after"))


class IntakeForm(TypedForm):
    """All of it, sent to open a session."""

    uploads = TriedFilesField(
        label=_("Screenshots and logs"),
        required=False,
        widget=Files(attrs={"accept": ",".join(ACCEPTED)}),
        help_text=_("PNG, JPEG, WEBP, GIF, txt, log, csv; at most 5 files of 10 MB."),
    )

    def __init__(self, *args: Any, kept: int = 0, **kwargs: Any) -> None:
        """`kept`: how many files are there already from an earlier try."""
        super().__init__(*args, **kwargs)
        self.kept = kept
        self.taken: Sequence[Prepared] = ()
        """Files of this try that can be kept, also when the form is refused."""

    def clean(self) -> dict[str, Any] | None:
        cleaned: dict[str, Any] | None = super().clean()
        tried = self.cleaned_data.get("uploads") or Tried()
        if self.kept + len(tried.kept) > AT_ONCE:
            said = _("At most %(most)d files: %(kept)d are kept already, %(sent)d came with this form.")
            counts = {"most": AT_ONCE, "kept": self.kept, "sent": len(tried.kept)}
            self.add_error("uploads", said % counts)
        else:
            self.taken = tried.kept
        for problem in tried.problems:
            self.add_error("uploads", problem)
        return cleaned


def _lines(text: str) -> str:
    """Browsers send a line's end as two characters."""
    return text.replace("\r\n", "\n")
