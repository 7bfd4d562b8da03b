"""Groups of attendees who joined close together and vote alike, as a script does and a room seldom: for hosts to see.

Three things together make a cluster:
- at least CLUSTER_SIZE have nearly the same votes (a Jaccard index of ALIKE, Jaccard 1901),
- so many of them joined within CLUSTER_SECONDS,
- and chance does not explain it: of those who joined in the same time far more vote so than of all the others do. A
  favourite that a third of the room votes for is a third of every minute, however many come in it.

What is not known yet is believed to be honest: a script that comes with the first rush, or to an empty room, stands out
as soon as others have voted. Who votes for all there is to vote for says nothing.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings

from apps.jams.models import Attendee, Jam, JamSong
from apps.voting.models import Vote

ALIKE = 0.75  # of all songs that one of two people votes for, both do
BY_CHANCE = 1e-6  # so seldom that hosts of a thousand nights are not told of an honest one
# What is believed before anybody else has voted: three of four would vote for the one song, fewer for the same two.
COMMON, BELIEVED_AS = 0.75, 20  # as if that many others had been seen
NEWEST = 1_000  # people who are compared


class Voter(NamedTuple):
    id: int
    joined: datetime
    songs: frozenset[int]


class Cluster(NamedTuple):
    """`songs` is what most of them vote for; `votes` is how many votes they have out."""

    attendees: list[int]
    since: datetime
    until: datetime
    songs: list[int]
    votes: int


def clusters_of(jam: Jam) -> list[Cluster]:
    # Who has no phone was added by a host, who knows them.
    here = Attendee.objects.filter(jam=jam, secret_hash__isnull=False).in_the_room()
    newest = here.order_by("-pk")[:NEWEST]
    rows = Vote.objects.at(jam).filter(attendee__in=newest.values("pk")).order_by("pk")
    joined: dict[int, datetime] = {}
    songs: dict[int, set[int]] = {}
    for attendee, created_at, jam_song in rows.values_list("attendee", "attendee__created_at", "jam_song"):
        joined[attendee] = created_at
        songs.setdefault(attendee, set()).add(jam_song)
    voters = [Voter(pk, joined[pk], frozenset(voted)) for pk, voted in songs.items()]
    return find_clusters(voters, size=settings.CLUSTER_SIZE, seconds=settings.CLUSTER_SECONDS)


def described(clusters: Iterable[Cluster]) -> list[dict[str, Any]]:
    """`{attendees, since, until, songs: their titles, votes}`."""
    wanted = {song for cluster in clusters for song in cluster.songs}
    titles = dict(JamSong.objects.filter(pk__in=wanted).values_list("pk", "song__title"))
    return [cluster._asdict() | {"songs": [titles[song] for song in cluster.songs]} for cluster in clusters]


def find_clusters(voters: Sequence[Voter], *, size: int, seconds: float) -> list[Cluster]:
    """The largest first. Everybody is in one at most."""
    found = []
    everything = {song for voter in voters for song in voter.songs}
    for songs, alike in groups(voters, size):
        if songs == everything:
            continue
        for members in dense(alike, size, timedelta(seconds=seconds)):
            if is_no_chance(songs, alike, members, voters):
                votes = sum(len(voter.songs) for voter in members)
                ids = [voter.id for voter in members]
                found.append(Cluster(ids, members[0].joined, members[-1].joined, sorted(songs), votes))
    return sorted(found, key=lambda cluster: (-len(cluster.attendees), cluster.attendees))


def groups(voters: Sequence[Voter], size: int) -> list[tuple[frozenset[int], list[Voter]]]:
    """What is voted for most often in just this way, and who votes for nearly that, as they joined."""
    # Each set is one number, a bit for each song: a thousand people are half a million pairs.
    bit = {song: 1 << place for place, song in enumerate(sorted({s for voter in voters for s in voter.songs}))}
    of: dict[int, list[Voter]] = {}
    for voter in voters:
        of.setdefault(sum(bit[song] for song in voter.songs), []).append(voter)
    ahead = sorted(of, key=lambda songs: (-len(of[songs]), songs))
    found = []
    while ahead:
        leader, *ahead = ahead
        near = [songs for songs in ahead if are_alike(leader, songs)]
        alike = [voter for songs in (leader, *near) for voter in of[songs]]
        if len(alike) >= size:
            found.append((of[leader][0].songs, sorted(alike, key=lambda voter: (voter.joined, voter.id))))
            ahead = [songs for songs in ahead if songs not in near]
    return found


def are_alike(one: int, other: int) -> bool:
    return (one & other).bit_count() >= ALIKE * (one | other).bit_count()


def dense(alike: list[Voter], size: int, within: timedelta) -> list[list[Voter]]:
    """Runs in which each is one of `size` who joined within that time."""
    marked = [False] * len(alike)
    for first in range(len(alike) - size + 1):
        last = first + size - 1
        if alike[last].joined - alike[first].joined <= within:
            marked[first : last + 1] = [True] * size
    runs: list[list[Voter]] = []
    for place, voter in enumerate(alike):
        if not marked[place]:
            continue
        if place and marked[place - 1] and voter.joined - alike[place - 1].joined <= within:
            runs[-1].append(voter)
        else:
            runs.append([voter])
    return runs


def is_no_chance(songs: frozenset[int], alike: list[Voter], members: list[Voter], voters: Sequence[Voter]) -> bool:
    """Whether so many alike among those who came with them would be a wonder, by what all the others vote for."""
    came = sum(members[0].joined <= voter.joined <= members[-1].joined for voter in voters)
    others, others_alike = len(voters) - came, len(alike) - len(members)
    share = (others_alike + BELIEVED_AS * COMMON ** len(songs)) / (others + BELIEVED_AS)
    return at_least(len(members), came, share) < BY_CHANCE


def at_least(hits: int, tries: int, share: float) -> float:
    """The upper tail of the binomial distribution."""
    yes, no = math.log(share), math.log1p(-share)
    of = math.lgamma(tries + 1)
    return sum(
        math.exp(of - math.lgamma(k + 1) - math.lgamma(tries - k + 1) + k * yes + (tries - k) * no)
        for k in range(hits, tries + 1)
    )
