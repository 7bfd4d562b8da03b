"""Faults of developers: each replaces a piece of the product as somebody could have written it."""

import resource
import threading
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import close_old_connections, transaction

TEMPLATES = Path(__file__).parent / "templates"
HELD, BETWEEN = 0.8, 0.2  # seconds that a row is held, and is free
BLOCKED = 0.12  # seconds that a call takes to a service which answers slowly
ROOM = 512 * 1024  # bytes that a file may have on the full disk
SLOW_ONCE_AFTER, SLOW_ONCE = 15.0, 3.0  # seconds


def install(name: str) -> None:
    """Before the addresses are read. What is no fault of code has nothing here."""
    if fault := CODE.get(name):
        fault()


def n_plus_one() -> None:
    """The desk says of everybody in the room how often they voted: a query each."""
    from apps.jams import api
    from apps.voting.models import Vote

    desk_of = api.desk_of

    def with_votes(jam: Any, *args: Any) -> Any:
        desk = desk_of(jam, *args)
        desk["voted"] = {one.pk: Vote.objects.filter(attendee=one).count() for one in jam.attendees.all()}
        return desk

    api.desk_of = with_votes


def lock_convoy() -> None:
    """A job tells another system of the songs before it commits, so all votes wait for that system."""
    from apps.jams.models import JamSong

    def job() -> None:
        while True:
            with transaction.atomic():
                list(JamSong.objects.select_for_update().filter(jam__slug="jam-1").order_by("pk"))
                time.sleep(HELD)  # the other system answers
            close_old_connections()
            time.sleep(BETWEEN)

    threading.Thread(target=job, daemon=True).start()


def blocked_loop() -> None:
    """Whoever connects is told to another service first, by a library that blocks."""
    from apps.live.consumers import StreamConsumer

    connect = StreamConsumer.connect

    async def told(self: Any) -> None:
        time.sleep(BLOCKED)  # that is the fault
        await connect(self)

    StreamConsumer.connect = told  # type: ignore[method-assign]


def leak() -> None:
    """Every desk is kept, to compare it with the next; nobody lets go of any."""
    from apps.jams import api

    desk_of, kept = api.desk_of, []

    def remembered(jam: Any, *args: Any) -> Any:
        desk = desk_of(jam, *args)
        kept.append((time.time(), [dict(vars(one)) for one in jam.attendees.all()], desk))
        return desk

    api.desk_of = remembered


def large_payload() -> None:
    """The list of venues brings all songs along, so that phones can search without asking."""
    from apps.catalog.api import VenueViewSet
    from apps.catalog.models import Song

    listed = VenueViewSet.list

    def with_songs(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        answer = listed(self, request, *args, **kwargs)
        answer.data = {**answer.data, "songs": list(Song.objects.order_by("pk").values("id", "title", "artist", "style",
                       "tags", "key", "year", "tempo", "duration"))}  # fmt: skip
        return answer

    VenueViewSet.list = with_songs  # type: ignore[method-assign]


def error_burst() -> None:
    """A new field of venues that not all of them have."""
    from apps.catalog.api import VenueViewSet

    retrieve = VenueViewSet.retrieve

    def with_capacity(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        answer = retrieve(self, request, *args, **kwargs)
        answer.data["capacity"] = {f"venue-{n}": 50 + n for n in range(0, 100, 2)}[kwargs["slug"]]
        return answer

    VenueViewSet.retrieve = with_capacity  # type: ignore[method-assign]


def slow_template() -> None:
    """The page of a host's nights looks, for every hour of a week, through all minutes: in the template."""
    settings.TEMPLATES[0]["DIRS"].insert(0, TEMPLATES)


def full_disk() -> None:
    """Files cannot grow beyond what is left. A limit of the process (EFBIG) does it without the rights of root."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def slow_request() -> None:
    """Harmless: one desk takes seconds, once."""
    from apps.jams import api

    desk_of, due = api.desk_of, [time.monotonic() + SLOW_ONCE_AFTER]

    def sometimes(jam: Any, *args: Any) -> Any:
        if due and time.monotonic() > due[0]:
            due.clear()
            time.sleep(SLOW_ONCE)
        return desk_of(jam, *args)

    api.desk_of = sometimes


CODE = {
    fault.__name__: fault
    for fault in (
        n_plus_one, lock_convoy, blocked_loop, leak, large_payload, error_burst, slow_template, full_disk, slow_request,
    )
}  # fmt: skip
