"""What is asked when a session is put down, handed on, ended, brought back or rated."""

from typing import Any, ClassVar, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from flowpilot.accounts.models import Team, TeamMembership, User
from flowpilot.psa.mapping import ENDINGS, Mapping
from flowpilot.psa.registry import takes_time
from sessions.actions.handing import DESTINATION_LIMIT
from sessions.actions.ticketing import ticket_of
from sessions.endings.packaging import CAUTIONS
from sessions.models import AISession
from sessions.models.ending import MOST_MINUTES, EscalationCode, RootCause, WriteBack

LONG: Final = 10_000
RATINGS = [
    ("5", gettext_lazy("5 – excellent")),
    ("4", gettext_lazy("4 – good")),
    ("3", gettext_lazy("3 – all right")),
    ("2", gettext_lazy("2 – poor")),
    ("1", gettext_lazy("1 – no help")),
]
HELPED = [("", gettext_lazy("Not said")), ("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No"))]
COLLEAGUE, TEAM, OUTSIDE, ANYBODY = "person", "team", "outside", "anybody"
WHERE = [
    (ANYBODY, gettext_lazy("Whoever of the team is free")),
    (COLLEAGUE, gettext_lazy("A colleague")),
    (TEAM, gettext_lazy("Another team")),
    (OUTSIDE, gettext_lazy("Somebody outside: this ends the session")),
]


def text(label: Any, *, rows: int = 3, required: bool = True, help_text: Any = "") -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(
        label=label, max_length=LONG, required=required, widget=widget, help_text=help_text
    )


class EndingForm(forms.Form):
    """`seen`: the state and the hands in which the session was when the dialog was opened."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, session: AISession, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.session, self.user = session, user
        # The dialog opens where one types first.
        shown = (field.widget for field in self.fields.values() if not field.widget.is_hidden)
        first = next(shown, None)
        if first is not None and not isinstance(first, forms.RadioSelect):
            first.attrs["autofocus"] = True

    @property
    def given(self) -> dict[str, Any]:
        """What the verb takes of it."""
        return {name: value for name, value in self.cleaned_data.items() if name != "seen"}


class PlainForm(EndingForm):
    """Nothing is asked."""


class PauseForm(EndingForm):
    reason = text(
        gettext_lazy("Note"),
        required=False,
        help_text=gettext_lazy("What you wait for, or where you go on. It stands in the history."),
    )


class TellingForm(EndingForm):
    """Ends a session; one that came from a ticket is asked what is written there."""

    ABOUT_TICKET: ClassVar[tuple[str, ...]] = ("write_back", "worked_minutes")
    """What is asked only where there is one."""

    write_back = forms.ChoiceField(
        label=gettext_lazy("What is written into the ticket"),
        choices=WriteBack.choices,
        required=False,
        widget=forms.RadioSelect,
    )
    worked_minutes = forms.IntegerField(
        label=gettext_lazy("Minutes worked"),
        min_value=0,
        max_value=MOST_MINUTES,
        required=False,
        help_text=gettext_lazy(
            "Pauses are left out; of a gap between two steps half an hour counts at most."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        connection = self.session.psa_connection
        if connection is None or not ticket_of(self.session):
            for name in self.ABOUT_TICKET:
                del self.fields[name]
            return
        field: Any = self.fields["write_back"]
        mapping = Mapping.of(connection.mapping)
        field.initial = WriteBack.INTERNAL if mapping.internal else WriteBack.CUSTOMER
        field.label = _("What is written into ticket #%(ticket)s of %(system)s") % {
            "ticket": self.session.psa_ticket_id or ticket_of(self.session),
            "system": connection,
        }
        if not takes_time(connection):
            field.help_text = _(
                "This system is not set up to take time: minutes stand in the text of the note only."
            )


class NoteForm(forms.Form):
    """What has been typed so far of an ending, to see its note; nothing is required yet."""

    ending = forms.ChoiceField(choices=[(each, each) for each in ENDINGS])
    summary = forms.CharField(required=False, max_length=LONG)
    action = forms.CharField(required=False, max_length=LONG)
    reason = forms.CharField(required=False, max_length=LONG)
    destination = forms.CharField(required=False, max_length=DESTINATION_LIMIT)
    root_cause = forms.ChoiceField(required=False, choices=[("", ""), *RootCause.choices])
    worked_minutes = forms.IntegerField(required=False, min_value=0, max_value=MOST_MINUTES)


class AbandonForm(TellingForm):
    field_order = ("reason", "worked_minutes", "write_back")
    reason = text(gettext_lazy("Why is it abandoned?"))


class DeclineForm(EndingForm):
    reason = text(gettext_lazy("Why do you return it?"))


class ReopenForm(EndingForm):
    reason = text(gettext_lazy("Why is it opened again?"))


class RateForm(EndingForm):
    rating = forms.TypedChoiceField(
        label=gettext_lazy("How well did FlowPilot help?"),
        choices=RATINGS,
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )
    feedback = text(gettext_lazy("What was good, what was missing?"), rows=2, required=False)

    def clean(self) -> Any:
        if self.cleaned_data.get("feedback") and not self.cleaned_data.get("rating"):
            self.add_error("rating", _("Choose a rating for your words."))
        return super().clean()


class ResolveForm(TellingForm, RateForm):
    ABOUT_TICKET = ("write_back",)
    summary = text(gettext_lazy("What was wrong, and what fixed it?"), rows=5)
    action = text(gettext_lazy("The step that fixed it"), rows=2)
    root_cause = forms.ChoiceField(
        label=gettext_lazy("Root cause"),
        choices=[("", gettext_lazy("Not said")), *RootCause.choices],
        required=False,
    )
    root_cause_note = forms.CharField(
        label=gettext_lazy("Root cause in words"), max_length=500, required=False
    )
    flow_helped = forms.TypedChoiceField(
        label=gettext_lazy("Did the flow help?"),
        choices=HELPED,
        coerce=lambda value: value == "yes",
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )
    field_order = (
        "summary",
        "action",
        "worked_minutes",
        "root_cause",
        "root_cause_note",
        "flow_helped",
        "write_back",
        "rating",
        "feedback",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.session.flow_version_id is None:
            del self.fields["flow_helped"]


class Addressees(forms.ModelChoiceField):
    """People, each with the teams that tell two of one name apart."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} ({obj.email})"


