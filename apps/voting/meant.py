"""Which song is meant by a title and an artist that somebody writes: product rule 5, near matches."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.catalog.duplicates import Verdict
from apps.catalog.models import Song
from apps.catalog.near import near
from apps.catalog.operations import find_or_add_song
from apps.catalog.queries import SongQuerySet
from apps.core.errors import DomainError
from apps.jams.models import Jam, JamSong


class NearSong(DomainError):
    """`near` has the songs that may be meant: `{song, title, artist, jam_song}`, the likeliest first; `jam_song` is
    null where it is not in the jam."""

    code = "near_song"
    message = _("Did you mean one of these? Choose it, or say that yours is another song.")


def meant(*, jam: Jam, title: str, artist: str, insist: bool = False) -> Song:
    """The song of the library, or of the jam, that this is under a slightly other name; otherwise it comes in as it is
    named. Raises Invalid, and NearSong where only a person can say, unless they `insist` on theirs.
    """
    if insist or Song.objects.known_as(title=title, artist=artist).exists():
        return find_or_add_song(title=title, artist=artist)
    found = near(known_in(jam), title=title, artist=artist)
    if not found:
        return find_or_add_song(title=title, artist=artist)
    if found[0].verdict is Verdict.SAME:
        return Song.objects.get(pk=found[0].song)
    raise NearSong(extra={"near": described(jam, [one.song for one in found])})


def in_the_jam_as(*, jam: Jam, song: Song) -> Song:
    """The song that the jam has already and that is surely the same, or the song itself."""
    there = Song.objects.filter(pk__in=shown(jam)).exclude(pk=song.pk)
    found = near(there, title=song.title, artist=song.artist, year=song.year)
    if found and found[0].verdict is Verdict.SAME:
        return Song.objects.get(pk=found[0].song)
    return song


def suggestions_near(*, jam: Jam, title: str, artist: str) -> list[dict[str, Any]]:
    """What `NearSong` would tell of."""
    return described(jam, [one.song for one in near(known_in(jam), title=title, artist=artist)])


def known_in(jam: Jam) -> SongQuerySet:
    """The library, and what the room sees in the jam; nothing that waits for its hosts."""
    return Song.objects.filter(Q(listed=True) | Q(pk__in=shown(jam)))


def shown(jam: Jam) -> Any:
    return JamSong.objects.public().filter(jam=jam).values("song")


def described(jam: Jam, pks: list[int]) -> list[dict[str, Any]]:
    there = dict(JamSong.objects.public().filter(jam=jam, song__in=pks).values_list("song", "pk"))
    songs = Song.objects.only("title", "artist").in_bulk(pks)
    return [
        {"song": pk, "title": songs[pk].title, "artist": songs[pk].artist, "jam_song": there.get(pk)}
        for pk in pks
        if pk in songs
    ]
