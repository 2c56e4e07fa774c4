"""What account admins say about a connection. The fields of its login are the vendor's own list."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from flowpilot.psa.addresses import NotAllowed, check_address
from flowpilot.psa.mapping import ENDINGS, NAMES
from flowpilot.psa.mapping import Mapping as Settings
from flowpilot.psa.models import PsaConnection
from flowpilot.psa.ports import Choice, LoginField, Named
from flowpilot.psa.registry import connector_class
from flowpilot.psa.templating import LENGTH, TemplateError, default_template, parsed

VALUE_LENGTH: Final = 1_000
_LOGIN: Final = "login_"


class LoginForm(forms.Form):
    """Name, address and credentials. What is secret is never shown; left empty, what is kept stays."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)

    def __init__(
        self, *args: Any, provider: str, connection: PsaConnection | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.connector, self.connection = connector_class(provider), connection
        self.kept = _kept(connection)
        if connection is not None:
            self.initial.setdefault("name", connection.name)
        if self.connector.address:
            self.fields["base_url"] = self._address()
        for told in self.connector.login:
            self.fields[_LOGIN + told.name] = self._field(told)

    def _address(self) -> forms.CharField:
        initial = self.connection.base_url if self.connection else ""
        help_text = str(self.connector.address)
        return forms.CharField(label=_("Address"), max_length=200, initial=initial, help_text=help_text)

    def _field(self, told: LoginField) -> forms.CharField:
        there = bool(self.kept.get(told.name))
        attrs = {"autocomplete": "off", "spellcheck": "false"}
        if told.secret:
            attrs = {"autocomplete": "new-password"}
        help_text = told.help
        if told.secret and there:
            help_text = _("It is set. Type something to replace it.")
        return forms.CharField(
            label=str(told.label),
            required=told.required and not (told.secret and there),
            max_length=VALUE_LENGTH,
            help_text=str(help_text),
            initial="" if told.secret else self.kept.get(told.name, ""),
            widget=forms.PasswordInput(attrs=attrs) if told.secret else forms.TextInput(attrs=attrs),
        )

    def clean_base_url(self) -> str:
        return _checked(str(self.cleaned_data["base_url"]))

    def clean(self) -> dict[str, Any] | None:
        """What is kept belongs to the addresses that it was typed for: it is not sent to another one."""
        given = super().clean() or {}
        for told in self.connector.login:
            if told.is_address:
                self._clean_address(_LOGIN + told.name, given)
        if self.connection is None or not self._leads_elsewhere(given):
            return given
        for told in self.connector.login:
            typed = given.get(_LOGIN + told.name)
            if told.secret and self.kept.get(told.name) and not typed:
                self.add_error(_LOGIN + told.name, _("The address is another one: type this again for it."))
        return given

    def _clean_address(self, name: str, given: dict[str, Any]) -> None:
        if not given.get(name):
            return
        try:
            given[name] = _checked(given[name])
        except ValidationError as refusal:
            self.add_error(name, refusal)

    def _leads_elsewhere(self, given: dict[str, Any]) -> bool:
        """Whether one of the addresses is another one, or none any more."""
        kept = {
            _LOGIN + told.name: self.kept.get(told.name) for told in self.connector.login if told.is_address
        }
        kept["base_url"] = self.connection.base_url if self.connection else ""
        return any(name in given and given[name] != _trimmed(kept[name]) for name in kept)

    @property
    def values(self) -> dict[str, str]:
        """For the columns of those names."""
        return {"name": self.cleaned_data["name"], "base_url": self.cleaned_data.get("base_url", "")}

    @property
    def credentials(self) -> dict[str, Any]:
        """What was typed; it goes over what is kept. Of a secret left empty, that stays."""
        typed = {told.name: self.cleaned_data[_LOGIN + told.name] for told in self.connector.login}
        secret = {told.name for told in self.connector.login if told.secret}
        return {name: text for name, text in typed.items() if text or name not in secret}


class MappingForm(forms.Form):
    """What FlowPilot does there. The choices are the system's own; what it does not offer is not asked."""

    def __init__(self, *args: Any, settings: Settings, choices: Mapping[Choice, list[Named]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        for key, what, label, help_text in _ASKED:
            if choices.get(what) or getattr(settings, key):
                present = getattr(settings, key)
                self.fields[key] = _choice(label, choices.get(what, []), present, help_text=help_text)
        offered = choices.get("statuses", [])
        for ending in ENDINGS:
            present = settings.statuses.get(ending, "")
            called = settings.status_names.get(present, present)
            self.fields[f"status_{ending}"] = _choice(_ENDINGS[ending], offered, present, called=called)
        self.settings = settings
        self.called = {**settings.status_names, **{each.id: each.name for each in offered}}

    @property
    def mapping(self) -> Settings:
        given = self.cleaned_data
        statuses = {ending: given[f"status_{ending}"] for ending in ENDINGS if given[f"status_{ending}"]}
        names = {name: given.get(name, "") for name in NAMES}
        called = {status: self.called.get(status, status) for status in statuses.values()}
        kept = {status: name for status, name in called.items() if name != status}
        return Settings(statuses, kept, internal=self.settings.internal, **names)


class NoteForm(forms.Form):
    """What stands in a note, and who reads it."""

    template = forms.CharField(
        label=gettext_lazy("Text of notes"),
        required=False,
        widget=forms.Textarea(
            attrs={"rows": 16, "class": "fp-code", "spellcheck": "false", "maxlength": LENGTH}
        ),
    )
    internal = forms.BooleanField(
        label=gettext_lazy("For colleagues only"),
        required=False,
        help_text=gettext_lazy("Otherwise the customer reads the notes, too."),
    )

    def clean_template(self) -> str:
        """ "" where it is the text that comes with the product, so that it goes along with that."""
        text = "\n".join(str(self.cleaned_data["template"]).splitlines()).strip()
        try:
            parsed(text)
        except TemplateError as refusal:
            raise ValidationError(str(refusal)) from refusal
        return "" if text == default_template() else text


_ENDINGS: Final = {
    "resolved": gettext_lazy("Status of a resolved ticket"),
    "escalated": gettext_lazy("Status of an escalated ticket"),
    "abandoned": gettext_lazy("Status of an abandoned ticket"),
}
_ASKED: Final[tuple[tuple[str, Choice, Any, Any], ...]] = (
    ("board", "boards", gettext_lazy("Board"), gettext_lazy("Tickets are searched for here.")),
    ("member", "members", gettext_lazy("Who writes notes and time"), ""),
    ("work_type", "work_types", gettext_lazy("Work type of time"), ""),
    ("role", "roles", gettext_lazy("Role of time"), ""),
    ("note_type", "note_types", gettext_lazy("Type of notes"), ""),
)


def _choice(
    label: Any, offered: list[Named], present: str, *, called: str = "", help_text: Any = ""
) -> forms.ChoiceField:
    """With what is set now, and what it was called, also when the system does not offer it any more."""
    choices = [("", _("As the system has it")), *((each.id, each.name) for each in offered)]
    if present and present not in dict(choices):
        choices.append((present, _("%(name)s (not offered any more)") % {"name": called or present}))
    return forms.ChoiceField(
        label=label, choices=choices, required=False, initial=present, help_text=help_text
    )


def _checked(typed: str) -> str:
    address = _trimmed(typed)
    try:
        check_address(address)
    except NotAllowed as refusal:
        raise ValidationError(str(refusal)) from refusal
    return address


def _trimmed(address: Any) -> str:
    return str(address or "").strip().rstrip("/")


def _kept(connection: PsaConnection | None) -> dict[str, Any]:
    if connection is None or connection.credentials is None:
        return {}
    return dict(_texts(connection.credentials.reveal()))


def _texts(kept: Any) -> Iterator[tuple[str, Any]]:
    yield from kept.items() if isinstance(kept, dict) else ()