class EscalateForm(TellingForm):
    field_order = ("code", "reason")
    code = forms.ChoiceField(label=gettext_lazy("Why"), choices=EscalationCode.choices)
    reason = text(gettext_lazy("Why it needs somebody else, in your words"), rows=2)
    where = forms.ChoiceField(
        label=gettext_lazy("To whom?"), choices=WHERE, initial=ANYBODY, widget=forms.RadioSelect
    )
    to = Addressees(
        label=gettext_lazy("Colleague"), queryset=User.objects.none(), required=False, empty_label="–"
    )
    to_team = forms.ModelChoiceField(
        label=gettext_lazy("Team"), queryset=Team.objects.none(), required=False, empty_label="–"
    )
    destination = forms.CharField(
        label=gettext_lazy("Who outside"),
        max_length=DESTINATION_LIMIT,
        required=False,
        help_text=gettext_lazy("A vendor, a provider, the client's own IT."),
    )
    summary = text(gettext_lazy("Summary"), rows=4, required=False)
    impact = text(gettext_lazy("Impact"), rows=1, required=False)
    steps_tried = text(
        gettext_lazy("Tried so far"),
        rows=4,
        required=False,
        help_text=gettext_lazy("A line for each: step → what came of it."),
    )
    ruled_out = text(gettext_lazy("Ruled out"), rows=2, required=False)
    hypotheses = text(gettext_lazy("What it may be"), rows=2, required=False)
    suggestions = text(gettext_lazy("Suggested next"), rows=3, required=False)
    engine = forms.ChoiceField(
        choices=[("offline", "offline"), ("anthropic", "anthropic")], required=False, widget=forms.HiddenInput
    )

    suspected_injection = forms.BooleanField(required=False, widget=forms.HiddenInput)
    shortened = forms.BooleanField(required=False, widget=forms.HiddenInput)

    PACKAGE = ("summary", "impact", "steps_tried", "ruled_out", "hypotheses", "suggestions")
    _NEEDED = {
        COLLEAGUE: ("to", gettext_lazy("Choose a colleague.")),
        TEAM: ("to_team", gettext_lazy("Choose a team.")),
        OUTSIDE: ("destination", gettext_lazy("Say to whom it is handed over.")),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people: Any = self.fields["to"]
        people.queryset = could_hold(self.session)
        teams: Any = self.fields["to_team"]
        teams.queryset = (
            Team.objects.for_account(self.session.account_id).current().exclude(pk=self.session.team_id)
        )

    def clean(self) -> Any:
        needed = self._NEEDED.get(self.cleaned_data.get("where", ""))
        if needed and needed[0] not in self.errors and not self.cleaned_data.get(needed[0]):
            self.add_error(needed[0], needed[1])
        return super().clean()

    @property
    def always_asked(self) -> list[Any]:
        return [self[name] for name in ("code", "reason", "where")]

    @property
    def addressees(self) -> list[tuple[str, Any]]:
        """By the answer to "To whom?" that asks for it: the screen shows the one that was chosen."""
        return [(where, self[name]) for where, (name, _missing) in self._NEEDED.items()]

    @property
    def drafted(self) -> dict[str, bool]:
        """What has to be known of the draft, as the fields hold it."""
        return {name: self[name].value() in (True, "True") for name in CAUTIONS}

    @property
    def package_fields(self) -> list[Any]:
        return [self[name] for name in self.PACKAGE]


def could_hold(session: AISession) -> Any:
    """Everybody but the holder who can sign in and open the session."""
    active = User.objects.for_account(session.account_id).filter(is_active=True)
    if session.team_id is not None:
        members = TeamMembership.objects.filter(team=session.team_id).values("user")
        active = active.filter(pk__in=members) | active.filter(account_admin=True)
    return active.exclude(pk=session.holder_id)
