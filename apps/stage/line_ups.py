"""How far each song's line-up is: the studs beside it."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, FilteredRelation, Q

from apps.core.compiled import GIVEN, Compiled
from apps.jams.models import Jam
from apps.stage.models import Slot
from apps.stage.queries import HOLDING

LineUp = dict[str, int]
NOBODY: LineUp = {"filled": 0, "slots": 0, "missing": 0}


def line_ups(jam: Jam, songs: Iterable[int] | None = None) -> list[LineUp]:
    """Of what the room sees that has slots, or of these songs, which may have none: `{id, filled, slots, missing}`. A
    song is playable where nobody that it requires is `missing`."""
    if songs is None:
        rows = OF_A_JAM(jam.pk, limit=None)
    else:
        rows = list(counted(Slot.objects.shown(jam).filter(jam_song__in=set(songs))))
    found = {row.pop("jam_song"): row for row in rows}
    return [{"id": song} | found.get(song, NOBODY) for song in (found if songs is None else sorted(set(songs)))]


def counted(slots: Any) -> Any:
    # Joined: asked for each slot, they are all looked for among the sign-ups of all nights, and twice.
    held = FilteredRelation("sign_ups", condition=Q(sign_ups__state__in=[*HOLDING, "played"]))
    by_song = slots.annotate(held=held).order_by("jam_song").values("jam_song").annotate(
        filled=Count("held__slot", distinct=True),
        slots=Count("pk", distinct=True),
        missing=Count("pk", filter=Q(held=None, required=True), distinct=True),
    )  # fmt: skip
    return by_song.values("jam_song", "filled", "slots", "missing")


OF_A_JAM = Compiled(lambda: counted(Slot.objects.shown(GIVEN)))
