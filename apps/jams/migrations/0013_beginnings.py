from django.db import migrations

from apps.core.search.index import index, no_index
from apps.core.search.terms import name_terms

BATCH = 1000


def write(apps, schema_editor):
    jams = apps.get_model("jams", "Jam").objects.select_related("venue").order_by("pk")
    last = 0
    while batch := list(jams.filter(pk__gt=last)[:BATCH]):
        for jam in batch:
            jam.terms = name_terms(jam.name, jam.venue.name, jam.venue.town)
        jams.bulk_update(batch, ["terms"], batch_size=BATCH)
        last = batch[-1].pk


class Migration(migrations.Migration):
    dependencies = [("jams", "0012_terms"), ("core", "0003_slips")]

    operations = [
        migrations.RunPython(no_index("jams_jam"), migrations.RunPython.noop),
        migrations.RunPython(write, migrations.RunPython.noop),
        migrations.RunPython(index("jams_jam"), migrations.RunPython.noop),
    ]
