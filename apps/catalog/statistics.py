"""How often songs are looked at, and what they are searched for: counted here, written later.

Of a search its folded text is kept and nothing of who typed it. See apps/core/write_behind.py.
"""

from collections.abc import Mapping
from datetime import date

from django.conf import settings

from apps.catalog.models import Song, SongSearch, SongView
from apps.catalog.queries import folded
from apps.core.write_behind import Counted, add_up, today, write_behind

SHORTEST = 3  # letters: a page that searches while somebody types asks for the first ones too
OF_THE_ANSWER = {"search", "ordering", "sort", "page_size"}  # the parameters that narrow nothing


def count_song_page(song: int) -> None:
    write_behind.add(write_song_views, song, today())


def count_search(text: str, found: int) -> None:
    """`found`: songs on the first page of the answer."""
    text, day = folded(text)[: SongSearch.LONGEST].strip(), today()
    if len(text) >= SHORTEST and texts.admit(text, day):
        write_behind.add(write_searches, text, day, found)


def is_search(params: Mapping[str, str]) -> bool:
    """Whether the whole library was searched; what is found within a style or on a second page says little."""
    given = {name for name, value in params.items() if value}
    return "search" in given and given <= OF_THE_ANSWER


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
    """`(text, day, found)` → times. Of what was found at different times the last remains."""
    sums: dict[tuple[date, str], tuple[int, int]] = {}
    for (text, day, found), times in counted.items():
        before, _found = sums.get((day, text), (0, 0))
        sums[day, text] = before + times, found
    rows = [(day, text, times, found) for (day, text), (times, found) in sums.items()]
    add_up(SongSearch, rows, by=("day", "text"), latest=("found",))
