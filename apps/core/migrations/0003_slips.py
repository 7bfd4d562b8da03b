from django.db import migrations

from apps.core.search.index import note_slips


class Migration(migrations.Migration):
    dependencies = [("core", "0002_terms")]

    operations = [migrations.RunPython(note_slips, migrations.RunPython.noop, elidable=False)]
