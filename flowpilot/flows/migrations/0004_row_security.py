from django.db import migrations

from flowpilot.core.tenancy import TenantTable


class Migration(migrations.Migration):
    dependencies = [("flows", "0003_matching_index"), ("core", "0004_account_setting")]

    operations = [
        TenantTable("Flow"),
        TenantTable("FlowVersion"),
        TenantTable("FlowDraft"),
        TenantTable("FlowStat"),
        TenantTable("FlowDocument"),
        TenantTable("FlowPosting"),
        TenantTable("MatchingCalibration"),
    ]
