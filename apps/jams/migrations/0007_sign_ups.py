import django.core.validators
from django.db import migrations, models

from apps.jams import triggers


class Migration(migrations.Migration):
    dependencies = [
        ("jams", "0006_flags"),
    ]

    operations = [
        migrations.RunPython(triggers.before_rebuilding, migrations.RunPython.noop),
        migrations.AddField(
            "jam", "sign_ups", models.BooleanField("performers sign up", default=True, db_default=True)
        ),
        migrations.AddField(
            "jam",
            "max_sign_ups",
            models.PositiveSmallIntegerField(
                "sign-ups a performer can have at once",
                default=3,
                db_default=3,
                validators=[
                    django.core.validators.MinValueValidator(0),
                    django.core.validators.MaxValueValidator(100),
                ],
            ),
        ),
        migrations.RunPython(triggers.install, migrations.RunPython.noop),
    ]
