from django.db import migrations

from flowpilot.core.immutable import refuse_changes


class Migration(migrations.Migration):
    dependencies = [("proposals", "0001_initial"), ("core", "0001_immutable_rows")]

    operations = [
        refuse_changes("proposals_proposaldraft"),
        refuse_changes("proposals_proposaldecision", but=["actor_id", "draft_id", "published_version_id"]),
    ]
