from django.db import migrations

from apps.core.search.fields import TermsField
from apps.core.search.index import index
from apps.core.search.terms import name_terms
from apps.jams import triggers

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
    dependencies = [("jams", "0011_performers"), ("catalog", "0011_terms")]

    operations = [
        migrations.RunPython(triggers.before_rebuilding, migrations.RunPython.noop),
        migrations.AddField("jam", "terms", TermsField()),
        migrations.RunPython(triggers.install, migrations.RunPython.noop),
        migrations.RunPython(write, migrations.RunPython.noop),
        migrations.RunPython(index("jams_jam"), migrations.RunPython.noop),
    ]
