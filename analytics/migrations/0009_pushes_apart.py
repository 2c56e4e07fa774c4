"""Days count what was written at the first attempt and what was left out by decision, too; a push marks the day of its
session when that changes."""

from django.db import migrations, models

TABLES = ("tierday", "teamday", "domainday", "flowday", "clientday", "scoreday")
FATES = ("push_first", "push_left_out")
FORMER = ("state", "copies")
RULED = (*FORMER, "attempts", "put_aside_at")


def function(columns):
    fresh, gone = (", ".join(f"{name}.{column}" for column in columns) for name in ("push", "gone"))
    return f"""
        CREATE OR REPLACE FUNCTION analytics_pushes_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO analytics_touchedday (id, account_id, created_at, day)
            SELECT gen_random_uuid(), touched.account_id, now(), touched.day
              FROM (SELECT DISTINCT session.account_id, (session.created_at AT TIME ZONE 'UTC')::date AS day
                      FROM fresh AS push
                      JOIN gone ON gone.id = push.id AND ({gone}) IS DISTINCT FROM ({fresh})
                      JOIN ai_sessions AS session
                        ON session.id = push.session_id AND session.account_id = push.account_id) AS touched;
            RETURN NULL;
        END $$
    """


# An account whose state is unknown is counted whole.
ANEW = "DELETE FROM analytics_rollupstate"


class Migration(migrations.Migration):
    dependencies = [("analytics", "0008_fates_by_day"), ("psa", "0010_put_aside")]

    operations = [
        *(
            migrations.AddField(table, name, models.PositiveIntegerField(default=0))
            for table in TABLES
            for name in FATES
        ),
        migrations.RunSQL(function(RULED), function(FORMER)),
        migrations.RunSQL(ANEW, ANEW),
    ]
