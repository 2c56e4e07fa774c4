from django.contrib import admin
from django.db import models

from flowpilot.accounts.audited import Audited
from flowpilot.psa.models import PsaConnection


@admin.register(PsaConnection)
class PsaConnectionAdmin(Audited):
    list_display = ("name", "provider", "account", "state", "last_ok_at")
    list_filter = ("provider", "state", "account")
    search_fields = ("name", "base_url")
    autocomplete_fields = ("account",)
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
