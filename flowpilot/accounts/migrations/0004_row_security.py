from django.db import migrations

from flowpilot.core.tenancy import TenantTable


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_audit_is_written_once"), ("core", "0004_account_setting")]

    operations = [
        TenantTable("Team"),
        TenantTable("TeamMembership"),
        TenantTable("Client"),
        TenantTable("AuditEvent"),
    ]
