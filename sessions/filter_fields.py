"""Kinds of filters of the lists of sessions: days, exact moments, boxes that are on or not asked, lists."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import django_filters as filters
from django.core.exceptions import ValidationError
from django.forms import BooleanField, DateField, DateInput, UUIDField
from django.utils.translation import gettext
from django_filters.fields import IsoDateTimeField

from flowpilot.core.moments import in_utc

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2999, 12, 31)


class DayField(DateField):
    """A day that has a midnight in every time zone."""

    def to_python(self, value: Any) -> date | None:
        day: date | None = super().to_python(value)
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return day


class DayInput(DateInput):
    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class DayFilter(filters.DateFilter):
    field_class = DayField


class OnlyFilter(filters.BooleanFilter):
    """On or not asked; the usual field takes an empty checkbox for "no", and the list for filtered."""

    field_class = BooleanField


class MomentField(IsoDateTimeField):
    """In UTC: at the ends of time, the asker's zone may lead to a year that the database does not know."""

    def to_python(self, value: Any) -> datetime | None:
        moment: datetime | None = super().to_python(value)
        try:
            return in_utc(moment) if moment else None
        except ValueError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error


class MomentFilter(filters.IsoDateTimeFilter):
    field_class = MomentField


@dataclass(frozen=True)
class KeptList:
    """A list of sessions under a key; its filter says so in words."""

    key: UUID

    def __str__(self) -> str:
        return gettext("the sessions that show it")


class ListField(UUIDField):
    def to_python(self, value: Any) -> Any:
        key = super().to_python(value)
        return key and KeptList(key)


class ListFilter(filters.UUIDFilter):
    field_class = ListField
