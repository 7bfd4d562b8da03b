from itertools import islice
from typing import Any

from django.db import migrations


def make_slots(apps: Any, schema_editor: Any) -> None:
    """For the songs of nights that are still to come or going on. What was played is past."""
    slot, jam_song = apps.get_model("stage", "Slot"), apps.get_model("jams", "JamSong")
    songs = jam_song.objects.exclude(jam__status="ended").exclude(status="played").order_by("pk")
    slots = (
        slot(jam_song_id=pk, instrument=part["instrument"], number=number, required=part["required"])
        for pk, parts in songs.values_list("pk", "song__parts").iterator()
        for part in parts
        for number in range(1, part["count"] + 1)
    )
    while some := list(islice(slots, 2000)):
        slot.objects.bulk_create(some)


class Migration(migrations.Migration):
    dependencies = [("stage", "0001_initial")]

    operations = [migrations.RunPython(make_slots, migrations.RunPython.noop)]
