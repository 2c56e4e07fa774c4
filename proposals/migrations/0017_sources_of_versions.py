from django.db import migrations

from flowpilot.core.immutable import refuse_changes

VERSIONS = "flows_flowversion"

FILL = f"""
UPDATE {VERSIONS} SET source = 'proposal'
 WHERE id IN (SELECT published_version_id FROM proposals_proposaldecision
              UNION SELECT published_version_id FROM proposals_flowproposal);
SET CONSTRAINTS ALL IMMEDIATE
"""


def lift(rule: migrations.RunSQL) -> migrations.RunSQL:
    return migrations.RunSQL(rule.reverse_sql, rule.sql)


RULE = refuse_changes(VERSIONS, but=["published_by_id"])


class Migration(migrations.Migration):
    dependencies = [
        ("flows", "0012_sources_of_versions"),
        ("proposals", "0016_analyses_within_the_account"),
    ]

    operations = [lift(RULE), migrations.RunSQL(FILL, migrations.RunSQL.noop), RULE]
