"""Reads of venues and songs in the product's words. Each list is fully ordered."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

import orjson
from django.conf import settings
from django.db import connection
from django.db.models import (
    BooleanField,
    Case,
    DateTimeField,
    F,
    Func,
    IntegerField,
    JSONField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import OrderBy
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.accounts.roles import Right, Role, may, roles_of
from apps.catalog.names import LONGEST_KEY, lead_key, parts_of, read_title, title_key
from apps.core.text import clean, fold

if TYPE_CHECKING:
    from apps.accounts.models import User
    from apps.catalog.list_models import ListDifference, SongList
    from apps.catalog.models import LibrarySong, Song, SongSearch, Venue
    from apps.catalog.run_models import ImportRun
else:
    User = ImportRun = LibrarySong = ListDifference = Song = SongList = SongSearch = Venue = object

TIERS = (0, 1, 2, 3, 4)  # of songs: the best known, six times as many, and so on, and all others
# Folding can lengthen a text (one Arabic ligature is 18 letters); title and artist must still fit an index entry.
MAX_FOLDED = 250

# What a list can be ordered by. Every order is made total by title and artist, which are unique together.
SONG_ORDERS = {
    "title": "folded_title",
    "artist": "folded_artist",
    "year": "year",
    "tempo": "tempo",
    "popularity": "popularity",
    "times_played": "times_played",
    "last_played": "last_played",
}
LAST_NUMBER = 32767  # beyond every year and tempo
MOST_NEAR = 500  # songs that are compared with one
FIRST_DAY, LAST_DAY = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
VENUE_ORDERS = ("name", "town", "created_at")


def folded(text: str) -> str:
    """How titles and artists are compared."""
    return fold(text)[:MAX_FOLDED].strip()


def title_keys(title: str) -> list[str]:
    """Under which songs may be stored that have this title."""
    keys = [title_key(title), read_title(title).full, *parts_of(title)]
    return list(dict.fromkeys(key[:LONGEST_KEY] for key in keys))


def song_keys(by: str) -> list[OrderBy]:
    """What 'year' or '-year' sorts by: all keys in one direction and none of them null, for apps.core.paging.

    So a number that falls is negated, and equals still stand by title. What is unknown comes last both ways.
    """
    name, falling = by.removeprefix("-"), by.startswith("-")
    column, titles = F(SONG_ORDERS[name]), ("folded_title", "folded_artist")
    if name in {"title", "artist"}:
        texts = titles if name == "title" else titles[::-1]
        return [OrderBy(F(text), descending=falling) for text in texts]
    if name == "last_played":
        unknown = FIRST_DAY if falling else LAST_DAY
        keys: list[Any] = [Coalesce(column, Value(unknown, DateTimeField())), *map(F, titles)]
        return [OrderBy(key, descending=falling) for key in keys]
    key: Any = -column if falling else column
    if name in {"year", "tempo"}:
        key = Coalesce(key, Value(LAST_NUMBER), output_field=IntegerField())
    return [OrderBy(key), *map(OrderBy, map(F, titles))]


# From one style to the next by the index songs_by_style: reading each song once would take a second of a million.
STYLES = """
WITH RECURSIVE found (style) AS (
    SELECT min(UPPER(style)) FROM catalog_song
    UNION ALL
    SELECT (SELECT min(UPPER(style)) FROM catalog_song WHERE UPPER(style) > found.style) FROM found
    WHERE found.style IS NOT NULL
)
SELECT (SELECT style FROM catalog_song WHERE UPPER(style) = found.style LIMIT 1) FROM found
WHERE found.style <> '' LIMIT %s
"""


def styles(most: int) -> list[str]:
    """The styles of songs by name, each in one of its spellings."""
    with connection.cursor() as cursor:
        cursor.execute(STYLES, [most])
        return [style for (style,) in cursor.fetchall()]


class HasTag(Func):
    """Whether a JSON list holds a text; indexes aside, the same on PostgreSQL and SQLite."""

    output_field = BooleanField()
    template = "(%(expressions)s)"
    arg_joiner = " @> "

    def __init__(self, column: str, tag: str) -> None:
        super().__init__(F(column), Value([tag], output_field=JSONField()))

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        column, tag = self.get_source_expressions()
        sql, params = compiler.compile(column)
        return f"EXISTS (SELECT 1 FROM json_each({sql}) WHERE value = %s)", [*params, tag.value[0]]  # noqa: S608 — a column


class Named(Func):
    """Whether a song has one of these folded titles and artists. One parameter, where there are thousands of names."""

    output_field = BooleanField()
    arg_joiner = ", "
    template = "((%(expressions)s) IN (SELECT value ->> 0, value ->> 1 FROM %(each)s(%%s)))"

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        super().__init__(F("folded_title"), F("folded_artist"), each="jsonb_array_elements")
        self.names = orjson.dumps(list(names)).decode()

    def as_sql(self, *args: Any, **context: Any) -> Any:
        sql, params = super().as_sql(*args, **context)
        return sql, (*params, self.names)

    def as_sqlite(self, *args: Any, **context: Any) -> Any:
        return self.as_sql(*args, each="json_each", **context)


class VenueQuerySet(QuerySet["Venue"]):
    def letting(self, user: "User", right: Right) -> Self:
        """Those that let the user do that."""
        if may(right, roles_of(user)):
            return self
        return self.filter(managers=user) if may(right, [Role.MANAGER]) else self.none()

    def search(self, text: str) -> Self:
        """Every word begins one of the name or the town."""
        return self.filter(terms__have=text)

    def in_order(self, by: str = "name") -> Self:
        return self.order_by(by, *(name for name in ("name", "pk") if name != by.removeprefix("-")))


class LibrarySongQuerySet(QuerySet["LibrarySong"]):
    def banned(self) -> Self:
        return self.filter(banned_at__isnull=False)

    def telling(self) -> Self:
        """Without rows from which all was taken back."""
        return self.exclude(key="", note="", why="", times_played=0, listed_as="")

    def on_the_list(self) -> Self:
        """Of the venue's song list."""
        return self.exclude(listed_as="")

    def search(self, text: str) -> Self:
        """As songs are searched for."""
        return self.filter(song__terms__have=text)

    def in_order(self) -> Self:
        """By title, each with its song."""
        return self.select_related("song").order_by("song__folded_title", "song__folded_artist", "pk")


