"""Votes through the whole product on one web process, against N: a request through the same middleware that finds out
who asks, by the same prepared way, and does nothing.

Everything is included: identity, rules, limits, the count, the cache that is retired, what is told to the live
processes. Half of the votes are taken back, so that there are always some to cast.
"""

import itertools
from collections.abc import Iterator
from statistics import median

from loadtests.bench import Row
from loadtests.bench_http import CONNECTIONS, SLUG, fill
from loadtests.client import Asked, Generator, Measured, generator
from loadtests.machine import WEB, Server, about, serve, set_up

VOTERS = 400
TIMES, RATE = 2.5, 1_000  # of N, votes a second
PACED, P99 = 200, 15  # votes a second, milliseconds


def run(*, short: bool) -> list[Row]:
    set_up()
    fill()
    closed = close_a_song()
    songs, tokens = prepare()
    faster = {"LIMIT_PARTICIPANT": "999999/60"}  # than anybody taps; it is counted all the same
    noop, ours = serve("loadtests.vote_floor", *WEB, **faster), serve("jamvote.wsgi", *WEB, **faster)
    rounds, seconds = (3, 0.5) if short else (9, 2)
    with generator() as load:
        print(f"{about()}; {rounds} rounds of {seconds} s a case, {CONNECTIONS} connections, {VOTERS} voters")
        rows = [*against_noop(load, noop, ours, songs, closed, tokens, rounds, seconds)]
        rows.append(paced(load, ours, songs, tokens, 5 if short else 30))
    return [*rows, differing()]


def close_a_song() -> int:
    """One of the night for which nobody can vote any more; the filler does not say so of any."""
    from apps.jams.models import JamSong

    played = JamSong.objects.filter(jam__slug=SLUG, status="played")
    played.update(votable=False)
    return played[:1].get().pk


def prepare(voters: int = VOTERS) -> tuple[list[int], list[str]]:
    """The songs of the night that take votes, and tokens of people in the room."""
    from django.db import connection

    from apps.core.credentials import signed
    from apps.jams.models import Attendee, Jam, JamSong
    from apps.jams.queries import hashed

    jam = Jam.objects.get(slug=SLUG)
    with connection.cursor() as cursor:  # which the filler made up
        cursor.execute("UPDATE jams_jamsong s SET votes = (SELECT count(*) FROM voting_vote WHERE jam_song_id = s.id)")
    secrets = [f"secret-{n}" for n in range(voters)]
    Attendee.objects.bulk_create(Attendee(jam=jam, folded_name=one, secret_hash=hashed(one)) for one in secrets)
    songs = JamSong.objects.filter(jam=jam, votable=True).values_list("pk", flat=True)
    return list(songs), [signed(secret) for secret in secrets]


def against_noop(
    load: Generator,
    noop: Server,
    ours: Server,
    songs: list[int],
    closed: int,
    tokens: list[str],
    rounds: int,
    seconds: float,
) -> Iterator[Row]:
    """Each way to vote stands between two measurements of the floor; its ratio is to their mean."""
    bare = Asked(noop, (request("POST", "/noop", tokens[0]),) * CONNECTIONS)
    few = tokens[:CONNECTIONS]
    known = Asked(noop, tuple(request("POST", "/identified", token) for token in few))
    ways = {
        "votes, over all songs": Asked(ours, votes(songs, tokens)),
        "votes, all for one song": Asked(ours, votes(songs[:1], tokens)),
        "the same vote again": Asked(ours, tuple(vote("PUT", songs[0], token) for token in few)),
        "a vote that is refused": Asked(ours, tuple(vote("PUT", closed, token) for token in few), status=409),
    }
    measured: dict[str, list[tuple[Measured, float]]] = {name: [] for name in ways}
    floors, bares = [], []
    for turn in range(-1, rounds):  # the first warms
        bares.append(load.load(bare, seconds / 4))
        before = load.load(known, seconds / 2)
        for name, way in ways.items():
            result, after = load.load(way, seconds), load.load(known, seconds / 2)
            if turn >= 0:
                measured[name].append((result, (before.cpu + after.cpu) / 2))
                floors.append(before)
            before = after
    yield Row("a noop", median(m.cpu for m in bares[1:]), "µs CPU", note="through the same middleware, nobody asked")
    yield Row("N", median(m.cpu for m in floors), "µs CPU", note=rates(floors))
    for name, results in measured.items():
        cpu = median(m.cpu for m, _floor in results)
        ratio = median(m.cpu / floor for m, floor in results)
        floor = median(floor for _m, floor in results)
        found = [m for m, _floor in results]
        most = None if name.endswith("refused") else TIMES
        yield Row(name, cpu, "µs CPU", floor, ratio, most=most, of="N", note=rates(found))
        if name.startswith("votes"):
            yield Row(f"{name}, a second", median(m.rate for m in found), "/s", least=RATE, note=fullness(found))


def paced(load: Generator, ours: Server, songs: list[int], tokens: list[str], seconds: float) -> Row:
    asked = Asked(ours, votes(songs, tokens), rate=PACED)
    load.load(asked, 1)
    found = load.load(asked, seconds)
    note = f"p50 {found.percentile(50):.1f} ms, {found.requests:,} votes, each from when it was due"
    return Row(f"{PACED} votes a second, p99", found.percentile(99), "ms", most=P99, note=note)


def votes(songs: list[int], tokens: list[str]) -> tuple[tuple[bytes, ...], ...]:
    """Of each connection's own voters: cast and taken back, for one song after the other."""
    found: list[tuple[bytes, ...]] = []
    for n in range(CONNECTIONS):
        pairs = zip(tokens[n::CONNECTIONS], itertools.cycle(songs[n:] + songs[:n]), strict=False)
        found.append(tuple(vote(method, song, token) for token, song in pairs for method in ("PUT", "DELETE")))
    return tuple(found)


def vote(method: str, song: int, token: str) -> bytes:
    return request(method, f"/api/v1/jams/{SLUG}/songs/{song}/vote", token)


def request(method: str, path: str, token: str) -> bytes:
    lines = (f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: application/json", "Content-Length: 0",
             "Accept-Encoding: gzip, deflate, br", f"Authorization: Bearer {token}", "", "")  # fmt: skip
    return "\r\n".join(lines).encode()


def differing() -> Row:
    from apps.voting.corrections import differences

    return Row("counts that differ from the votes", len(differences()), "songs", most=0)


def rates(found: list[Measured]) -> str:
    p50, p99 = (median(m.percentile(percent) for m in found) for percent in (50, 99))
    return f"{median(m.rate for m in found):,.0f}/s, p50 {p50:.1f} ms, p99 {p99:.1f} ms"


def fullness(found: list[Measured]) -> str:
    return "the generator's core was full" if any(m.generator_full for m in found) else ""
