"""JSON as it comes in, by form or by the API: read by one reader, which refuses what could not be kept."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from flowpilot.core.text import InvalidJson, parsed_json


class StrictJson(JSONParser):
    """The API's parser. A refusal names the place, such as `$.notes[3].text`."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        try:
            return parsed_json(stream.read())
        except InvalidJson as problem:
            raise ParseError(str(problem)) from None


class JsonField(forms.JSONField):
    """A form's field of JSON text."""

    default_error_messages = {"invalid": _("Enter a valid JSON.")}

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values or not isinstance(value, str):
            return super().to_python(value)
        try:
            parsed_json(value)
        except InvalidJson as problem:
            raise forms.ValidationError(str(problem), code="invalid") from None
        return super().to_python(value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What was typed, also where it cannot be read."""
        try:
            parsed_json(data or "null")
        except InvalidJson:
            return forms.fields.InvalidJSONInput(data)
        return super().bound_data(data, initial)
