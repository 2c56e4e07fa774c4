from django.db import migrations

from flowpilot.core.tenancy import TenantTable


class Migration(migrations.Migration):
    dependencies = [("ai_sessions", "0002_steps_and_events_are_written_once"), ("core", "0004_account_setting")]

    operations = [
        TenantTable("AISession"),
        TenantTable("AISessionStep"),
        TenantTable("SessionEvent"),
    ]
