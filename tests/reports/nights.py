"""Nights made up with a seed, and the same figures counted again in plain Python, row by row."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apps.jams.models import Attendee, JamSong
from apps.stage.models import Performance, SignUp
from apps.voting.models import Vote
from tests.factories import make_attendee, make_jam, make_jam_song, make_sign_up, make_slot, make_song

BEGIN = datetime(2026, 3, 3, 20, tzinfo=UTC)
STATES = [Attendee.State.ACTIVE, Attendee.State.AWAY, Attendee.State.LEFT, Attendee.State.REMOVED]
STATUSES = ["open", "queued", "played", "played", "played", "pending", "removed"]


def make_night(*, seed, songs, venue, starts_at=BEGIN, **fields):
    """A night that is over, with people, votes, songs, sign-ups and what was played."""
    rng = random.Random(seed)
    jam = make_jam(venue=venue, starts_at=starts_at, **{"status": "ended", **fields})
    people = [make_attendee(jam=jam) for _ in range(rng.randint(1, 7))]
    for person in people:
        Attendee.objects.filter(pk=person.pk).update(state=rng.choices(STATES, weights=[6, 1, 1, 1])[0])
    for song in rng.sample(songs, rng.randint(1, len(songs))):
        status = rng.choice(STATUSES)
        jam_song = make_jam_song(jam=jam, song=song, status=status)
        added = starts_at + timedelta(minutes=rng.randint(-60, 90))
        JamSong.objects.filter(pk=jam_song.pk).update(created_at=added)
        voters = [one for one in people if rng.random() < 0.5]
        for voter in voters:
            at = starts_at + timedelta(minutes=rng.randint(-200, 235), seconds=rng.randint(0, 59))
            Vote.objects.create(jam_song=jam_song, attendee=voter, created_at=at)
        play(rng, jam_song, people, added, len(voters))
    return jam


def play(rng, jam_song, people, added, votes):
    slots = [make_slot(jam_song=jam_song, instrument=name) for name in ("bass", "guitar", "vocals")]
    players = {slot: rng.choice(people) for slot in slots if rng.random() < 0.7}
    for slot, player in players.items():
        state = "played" if jam_song.status == "played" else "claimed"
        one = make_sign_up(slot=slot, attendee=player, state=state)
        SignUp.objects.filter(pk=one.pk).update(created_at=added + timedelta(minutes=rng.randint(0, 20)))
    if jam_song.status != "played":
        return
    for round_ in range(rng.choice([1, 1, 2])):  # an encore
        begin = added + timedelta(minutes=rng.randint(21, 80) + 100 * round_)
        line_up = [{"instrument": slot.instrument, "attendee": player.pk} for slot, player in players.items()]
        times = {"started_at": begin, "ended_at": begin + timedelta(seconds=rng.randint(100, 400))}
        Performance.objects.create(jam=jam_song.jam, song=jam_song.song, votes=votes, line_up=line_up, **times)


def make_songs(number):
    return [make_song() for _ in range(number)]


def recount(jams):
    """What a report of these nights must say."""
    found = dict.fromkeys(("people", "voters", "votes", "performances", "performers", "seconds", "early"), 0)
    clock, wanted, played, wants, plays = Counter(), Counter(), Counter(), Counter(), Counter()
    song_waits, waits, in_vain, people_by, times_by = [], [], 0, Counter(), Counter()
    for jam in jams:
        here = [one for one in jam.attendees.all() if one.state != "removed"]
        shown = [one for one in jam.songs.all() if one.status in {"open", "queued", "playing", "played"}]
        votes = [vote for one in shown for vote in one.vote_set.all()]
        performances = list(jam.performances.order_by("started_at"))
        found["people"] += len(here)
        found["voters"] += len({vote.attendee_id for vote in votes} & {one.pk for one in here})
        found["votes"] += len(votes)
        found["performances"] += len(performances)
        found["seconds"] += sum(int((one.ended_at - one.started_at).total_seconds()) for one in performances)
        on = {part["attendee"] for one in performances for part in one.line_up}
        found["performers"] += len(on)
        for vote in votes:
            if vote.created_at < jam.starts_at - timedelta(hours=1):
                found["early"] += 1
            else:
                there = vote.created_at.astimezone(ZoneInfo(jam.venue.time_zone))
                clock[f"{there.hour:02}:{there.minute // 15 * 15:02}"] += 1
        for one in shown:
            number = one.vote_set.count()
            wanted[one.song_id] += number
            wants[one.song_id] += number > 0
            first = next((play for play in performances if play.song_id == one.song_id), None)
            if first:
                song_waits.append(wait(jam, one.created_at, first.started_at))
        for one in performances:
            played[one.song_id] += 1
            plays[one.song_id] += one.votes
        hoped = set()
        for one in SignUp.objects.filter(slot__jam_song__jam=jam).select_related("slot__jam_song"):
            if one.state == "played":
                song = one.slot.jam_song.song_id
                first = next(play for play in performances if play.song_id == song)
                waits.append(wait(jam, one.created_at, first.started_at))
            else:
                hoped.add(one.attendee_id)
        in_vain += len(hoped - on)
        for name in ("bass", "guitar", "vocals"):
            who = [{p["attendee"] for p in one.line_up if p["instrument"] == name} for one in performances]
            people_by[name] += len(set().union(*who))
            times_by[name] += sum(map(bool, who))
    most = sorted((song for song in wanted if wanted[song]), key=lambda song: (-wanted[song], song))
    return found | {
        "clock": {at: number for at, number in clock.items() if number},
        "most_wanted": [(song, wanted[song], wants[song], played[song]) for song in most],
        "never_played": [(song, wanted[song]) for song in most if not played[song]],
        "most_played": sorted(
            ((song, played[song], plays[song]) for song in played), key=lambda row: (-row[1], -row[2], row[0])
        ),
        "song_waits": sorted(song_waits),
        "waits": sorted(waits),
        "in_vain": in_vain,
        "instruments": {name: (people_by[name], times_by[name]) for name in people_by if times_by[name]},
    }


def wait(jam, since, until):
    return max(0, int((until - max(since, jam.starts_at)).total_seconds()) // 60)
