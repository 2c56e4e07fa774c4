from django.db import migrations

from flowpilot.core.immutable import FUNCTION


class Migration(migrations.Migration):
    dependencies = []

    operations = [migrations.RunSQL(FUNCTION, "DROP FUNCTION flowpilot_refuse_change()")]
