"""A session that leaves its flow, or comes back to it, touches its day; so does evidence that is taken away."""

from django.db import migrations

COUNTED = (
    "status team_id client_id problem_domain confidence_tier confidence_score scored_at matched_flow_id flow_version_id"
    " resolution_no resolved_at reopened_at escalated_to_id session_rating created_at"
).split()

MARK = """
    INSERT INTO analytics_touchedday (id, account_id, created_at, day)
    SELECT gen_random_uuid(), touched.account_id, now(), touched.day
      FROM (SELECT DISTINCT session.account_id, (session.created_at AT TIME ZONE 'UTC')::date AS day FROM {source}) AS touched
"""

MOVED = "gone AS session JOIN fresh USING (id) WHERE session.created_at <> fresh.created_at"
EVIDENCE = "gone AS evidence JOIN ai_sessions AS session ON session.id = evidence.session_id"


def changed(columns):
    fresh, gone = (", ".join(f"{name}.{column}" for column in columns) for name in ("session", "gone"))
    return f"fresh AS session JOIN gone USING (id) WHERE ({fresh}) IS DISTINCT FROM ({gone})"


def function(name, sources):
    marks = ";".join(MARK.format(source=source) for source in sources)
    return f"""
        CREATE OR REPLACE FUNCTION analytics_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN {marks}; RETURN NULL; END $$
    """


SESSIONS_CHANGE = [
    function("sessions_change", [changed(columns), MOVED]) for columns in ([*COUNTED, "left_flow_at"], COUNTED)
]
EVIDENCE_GOES = (
    "CREATE TRIGGER analytics_evidence_goes AFTER DELETE ON proposals_proposalevidence REFERENCING OLD TABLE AS gone"
    " FOR EACH STATEMENT EXECUTE FUNCTION analytics_evidence_goes()"
)
NO_EVIDENCE_GOES = [
    "DROP TRIGGER analytics_evidence_goes ON proposals_proposalevidence",
    "DROP FUNCTION analytics_evidence_goes()",
]
# An account whose state is unknown is counted whole.
COUNT_ANEW = "DELETE FROM analytics_rollupstate"


class Migration(migrations.Migration):
    dependencies = [("analytics", "0005_tiers_by_day"), ("ai_sessions", "0014_evidence_of_a_step")]

    operations = [
        migrations.RunSQL(*SESSIONS_CHANGE),
        migrations.RunSQL([function("evidence_goes", [EVIDENCE]), EVIDENCE_GOES], NO_EVIDENCE_GOES),
        migrations.RunSQL(COUNT_ANEW, COUNT_ANEW),
    ]
