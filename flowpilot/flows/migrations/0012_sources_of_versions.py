from django.db import migrations, models

from flowpilot.core.immutable import refuse_changes

VERSIONS = "flows_flowversion"

SOURCES = [
    ("edit", "Edited"),
    ("proposal", "From a proposal"),
    ("import", "From a file"),
    ("starter", "From the starter library"),
    ("fork", "Variant"),
    ("rebase", "In step with its origin"),
    ("restore", "Restored"),
]

# What was published before is told by what was kept: the notes that our verbs wrote, and where its flow came
# from. A later version of a flow that has an origin may have been edited or brought in step: that stays empty.
# The migration of the same day in `proposals` says which came from there.
FILL = f"""
UPDATE {VERSIONS} version SET source = CASE
    WHEN number = 1 AND origin.kind = 'starter' THEN 'starter'
    WHEN number = 1 AND flow.forked_from_id IS NOT NULL THEN 'fork'
    WHEN number = 1 AND note = 'Imported from a file' THEN 'import'
    WHEN note ~ '^Version [0-9]+ restored$' THEN 'restore'
    WHEN note LIKE 'Starter library, version %' AND origin.kind = 'starter' THEN 'starter'
    WHEN number > 1 AND origin.id IS NOT NULL THEN ''
    ELSE 'edit' END
  FROM flows_flow flow LEFT JOIN flows_floworigin origin ON origin.flow_id = flow.id
 WHERE flow.id = version.flow_id;
UPDATE flows_flowdraft draft SET source = 'fork'
  FROM flows_flow flow
 WHERE flow.id = draft.flow_id AND flow.forked_from_id IS NOT NULL AND draft.base_version_id IS NULL;
SET CONSTRAINTS ALL IMMEDIATE
"""


def lift(rule: migrations.RunSQL) -> migrations.RunSQL:
    return migrations.RunSQL(rule.reverse_sql, rule.sql)


RULE = refuse_changes(VERSIONS, but=["published_by_id"])


class Migration(migrations.Migration):
    dependencies = [("flows", "0011_digests_of_indexed_texts")]

    operations = [
        migrations.AddField(
            model_name="flowversion",
            name="source",
            field=models.CharField(
                blank=True, choices=SOURCES, default="edit", max_length=10, verbose_name="source"
            ),
        ),
        migrations.AddField(
            model_name="flowdraft",
            name="source",
            field=models.CharField(choices=SOURCES, default="edit", max_length=10, verbose_name="source"),
        ),
        migrations.AddConstraint(
            model_name="flowversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ["", *(source for source, _label in SOURCES)])),
                name="version_source_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="flowdraft",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", [source for source, _label in SOURCES])),
                name="draft_source_known",
            ),
        ),
        lift(RULE),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        RULE,
    ]
