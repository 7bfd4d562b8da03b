import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0003_slips")]

    operations = [
        migrations.CreateModel(
            name="BackfillRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, verbose_name="name")),
                ("rollback", models.BooleanField(default=False, verbose_name="takes back")),
                ("position", models.BigIntegerField(default=0, verbose_name="done up to")),
                ("done", models.PositiveBigIntegerField(default=0, verbose_name="done")),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="started")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="ended")),
            ],
            options={
                "verbose_name": "backfill",
                "verbose_name_plural": "backfills",
                "constraints": [models.UniqueConstraint(fields=("name",), name="one_run_per_backfill")],
            },
        ),
    ]
