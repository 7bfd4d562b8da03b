from django.db import migrations

from apps.voting.splitting import split, unsplit


class Migration(migrations.Migration):
    """Votes by month on PostgreSQL, while people vote with the release that made 0004: docs/database.md."""

    atomic = False
    dependencies = [("voting", "0004_month"), ("core", "0004_backfills")]

    operations = [migrations.RunPython(split, unsplit)]
