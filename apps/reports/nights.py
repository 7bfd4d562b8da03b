"""What a night came to, summed up once and kept.

Votes are millions and nights hundreds, so a season's report adds up nights. A summary carries the mark of the rows
that it was made of: how many songs, votes, people and performances, and the revisions of the songs, which the database
raises with each vote, whoever writes it. Another mark, and the night is summed up anew; so nothing has to tell of a
change.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import IntegrityError, models, transaction
from django.db.models import Count, Exists, F, Func, Max, OuterRef, Q, Sum
from django.utils import timezone

from apps.jams.models import Attendee, Jam, JamSong
from apps.reports.models import NightSummary
from apps.stage.models import Performance, SignUp
from apps.stage.statistics import players_of
from apps.voting.models import Vote

Facts = dict[str, Any]
SHAPE = 1  # of the facts: raise it when they change
AT_ONCE = 100  # nights that one statement sums up
QUARTER = 900  # seconds; every time zone is some of them away
DOORS = timedelta(hours=1)  # before the start people are there; earlier votes come from elsewhere
BY_VOTES = ("voters", "early", "quarters")  # of an archived night they stay as they were
SHOWN = [status.value for status in JamSong.PUBLIC]


class Quarter(Func):
    """Which quarter of an hour since 1970 a moment is in."""

    output_field = models.BigIntegerField()
    template = f"CAST(floor(extract(epoch from %(expressions)s) / {QUARTER}) AS BIGINT)"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = f"CAST(strftime('%%%%s', %(expressions)s) AS INTEGER) / {QUARTER}"
        return self.as_sql(compiler, connection, template=template, **context)


class Large(Exception):
    """More votes of nights that are over are still to be summed up than somebody should wait for."""

    def __init__(self, nights: list[int]) -> None:
        self.nights = nights
        super().__init__(f"{len(nights)} nights")


class Mark(NamedTuple):
    text: str
    votes: int


def summed_up(
    jams: Sequence[Jam], *, told: Callable[[int, int], None] | None = None, most: int | None = None
) -> dict[int, Facts]:
    """The facts of these nights by jam, each what its rows say now. `told(done, of)` hears how far it is. Raises Large
    where more than `most` votes are to be looked at.

    `{people, voters, votes, songs, played, performances, performers, seconds, early, quarters, song_waits, waits,
    in_vain, instruments, players}`: `quarters` are votes by `[quarter, number]` from an hour before the start on,
    `early` those before; waits are in minutes, sorted; `instruments` `{name: [people, times]}`; `players` `[attendee,
    songs, seconds, instruments]`. Songs that the room does not see are in none of it, nor is anybody who was removed.
    """
    marks, facts = marks_of(jams), {}
    kept = {row.jam_id: row for row in NightSummary.objects.filter(jam__in=marks)}
    stale = []
    for jam in jams:
        row = kept.get(jam.pk)
        if row and row.mark == marks[jam.pk].text:
            facts[jam.pk] = row.facts
        else:
            stale.append(jam)
    over = [jam.pk for jam in stale if jam.status == Jam.Status.ENDED]
    if most is not None and sum(marks[pk].votes for pk in over) > most:
        raise Large(over)
    for begin in range(0, len(stale), AT_ONCE):
        some = stale[begin : begin + AT_ONCE]
        made = sum_up(some)
        for jam in some:
            if jam.archived_at and jam.pk in kept:
                made[jam.pk] |= {name: kept[jam.pk].facts[name] for name in BY_VOTES}
        facts |= made
        keep(
            [NightSummary(jam=jam, mark=marks[jam.pk].text, facts=made[jam.pk], made_at=timezone.now()) for jam in some]
        )
        if told:
            told(begin + len(some), len(stale))
    return facts


def marks_of(jams: Iterable[Jam]) -> dict[int, Mark]:
    """How the rows of each night stand, read before them: what is summed up is at least as new as its mark."""
    votes = Counter[int]()
    marks = {jam.pk: [SHAPE, int(jam.starts_at.timestamp()), int(end_of(jam).timestamp())] for jam in jams}
    songs = JamSong.objects.filter(jam__in=marks).order_by().values_list("jam")
    shown = Q(status__in=SHOWN)
    for pk, *said in songs.annotate(n=Count("pk", filter=shown), r=Sum("revision"), v=Sum("votes", filter=shown)):
        marks[pk] += [number or 0 for number in said]
        votes[pk] = marks[pk][-1]
    plays = Performance.objects.filter(jam__in=marks).order_by().values_list("jam")
    for pk, *said in plays.annotate(n=Count("pk"), last=Max("pk"), s=Sum("song")):
        marks[pk] += said
    for pk, number in here(Attendee.objects.filter(jam__in=marks)).values_list("jam").annotate(n=Count("pk")):
        marks[pk].append(number)
    return {pk: Mark(".".join(map(str, said)), votes[pk]) for pk, said in marks.items()}


def keep(summaries: list[NightSummary]) -> None:
    over = [one for one in summaries if one.jam.status == Jam.Status.ENDED]
    with suppress(IntegrityError), transaction.atomic():  # a night that somebody has just deleted
        NightSummary.objects.bulk_create(
            over, update_conflicts=True, unique_fields=["jam"], update_fields=["mark", "facts", "made_at"]
        )


def here(people: models.QuerySet[Attendee]) -> models.QuerySet[Attendee]:
    return people.exclude(state=Attendee.State.REMOVED).order_by()


def end_of(jam: Jam) -> datetime:
    return max(jam.ended_at or jam.ends_at, jam.starts_at)


# Summing up -------------------------------------------------------------------------------------------


def sum_up(jams: Sequence[Jam]) -> dict[int, Facts]:
    """Each part is one statement, however many nights there are."""
    pks = [jam.pk for jam in jams]
    people, voters = people_of(jams)
    songs, quarters, played, sign_ups = songs_of(pks), quarters_of(jams), plays_of(pks), sign_ups_of(pks)
    return {
        jam.pk: {
            "people": people[jam.pk],
            "voters": voters[jam.pk],
            "votes": sum(votes for _song, votes, _at in songs[jam.pk]),
            "songs": len(songs[jam.pk]),
            **over_time(jam, quarters[jam.pk]),
            **on_stage(played[jam.pk]),
            **waits_of(jam, songs[jam.pk], played[jam.pk], sign_ups[jam.pk]),
        }
        for jam in jams
    }


def people_of(jams: Sequence[Jam]) -> tuple[Counter[int], Counter[int]]:
    """Who came, and who of them has voted for anything that the room saw."""
    of_it = Vote.objects.at(*jams).filter(attendee=OuterRef("pk"), jam_song__status__in=SHOWN)
    rows = here(Attendee.objects.filter(jam__in=jams)).annotate(voted=Exists(of_it))
    people, voters = Counter[int](), Counter[int]()
    for pk, voted, number in rows.values_list("jam", "voted").annotate(n=Count("pk")):
        people[pk] += number
        voters[pk] += number if voted else 0
    return people, voters


def songs_of(pks: list[int]) -> dict[int, list[Any]]:
    found = defaultdict(list)
    for jam, *row in JamSong.objects.filter(jam__in=pks).public().values_list("jam", "song", "votes", "created_at"):
        found[jam].append(row)
    return found


def quarters_of(jams: Sequence[Jam]) -> dict[int, Counter[int]]:
    """Votes of all songs together by quarter of an hour."""
    votes = Vote.objects.at(*jams).filter(jam_song__jam__in=jams, jam_song__status__in=SHOWN).order_by()
    found: dict[int, Counter[int]] = defaultdict(Counter)
    for jam, quarter, number in votes.values_list("jam_song__jam", Quarter(F("created_at"))).annotate(n=Count("pk")):
        found[jam][quarter] += number
    return found


def plays_of(pks: list[int]) -> dict[int, list[Performance]]:
    found = defaultdict(list)
    for performance in Performance.objects.filter(jam__in=pks).order_by("started_at", "pk"):
        found[performance.jam_id].append(performance)
    return found


def sign_ups_of(pks: list[int]) -> dict[int, list[Any]]:
    rows = SignUp.objects.filter(slot__jam_song__jam__in=pks).exclude(state=SignUp.State.WITHDRAWN).order_by("pk")
    found = defaultdict(list)
    for jam, *row in rows.values_list("slot__jam_song__jam", "slot__jam_song__song", "attendee", "state", "created_at"):
        found[jam].append(row)
    return found


def over_time(jam: Jam, quarters: Counter[int]) -> Facts:
    first, last = (int(at.timestamp()) // QUARTER for at in (jam.starts_at - DOORS, end_of(jam)))
    late = [[quarter, number] for quarter, number in sorted(quarters.items()) if quarter >= first]
    return {
        "early": sum(number for quarter, number in quarters.items() if quarter < first),
        "quarters": [[min(quarter, max(last, first)), number] for quarter, number in late],
    }


def on_stage(plays: Sequence[Performance]) -> Facts:
    players: dict[int, list[Any]] = {}
    instruments: dict[str, list[Any]] = {}
    seconds = 0
    for play in plays:
        took = int((play.ended_at - play.started_at).total_seconds())
        seconds += took
        for attendee, names in players_of(play).items():
            one = players.setdefault(attendee, [attendee, 0, 0, []])
            one[1:3] = one[1] + 1, one[2] + took
            one[3] += [name for name in names if name not in one[3]]
            for name in set(names):
                who, times = instruments.setdefault(name, [set(), 0])
                who.add(attendee)
                instruments[name][1] = times + 1
    return {
        "performances": len(plays),
        "played": len({play.song_id for play in plays}),
        "performers": len(players),
        "seconds": seconds,
        "players": sorted(players.values(), key=lambda one: (-one[1], -one[2], one[0])),
        "instruments": {name: [len(who), times] for name, (who, times) in sorted(instruments.items())},
    }


def waits_of(jam: Jam, songs: Iterable[Any], plays: Sequence[Performance], sign_ups: Iterable[Any]) -> Facts:
    """Minutes from when a song came in, or somebody signed up, until they were on; before the start nobody waits."""
    begins: dict[int, list[Performance]] = defaultdict(list)
    for play in plays:
        begins[play.song_id].append(play)
    song_waits = [minutes(jam, at, begins[song][0].started_at) for song, _votes, at in songs if song in begins]
    waits, played, hoped = [], {who for play in plays for who in players_of(play)}, set()
    for song, attendee, state, at in sign_ups:
        if state == SignUp.State.PLAYED:
            turns = [play.started_at for play in begins[song] if attendee in players_of(play)]
            waits += [minutes(jam, at, begin) for begin in turns if begin >= at][:1]
        else:
            hoped.add(attendee)
    return {"song_waits": sorted(song_waits), "waits": sorted(waits), "in_vain": len(hoped - played)}


def minutes(jam: Jam, since: datetime, until: datetime) -> int:
    return max(0, int((until - max(since, jam.starts_at)).total_seconds()) // 60)
