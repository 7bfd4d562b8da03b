from django.db import migrations, models

from apps.core.search.fields import TermsField
from apps.core.search.index import index
from apps.core.search.terms import name_terms, song_terms

BATCH = 1000


def write(apps, schema_editor):
    songs, venues = apps.get_model("catalog", "Song").objects, apps.get_model("catalog", "Venue").objects
    for rows, terms in (
        (songs.only("title", "artist"), lambda song: song_terms(song.title, song.artist)),
        (venues.only("name", "town"), lambda venue: name_terms(venue.name, venue.town)),
    ):
        last = 0
        while batch := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
            for row in batch:
                row.terms = terms(row)
            rows.model.objects.bulk_update(batch, ["terms"], batch_size=BATCH)
            last = batch[-1].pk


class Migration(migrations.Migration):
    dependencies = [("catalog", "0010_upkeep"), ("core", "0002_terms")]

    operations = [
        migrations.AddField("venue", "terms", TermsField()),
        migrations.AddField("song", "terms", TermsField()),
        migrations.AddField("song", "tier", models.PositiveSmallIntegerField(db_default=2, editable=False)),
        migrations.RunPython(write, migrations.RunPython.noop),
        migrations.RunPython(index("catalog_song", tiers=(0, 1, 2)), migrations.RunPython.noop),
        migrations.RunPython(index("catalog_venue"), migrations.RunPython.noop),
    ]
