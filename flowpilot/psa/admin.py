from django.contrib import admin
from django.db import models

from flowpilot.accounts.audited import Audited
from flowpilot.core.admin import TenantAdmin
from flowpilot.psa.models import PsaConnection


@admin.register(PsaConnection)
class PsaConnectionAdmin(Audited, TenantAdmin[PsaConnection]):
    list_display = ("name", "provider", "state", "last_ok_at")
    list_filter = ("provider", "state")
    search_fields = ("name", "base_url")
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
