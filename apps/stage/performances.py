"""What was played: written when a song is over, in the transaction that ends it, and taken back with it."""

from collections.abc import Iterable

from apps.jams.models import JamSong
from apps.stage.models import Performance, SignUp


def note_performance(*, song: JamSong, line_up: Iterable[SignUp]) -> Performance | None:
    """The song that has just been played, by those who held its slots. Said twice, it is the same performance."""
    if song.started_at is None or song.ended_at is None:
        return None  # marked by hand, in the database: nobody knows when it was
    performance, _made = Performance.objects.get_or_create(
        jam_id=song.jam_id,
        song_id=song.song_id,
        started_at=song.started_at,
        defaults={
            "ended_at": max(song.ended_at, song.started_at),  # clocks can be put back
            "votes": song.votes,
            "line_up": [{"instrument": one.slot.instrument, "attendee": one.attendee_id} for one in line_up],
        },
    )
    return performance


def take_back_performance(*, song: JamSong) -> None:
    """The host has undone that it was over: it plays on."""
    if song.started_at:
        Performance.objects.filter(jam=song.jam_id, song=song.song_id, started_at=song.started_at).delete()
