"""How a host's action runs: under the jam's lock, audited, and told to the room after the commit."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Case, F, When
from django.utils.translation import gettext_lazy as _

from apps.accounts.audit import plain, record
from apps.accounts.models import User
from apps.accounts.roles import Right
from apps.core.store import clock, retire_after_commit
from apps.jams import board, events
from apps.jams.errors import NotAHost, NotAnOwner, WrongStatus
from apps.jams.models import Jam, JamSong
from apps.live.streams import announce


class Action:
    """One thing that a host does: what it changed, for the audit event and for the room."""

    def __init__(self, jam: Jam, host: User | None, verb: str) -> None:
        self.jam, self.host, self.verb = jam, host, verb
        self.before: dict[str, Any] = {}
        self.after: dict[str, Any] = {}
        self.song: int | None = None  # the one that it is about
        self.songs: list[int] = []
        self.counted: list[int] = []  # songs of which only the count has changed
        self.desk = False

    def change(self, thing: Jam | JamSong, **fields: Any) -> None:
        """Writes these fields and raises the row's revision, unless nothing would change.

        A song that leaves the set list loses its lock.
        """
        if fields.get("status", JamSong.Status.QUEUED) != JamSong.Status.QUEUED and isinstance(thing, JamSong):
            fields["locked"] = False
        new = {name: value for name, value in fields.items() if getattr(thing, name) != value}
        if not new:
            return
        old = self.note(thing, new)
        if isinstance(thing, JamSong):
            JamSong.objects.filter(pk=thing.pk).update(**new, revision=F("revision") + 1)
            if "status" in new:
                events.song_moved.send(None, song=thing, before=old["status"])
        else:
            thing.save(update_fields=list(new))
            if "status" in new:
                events.jam_moved.send(None, jam=thing, before=old["status"])

    def number(self, queue: Sequence[JamSong]) -> None:
        """The places of a set list, from 1 on, in one statement."""
        moved = {song.pk: place for place, song in enumerate(queue, start=1) if song.position != place}
        for song in queue:
            if song.pk in moved:
                self.note(song, {"position": moved[song.pk]})
        if moved:
            place = Case(*(When(pk=pk, then=place) for pk, place in moved.items()))
            JamSong.objects.filter(pk__in=moved).update(position=place, revision=F("revision") + 1)

    def note(self, thing: Jam | JamSong, new: dict[str, Any]) -> dict[str, Any]:
        """Sets what is new of it, for the audit event and the room; answers what was."""
        name = "jam" if isinstance(thing, Jam) else f"song {thing.pk}"
        old = {field: getattr(thing, field) for field in new}
        self.before.setdefault(name, {}).update({field: plain(value) for field, value in old.items()})
        self.after.setdefault(name, {}).update({field: plain(value) for field, value in new.items()})
        for field, value in new.items():
            setattr(thing, field, value)
        if isinstance(thing, JamSong):
            self.songs.append(thing.pk)
        return old

    def end(self) -> None:
        jam = self.jam
        if not any(self.after.values()):  # all was as wanted before
            return
        Jam.objects.filter(pk=jam.pk).update(revision=F("revision") + 1)
        if self.song:
            self.after["song"] = self.song
        retire_after_commit(*jam.cached_in)  # first, so that who hears of it finds it
        record(actor=self.host, verb=self.verb, about=jam, before=self.before, after=self.after)
        songs, counted, desk = list(self.songs), list(self.counted), self.desk
        transaction.on_commit(lambda: board.publish(jam, songs, counted=counted, desk=desk), robust=True)


def check_right(jam: Jam, user: User, right: Right) -> None:
    """Raises NotAnOwner where another host could, NotAHost for those who are none."""
    if jam.lets(user, right):
        return
    raise NotAnOwner if jam.lets(user, Right.RUN) else NotAHost


@contextlib.contextmanager
def acting(jam: Jam, host: User, verb: str, *, right: Right = Right.RUN, ended: bool = False) -> Iterator[Action]:
    """A host's action: the jam is locked, the right to it checked; audited, and told to the room after the commit.

    `ended`: also when the night is over. Raises NotAHost, NotAnOwner, WrongStatus.
    """
    with transaction.atomic():
        locked = Jam.objects.locked(jam.pk)
        check_right(locked, host, right)
        if locked.status == Jam.Status.ENDED and not ended:
            raise WrongStatus(_("The jam has ended: nothing of it can be changed any more."))
        action = Action(locked, host, verb)
        yield action
        action.end()
    jam.refresh_from_db()


def look_again_at_counts(action: Action) -> None:
    """Where the action has changed which counts are shown."""
    if {"counts", "counts_top"} & set(action.after.get("jam", ())):
        show_otherwise(action)


def show_otherwise(action: Action) -> None:
    """What may be seen of every song has changed: whoever watches looks again, and finds revisions above all before."""
    action.jam.songs.update(revision=clock())
    stream = action.jam.stream
    transaction.on_commit(lambda: announce(stream), robust=True)
