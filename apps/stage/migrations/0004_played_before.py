from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db import migrations
from django.db.models import F


def note_played(apps: Any, schema_editor: Any) -> None:
    """What was played before; nobody can say when it was, where times are missing."""
    songs = apps.get_model("jams", "JamSong").objects.filter(
        status="played", started_at__isnull=False, ended_at__gte=F("started_at")
    )
    rows = performances(apps, songs.order_by("pk").iterator())
    while some := list(islice(rows, 2000)):
        apps.get_model("stage", "Performance").objects.bulk_create(some)


def performances(apps: Any, songs: Iterator[Any]) -> Iterator[Any]:
    performance, sign_up = apps.get_model("stage", "Performance"), apps.get_model("stage", "SignUp")
    while some := list(islice(songs, 2000)):
        line_ups: dict[int, list[Any]] = {song.pk: [] for song in some}
        played = sign_up.objects.filter(state="played", slot__jam_song__in=line_ups).order_by("slot")
        for song, instrument, attendee in played.values_list("slot__jam_song", "slot__instrument", "attendee"):
            line_ups[song].append({"instrument": instrument, "attendee": attendee})
        for song in some:
            yield performance(
                jam_id=song.jam_id, song_id=song.song_id, votes=song.votes, line_up=line_ups[song.pk],
                started_at=song.started_at, ended_at=song.ended_at,
            )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("stage", "0003_performance")]

    operations = [migrations.RunPython(note_played, migrations.RunPython.noop)]
