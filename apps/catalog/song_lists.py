"""A venue's song list at an address of its own: set, asked for, decided about, applied.

`by` is the acting user, who manages the venue. What is fetched is shown, and changes nothing until somebody applies it.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.accounts.audit import record
from apps.accounts.models import User
from apps.accounts.roles import Right, may, roles_of
from apps.catalog import tasks
from apps.catalog.cells import HEADINGS
from apps.catalog.errors import (
    NoSongList,
    NotAVenueManager,
    NothingToApply,
    SongListBusy,
    SongListChanged,
    StaffOnly,
)
from apps.catalog.list_models import ListDifference, Near, SongList
from apps.catalog.list_schedule import apply_key, look_key, plan
from apps.catalog.models import Venue
from apps.catalog.validators import validate_list_url
from apps.core.errors import Invalid
from apps.core.text import clean
from apps.tasks.enqueue import enqueue
from apps.tasks.models import Task

State = SongList.State
READ_WITH = ("url", "mapping", "near", "update")  # what a comparison follows from
NEAR = (Near.ASK, Near.NEW, Near.KNOWN)
FIELDS = frozenset({"schedule", "by_itself", *READ_WITH})
MOST_COLUMNS, LONGEST_HEADING = 100, 200


def find(*, venue: Venue, by: User) -> SongList:
    """The venue's list, without its copy. Raises NotAVenueManager, NoSongList."""
    check_may(venue, by)
    found = SongList.objects.defer("copy").filter(venue=venue).first()
    if found is None:
        raise NoSongList
    found.venue = venue
    return found


def set_song_list(*, venue: Venue, by: User, url: str, **fields: Any) -> SongList | None:
    """Where it stands and how it is read; without an address the venue has none, and its songs stay as they are.

    Only staff may `update`. Raises NotAVenueManager, StaffOnly, Invalid, SongListBusy.
    """
    if unknown := fields.keys() - FIELDS:
        raise TypeError(f"A song list has no field called {', '.join(sorted(unknown))}")
    check_may(venue, by)
    with transaction.atomic():
        Venue.objects.select_for_update(no_key=True).get(pk=venue.pk)
        row = SongList.objects.filter(venue=venue).first() or SongList(venue=venue)
        if row.state == State.APPLYING:
            raise SongListBusy
        before = settings_of(row)
        for name, value in {**fields, "url": clean(url)}.items():
            setattr(row, name, value)
        if row.update and not before["update"] and not may(Right.CHANGE_SONG, roles_of(by)):
            raise StaffOnly
        if not row.url:
            row.delete() if row.pk else None
        else:
            write(row, before, by)
        noted(venue, by, before, settings_of(row))
    return row if row.url else None


def write(row: SongList, before: dict[str, Any], by: User) -> None:
    check(row)
    if row.url != before["url"]:
        row.format = row.digest = row.etag = row.last_modified = ""
        row.copy, row.fetched_at = b"", None
    if any(getattr(row, name) != before[name] for name in READ_WITH):
        row.state, row.shown, row.counts, row.problems = State.NONE, "", {}, []
        row.trouble, row.detail, row.failed_at = SongList.Trouble.NONE, "", None
    if row.schedule != before["schedule"] or row.url != before["url"] or row.next_at is None:
        plan(row)
    row.changed_by, row.language = by, get_language() or "en"
    row.save()
    if row.state == State.NONE:
        row.differences.all().delete()


def check(row: SongList) -> None:
    wrong: dict[str, list[Any]] = {}
    try:
        validate_list_url(row.url)
    except ValidationError as error:
        wrong["url"] = list(error.messages)
    if row.near not in NEAR:
        wrong["near"] = [_("Choose one of: %(names)s.") % {"names": "ask, new, known"}]
    if row.schedule not in SongList.Schedule:
        wrong["schedule"] = [_("Choose one of: %(names)s.") % {"names": ", ".join(SongList.Schedule)}]
    if not is_mapping(row.mapping):
        text = _("Say what columns are, like {“Weeks”: “popularity”}; '' leaves one out. Songs have: %(names)s.")
        wrong["mapping"] = [text % {"names": ", ".join(HEADINGS)}]
    if wrong:
        raise Invalid(fields=wrong)


def is_mapping(mapping: Any) -> bool:
    return (
        isinstance(mapping, dict)
        and len(mapping) <= MOST_COLUMNS
        and all(len(heading) <= LONGEST_HEADING for heading in mapping)
        and all(column in ("", *HEADINGS) for column in mapping.values())
    )


def settings_of(row: SongList) -> dict[str, Any]:
    return {name: getattr(row, name) for name in sorted(FIELDS)}


def noted(venue: Venue, by: User, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Without the address: whoever has it can read the list."""
    new = {name: after[name] for name in after if after[name] != before[name]}
    if "url" in new:
        new["url"] = "…" if new["url"] else ""
    if new:
        old = {name: before[name] for name in new if name != "url"}
        record(actor=by, verb="set_song_list", about=venue, before=old, after=new)


def fetch_song_list(*, venue: Venue, by: User) -> Task:
    """It is fetched and compared in the background. Raises NotAVenueManager, NoSongList, SongListBusy."""
    row = find(venue=venue, by=by)
    if row.state == State.APPLYING:
        raise SongListBusy
    with transaction.atomic():
        return enqueue(tasks.fetch_song_list, by=by, about=f"venue:{venue.pk}", key=look_key(row), song_list=row.pk)


def apply_song_list(*, venue: Venue, by: User, digest: str) -> Task:
    """What was looked at, by the digest that was shown with it. Said again it is the same task; one that was stopped
    goes on. Raises NotAVenueManager, NoSongList, NothingToApply, SongListChanged.
    """
    check_may(venue, by)
    with transaction.atomic():
        row = SongList.objects.defer("copy").select_for_update(no_key=True).filter(venue=venue).first()
        if row is None:
            raise NoSongList
        if row.shown and row.shown != digest:
            raise SongListChanged
        if row.state != State.APPLYING:
            if row.state != State.READY or not row.differences.decided().exists():
                raise NothingToApply
            row.state, row.applied_by, row.applied = State.APPLYING, by, {}
            row.save(update_fields=["state", "applied_by", "applied"])
        return enqueue(tasks.apply_song_list, by=by, about=f"venue:{venue.pk}", key=apply_key(row), song_list=row.pk)


def decide(*, venue: Venue, by: User, answer: str, difference: int | None = None) -> int:
    """What a row is that may be a song of the library: "new" or "known"; without an id, all that are not answered.
    Says how many. Raises NotAVenueManager, NoSongList, SongListBusy, Invalid."""
    if answer not in {Near.NEW, Near.KNOWN}:
        raise Invalid(fields={"answer": [_("Choose one of: %(names)s.") % {"names": "new, known"}]})
    row = find(venue=venue, by=by)
    if row.state == State.APPLYING:
        raise SongListBusy
    asked = row.differences.filter(kind=ListDifference.Kind.ASK)
    asked = asked.filter(answer="") if difference is None else asked.filter(pk=difference)
    if answer == Near.KNOWN:  # the song may be gone
        asked = asked.filter(song__isnull=False)
    return asked.update(answer=answer)


def running(row: SongList) -> Task | None:
    """What is done with the list at this moment."""
    return Task.objects.unfinished().filter(key__in=[look_key(row), apply_key(row)]).order_by("-pk").first()


def check_may(venue: Venue, by: User) -> None:
    if not venue.lets(by, Right.CHANGE_VENUE):
        raise NotAVenueManager
