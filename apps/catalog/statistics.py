"""How often songs are looked at, what they are searched for, and what comes of it: counted here, written later.

Of a search its folded text is kept and nothing of who typed it. A page that searches while somebody types says with
each search `after` which one it comes: that one is then taken back, so of a whole word only the word remains, whichever
processes answered its letters, and nobody has to know whose letters they were. See apps/core/write_behind.py.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.conf import settings

from apps.catalog.models import Song, SongSearch, SongView, Venue
from apps.catalog.queries import folded
from apps.core.write_behind import Counted, add_up, today, write_behind

LONGEST_SEARCH = 100  # letters, as it is typed
LONGEST_SLUG = 60  # of a venue: what is longer is none, and would be kept until it is written
SHORTEST = 3  # letters: what is shorter says nothing
WANTED_DAYS = 90  # that hosts are told of, unless they name others
MOST_WANTED = 100
OF_THE_ANSWER = {"search", "ordering", "sort", "page_size"}  # the parameters that narrow nothing
SUMS = ("times", "chosen", "written_in")
SEARCHED, TYPED_ON, CHOSEN, WRITTEN_IN = (1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, 0, 1)


def count_song_page(song: int) -> None:
    write_behind.add(write_song_views, song, today())


def count_search(text: str, found: int, *, after: str = "", venue: str = "") -> None:
    """`found`: songs on the first page of the answer. `after`: the text that this one was typed on from, or corrected.
    `venue`: the address of the one in whose jam somebody searches."""
    text, after = told(text), told(after)
    if text != after:
        note(text, venue, SEARCHED, found)
        note(after, venue, TYPED_ON)


def count_choice(text: str, song: Song, *, venue: str = "") -> None:
    """Somebody has suggested or added the song after this search. Where it was not in the library, it is the song that
    is wanted, also without a search."""
    if song.listed:
        note(told(text), venue, CHOSEN)
    else:
        note(told(text) or told(f"{song.title} {song.artist}"), venue, WRITTEN_IN)


def note(text: str, venue: str, sums: tuple[int, int, int], found: int | None = None) -> None:
    day = today()
    if text and texts.admit(text, day):
        write_behind.add(write_searches, text, day, venue[:LONGEST_SLUG], sums, found)


def told(text: str) -> str:
    """As it is counted; "" where it is too short to be."""
    text = folded(text)[: SongSearch.LONGEST].strip()
    return text if len(text) >= SHORTEST else ""


def is_search(params: Mapping[str, str]) -> bool:
    """Whether the whole library was searched; what is found within a style or on a second page says little."""
    given = {name for name, value in params.items() if value}
    return "search" in given and given <= OF_THE_ANSWER


def period(since: date | None = None, until: date | None = None) -> tuple[date, date]:
    """The days, both of which count; what is not said ends today, and begins WANTED_DAYS before its end."""
    until = until or today()
    return since or until - timedelta(days=WANTED_DAYS), until


class Texts:
    """The different texts of a day: whoever tries all words fills no table."""

    def __init__(self) -> None:
        self.day = date.min
        self.seen: set[str] = set()

    def admit(self, text: str, day: date) -> bool:
        if day != self.day:
            self.day, self.seen = day, set()
        if len(self.seen) < settings.SEARCH_TEXTS:
            self.seen.add(text)
        return text in self.seen


texts = Texts()


def write_song_views(counted: Counted) -> None:
    """`(pk, day)` → times. What was counted of a song that has gone, goes too."""
    found = set(Song.objects.filter(pk__in={pk for pk, _day in counted}).values_list("pk", flat=True))
    add_up(SongView, [(pk, day, times) for (pk, day), times in counted.items() if pk in found], by=("song", "day"))


def write_searches(counted: Counted) -> None:
    """`(text, day, venue, sums, found)` → times. Of what was found at different times the last remains."""
    places = dict(Venue.objects.filter(slug__in={venue for _, _, venue, *_ in counted}).values_list("slug", "pk"))
    sums: dict[tuple[date, str, int], list[int]] = {}
    found: dict[tuple[date, str, int], int] = {}
    for (text, day, venue, added, hits), times in counted.items():
        key = (day, text, places.get(venue, 0))
        sums[key] = [before + more * times for before, more in zip(sums.get(key, (0, 0, 0)), added, strict=True)]
        if hits is not None:
            found[key] = hits
    by: dict[str, Any] = {"by": ("day", "text", "place"), "sums": SUMS}
    new = {key: values for key, values in sums.items() if any(values)}
    add_up(SongSearch, [(*key, *new[key], found[key]) for key in new if key in found], **by, latest=("found",))
    add_up(SongSearch, [(*key, *new[key]) for key in new if key not in found], **by)
