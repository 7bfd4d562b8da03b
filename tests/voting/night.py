"""A jam night in plain Python, by the rules of the product: what the real one is compared with."""

from dataclasses import dataclass, field


@dataclass
class Person:
    pk: int
    token: str
    state: str = "active"

    @property
    def here(self):
        return self.state == "active"


@dataclass
class Song:
    pk: int
    status: str = "open"
    by: Person | None = None
    pinned: bool = False
    locked: bool = False
    votes: set[int] = field(default_factory=set)  # of whom
    counted: bool = False  # whether the count has changed since the last look
    counted_at: object = None  # as the database noted it

    def count(self, person, *, cast):
        (self.votes.add if cast else self.votes.remove)(person)
        self.counted = True


@dataclass
class Night:
    status: str = "draft"
    voting_paused: bool = False
    suggestions_paused: bool = False
    closed_by_the_clock: bool = False
    approve_suggestions: bool = False
    max_votes: int | None = None
    max_suggestions: int = 3
    counts: str = "live"
    counts_top: int = 3
    songs: dict[int, Song] = field(default_factory=dict)  # by their number in the library
    queue: list[Song] = field(default_factory=list)
    played: list[Song] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)

    # What stands -----------------------------------------------------------------------------------

    @property
    def voting(self):
        if self.status in ("draft", "ended") or self.closed_by_the_clock:
            return "closed"
        return "paused" if self.voting_paused else "open"

    @property
    def suggestions(self):
        if self.status not in ("open", "live") or self.closed_by_the_clock:
            return "closed"
        return "paused" if self.suggestions_paused else "open"

    @property
    def shows_counts(self):
        return self.counts == "live" or self.status == "ended"

    def with_status(self, *statuses):
        return [song for song in self.songs.values() if song.status in statuses]

    @property
    def playing(self):
        return next(iter(self.with_status("playing")), None)

    @property
    def ranking(self):
        """Pinned, then votes, then the earlier change of the count, then id."""
        return sorted(
            self.with_status("open"), key=lambda song: (not song.pinned, -len(song.votes), song.counted_at, song.pk)
        )

    def board(self):
        """`[(song, votes as the room may see them)]` in the order of the board."""
        ranking, staged = self.ranking, lambda song: (song, len(song.votes) if self.shows_counts else None)
        shown = len(ranking) if self.shows_counts else self.counts_top if self.counts == "top" else 0
        rest = sorted(ranking[shown:], key=lambda song: (not song.pinned, song.pk))
        middle = [(song, len(song.votes)) for song in ranking[:shown]] + [(song, None) for song in rest]
        on_stage = [staged(song) for song in (*self.with_status("playing"), *self.queue)]
        return on_stage + middle + [staged(song) for song in reversed(self.played)]

    def votes_left(self, person):
        """A vote comes back when its song is played or removed."""
        out = self.with_status("pending", "open", "queued", "playing")
        cast = sum(person.pk in song.votes for song in out)
        return None if self.max_votes is None else max(0, self.max_votes - cast)

    def suggestions_left(self, person):
        return max(0, self.max_suggestions - sum(song.by is person for song in self.with_status("pending", "open")))

    # Who may: None, or the code of the error -------------------------------------------------------

    def refuses_caller(self, person):
        return {"left": "not_in_jam", "removed": "removed"}.get(person.state)

    def refuses_vote(self, song, person, *, cast):
        if refused := self.refuses_caller(person):
            return refused
        if song.status == "pending":  # for the room it is not there yet
            return "not_found"
        if self.voting != "open":
            return f"voting_{self.voting}"
        if song.status != "open":
            return "song_frozen"
        return "votes_out" if cast and person.pk not in song.votes and self.votes_left(person) == 0 else None

    def refuses_suggestion(self, number, person):
        if refused := self.refuses_caller(person):
            return refused
        if self.suggestions != "open":
            return f"suggestions_{self.suggestions}"
        if self.suggestions_left(person) == 0:
            return "too_many_suggestions"
        if self.votes_left(person) == 0:
            return "votes_out"
        return "already_in_jam" if number in self.songs else None

    def refuses_joining(self):
        return {"draft": "refused", "ended": "jam_ended"}.get(self.status)

    BEFORE = {
        "approve": ["pending"], "queue": ["open"], "unqueue": ["queued"], "play": ["open", "queued"],
        "finish": ["playing"], "skip": ["queued", "playing"], "remove": ["pending", "open", "queued"],
        "pin": ["open"], "unpin": ["open"], "lock": ["queued"], "unlock": ["queued"], "move": ["queued"],
        "encore": ["played"], "merge": ["pending", "open", "queued"],
    }  # fmt: skip

    def refuses_action(self, action, song):
        if self.status == "ended":
            return "wrong_status"
        return None if song.status in self.BEFORE[action] else "song_not_ready"

    def refuses_merge(self, song, into):
        if self.status == "ended":
            return "wrong_status"
        takes_in = into.status in ("open", "queued") and song is not into
        return None if takes_in and song.status in self.BEFORE["merge"] else "song_not_ready"

    def refuses_next(self):
        if self.status == "ended":
            return "wrong_status"
        return None if self.queue else "song_not_ready"

    STEPS = {
        "open": ("open", ["draft"]), "start": ("live", ["open", "last_call"]), "last-call": ("last_call", ["live"]),
        "end": ("ended", ["open", "live", "last_call"]),
    }  # fmt: skip

    def refuses_step(self, step):
        status, before = self.STEPS[step]
        return None if self.status in (status, *before) else "wrong_status"

    # What happens ----------------------------------------------------------------------------------

    def act(self, action, song, place=0):
        if action in ("pin", "unpin"):
            song.pinned = action == "pin"
            return
        if action in ("lock", "unlock"):
            song.locked = action == "lock"
            return
        if song in self.queue:
            self.queue.remove(song)
        if action == "queue":
            self.queue.append(song)
        elif action == "move":
            self.queue.insert(place, song)
        elif action in ("play", "finish"):
            self.finish()
        elif action == "encore":
            self.played.remove(song)
            song.pinned = False
            for person in set(song.votes):
                song.count(person, cast=False)
        if action == "remove":
            song.pinned = False
        after = {"queue": "queued", "move": "queued", "play": "playing", "finish": "played", "remove": "removed"}
        song.status = after.get(action, "open")
        song.locked &= song.status == "queued"

    def merge(self, song, into):
        self.act("remove", song)
        for person in set(song.votes):
            song.count(person, cast=False)
            if person not in into.votes:
                into.count(person, cast=True)

    def finish(self):
        if self.playing:
            self.played.append(self.playing)
            self.playing.status = "played"

    def step(self, step):
        self.status = self.STEPS[step][0]
        if self.status == "ended":
            self.finish()

    def withdraw(self, person):
        """Somebody is gone with their votes, but for those of what has been played."""
        for song in self.songs.values():
            if song.status != "played" and person.pk in song.votes:
                song.count(person.pk, cast=False)
