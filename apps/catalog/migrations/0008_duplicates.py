from typing import Any

from django.db import migrations, models

from apps.catalog.names import lead_key, title_key

CHUNK = 5000


def fill(apps: Any, schema_editor: Any) -> None:
    """The keys of songs that are there already."""
    song = apps.get_model("catalog", "Song")
    last = 0
    with schema_editor.connection.cursor() as cursor:
        while rows := list(
            song.objects.filter(pk__gt=last).order_by("pk").values_list("pk", "title", "artist")[:CHUNK]
        ):
            cursor.executemany(
                "UPDATE catalog_song SET title_key = %s, lead_key = %s WHERE id = %s",
                [(title_key(title), lead_key(title, artist), pk) for pk, title, artist in rows],
            )
            last = rows[-1][0]


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0007_library"),
    ]

    operations = [
        migrations.AddField(
            model_name="song",
            name="lead_key",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=120),
        ),
        migrations.AddField(
            model_name="song",
            name="title_key",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=120),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="song",
            index=models.Index(fields=["title_key"], name="songs_by_title_key"),
        ),
        migrations.AddIndex(
            model_name="song",
            index=models.Index(fields=["lead_key", "title_key", "id"], name="songs_by_lead"),
        ),
    ]
