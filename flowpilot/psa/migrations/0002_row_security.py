from django.db import migrations

from flowpilot.core.tenancy import TenantTable


class Migration(migrations.Migration):
    dependencies = [("psa", "0001_initial"), ("core", "0004_account_setting")]

    operations = [
        TenantTable("PsaConnection"),
    ]
