import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0005_flags"),
    ]

    operations = [
        migrations.AddField(
            "venue", "sign_ups", models.BooleanField("performers sign up in jams", default=True, db_default=True)
        ),
        migrations.AddField(
            "venue",
            "max_sign_ups",
            models.PositiveSmallIntegerField(
                "most sign-ups a performer can have at once",
                null=True,
                blank=True,
                validators=[django.core.validators.MaxValueValidator(100)],
            ),
        ),
        migrations.AddConstraint(
            "venue",
            models.CheckConstraint(
                condition=models.Q(max_sign_ups__isnull=True) | models.Q(max_sign_ups__range=(0, 100)),
                name="venue_cap_of_sign_ups",
            ),
        ),
    ]
