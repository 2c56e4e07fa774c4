from django.db import migrations

from flowpilot.core.immutable import refuse_changes


class Migration(migrations.Migration):
    dependencies = [("flows", "0001_initial"), ("core", "0001_immutable_rows")]

    operations = [refuse_changes("flows_flowversion", but=["published_by_id"])]
