import django.core.validators
from django.db import migrations, models

COUNTS = [("live", "shown live"), ("hidden", "hidden until the end"), ("top", "shown for the first few only")]


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0004_capacity"),
    ]

    operations = [
        migrations.AddField("venue", "takes_suggestions", models.BooleanField("jams take suggestions", default=True)),
        migrations.AddField(
            "venue",
            "approve_suggestions",
            models.BooleanField("suggestions wait for approval in every jam", default=False),
        ),
        migrations.AddField(
            "venue",
            "max_suggestions",
            models.PositiveSmallIntegerField(
                "most open suggestions a person",
                null=True,
                blank=True,
                validators=[django.core.validators.MaxValueValidator(100)],
            ),
        ),
        migrations.AddField(
            "venue",
            "max_votes",
            models.PositiveSmallIntegerField(
                "most votes a person can have out at once",
                null=True,
                blank=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(1000),
                ],
            ),
        ),
        migrations.AddField(
            "venue", "counts", models.CharField("counts are", max_length=6, choices=COUNTS, default="live")
        ),
        migrations.AddConstraint(
            "venue",
            models.CheckConstraint(
                condition=models.Q(max_votes__isnull=True) | models.Q(max_votes__range=(1, 1000)),
                name="venue_cap_of_votes",
            ),
        ),
        migrations.AddConstraint(
            "venue",
            models.CheckConstraint(
                condition=models.Q(max_suggestions__isnull=True) | models.Q(max_suggestions__range=(0, 100)),
                name="venue_cap_of_suggestions",
            ),
        ),
        migrations.AddConstraint(
            "venue",
            models.CheckConstraint(condition=models.Q(counts__in=["live", "hidden", "top"]), name="venue_counts"),
        ),
    ]
