from django.db import migrations

from flowpilot.core.tenancy import ACCOUNT_FUNCTION


class Migration(migrations.Migration):
    dependencies = [("core", "0003_cache")]

    operations = [migrations.RunSQL(ACCOUNT_FUNCTION, "DROP FUNCTION flowpilot_account()")]
