from datetime import date

from django.db import migrations, models

from apps.voting import triggers

ADD = "ALTER TABLE voting_vote ADD COLUMN month date DEFAULT '1970-01-01' NOT NULL"
DROP = "ALTER TABLE voting_vote DROP COLUMN month"


class Migration(migrations.Migration):
    """What votes need to know of partitions. The release before goes on voting beside it."""

    dependencies = [("voting", "0003_counts_stop_at_zero"), ("jams", "0014_month")]

    operations = [
        migrations.RunSQL(
            ADD,
            DROP,
            state_operations=[
                migrations.AddField("vote", "month", models.DateField(db_default=date(1970, 1, 1), editable=False))
            ],
        ),
        migrations.RunPython(triggers.install_take_back, triggers.uninstall_take_back),
    ]
