from django.db import migrations, models

IN_STEP = """
UPDATE flows_flowdocument d SET indexed_at = f.updated_at, vector = CASE WHEN d.encoded_by <> '' THEN d.vector END
FROM flows_flow f WHERE f.id = d.flow_id AND d.indexed_at >= f.updated_at
"""
"""What was indexed after the last change is taken to be of that: its vector is kept until the schedule has read
and encoded the text anew (no digest yet). A vector of a former text is dropped."""


class Migration(migrations.Migration):
    dependencies = [
        ("flows", "0010_texts_of_versions"),
    ]

    operations = [
        migrations.AddField(
            model_name="flowdocument",
            name="digest",
            field=models.CharField(blank=True, max_length=64, verbose_name="digest"),
        ),
        migrations.RunSQL(IN_STEP, migrations.RunSQL.noop),
    ]
