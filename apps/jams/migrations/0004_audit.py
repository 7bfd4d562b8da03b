from django.db import migrations

TAKE_ALONG = """
INSERT INTO accounts_auditevent (actor_id, verb, about, "before", "after", created_at)
SELECT actor_id, verb, 'jam:' || jam_id, "before", "after", created_at FROM jams_auditevent ORDER BY id
"""
BRING_BACK = """
INSERT INTO jams_auditevent (actor_id, verb, jam_id, "before", "after", created_at)
SELECT e.actor_id, e.verb, j.id, e."before", e."after", e.created_at
FROM accounts_auditevent e JOIN jams_jam j ON e.about = 'jam:' || j.id ORDER BY e.id
"""


class Migration(migrations.Migration):
    """What hosts did is told of venues, songs and accounts too, and outlives its jam."""

    dependencies = [
        ("accounts", "0003_audit"),
        ("jams", "0003_statistics"),
    ]

    operations = [
        migrations.RunSQL(TAKE_ALONG, BRING_BACK),
        migrations.DeleteModel(name="AuditEvent"),
    ]
