"""A night by the product against one in plain Python (night.py): whatever people and hosts do, in whatever order."""

import threading
import time
from datetime import timedelta

import pytest
from channels.layers import get_channel_layer
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from apps.core.errors import DomainError
from apps.core.store import RedisStore, patient_store, store
from apps.jams.attendees import join_jam
from apps.jams.board import desk_of
from apps.jams.lineup import SONG_ACTIONS, add_songs, move_song, start_next
from apps.jams.models import Attendee, Jam, JamHost, JamSong
from apps.jams.operations import ACTIONS, change_jam, set_paused
from apps.voting.corrections import delete_votes, differences
from apps.voting.models import Vote
from apps.voting.operations import remove_attendee
from apps.voting.songs import merge_songs, reopen_song
from apps.voting.undo import undo
from tests.callers import Caller
from tests.factories import make_jam, make_song, make_user, make_venue
from tests.voting.night import Night, Person, Song

SONGS, PEOPLE = 5, 4  # at most
NUMBERS = st.integers(0, SONGS - 1)


STEPS = []


def happens(often=1, **given):
    """A step of the night. One rule draws among all of them: rules of their own would be switched off by the half."""

    def mark(method):
        STEPS.extend([st.fixed_dictionaries(given).map(lambda values: (method.__name__, values))] * often)
        return method

    return mark


class Phone:
    """Watches from the first moment and hears every frame: see static/js/state.js."""

    def __init__(self):
        self.songs, self.facts, self.stale = {}, {}, True

    def look(self, snapshot):
        self.songs = {song["id"]: song for song in snapshot["songs"]}
        self.facts, self.stale = dict(snapshot), False

    def hear(self, messages):
        for message in [message for message in messages if message["to"] == ""]:
            state, revision = message["state"], message["revision"]
            self.stale |= "refetch" in state
            if message["part"] == "songs":
                self.hear_song(message["id"], revision, state)
            elif "people" in state or state.get("jam_revision", -1) >= self.facts.get("jam_revision", 0):
                self.facts |= state
        for top in [message["state"]["top"] for message in messages if "top" in message["state"]]:
            for pk, song in self.songs.items():
                if song["status"] == "open" and pk not in top:
                    self.songs[pk] = song | {"votes": None, "counted_at": None}

    def hear_song(self, pk, revision, state):
        known = self.songs.get(pk)
        if known is None and "title" not in state:
            self.stale |= state["status"] != "removed"
        elif known is None or revision >= known["revision"]:
            self.songs[pk] = {**(known or {"id": pk}), **state, "revision": revision}

    def board(self):
        return {pk: seen(song) for pk, song in self.songs.items() if song["status"] != "removed"}


def seen(song):
    return {name: song[name] for name in ("status", "votes", "counted_at", "pinned", "position", "title")}


def next_moment():
    """SQLite counts milliseconds: of two counts that change within one, none is the earlier one."""
    if connection.vendor == "sqlite":
        time.sleep(0.002)


