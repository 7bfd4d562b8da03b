import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0006_sign_ups"),
        ("jams", "0010_locked"),
    ]

    operations = [
        migrations.CreateModel(
            name="Performer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, verbose_name="name")),
                ("instruments", models.JSONField(blank=True, default=list, verbose_name="instruments")),
                ("secret_hash", models.CharField(editable=False, max_length=64)),
                ("used_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="last used")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="since")),
                (
                    "venue",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="performers",
                        to="catalog.venue",
                        verbose_name="venue",
                    ),
                ),
            ],
            options={"verbose_name": "performer", "verbose_name_plural": "performers"},
        ),
        migrations.AddField(
            model_name="attendee",
            name="performer",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="attendees",
                to="jams.performer",
                verbose_name="remembered as",
            ),
        ),
        migrations.AddIndex(
            model_name="attendee",
            index=models.Index(
                condition=models.Q(("performer__isnull", False)),
                fields=["performer"],
                name="attendees_of_a_performer",
            ),
        ),
        migrations.AddIndex(
            model_name="performer",
            index=models.Index(fields=["venue"], name="performers_of_a_venue"),
        ),
        migrations.AddIndex(
            model_name="performer",
            index=models.Index(fields=["used_at"], name="performers_by_use"),
        ),
        migrations.AddConstraint(
            model_name="performer",
            constraint=models.UniqueConstraint(fields=("secret_hash",), name="one_performer_per_secret"),
        ),
    ]
