from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jams", "0014_month")]

    operations = [
        migrations.AddField("jam", "archived_at", models.DateTimeField(editable=False, null=True)),
    ]