class Evening(RuleBasedStateMachine):
    def __init__(self, stage, monkeypatch):
        super().__init__()
        vars(self).update(stage)
        self.row = make_jam(host=self.host, venue=self.venue, status="draft")
        JamHost.objects.create(jam=self.row, user=self.co_host, role=JamHost.Role.CO_HOST)
        self.night, self.phone, self.told, self.turns, self.revisions = Night(), Phone(), [], 0, {}
        layer = get_channel_layer()
        monkeypatch.setattr(layer, "tell", self.listening(type(layer).tell.__get__(layer)))

    def listening(self, tell):
        def listen(stream, changes, committed=0):
            if stream == self.row.stream:
                self.told += changes
                self.phone.hear(changes)
            return tell(stream, changes, committed)

        return listen

    def teardown(self):
        assert differences() == []
        Jam.objects.filter(pk=self.row.pk).delete()
        assert not Vote.objects.filter(jam_song__jam=self.row.pk).exists()

    # Helpers ---------------------------------------------------------------------------------------

    @property
    def jam(self):
        return Jam.objects.select_related("venue").get(pk=self.row.pk)

    def jam_song(self, song):
        return JamSong.objects.select_related("jam").get(pk=song.pk)

    def song(self, number, *statuses):
        """One of those, if there are any."""
        songs = self.night.with_status(*statuses) or list(self.night.songs.values())
        return songs[number % len(songs)]

    def person(self, number):
        return self.night.people[number % len(self.night.people)]

    def ask(self, method, path, body=None, *, token=""):
        """`(code of the error or None, body)`."""
        self.told.clear()
        next_moment()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = self.caller(method, f"/api/v1/jams/{self.row.slug}{path}", body, **headers)
        said = answer.json() if answer.content else {}
        return (said["code"] if answer.status_code >= 400 else None), said

    def does(self, refused, operation, **given):
        """Runs it, and answers whether it was done: just when the night does not refuse it."""
        next_moment()
        try:
            operation(**given)
            said = None
        except DomainError as error:
            said = error.code
        assert said == refused
        return refused is None

    def host_does(self, who, refused, operation, *, settings=False, **given):
        if who == "stranger":
            refused = "not_a_host"
        if who == "co_host" and settings:
            refused = "not_an_owner"
        return self.does(refused, operation, host=getattr(self, who), **given)

    # The room --------------------------------------------------------------------------------------

    @initialize(opened=st.booleans(), capped=st.sampled_from([None, None, 1, 2]))
    def begin(self, opened, capped):
        add_songs(jam=self.jam, host=self.host, songs=self.library[:4])
        for number, jam_song in enumerate(self.row.songs.order_by("pk")):
            self.night.songs[number] = Song(jam_song.pk, counted_at=jam_song.counted_at)
        change_jam(jam=self.jam, host=self.host, max_votes=capped)
        self.night.max_votes = capped
        self.step("open", "host")
        if not opened:
            self.step("start", "host")
        self.join()
        self.join()
        self.join()
        self.act("queue", 3, fits=True, who="host")
        self.change_vote("PUT", self.song(0), self.person(0))
        self.change_vote("PUT", self.song(1), self.person(1))
        self.agrees()

    @happens()
    def join(self):
        if len(self.night.people) < PEOPLE:
            found = []
            if self.does(self.night.refuses_joining(), lambda: found.extend(join_jam(jam=self.jam))):
                self.night.people.append(Person(found[0].pk, found[1]))

    TAPS = st.tuples(st.sampled_from(["PUT", "PUT", "DELETE"]), NUMBERS, NUMBERS)

    @happens(often=3, taps=st.lists(TAPS, min_size=1, max_size=8))
    def vote(self, taps):
        for method, song, person in taps:
            self.change_vote(method, self.song(song, *(["open"] if len(taps) % 4 else [])), self.person(person))

    @happens(song=NUMBERS)
    def everybody_votes(self, song):
        for person in self.night.people:
            self.change_vote("PUT", self.song(song), person)

    def change_vote(self, method, song, person):
        cast, had = method == "PUT", person.pk in song.votes
        refused = self.night.refuses_vote(song, person, cast=cast)
        code, tally = self.ask(method, f"/songs/{song.pk}/vote", token=person.token)
        assert code == refused
        if refused:
            assert self.told == []
        elif cast != had:
            song.count(person.pk, cast=cast)
        if not refused:
            votes = len(song.votes)
            assert (tally["votes"], tally["voted"]) == (votes if self.night.shows_counts else None, cast)
            to = "" if self.night.shows_counts else "host"
            counts = [m["state"]["votes"] for m in self.told if (m["part"], m["id"], m["to"]) == ("songs", song.pk, to)]
            assert counts == [votes]  # also what has not changed: the first time it may not have been told

    @happens(number=NUMBERS, person=NUMBERS)
    def suggest(self, number, person):
        person = self.person(person)
        refused = self.night.refuses_suggestion(number, person)
        code, said = self.ask("POST", "/songs", {"song": self.library[number].pk}, token=person.token)
        assert code == refused
        if not refused:
            status = "pending" if self.night.approve_suggestions else "open"
            self.night.songs[number] = Song(said["id"], status, person, votes={person.pk}, counted=True)

    @happens(person=NUMBERS)
    def leave(self, person):
        person = self.person(person)
        refused = self.night.refuses_caller(person)
        code, _said = self.ask("DELETE", "/me", token=person.token)
        assert code == refused
        if not refused:
            self.night.withdraw(person)
            person.state = "left"

    # The host --------------------------------------------------------------------------------------

    WHO = st.sampled_from([*["host"] * 8, "co_host", "stranger"])
    OPERATIONS = SONG_ACTIONS | {"encore": reopen_song}
    ACTIONS = st.sampled_from(["queue", "play", *OPERATIONS])

    @happens(often=6, action=ACTIONS, song=NUMBERS, fits=st.sampled_from([True, True, False]), who=WHO)
    def act(self, action, song, fits, who):
        song = self.song(song, *(self.night.BEFORE[action] if fits else []))
        refused = self.night.refuses_action(action, song)
        if self.host_does(who, refused, self.OPERATIONS[action], jam_song=self.jam_song(song)):
            self.night.act(action, song)

    @happens(often=3, action=ACTIONS, song=NUMBERS)
    def act_and_undo(self, action, song):
        """All is as it was, and whoever follows has heard so."""
        song = self.song(song, *self.night.BEFORE[action])
        refused = self.night.refuses_action(action, song)
        idle = {("pin", song.pinned), ("unpin", not song.pinned), ("lock", song.locked), ("unlock", not song.locked)}
        done = self.host_does("host", refused, self.OPERATIONS[action], jam_song=self.jam_song(song))
        if done and (action, True) not in idle:  # which has changed nothing
            undo(jam=self.jam, host=self.host)

    @happens(person=NUMBERS)
    def remove_person_and_undo(self, person):
        person = self.person(person)
        if person.here:
            attendee = Attendee.objects.select_related("jam").get(pk=person.pk)
            remove_attendee(attendee=attendee, host=self.host)
            undo(jam=self.jam, host=self.host)

    @happens(often=2, song=NUMBERS, into=NUMBERS, who=WHO)
    def merge(self, song, into, who):
        song, into = self.song(song, *self.night.BEFORE["merge"]), self.song(into, "open", "queued")
        refused, songs = self.night.refuses_merge(song, into), [self.jam_song(song), self.jam_song(into)]
        if self.host_does(who, refused, merge_songs, jam_song=songs[0], into=songs[1]):
            self.night.merge(song, into)

    @happens(song=NUMBERS, place=st.integers(-1, 6), who=WHO)
    def move(self, song, place, who):
        song = self.song(song, "queued")
        refused = self.night.refuses_action("move", song)
        if self.host_does(who, refused, move_song, jam_song=self.jam_song(song), position=place):
            self.night.act("move", song, max(0, place))

    @happens(who=WHO)
    def start_next(self, who):
        if self.host_does(who, self.night.refuses_next(), start_next, jam=self.jam):
            self.night.act("play", self.night.queue[0])

    @happens(numbers=st.lists(NUMBERS, min_size=1, max_size=3), who=WHO)
    def add(self, numbers, who):
        """Also what was removed: it comes back with its votes, as the host's."""
        songs = [self.library[number] for number in numbers]
        refused = "wrong_status" if self.night.status == "ended" else None
        if not self.host_does(who, refused, add_songs, jam=self.jam, songs=songs):
            return
        for number in numbers:
            there = self.night.songs.get(number)
            if there is None:
                row = JamSong.objects.get(jam=self.row, song=self.library[number])
                self.night.songs[number] = Song(row.pk, counted_at=row.counted_at)
            elif there.status == "removed":
                there.status, there.by = "open", None

    @happens(person=NUMBERS, who=WHO)
    def remove_person(self, person, who):
        person = self.person(person)
        attendee = Attendee.objects.select_related("jam").get(pk=person.pk)
        gone = person.state == "left"  # and has no secret any more, by which to be told
        if self.host_does(who, None, remove_attendee, attendee=attendee):
            self.night.withdraw(person)
            person.state = "left" if gone else "removed"

    @happens(song=NUMBERS, who=WHO)
    def void_votes(self, song, who):
        song = self.song(song)
        votes = list(Vote.objects.filter(jam_song=song.pk).select_related("attendee__jam"))
        if self.host_does(who, None, delete_votes, jam=self.jam, votes=votes):
            for vote in votes:
                song.count(vote.attendee_id, cast=False)

    @happens(step=st.sampled_from(["open", "start", "last-call", "last-call", "start", "end"]), who=WHO)
    def step(self, step, who):
        if self.host_does(who, self.night.refuses_step(step), ACTIONS[step], jam=self.jam):
            self.night.step(step)

    @happens(voting=st.sampled_from([None, True, False]), suggestions=st.sampled_from([None, True, False]), who=WHO)
    def pause(self, voting, suggestions, who):
        refused = "wrong_status" if self.night.status == "ended" else None
        if self.host_does(who, refused, set_paused, jam=self.jam, voting=voting, suggestions=suggestions):
            self.night.voting_paused = self.night.voting_paused if voting is None else voting
            self.night.suggestions_paused = self.night.suggestions_paused if suggestions is None else suggestions

    SETTINGS = {
        "max_votes": [None, 1, 2, 3], "max_suggestions": [0, 1, 3], "approve_suggestions": [True, False],
        "counts": ["live", "hidden", "top"], "counts_top": [1, 2],
    }  # fmt: skip

    @happens(setting=st.sampled_from([(name, value) for name, values in SETTINGS.items() for value in values]), who=WHO)
    def set(self, setting, who):
        name, value = setting
        if self.host_does(who, None, change_jam, settings=True, jam=self.jam, **{name: value}):
            setattr(self.night, name, value)

    @happens(seconds=st.sampled_from([None, 3600, -1]), who=WHO)
    def set_closing(self, seconds, who):
        at = None if seconds is None else timezone.now() + timedelta(seconds=seconds)
        if self.host_does(who, None, change_jam, settings=True, jam=self.jam, voting_closes_at=at):
            self.night.closed_by_the_clock = seconds == -1

    @happens()
    def the_clock_closes(self):
        """Nobody does anything: the time comes. What was kept from before must not be shown after it."""
        at = timezone.now() + timedelta(seconds=0.03)
        change_jam(jam=self.jam, host=self.host, voting_closes_at=at)
        self.ask("GET", "/snapshot")
        time.sleep(max(0.0, (at - timezone.now()).total_seconds()))
        self.night.closed_by_the_clock = True

    @rule(steps=st.lists(st.one_of(STEPS), min_size=5, max_size=8))
    def goes_on(self, steps):
        for name, given in steps:
            getattr(self, name)(**given)
            self.agrees()

    # Whether it is so ------------------------------------------------------------------------------

    def agrees(self):
        self.rows_agree()
        self.board_agrees()
        self.people_agree()

    def rows_agree(self):
        night = self.night
        rows = {row.pk: row for row in JamSong.objects.filter(jam=self.row)}
        votes = set(Vote.objects.filter(jam_song__jam=self.row).values_list("jam_song", "attendee"))
        assert votes == {(song.pk, person) for song in night.songs.values() for person in song.votes}
        assert set(rows) == {song.pk for song in night.songs.values()}
        counted_before = max((song.counted_at for song in night.songs.values() if song.counted_at), default=None)
        for song in night.songs.values():
            row = rows[song.pk]
            by = song.by and song.by.pk
            stands = (row.status, row.pinned, row.locked, row.votes, row.suggested_by_id)
            assert stands == (song.status, song.pinned, song.locked, len(song.votes), by)
            self.never_goes_back(song.pk, row.revision)
            assert (row.counted_at != song.counted_at) == song.counted
            if song.counted:
                assert row.counted_at >= counted_before
            song.counted_at, song.counted = row.counted_at, False
        jam = self.jam
        assert (jam.status, jam.voting, jam.suggestions) == (night.status, night.voting, night.suggestions)
        self.never_goes_back("jam", jam.revision)
        if not night.shows_counts:
            desk = {song["id"]: song["votes"] for song in desk_of(jam)["songs"]}
            assert desk == {song.pk: len(song.votes) for song, _votes in night.board()}

    def board_agrees(self):
        night, (code, snapshot) = self.night, self.ask("GET", "/snapshot")
        if night.status == "draft":
            assert code == "not_found"
            return
        board = [(song["id"], song["status"], song["votes"]) for song in snapshot["songs"]]
        assert board == [(song.pk, song.status, votes) for song, votes in night.board()]
        assert [song["position"] for song in snapshot["songs"] if song["status"] == "queued"] == [
            place for place, _song in enumerate(night.queue, start=1)
        ]
        facts = {"status": night.status, "voting": night.voting, "suggestions": night.suggestions,
                 "people": sum(person.here for person in night.people),
                 "counts": "live" if night.shows_counts else night.counts}  # fmt: skip
        assert {name: snapshot[name] for name in facts} == facts
        playing = snapshot["now_playing"]
        assert (playing and playing["id"]) == (night.playing and night.playing.pk)
        self.never_goes_back("snapshot", snapshot["revision"])
        for song in snapshot["songs"]:
            self.never_goes_back(("shown", song["id"]), song["revision"])
        self.phone_agrees(snapshot, facts)

    def phone_agrees(self, snapshot, facts):
        """Who has heard every frame knows what the snapshot says."""
        if not self.phone.stale:
            assert self.phone.board() == {song["id"]: seen(song) for song in snapshot["songs"]}
            told = set(facts) - ({"voting", "suggestions"} if self.night.closed_by_the_clock else set())
            assert {name: self.phone.facts[name] for name in told} == {name: facts[name] for name in told}
        self.phone.look(snapshot)

    def people_agree(self):
        """Each in turn."""
        if not self.night.people:
            return
        self.turns += 1
        night, person = self.night, self.person(self.turns)
        code, me = self.ask("GET", "/me", token=person.token)
        assert code == night.refuses_caller(person)
        if code is None:
            assert set(me["votes"]) == {song.pk for song in night.songs.values() if person.pk in song.votes}
            assert me["votes_left"] == night.votes_left(person)
            assert me["suggestions_left"] == night.suggestions_left(person)
            assert [s["id"] for s in me["songs"]] == [s.pk for s in night.songs.values() if s.by is person]

    def never_goes_back(self, what, revision):
        assert revision >= self.revisions.get(what, revision), what
        self.revisions[what] = revision


@pytest.fixture
def patience(monkeypatch):
    """What becomes of a night without Redis others ask: here a busy machine may take longer than a page waits."""
    if isinstance(store, RedisStore):
        monkeypatch.setattr(store, "redis", patient_store().redis)
        monkeypatch.setattr(store, "threads", threading.local())


@pytest.mark.no_cover
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("patience")
def test_a_night_goes_by_the_rules(full, monkeypatch):
    stage = {name: make_user() for name in ("host", "co_host", "stranger")}
    stage |= {"library": [make_song() for _ in range(SONGS)], "venue": make_venue(), "caller": Caller()}

    run_state_machine_as_test(
        lambda: Evening(stage, monkeypatch),
        settings=settings(
            max_examples=5000 if full else 40,
            stateful_step_count=4,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],  # a night takes 0.2 s: to make one that fails shorter would take minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
