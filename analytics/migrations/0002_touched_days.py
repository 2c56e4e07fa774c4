"""The database marks the days of sessions that change, in the transaction of the change."""

from django.db import migrations

# Only while the account is there: the marks of one that is being deleted go with it.
KEY = (
    "ALTER TABLE analytics_touchedday ADD CONSTRAINT analytics_touchedday_account_id_fk FOREIGN KEY (account_id)"
    " REFERENCES accounts_account (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED"
)
NO_KEY = "ALTER TABLE analytics_touchedday DROP CONSTRAINT analytics_touchedday_account_id_fk"

COUNTED = (
    "status team_id client_id problem_domain confidence_tier confidence_score scored_at matched_flow_id flow_version_id"
    " resolution_no resolved_at reopened_at escalated_to_id session_rating created_at"
).split()
"""Columns of a session that some figure looks at."""

MARK = """
    INSERT INTO analytics_touchedday (id, account_id, created_at, day)
    SELECT gen_random_uuid(), touched.account_id, now(), touched.day
      FROM (SELECT DISTINCT session.account_id, (session.created_at AT TIME ZONE 'UTC')::date AS day FROM {source}) AS touched
"""


def row(name):
    return "(" + ", ".join(f"{name}.{column}" for column in COUNTED) + ")"


CHANGED = f"fresh AS session JOIN gone USING (id) WHERE {row('session')} IS DISTINCT FROM {row('gone')}"
MOVED = f"gone AS session JOIN fresh USING (id) WHERE session.created_at <> fresh.created_at"
EVIDENCE = "fresh AS evidence JOIN ai_sessions AS session ON session.id = evidence.session_id"
DECIDED = (
    "fresh AS proposal JOIN gone ON gone.id = proposal.id AND gone.status <> proposal.status"
    " JOIN proposals_proposalevidence AS evidence ON evidence.proposal_id = proposal.id"
    " JOIN ai_sessions AS session ON session.id = evidence.session_id"
)

NEW, OLD = "NEW TABLE AS fresh", "OLD TABLE AS gone"
TRIGGERS = [
    ("sessions_come", "ai_sessions", "INSERT", NEW, ["fresh AS session"]),
    ("sessions_change", "ai_sessions", "UPDATE", f"{OLD} {NEW}", [CHANGED, MOVED]),
    ("sessions_go", "ai_sessions", "DELETE", OLD, ["gone AS session"]),
    ("evidence_comes", "proposals_proposalevidence", "INSERT", NEW, [EVIDENCE]),
    ("evidence_changes", "proposals_proposalevidence", "UPDATE", NEW, [EVIDENCE]),
    ("proposals_change", "proposals_flowproposal", "UPDATE", f"{OLD} {NEW}", [DECIDED]),
]


def trigger(name, table, event, tables, sources):
    marks = ";".join(MARK.format(source=source) for source in sources)
    function = f"""
        CREATE FUNCTION analytics_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN {marks}; RETURN NULL; END $$
    """
    made = (
        f"CREATE TRIGGER analytics_{name} AFTER {event} ON {table} REFERENCING {tables}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION analytics_{name}()"
    )
    undone = [f"DROP TRIGGER analytics_{name} ON {table}", f"DROP FUNCTION analytics_{name}()"]
    return migrations.RunSQL([function, made], undone)


class Migration(migrations.Migration):
    dependencies = [("analytics", "0001_initial"), ("ai_sessions", "0007_by_resolution"), ("proposals", "0008_submitted_analyses")]

    operations = [migrations.RunSQL(KEY, NO_KEY), *(trigger(*each) for each in TRIGGERS)]
