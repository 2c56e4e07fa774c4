from django.db import migrations, models

IN_STEP = """
UPDATE ai_sessions_sessiondocument d
SET indexed_at = s.updated_at, vector = CASE WHEN d.encoded_by <> '' THEN d.vector END
FROM ai_sessions s WHERE s.id = d.session_id AND d.indexed_at >= s.updated_at
"""
"""What was indexed after the last change is taken to be of that: its vector is kept until the schedule has read
and encoded the text anew (no digest yet). A vector of a former text is dropped."""


class Migration(migrations.Migration):
    dependencies = [
        ("ai_sessions", "0018_intake_pen"),
    ]

    operations = [
        migrations.AddField(
            model_name="sessiondocument",
            name="digest",
            field=models.CharField(blank=True, max_length=64, verbose_name="digest"),
        ),
        migrations.RunSQL(IN_STEP, migrations.RunSQL.noop),
    ]
