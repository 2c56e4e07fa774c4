from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("flows", "0008_who_saved_a_draft"),
    ]

    operations = [
        migrations.AddField(
            model_name="floworigin",
            name="texts",
            field=models.JSONField(blank=True, default=dict, verbose_name="title, summary and domain"),
        ),
    ]
