from collections.abc import Sequence

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from flowpilot.core.immutable import refuse_changes

STEPS = "ai_sessions_aisessionstep"
BEFORE = ["chosen_option", "response", "outcome", "confidence_after", "tokens", "answered_at"]
ANSWER = [*BEFORE, "answered_by_id"]


def lift(rule: migrations.RunSQL) -> migrations.RunSQL:
    return migrations.RunSQL(rule.reverse_sql, rule.sql)


def written_once(answer: Sequence[str]) -> migrations.RunSQL:
    allowed = [*answer, "superseded_at"]
    return refuse_changes(STEPS, but=allowed, when="OLD.answered_at IS NULL", name="written_once")


def answered_once(but: Sequence[str]) -> migrations.RunSQL:
    return refuse_changes(STEPS, but=but, when="OLD.answered_at IS NOT NULL", name="answered_once")


# An event of a reassignment does not say to whom; it was the present holder, unless another came after. Whose
# login was deleted since is nobody here, too.
FILL = f"""
UPDATE {STEPS} step SET answered_by_id = (
    SELECT holder FROM (
        SELECT created_at, id, CASE verb WHEN 'reassign' THEN session.escalated_to_id ELSE actor_id END AS holder
          FROM ai_sessions_sessionevent
         WHERE session_id = step.session_id AND verb IN ('accept_escalation', 'reassign')
           AND created_at <= step.answered_at
        UNION ALL SELECT '-infinity', session.id, session.user_id
    ) held ORDER BY created_at DESC, id DESC LIMIT 1)
  FROM ai_sessions session
 WHERE session.id = step.session_id AND step.answered_at IS NOT NULL;
SET CONSTRAINTS ALL IMMEDIATE
"""


class Migration(migrations.Migration):
    dependencies = [
        ("ai_sessions", "0020_counts_of_each_flow"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="aisessionstep",
            name="answered_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        lift(written_once(BEFORE)),
        lift(answered_once(["superseded_at"])),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        written_once(ANSWER),
        # Who answered goes with the person, and never to somebody else.
        answered_once(["superseded_at", "answered_by_id"]),
        refuse_changes(
            STEPS,
            but=["superseded_at"],
            when="OLD.answered_at IS NOT NULL AND NEW.answered_by_id IS NOT NULL",
            name="answered_by_one",
        ),
    ]
