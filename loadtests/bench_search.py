"""Search as one types, in a library of a million songs that are made up: by Zipf's law, from words that are, too.

typing   what stands in the box, key by key: the title, both names, the words in another order
slips    both names in full, with a slip of the finger in one word or two; the right song must come first
imported the first songs come from a CSV file into an empty library, and more with a look for other spellings

A song by its id, asked for by Django, is printed beside them. Build times are those of the indexes on the full table.
The same is then asked of SQLite with as many songs as the embedded default is meant for.
"""

import csv
import io
import multiprocessing
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Any

from loadtests.bench import Row
from loadtests.machine import about, set_up

SONGS, SQLITE_SONGS, SHORT_SONGS = 1_000_000, 42_000, 5_000
IMPORTED = 40_000  # rows
EXACT_RATE, NEAR_RATE = 5_000, 500  # rows a second
TYPING, SLIPS, ON_SQLITE = 5, 15, 50  # ms, p95
FIRST = 90  # %
WORDS = 60_000
BEGINNINGS = "b br c ch d f g h j k l m n p r s sh st t tr v".split()  # noqa: SIM905
VOWELS = ("a", "ai", "e", "ea", "i", "o", "u")
LENGTHS = (1, 2, 3, 3, 4, 5)  # of titles, in words


def run(*, short: bool) -> list[Row]:
    asked = 100 if short else 400
    with multiprocessing.get_context("spawn").Pool(1) as other:  # settings are for a process
        embedded = other.apply(on_sqlite, (SHORT_SONGS if short else SQLITE_SONGS, asked))
    set_up()
    songs, imported = (SQLITE_SONGS, IMPORTED // 10) if short else (SONGS, IMPORTED)
    print(f"{about()}; {songs:,} songs")
    rng = random.Random(7)
    names = made_up(songs, rng)
    rows = [*imports(names[:imported]), *fill(names[imported:]), *make_indexes()]
    wanted = best_known(songs // 20, asked, rng)
    rows.append(by_id(wanted))
    return [*rows, *searches("", wanted, rng, TYPING, SLIPS), *embedded]


def on_sqlite(songs: int, asked: int) -> list[Row]:
    set_up(services=False)
    rng = random.Random(7)
    list(fill(made_up(songs, rng)))
    return [*searches(f"SQLite, {songs:,} songs, ", best_known(songs, asked, rng), rng, ON_SQLITE, ON_SQLITE)]


def searches(where: str, wanted: Sequence[Any], rng: random.Random, typing: float, slips: float) -> Iterator[Row]:
    slipped = [(song, slip(song, rng)) for song in wanted]
    yield judged(f"{where}typing", [text for song in wanted for text in beginnings(song, rng)], typing)
    yield judged(f"{where}slips", [text for _song, text in slipped], slips)
    yield right(where, slipped)


def best_known(of: int, count: int, rng: random.Random) -> list[Any]:
    from apps.catalog.models import Song

    return rng.sample(list(Song.objects.order_by("-popularity", "pk")[:of]), count)


def by_id(wanted: Sequence[Any]) -> Row:
    from apps.catalog.models import Song

    took = timed(lambda song: Song.objects.filter(pk=song.pk).values("title", "artist").first(), wanted)
    return Row("a song by its id, p95", p95(took), "ms", note=spread(took))


def made_up(songs: int, rng: random.Random) -> list[tuple[str, str]]:
    """Titles and artists, each pair once."""
    syllables = [beginning + vowel for beginning in BEGINNINGS for vowel in VOWELS]
    words = sorted({"".join(rng.choices(syllables, k=rng.choice((1, 2, 2, 3, 3, 4)))) for _ in range(WORDS)})
    rng.shuffle(words)
    weights = list(accumulate(1 / (rank + 10) for rank in range(len(words))))

    def some(count: int) -> str:
        return " ".join(rng.choices(words, cum_weights=weights, k=count))

    artists = [some(rng.choice((1, 2, 2, 3))) for _ in range(songs // 15)]
    names: dict[tuple[str, str], None] = {}
    while len(names) < songs:
        names[some(rng.choice(LENGTHS)), rng.choice(artists)] = None
    return list(names)


def imports(names: Sequence[tuple[str, str]]) -> Iterator[Row]:
    from apps.catalog.imports import import_songs

    exact, near = csv_of(names), csv_of([(f"{title}!", f"The {artist}") for title, artist in names[::8]])
    took = clocked(lambda: import_songs(exact))
    yield Row("imported", len(names) / took, "rows/s", least=EXACT_RATE, note=f"{len(names):,} rows, ranked")
    took = clocked(lambda: import_songs(near, near="ask"))
    note = f"{len(names[::8]):,} rows, each another spelling of one"
    yield Row("imported, other spellings", len(names[::8]) / took, "rows/s", least=NEAR_RATE, note=note)


def csv_of(names: Sequence[tuple[str, str]]) -> io.BytesIO:
    file, rng = io.StringIO(), random.Random(9)
    csv.writer(file).writerows([("title", "artist", "popularity")])
    csv.writer(file).writerows((title, artist, int(rng.paretovariate(1)) - 1) for title, artist in names)
    return io.BytesIO(file.getvalue().encode())


def fill(names: Sequence[tuple[str, str]]) -> Iterator[Row]:
    from apps.catalog.upkeep import rank_songs
    from apps.core.copying import insert_many

    rng = random.Random(8)
    rows = (made(title, artist, int(rng.paretovariate(1)) - 1) for title, artist in names)
    took = clocked(lambda: insert_many(rows))
    yield Row("filled", len(names) / took, "songs/s", note=f"{took:.0f} s, with all indexes")
    yield Row("ranked", clocked(rank_songs), "s", note="rank_songs, the first time")


def made(title: str, artist: str, popularity: int) -> Any:
    from apps.catalog.models import Song

    song = Song(title=title, artist=artist, popularity=popularity)
    song.tidy()
    return song


def make_indexes() -> Iterator[Row]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE indexname LIKE '%%terms%%' AND indexdef LIKE '%%gin%%'")
        for (name,) in cursor.fetchall():
            yield Row(f"index {name}", clocked(lambda index=name: cursor.execute(f'REINDEX INDEX "{index}"')), "s")
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SELECT count(*) FROM core_term")
        yield Row("different terms", cursor.fetchone()[0], "terms")


def beginnings(song: Any, rng: random.Random) -> Iterator[str]:
    turned = " ".join(reversed(song.title.split()))
    text = rng.choice([song.title, f"{song.artist} {song.title}", f"{song.title} {song.artist}", turned])
    yield from (text[: place + 1] for place in range(min(len(text), 24)) if text[place] != " ")


def slip(song: Any, rng: random.Random) -> str:
    from apps.core.search.terms import variants

    words = f"{song.title} {song.artist}".split()
    long = [place for place, word in enumerate(words) if len(word) > 3]
    for place in rng.sample(long, min(len(long), rng.choice((1, 1, 2)))):
        words[place] = rng.choice(list(variants(words[place])))
    return " ".join(words)


def judged(name: str, texts: Sequence[str], most: float) -> Row:
    from apps.jams.search import search

    took = timed(lambda text: search(text, limit=8), texts)
    return Row(f"{name}, p95", p95(took), "ms", most=most, note=f"{spread(took)}, {len(took):,} questions")


def right(where: str, slipped: Sequence[tuple[Any, str]]) -> Row:
    from apps.catalog.search import search_songs

    first = [bool(hits) and hits[0].id == song.pk for song, text in slipped for hits in [search_songs(text, 1)]]
    return Row(f"{where}slips, the right song first", 100 * statistics.mean(first), "%", least=FIRST)


def clocked(do: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    do()
    return time.perf_counter() - begun


def timed(do: Callable[[Any], Any], things: Sequence[Any]) -> list[float]:
    """ms of each, after a few that warm up."""
    for thing in things[:10]:
        do(thing)
    return [1000 * clocked(lambda one=thing: do(one)) for thing in things]


def p95(took: Sequence[float]) -> float:
    return statistics.quantiles(took, n=20)[-1]


def spread(took: Sequence[float]) -> str:
    return f"median {statistics.median(took):.2f}, longest {max(took):.1f} ms"
