"""What people type about themselves, their account and those who work in it."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from flowpilot.accounts.actions.settings import FIELDS
from flowpilot.accounts.models import (
    Account,
    Client,
    Invitation,
    SavedView,
    Team,
    TeamMembership,
    User,
)
from flowpilot.core.moments import known_zone
from flowpilot.core.text import clean_line

TURNING = dict.fromkeys(range(0x202A, 0x202F)) | dict.fromkeys(range(0x2066, 0x206A))
"""Signs of writing from right to left that reach beyond the word they stand in."""
NAME_READ = 10_000
"""Characters of a name that are looked at; what is too long for it is refused after."""
MOST_REFS = 20
REF_LENGTH = 100
ZONES = [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones()) if "/" in zone]


def _zones(present: str, *first: tuple[str, Any]) -> list[tuple[str, Any]]:
    """All zones that have a place in their name, UTC, and whatever is set now."""
    known = [("UTC", "UTC"), *ZONES]
    kept = [] if not present or present in dict(known) else [(present, present)]
    return [*first, *kept, *known]


class NameField(forms.CharField):
    """A name, which stands among others in lists, mails and the audit: on one line, without control
    characters and without the signs that turn writing around."""

    def to_python(self, value: Any) -> str:
        return clean_line(super().to_python(value), limit=NAME_READ).translate(TURNING)


class InAZone(forms.ModelForm[Any]):
    """For the admin, in which a time zone is typed; the product's pages let it be chosen."""

    def clean_time_zone(self) -> str:
        name: str = self.cleaned_data["time_zone"]
        if name and known_zone(name) is None:
            raise forms.ValidationError(_("“%s” is no time zone, such as Europe/Berlin.") % name)
        return name


class ProfileForm(forms.ModelForm[User]):
    class Meta:
        model = User
        fields = ("name", "time_zone", "single_key_shortcuts")
        field_classes = {"name": NameField}
        help_texts = {
            "single_key_shortcuts": gettext_lazy("Letters such as j and k act while you do not type.")
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        account = self.instance.account
        unset = _("As the account (%s)") % account.time_zone if account else "UTC"
        choices = _zones(self.instance.time_zone, ("", unset))
        label = self.fields["time_zone"].label
        self.fields["time_zone"] = forms.ChoiceField(label=label, choices=choices, required=False)


class InviteForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    teams = forms.ModelMultipleChoiceField(
        queryset=Team.objects.none(),
        label=gettext_lazy("Teams"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Role in these teams"),
        choices=TeamMembership.Role.choices,
        initial=TeamMembership.Role.ENGINEER,
    )
    account_admin = forms.BooleanField(
        label=gettext_lazy("Account admin"),
        required=False,
        help_text=gettext_lazy("Sees to people, teams, clients and settings, and to every team's work."),
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams: Any = self.fields["teams"]
        teams.queryset = Team.objects.visible_to(by).current()

    def roles(self) -> dict[Team, str]:
        return dict.fromkeys(self.cleaned_data["teams"], self.cleaned_data["role"])


class JoinForm(forms.Form):
    """What an invited person chooses."""

    name = NameField(
        label=gettext_lazy("Your name"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password1 = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least 8 characters; a few words that do not belong together are good."),
    )
    password2 = forms.CharField(
        label=gettext_lazy("Password, once more"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, invitation: Invitation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invitation = invitation

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        password = given.get("password1")
        if password and "password2" in given and password != given["password2"]:
            self.add_error("password2", _("The two passwords differ."))
        elif password:
            try:
                validate_password(password, User(email=self.invitation.email, name=given.get("name", "")))
            except ValidationError as error:
                self.add_error("password1", error)
        return given


class RoleForm(forms.Form):
    """A role in a team; empty: none. `seen` is the one that was shown."""

    team = forms.UUIDField()
    role = forms.ChoiceField(choices=[("", ""), *TeamMembership.Role.choices], required=False)
    seen = forms.ChoiceField(choices=[("", ""), *TeamMembership.Role.choices], required=False)


class TeamForm(forms.ModelForm[Team]):
    class Meta:
        model = Team
        fields = ("name",)
        field_classes = {"name": NameField}


class ClientForm(forms.ModelForm[Client]):
    external_refs = forms.CharField(
        label=gettext_lazy("Keys in other systems"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("One a line, as “connectwise: 4711”."),
    )

    class Meta:
        model = Client
        fields = ("name", "external_refs")
        field_classes = {"name": NameField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        refs: Mapping[str, Any] = self.instance.external_refs
        self.initial["external_refs"] = "\n".join(f"{system}: {key}" for system, key in refs.items())

    def clean_external_refs(self) -> dict[str, str]:
        lines = [line for line in self.cleaned_data["external_refs"].splitlines() if line.strip()]
        if len(lines) > MOST_REFS:
            raise ValidationError(_("At most %s lines.") % MOST_REFS)
        refs = dict(_reference(line) for line in lines)
        if len(refs) < len(lines):
            raise ValidationError(_("Each system stands in one line only."))
        return refs


def _reference(line: str) -> tuple[str, str]:
    system, _colon, key = (part.strip() for part in line.partition(":"))
    if not system or not key:
        raise ValidationError(_("“%s” is not a system, a colon and a key.") % line.strip()[:REF_LENGTH])
    if max(len(system), len(key)) > REF_LENGTH:
        raise ValidationError(_("A system or a key has at most %s characters.") % REF_LENGTH)
    return system, key


class SettingsForm(forms.ModelForm[Account]):
    class Meta:
        model = Account
        fields = FIELDS
        field_classes = {"name": NameField}
        help_texts = {
            "ai_mode": gettext_lazy("Automatic: Claude where a key is set and the budget allows it."),
            "ai_daily_budget_usd": gettext_lazy("Left empty: no limit."),
            "ai_monthly_budget_usd": gettext_lazy("Left empty: no limit."),
            "ai_batch_allowed": gettext_lazy("Half the price; answers may take a day."),
            "redact_identifiers": gettext_lazy(
                "Names of people and machines, addresses and phone numbers leave as placeholders and come "
                "back in the answers."
            ),
            "reopen_days": gettext_lazy("0: resolved sessions stay closed."),
            "mfa_required": gettext_lazy(
                "Whoever has none is asked to set one up before anything else, you included."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        label, choices = self.fields["time_zone"].label, _zones(self.instance.time_zone)
        self.fields["time_zone"] = forms.ChoiceField(label=label, choices=choices)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        daily, monthly = given.get("ai_daily_budget_usd"), given.get("ai_monthly_budget_usd")
        if daily is not None and monthly is not None and daily > monthly:
            self.add_error("ai_daily_budget_usd", _("A day cannot have more than the month."))
        return given


class ViewForm(forms.Form):
    """A saved view as its owner changes it."""

    name = NameField(label=gettext_lazy("Name"), max_length=80)
    shared = forms.BooleanField(
        label=gettext_lazy("Share with the account"),
        required=False,
        help_text=gettext_lazy("Everybody sees the filters; what they find is what they may see."),
    )


class NewViewForm(ViewForm):
    screen = forms.ChoiceField(choices=SavedView.Screen.choices, widget=forms.HiddenInput)
    query = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean(self) -> Any:
        if "screen" in self.errors:
            self.add_error(None, _("It does not say which list the filters are of. Save them from the list."))
        return super().clean()
