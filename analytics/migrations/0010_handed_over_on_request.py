"""What an admin reassigned is not counted as handed over: days are counted anew, and touched by the request, too."""

from django.db import migrations

COUNTED = (
    "status team_id client_id problem_domain confidence_score scored_at matched_flow_id flow_version_id resolution_no"
    " resolved_at reopened_at escalated_to_id session_rating created_at left_flow_at first_score match_probability"
).split()

MARK = """
    INSERT INTO analytics_touchedday (id, account_id, created_at, day)
    SELECT gen_random_uuid(), touched.account_id, now(), touched.day
      FROM (SELECT DISTINCT session.account_id, (session.created_at AT TIME ZONE 'UTC')::date AS day FROM {source}) AS touched
"""

MOVED = "gone AS session JOIN fresh USING (id) WHERE session.created_at <> fresh.created_at"


def changed(columns):
    fresh, gone = (", ".join(f"{name}.{column}" for column in columns) for name in ("session", "gone"))
    return f"fresh AS session JOIN gone USING (id) WHERE ({fresh}) IS DISTINCT FROM ({gone})"


def function(columns):
    marks = ";".join(MARK.format(source=source) for source in (changed(columns), MOVED))
    return f"""
        CREATE OR REPLACE FUNCTION analytics_sessions_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN {marks}; RETURN NULL; END $$
    """


# An account whose state is unknown is counted whole.
COUNT_ANEW = "DELETE FROM analytics_rollupstate"


class Migration(migrations.Migration):
    dependencies = [("analytics", "0009_pushes_apart"), ("ai_sessions", "0015_first_score")]

    operations = [
        migrations.RunSQL(function([*COUNTED, "escalation_requested_at"]), function(COUNTED)),
        migrations.RunSQL(COUNT_ANEW, COUNT_ANEW),
    ]
