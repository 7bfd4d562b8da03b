from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations

from apps.core.search.index import note_terms


class Migration(migrations.Migration):
    dependencies = [("core", "0001_kept_replies")]

    operations = [
        TrigramExtension(),
        migrations.RunPython(note_terms, migrations.RunPython.noop, elidable=False),
    ]
