from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("flows", "0009_texts_of_origins"),
    ]

    operations = [
        migrations.AddField(
            model_name="flowversion",
            name="texts",
            field=models.JSONField(blank=True, default=dict, verbose_name="title, summary and domain"),
        ),
    ]
