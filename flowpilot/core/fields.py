"""The model field for secrets: sealed in the database, a `Secret` in Python, nowhere else."""

from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from flowpilot.core.jsonfields import JsonField
from flowpilot.core.sealing import SealedSecret, Secret, seal

FORM_LIMIT = 10_000
"""Characters of a secret that a form takes."""


class Sealed(str):
    """A token as it stands in the column."""

    __slots__ = ()


class WriteOnly(JsonField):
    """A secret is typed in, and never shown again; left empty, what is kept stays."""

    widget = forms.PasswordInput(attrs={"autocomplete": "new-password", "maxlength": FORM_LIMIT})
    default_error_messages = {
        "too_long": _("This has more than %(limit)d characters."),
        "no_object": _('This must be an object such as {"name": "value"}.'),
    }

    def prepare_value(self, value: Any) -> str:
        return ""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and len(value) > FORM_LIMIT:
            raise forms.ValidationError(self.error_messages["too_long"] % {"limit": FORM_LIMIT})
        given = super().to_python(value)
        if given is not None and not isinstance(given, dict):
            raise forms.ValidationError(self.error_messages["no_object"])
        return given

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(data)


class SecretOfRow:
    """Gives a row's value as a `Secret` that opens for this row alone; takes a plain value or a `Secret`."""

    def __init__(self, field: "EncryptedField") -> None:
        self.field = field

    def __get__(self, row: models.Model | None, owner: type[models.Model]) -> Any:
        if row is None:
            return self
        kept = self.field.kept_by(row)
        return SealedSecret(kept, self.field.place_in(row)) if isinstance(kept, Sealed) else kept

    def __set__(self, row: models.Model, value: Any) -> None:
        plain = value is not None and not isinstance(value, Secret | Sealed)
        row.__dict__[self.field.attname] = Secret(value) if plain else value


class EncryptedField(models.TextField[Any, Any]):
    """A JSON value, sealed for its account, row and column. Cannot be searched, sorted or dumped."""

    # What may be set and what is got, for the type checker.
    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, self.attname, SecretOfRow(self))

    def kept_by(self, row: models.Model) -> Any:
        if self.attname not in row.__dict__:  # deferred
            row.refresh_from_db(fields=[self.attname])
        return row.__dict__[self.attname]

    def place_in(self, row: models.Model) -> str:
        """Where a value belongs: account, row and column."""
        return f"{row._meta.label_lower}.{self.name}:{getattr(row, 'account_id', None)}:{row.pk}"

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Sealed | None:
        return None if value is None else Sealed(value)

    def to_python(self, value: Any) -> Any:
        return value

    def pre_save(self, row: models.Model, add: bool) -> Sealed | None:
        """Seal what is not. What is sealed already goes back as it came: on another row it does not open."""
        kept = self.kept_by(row)
        if kept is None or isinstance(kept, Sealed):
            return kept
        token = Sealed(seal(kept.reveal(), self.place_in(row)))
        row.__dict__[self.attname] = token
        return token

    def get_prep_value(self, value: Any) -> str | None:
        if value is None or isinstance(value, Sealed):
            return value
        raise TypeError(f"{self.name} is set on a row and saved: only so is it sealed for that row.")

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def value_to_string(self, obj: models.Model) -> str:
        """Nothing, for what serialises rows: dumps of fixtures hold no secrets."""
        return ""

    def value_from_object(self, obj: models.Model) -> Any:
        return None if self.kept_by(obj) is None else getattr(obj, self.attname)

    def formfield(self, **kwargs: Any) -> Any:
        return WriteOnly(required=not self.blank, label=self.verbose_name, help_text=self.help_text)

    def save_form_data(self, instance: models.Model, data: Any) -> None:
        if data:
            super().save_form_data(instance, data)
