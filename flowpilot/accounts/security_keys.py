"""What a browser answers for a security key, read before allauth sees it: its library takes the form of an
answer for granted."""

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.utils.translation import gettext_lazy as _
from fido2.webauthn import AuthenticationResponse, RegistrationResponse

from flowpilot.accounts.forms import NameField
from flowpilot.core.jsonfields import JsonField

NAME_LENGTH = 100


class KeyAnswer(JsonField):
    """JSON that can be read as `kind`; what cannot is a wrong answer, whatever is wrong with it."""

    widget = forms.HiddenInput

    def __init__(self, kind: type[RegistrationResponse] | type[AuthenticationResponse]) -> None:
        self.kind = kind
        super().__init__()

    def to_python(self, value: Any) -> Any:
        given = super().to_python(value)
        if given in self.empty_values:
            return None
        try:
            self.kind.from_dict(given)
        except Exception:  # a decoder raises whatever a broken answer leads it to
            raise get_adapter().validation_error("incorrect_code") from None
        return given


def _name(*, required: bool) -> NameField:
    return NameField(label=_("Name"), required=required, max_length=NAME_LENGTH)


class AddKeyForm(AddWebAuthnForm):
    name = _name(required=False)
    credential = KeyAnswer(RegistrationResponse)


class RenameKeyForm(EditWebAuthnForm):
    name = _name(required=True)


class KeyForm(AuthenticateWebAuthnForm):
    """The second step of signing in."""

    credential = KeyAnswer(AuthenticationResponse)


class KeyAgainForm(ReauthenticateWebAuthnForm):
    """Asked of somebody who is signed in, before the login is changed."""

    credential = KeyAnswer(AuthenticationResponse)
