"""Search as one types, in a library of a million songs that are made up: by Zipf's law, from words that are, too.

typing  what stands in the box, key by key: the title, both names, the words in another order
slips   both names in full, with a slip of the finger in one word or two; the right song must come first

A song by its id, asked for by Django, is printed beside them. Build times are those of the indexes on the full table.
"""

import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Any

from loadtests.bench import Row
from loadtests.machine import about, set_up

SONGS, SHORT_SONGS = 1_000_000, 42_000
TYPING, SLIPS = 5, 15  # ms, p95
FIRST = 90  # %
WORDS = 60_000
BEGINNINGS = "b br c ch d f g h j k l m n p r s sh st t tr v".split()  # noqa: SIM905
VOWELS = ("a", "ai", "e", "ea", "i", "o", "u")
LENGTHS = (1, 2, 3, 3, 4, 5)  # of titles, in words


def run(*, short: bool) -> list[Row]:
    set_up()
    songs, asked = (SHORT_SONGS, 100) if short else (SONGS, 400)
    print(f"{about()}; {songs:,} songs")
    rng = random.Random(7)
    rows = [*fill(songs, rng), *make_indexes()]
    from apps.catalog.models import Song

    wanted = rng.sample(list(Song.objects.order_by("-popularity", "pk")[: songs // 20]), asked)
    by_id = timed(lambda song: Song.objects.filter(pk=song.pk).values("title", "artist").first(), wanted)
    rows.append(Row("a song by its id, p95", p95(by_id), "ms", note=spread(by_id)))
    slipped = [(song, slip(song, rng)) for song in wanted]
    rows.append(judged("typing", [text for song in wanted for text in beginnings(song, rng)], TYPING))
    rows.append(judged("slips", [text for _song, text in slipped], SLIPS))
    return [*rows, right(slipped)]


def fill(songs: int, rng: random.Random) -> Iterator[Row]:
    from apps.catalog.upkeep import rank_songs
    from apps.core.copying import insert_many

    syllables = [beginning + vowel for beginning in BEGINNINGS for vowel in VOWELS]
    words = sorted({"".join(rng.choices(syllables, k=rng.choice((1, 2, 2, 3, 3, 4)))) for _ in range(WORDS)})
    rng.shuffle(words)
    weights = list(accumulate(1 / (rank + 10) for rank in range(len(words))))

    def some(count: int) -> str:
        return " ".join(rng.choices(words, cum_weights=weights, k=count))

    artists = [some(rng.choice((1, 2, 2, 3))) for _ in range(songs // 15)]
    names = set()
    while len(names) < songs:
        names.add((some(rng.choice(LENGTHS)), rng.choice(artists)))
    rows = (made(title, artist, int(rng.paretovariate(1)) - 1) for title, artist in sorted(names))
    took = clocked(lambda: insert_many(rows))
    yield Row("filled", songs / took, "songs/s", note=f"{took:.0f} s, with all indexes")
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


def right(slipped: Sequence[tuple[Any, str]]) -> Row:
    from apps.catalog.search import search_songs

    first = [bool(hits) and hits[0].id == song.pk for song, text in slipped for hits in [search_songs(text, 1)]]
    return Row("slips, the right song first", 100 * statistics.mean(first), "%", least=FIRST)


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
