from django.db import migrations, models
from django.db.models import F

from apps.core.search.index import index, no_index
from apps.core.search.terms import name_terms, song_terms

BATCH = 1000
BEFORE, TIERS = (0, 1, 2), (0, 1, 2, 3, 4)


def write(apps, schema_editor):
    """The terms with what they begin with. Nothing to do where the rows were written by this version."""
    songs, venues = apps.get_model("catalog", "Song").objects, apps.get_model("catalog", "Venue").objects
    songs.update(tier=F("tier") * 2)
    for rows, terms in (
        (songs.only("title", "artist", "terms"), lambda song: song_terms(song.title, song.artist)),
        (venues.only("name", "town", "terms"), lambda venue: name_terms(venue.name, venue.town)),
    ):
        last = 0
        while batch := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
            last, changed = batch[-1].pk, []
            for row in batch:
                before, row.terms = row.terms, terms(row)
                if row.terms != before:
                    changed.append(row)
            rows.model.objects.bulk_update(changed, ["terms"], batch_size=BATCH)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0011_terms"), ("core", "0003_slips")]

    operations = [
        migrations.RunPython(no_index("catalog_song", tiers=BEFORE), migrations.RunPython.noop),
        migrations.RunPython(no_index("catalog_venue"), migrations.RunPython.noop),
        migrations.RemoveIndex("song", "songs_by_artist"),
        migrations.AlterField("song", "tier", models.PositiveSmallIntegerField(db_default=4, editable=False)),
        migrations.AddIndex(
            "song", models.Index(fields=["folded_artist", "folded_title", "listed"], name="songs_by_artist")
        ),
        migrations.RunPython(write, migrations.RunPython.noop),
        migrations.RunPython(index("catalog_song", tiers=TIERS), migrations.RunPython.noop),
        migrations.RunPython(index("catalog_venue"), migrations.RunPython.noop),
    ]