class ImportRunQuerySet(QuerySet["ImportRun"]):
    def visible_to(self, user: "User") -> Self:
        """One's own; staff see all."""
        return self if may(Right.CHANGE_SONG, roles_of(user)) else self.filter(owner=user)

    def old(self) -> Self:
        """Those of IMPORT_DAYS ago."""
        return self.filter(created_at__lt=timezone.now() - timedelta(days=settings.IMPORT_DAYS))


class SongListQuerySet(QuerySet["SongList"]):
    def due(self) -> Self:
        """Those that the clock is to look at now, the longest waiting first."""
        return self.filter(next_at__lte=timezone.now()).order_by("next_at", "pk")


class ListDifferenceQuerySet(QuerySet["ListDifference"]):
    def decided(self) -> Self:
        """Without what a person is to say something of."""
        return self.exclude(kind="ask", answer="")

    def asked(self) -> Self:
        """What they are to say something of."""
        return self.filter(kind="ask", answer="")

    def in_order(self) -> Self:
        return self.select_related("song").order_by("place")


class SongSearchQuerySet(QuerySet["SongSearch"]):
    def telling(self) -> Self:
        """Without what was only typed through on the way to a longer text."""
        return self.filter(Q(times__gt=0) | Q(chosen__gt=0) | Q(written_in__gt=0))

    def wanted_at(self, venue: "Venue", since: date, until: date) -> Any:
        """What was looked for in the venue's jams on these days and is not there: `text`, how often it was
        `searched` and `written_in`, and the `last` day; the most wanted first.

        What fewer than WANTED_AT_LEAST searches were for is not told, since a text can be private; nor is what the
        library has by now, as the last search for it anywhere has shown.
        """
        here = self.filter(place=venue.pk, day__range=(since, until)).order_by().values("text")
        texts = here.annotate(
            searched=Coalesce(Sum("times", filter=Q(found=0)), 0), times_written_in=Sum("written_in"), last=Max("day")
        )
        searches = type(self)(self.model).filter(text=OuterRef("text"), times__gt=0).order_by("-day", "-found")
        missing = texts.annotate(found_last=Coalesce(Subquery(searches.values("found")[:1]), 0)).filter(found_last=0)
        least = settings.WANTED_AT_LEAST
        often = missing.filter(Q(searched__gte=least) | Q(times_written_in__gte=least))
        return often.order_by(-(F("searched") + F("times_written_in")), "-last", "text")


class SongQuerySet(QuerySet["Song"]):
    def listed(self) -> Self:
        """The library, without what somebody in a room wrote in and no host has approved or played."""
        return self.filter(listed=True)

    def known_to(self, venue: "Venue") -> Self:
        """The library, and what of the venue's own is not in it: written in at a jam there, and banned."""
        return self.filter(Q(listed=True) | Q(pk__in=venue.library.values("song")))

    def known_as(self, *, title: str, artist: str) -> Self:
        """The song of that title and artist, however they are spelled: none or one."""
        return self.filter(folded_title=folded(title), folded_artist=folded(artist))

    def known_as_one_of(self, names: Iterable[tuple[str, str]]) -> Self:
        """The songs of these folded titles and artists."""
        return self.filter(Named(names))

    def near(self, *, title: str, artist: str) -> Self:
        """Those that may be that song under another name, for apps.catalog.near: of its title, and of its artist."""
        titled = Q(title_key__in=title_keys(title))
        rows = self.filter(titled | Q(lead_key=lead_key(title, artist)))
        return rows.order_by(Case(When(titled, then=0), default=1), "-popularity", "pk")[:MOST_NEAR]

    def search(self, text: str) -> Self:
        """Every word begins one of the title or the artist, in any order; by how well they fit: search.py."""
        if not clean(text):
            return self
        # Each tier has an index of its own.
        return self.filter(Q(*[Q(tier=tier, terms__have=text) for tier in TIERS], _connector=Q.OR))

    def tagged(self, tag: str) -> Self:
        return self.filter(HasTag("tags", clean(tag).lower()))

    def in_order(self, by: str = "title") -> Self:
        return self.order_by(*song_keys(by))
