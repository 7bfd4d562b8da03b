from typing import Any

from django.db import migrations


def vouch(apps: Any, schema_editor: Any) -> None:
    """Staff made all accounts that are there, so their addresses count as verified."""
    address = apps.get_model("account", "EmailAddress")
    known = set(address.objects.values_list("user_id", flat=True))
    users = apps.get_model("accounts", "User").objects.exclude(pk__in=known)
    address.objects.bulk_create(
        [
            address(user_id=pk, email=email, verified=True, primary=True)
            for pk, email in users.values_list("pk", "email")
        ],
        batch_size=500,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("account", "0009_emailaddress_unique_primary_email"),
        ("accounts", "0003_audit"),
    ]

    operations = [
        migrations.RunPython(vouch, migrations.RunPython.noop),
    ]
