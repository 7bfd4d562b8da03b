"""What was wanted and what was played, song by song, of many nights."""

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from django.db.models import Count, Sum

from apps.catalog.models import Song
from apps.core.formats import LONGEST_TITLE, cut
from apps.jams.models import JamSong
from apps.stage.models import Performance

MOST = 20  # songs of a list
Rows = list[dict[str, Any]]


class Songs(NamedTuple):
    """`most_wanted`: `{song, title, artist, votes, nights, played}`, by the votes of all nights together, `played` how
    often; `most_played`: the same with the votes that they were played with, the most often first; `never_played`: what
    had votes and was not played on any night. `different`: how many were played."""

    most_wanted: Rows
    most_played: Rows
    never_played: Rows
    different: int


def songs_of(nights: Collection[int]) -> Songs:
    """Asks the database three times."""
    rows = JamSong.objects.filter(jam__in=nights, votes__gt=0).public().order_by().values_list("song")
    wanted = list(rows.annotate(votes_of_all=Sum("votes"), n=Count("pk")))
    plays = Performance.objects.filter(jam__in=nights).order_by().values_list("song")
    played = list(plays.annotate(votes_of_all=Sum("votes"), n=Count("pk")))
    times = {song: n for song, _votes, n in played}
    most_wanted = sorted(wanted, key=lambda row: (-row[1], row[0]))[:MOST]
    never_played = sorted((row for row in wanted if row[0] not in times), key=lambda row: (-row[1], row[0]))[:MOST]
    most_played = sorted(played, key=lambda row: (-row[2], -row[1], row[0]))[:MOST]
    names = names_of({song for rows in (most_wanted, never_played, most_played) for song, *_numbers in rows})
    on = {song: n for song, _votes, n in wanted}

    def told(rows: Iterable[tuple[int, int, int]]) -> Rows:
        return [
            {"song": song, **names[song], "votes": votes, "nights": on.get(song, 0), "played": times.get(song, 0)}
            for song, votes, _n in rows
            if song in names
        ]

    return Songs(told(most_wanted), told(most_played), told(never_played), len(played))


def names_of(songs: Collection[int]) -> dict[int, dict[str, str]]:
    rows = Song.objects.filter(pk__in=songs).values_list("pk", "title", "artist")
    return {
        pk: {"title": cut(title, LONGEST_TITLE), "artist": cut(artist, LONGEST_TITLE)} for pk, title, artist in rows
    }
