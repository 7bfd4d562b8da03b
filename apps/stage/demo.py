"""Who plays in the demo's live night: the song that is on has its band, the next ones fill up, and there is a line."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.jams.attendees import set_instruments
from apps.jams.models import Attendee, Jam, JamSong
from apps.stage.models import SignUp, Slot
from apps.stage.operations import check_in, sign_up
from apps.voting import demo

# What the first people of the night play, one after the other.
BAND = (
    ("vocals",), ("guitar",), ("bass",), ("drums",), ("keys",), ("vocals", "guitar"), ("saxophone",), ("trumpet",),
    ("bass", "guitar"), ("drums", "percussion"), ("vocals", "keys"), ("guitar",), ("vocals",), ("violin", "vocals"),
)  # fmt: skip
OPEN_SONGS = 5  # of the ranking, that somebody has signed up for
IN_LINE = 2


@transaction.atomic
def seed(*, now: datetime) -> dict[str, Jam]:
    """The demo of apps/voting, with a stage: answers its jams by status."""
    jams = demo.seed(now=now)
    for jam in Jam.objects.order_by("pk"):
        write_history(jam)
    fill_stage(jams["live"])
    return jams


def write_history(jam: Jam) -> None:
    """What was played: when its song was, by the first people of the night, who take turns."""
    people = list(jam.attendees.order_by("pk").values_list("pk", flat=True)[: len(BAND)])
    played: Counter[int] = Counter()
    for performance in jam.performances.order_by("pk"):
        jam_song = jam.songs.get(song=performance.song_id)
        line_up: list[dict[str, Any]] = []
        for slot in jam_song.slots.order_by("pk"):
            busy = {part["attendee"] for part in line_up}
            free = [pk for pk, plays in zip(people, BAND, strict=False) if slot.instrument in plays and pk not in busy]
            if free:
                player = min(free, key=lambda pk: (played[pk], pk))
                played[player] += 1
                waits = timedelta(minutes=6 + 7 * played[player])
                signed_up = (jam_song.started_at or performance.started_at) - waits
                SignUp.objects.create(slot=slot, attendee_id=player, state=SignUp.State.PLAYED, created_at=signed_up)
                line_up.append({"instrument": slot.instrument, "attendee": player})
        jam.performances.filter(pk=performance.pk).update(
            line_up=line_up, started_at=jam_song.started_at, ended_at=jam_song.ended_at
        )


def fill_stage(jam: Jam) -> None:
    people = list(jam.attendees.in_the_room().order_by("pk")[: len(BAND)])
    for person, plays in zip(people, BAND, strict=False):
        set_instruments(attendee=person, instruments=plays)
    playing = list(jam.songs.filter(status=JamSong.Status.PLAYING))
    queue, ranked = list(jam.songs.queue()), list(jam.songs.ranked().order_by("-votes", "pk")[:OPEN_SONGS])
    out = dict.fromkeys((person.pk for person in people), 0)
    for place, song in enumerate([*playing, *queue, *ranked]):
        for slot in Slot.objects.filter(jam_song=song).order_by("pk").select_related("jam_song"):
            player = who_plays(slot, people, out, jam.max_sign_ups - 1)
            if player:
                mine = sign_up(slot=slot, attendee=player)
                out[player.pk] += 1
                if place <= len(playing):  # on stage, and ready for the next one
                    check_in(sign_up=mine)
    wait_in_line(ranked[0], people, out, jam.max_sign_ups)


def who_plays(slot: Slot, people: list[Attendee], out: dict[int, int], most: int) -> Attendee | None:
    """Of those who play it and have a sign-up left, who has the fewest; nobody plays two things in a song."""
    here = set(slot.jam_song.slots.values_list("sign_ups__attendee", flat=True))
    free = [one for one in people if slot.instrument in one.instruments and out[one.pk] < most and one.pk not in here]
    return min(free, key=lambda one: (out[one.pk], one.pk), default=None)


def wait_in_line(song: JamSong, people: list[Attendee], out: dict[int, int], most: int) -> None:
    taken = [slot for slot in Slot.objects.filter(jam_song=song).order_by("pk") if slot.sign_ups.exists()]
    for slot in taken[:1]:
        for _ in range(IN_LINE):
            if player := who_plays(slot, people, out, most):
                sign_up(slot=slot, attendee=player)
                out[player.pk] += 1
