from django.db import migrations

from flowpilot.core.immutable import refuse_changes

ANSWER = ["chosen_option", "response", "outcome", "confidence_after", "tokens", "answered_at"]


class Migration(migrations.Migration):
    dependencies = [("ai_sessions", "0001_initial"), ("core", "0001_immutable_rows")]

    operations = [
        refuse_changes(
            "ai_sessions_aisessionstep",
            but=[*ANSWER, "superseded_at"],
            when="OLD.answered_at IS NULL",
            name="written_once",
        ),
        refuse_changes(
            "ai_sessions_aisessionstep",
            but=["superseded_at"],
            when="OLD.answered_at IS NOT NULL",
            name="answered_once",
        ),
        refuse_changes("ai_sessions_sessionevent", but=["actor_id"]),
    ]
