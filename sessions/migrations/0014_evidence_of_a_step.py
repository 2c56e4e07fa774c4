import django.db.models.deletion
from django.db import migrations, models

from flowpilot.core.tenancy import TenantTable


class Migration(migrations.Migration):

    dependencies = [
        ('ai_sessions', '0013_generated_script'),
    ]

    operations = [
        migrations.AddField(
            model_name='attachment',
            name='step',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='evidence', to='ai_sessions.aisessionstep', verbose_name='step'),
        ),
        TenantTable("Attachment"),
    ]
