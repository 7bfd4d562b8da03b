"""Reads of venues and songs in the product's words. Each list is fully ordered."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from django.db.models import BooleanField, DateTimeField, F, Func, IntegerField, JSONField, Q, QuerySet, Value
from django.db.models.expressions import OrderBy
from django.db.models.functions import Coalesce

from apps.accounts.roles import Right, Role, may, roles_of
from apps.core.search.terms import asked
from apps.core.text import clean, fold

if TYPE_CHECKING:
    from apps.accounts.models import User
    from apps.catalog.models import LibrarySong, Song, Venue
else:
    User = LibrarySong = Song = Venue = object

TIERS = (0, 1, 2)  # of songs: the best known, the known, the others
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
FIRST_DAY, LAST_DAY = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
VENUE_ORDERS = ("name", "town", "created_at")


def folded(text: str) -> str:
    """How titles and artists are compared."""
    return fold(text)[:MAX_FOLDED].strip()


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
        return self.exclude(key="", note="", why="", times_played=0)

    def search(self, text: str) -> Self:
        """As songs are searched for."""
        return self.filter(song__terms__have=text)

    def in_order(self) -> Self:
        """By title, each with its song."""
        return self.select_related("song").order_by("song__folded_title", "song__folded_artist", "pk")


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

    def search(self, text: str) -> Self:
        """Every word begins one of the title or the artist, in any order; by how well they fit: search.py."""
        if not asked(text):
            return self
        # Each tier has an index of its own.
        return self.filter(Q(*[Q(tier=tier, terms__have=text) for tier in TIERS], _connector=Q.OR))

    def tagged(self, tag: str) -> Self:
        return self.filter(HasTag("tags", clean(tag).lower()))

    def in_order(self, by: str = "title") -> Self:
        return self.order_by(*song_keys(by))
