from datetime import date

from django.db import migrations, models

# Without AddField: on SQLite it would make the tables anew, and drop their triggers.
ADD = "ALTER TABLE {} ADD COLUMN month date DEFAULT '1970-01-01' NOT NULL"
DROP = "ALTER TABLE {} DROP COLUMN month"


def with_month(model, table):
    field = models.DateField(db_default=date(1970, 1, 1), editable=False)
    return migrations.RunSQL(
        ADD.format(table), DROP.format(table), state_operations=[migrations.AddField(model, "month", field)]
    )


class Migration(migrations.Migration):
    dependencies = [("jams", "0013_beginnings")]

    operations = [with_month("jam", "jams_jam"), with_month("jamsong", "jams_jamsong")]
