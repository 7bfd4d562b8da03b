"""Songs of the library that may be a song under another name: what is looked for by stored keys, and then compared.

Found is what has the same title by its key, whoever plays it, and what is by the same artist and called alike; not
found is a slip of the pen in the first letter of a title.
"""

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import QuerySet
from rapidfuzz import process
from rapidfuzz.distance import OSA

from apps.catalog.duplicates import MOST_SLIPS, Named, Verdict, compare
from apps.catalog.models import Song
from apps.catalog.names import lead_key, title_key
from apps.catalog.queries import SongQuerySet, title_keys

MOST = 3  # that somebody is asked about
CLOSEST = 5  # of an artist's songs that are called alike


class Near(NamedTuple):
    song: int
    verdict: Verdict


def near(songs: SongQuerySet, *, title: str, artist: str, year: int | None = None) -> list[Near]:
    """What of these songs is that one, or may be it: the surest first, in one query."""
    rows = songs.near(title=title, artist=artist).values_list("pk", "title", "artist", "year")
    return judged(Named(title, artist, year), ((pk, Named(t, a, y)) for pk, t, a, y in rows))[:MOST]


def judged(wanted: Named, songs: Iterable[tuple[int, Named]]) -> list[Near]:
    """Those that are the one that is wanted, and then those that may be it, each in the order given."""
    found = [Near(pk, compare(wanted, named)) for pk, named in songs]
    sure = [one for one in found if one.verdict is Verdict.SAME]
    return sure + [one for one in found if one.verdict is Verdict.ASK]


class Neighbours:
    """What the library has near to any of many songs, in three queries, however many there are; of what somebody in a
    room wrote in, nothing is told."""

    def __init__(self, wanted: Iterable[Named]) -> None:
        wanted = list(wanted)
        self.named: dict[int, Named] = {}
        self.by_title: dict[str, list[int]] = {}
        self.by_lead: dict[str, dict[int, str]] = {}
        keys = {key for one in wanted for key in title_keys(one.title)}
        self.take(Song.objects.listed().filter(title_key__in=keys))
        leads = {lead_key(one.title, one.artist) for one in wanted}
        rows = Song.objects.listed().filter(lead_key__in=leads).order_by("pk")
        for lead, title, pk in rows.values_list("lead_key", "title_key", "pk"):
            self.by_lead.setdefault(lead, {})[pk] = title
        alike = {pk for one in wanted for pk in self.called_alike(one)}
        self.take(Song.objects.filter(pk__in=alike - self.named.keys()))

    def take(self, songs: QuerySet[Song]) -> None:
        rows = songs.order_by("-popularity", "pk").values_list("pk", "title_key", "title", "artist", "year")
        for pk, key, title, artist, year in rows:
            self.named[pk] = Named(title, artist, year)
            self.by_title.setdefault(key, []).append(pk)

    def add(self, pk: int, named: Named) -> None:
        """A song that is to come into the library, under a number that no song has."""
        self.named[pk] = named
        self.by_title.setdefault(title_key(named.title), []).append(pk)
        self.by_lead.setdefault(lead_key(named.title, named.artist), {})[pk] = title_key(named.title)

    def of(self, wanted: Named) -> list[Near]:
        pks = [pk for key in title_keys(wanted.title) for pk in self.by_title.get(key, ())]
        pks = list(dict.fromkeys([*pks, *self.called_alike(wanted)]))
        return judged(wanted, ((pk, self.named[pk]) for pk in pks))

    def called_alike(self, wanted: Named) -> list[int]:
        """Of the same artist's songs, those whose title may be a slip of the pen."""
        titles = self.by_lead.get(lead_key(wanted.title, wanted.artist))
        if not titles:
            return []
        key = title_key(wanted.title)
        slips = process.extract(key, titles, scorer=OSA.distance, score_cutoff=MOST_SLIPS, limit=CLOSEST)
        return [pk for _title, _slips, pk in slips]
