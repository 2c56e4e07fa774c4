from django.db import migrations

from flowpilot.core.tenancy import TenantTable


class Migration(migrations.Migration):
    dependencies = [("ai_sessions", "0003_similar_sessions"), ("core", "0004_account_setting")]

    operations = [
        TenantTable("AISession"),
        TenantTable("AISessionStep"),
        TenantTable("SessionEvent"),
        TenantTable("SessionDocument"),
        TenantTable("SessionPosting"),
    ]
