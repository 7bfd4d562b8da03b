from django.db import migrations, models

from apps.jams import triggers


class Migration(migrations.Migration):
    dependencies = [
        ("jams", "0009_performances_instead"),
    ]

    operations = [
        migrations.RunPython(triggers.before_rebuilding, migrations.RunPython.noop),
        migrations.AddField(
            "jamsong",
            "locked",
            models.BooleanField("keeps its place in the set list", default=False, db_default=False),
        ),
        migrations.RunPython(triggers.install, migrations.RunPython.noop),
    ]
