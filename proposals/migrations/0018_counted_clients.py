from django.db import migrations, models

# What counts says `EvidenceQuerySet.counting`. Proposals of no known client keep their zero and are not written.
COUNT = """
UPDATE proposals_flowproposal proposal SET client_count = counted.clients
  FROM (
    SELECT evidence.proposal_id, count(DISTINCT session.client_id) AS clients
      FROM proposals_proposalevidence evidence
      JOIN ai_sessions session
        ON session.account_id = evidence.account_id AND session.id = evidence.session_id
       AND session.status = 'resolved' AND session.resolution_no = evidence.resolution_no
     WHERE evidence.superseded_at IS NULL AND session.client_id IS NOT NULL
     GROUP BY evidence.proposal_id
  ) counted
 WHERE counted.proposal_id = proposal.id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("ai_sessions", "0021_answered_by"),
        ("proposals", "0017_sources_of_versions"),
    ]

    operations = [
        migrations.AddField(
            model_name="flowproposal",
            name="client_count",
            field=models.PositiveIntegerField(default=0, verbose_name="clients"),
        ),
        migrations.RunSQL(COUNT, migrations.RunSQL.noop),
    ]
