"""Days count what became of pushes and proposals, too; a push marks the day of its session."""

from django.db import migrations, models

TABLES = ("tierday", "teamday", "domainday", "flowday", "clientday", "scoreday")
FATES = (
    "pushed push_delivered push_waiting push_unknown push_dead push_doubled"
    " behind_pending behind_approved behind_edited behind_dismissed behind_rejected behind_expired"
).split()

MARK = """
    INSERT INTO analytics_touchedday (id, account_id, created_at, day)
    SELECT gen_random_uuid(), touched.account_id, now(), touched.day
      FROM (SELECT DISTINCT session.account_id, (session.created_at AT TIME ZONE 'UTC')::date AS day FROM {source}) AS touched
"""
SESSION = "JOIN ai_sessions AS session ON session.id = push.session_id AND session.account_id = push.account_id"
RULED = "(gone.state, gone.copies) IS DISTINCT FROM (push.state, push.copies)"
NEW, OLD = "NEW TABLE AS fresh", "OLD TABLE AS gone"
TRIGGERS = [
    ("pushes_come", "INSERT", NEW, f"fresh AS push {SESSION}"),
    ("pushes_change", "UPDATE", f"{OLD} {NEW}", f"fresh AS push JOIN gone ON gone.id = push.id AND {RULED} {SESSION}"),
    ("pushes_go", "DELETE", OLD, f"gone AS push {SESSION}"),
]


def trigger(name, event, tables, source):
    function = f"""
        CREATE FUNCTION analytics_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN {MARK.format(source=source)}; RETURN NULL; END $$
    """
    made = (
        f"CREATE TRIGGER analytics_{name} AFTER {event} ON psa_psapush REFERENCING {tables}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION analytics_{name}()"
    )
    undone = [f"DROP TRIGGER analytics_{name} ON psa_psapush", f"DROP FUNCTION analytics_{name}()"]
    return migrations.RunSQL([function, made], undone)


# What was known is looked up anew, as of the sessions' beginning; an account whose state is unknown is counted whole.
ANEW = ["DELETE FROM analytics_knownbefore", "DELETE FROM analytics_rollupstate"]


class Migration(migrations.Migration):
    dependencies = [("analytics", "0007_known_before"), ("psa", "0009_counted_again")]

    operations = [
        *(
            migrations.AddField(table, name, models.PositiveIntegerField(default=0))
            for table in TABLES
            for name in FATES
        ),
        *(trigger(*each) for each in TRIGGERS),
        migrations.RunSQL(ANEW, ANEW),
    ]
