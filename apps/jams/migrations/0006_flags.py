from django.db import migrations, models

from apps.jams import triggers


class Migration(migrations.Migration):
    """Whether the venue takes suggestions stands in the row of each of its jams."""

    dependencies = [
        ("jams", "0005_door"),
    ]

    operations = [
        migrations.RunPython(triggers.before_rebuilding, migrations.RunPython.noop),
        migrations.AddField(
            "jam",
            "takes_suggestions",
            models.BooleanField("the venue takes suggestions", default=True, editable=False),
        ),
        migrations.RunPython(triggers.install, migrations.RunPython.noop),
    ]
