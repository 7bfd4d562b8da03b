from django.db import migrations

from apps.voting import triggers


class Migration(migrations.Migration):
    dependencies = [("voting", "0002_indexes")]

    operations = [migrations.RunPython(triggers.install, migrations.RunPython.noop)]
