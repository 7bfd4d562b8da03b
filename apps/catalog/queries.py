"""Reads of venues and songs in the product's words. Each list is fully ordered."""

from typing import TYPE_CHECKING, Any, Self

from django.db.models import BooleanField, F, Func, JSONField, Q, QuerySet, Value

from apps.core.text import clean, fold

if TYPE_CHECKING:
    from apps.accounts.models import User
    from apps.catalog.models import Song, Venue
else:
    User = Song = Venue = object

MAX_WORDS = 8
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
NULLABLE = {"year", "tempo", "last_played"}
VENUE_ORDERS = {"name": "name", "town": "town", "created_at": "created_at"}


def folded(text: str) -> str:
    """How titles and artists are compared."""
    return fold(text)[:MAX_FOLDED].strip()


def terms(by: str, orders: dict[str, str], *rest: str) -> list[Any]:
    """Terms of `order_by` for 'year' or '-year'. What is unknown comes last both ways, on every database."""
    column = orders[by.removeprefix("-")]
    last = column in NULLABLE or None  # where it makes no difference, it would keep PostgreSQL from the index
    first = F(column).desc(nulls_last=last) if by.startswith("-") else F(column).asc(nulls_last=last)
    return [first, *(name for name in rest if name != column)]


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
    def managed_by(self, user: "User") -> Self:
        """Where the user may hold jams and change the venue: staff everywhere."""
        return self if user.is_staff else self.filter(managers=user)

    def search(self, text: str) -> Self:
        """Every word stands in the name or the town."""
        for word in clean(text).split()[:MAX_WORDS]:
            self = self.filter(Q(name__icontains=word) | Q(town__icontains=word))
        return self

    def in_order(self, by: str = "name") -> Self:
        return self.order_by(*terms(by, VENUE_ORDERS, "name", "pk"))


class SongQuerySet(QuerySet["Song"]):
    def listed(self) -> Self:
        """The library, without what somebody in a room wrote in and no host has approved or played."""
        return self.filter(listed=True)

    def known_as(self, *, title: str, artist: str) -> Self:
        """The song of that title and artist, however they are spelled: none or one."""
        return self.filter(folded_title=folded(title), folded_artist=folded(artist))

    def search(self, text: str) -> Self:
        """Every word stands in the title or the artist, without regard to case, accents and order."""
        for word in fold(text).split()[:MAX_WORDS]:
            self = self.filter(Q(folded_title__contains=word) | Q(folded_artist__contains=word))
        return self

    def tagged(self, tag: str) -> Self:
        return self.filter(HasTag("tags", clean(tag).lower()))

    def in_order(self, by: str = "title") -> Self:
        return self.order_by(*terms(by, SONG_ORDERS, "folded_title", "folded_artist"))
