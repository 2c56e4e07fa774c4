"""What a list can be narrowed by."""

from django.forms import Form
from django.utils.functional import cached_property
from django_filters import FilterSet


class Narrowing(FilterSet):
    """The filters of one list, on the screen and in the API."""

    @cached_property
    def form(self) -> Form:
        """django-filter makes a class of the fields, and the form copies each of them. They are made for this
        request, so here it has them as they are, in half of the time."""
        made = Form(self.data if self.is_bound else None, prefix=self.form_prefix)
        made.fields = {name: each.field for name, each in self.filters.items()}
        return made
