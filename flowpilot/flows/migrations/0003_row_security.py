from django.db import migrations

from flowpilot.core.tenancy import TenantTable


class Migration(migrations.Migration):
    dependencies = [("flows", "0002_versions_are_immutable"), ("core", "0004_account_setting")]

    operations = [
        TenantTable("Flow"),
        TenantTable("FlowVersion"),
        TenantTable("FlowDraft"),
        TenantTable("FlowStat"),
    ]
