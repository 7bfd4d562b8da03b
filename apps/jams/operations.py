"""Everything that changes a jam. Songs of its line-up: lineup.py. People in the room: attendees.py."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from apps.accounts.audit import record
from apps.accounts.models import User
from apps.accounts.roles import Right
from apps.catalog.library import banned_at, stay
from apps.catalog.models import Venue
from apps.core.conditions import Check
from apps.core.errors import DomainError, Invalid, NotAllowed
from apps.core.text import clean, new_code
from apps.core.times import EARLIEST, LATEST, month_of
from apps.jams import events
from apps.jams.actions import acting, check_right, look_again_at_counts, show_otherwise
from apps.jams.errors import NightStays, WrongStatus
from apps.jams.house_rules import as_strict, check_allowed, first_values, rules_of
from apps.jams.images import forget, remade
from apps.jams.lineup import finish_playing
from apps.jams.models import Jam, JamHost, JamSong

Status = Jam.Status
EDITABLE = {
    "name", "description", "background", "starts_at", "ends_at", "voting_closes_at", "approve_suggestions",
    "max_votes", "max_suggestions", "sign_ups", "max_sign_ups", "counts", "counts_top", "door",
}  # fmt: skip


# The jam ----------------------------------------------------------------------------------------------


def create_jam(*, venue: Venue, host: User, name: str, starts_at: datetime, ends_at: datetime, **fields: Any) -> Jam:
    """A draft, with a slug and a join code that stay. The host becomes its owner."""
    if not venue.lets(host, Right.HOLD_JAM):
        raise NotAllowed(_("You can open jams only at venues that you manage. Ask its manager to add you."))
    check_known(fields)
    settings = first_values(venue) | fields
    jam = Jam(venue=venue, name=clean(name), starts_at=starts_at, ends_at=ends_at, **settings)
    check(jam)
    check_allowed(venue, fields)
    if jam.background:
        jam.background = remade(jam.background)
    return save_new(jam, host)


def save_new(jam: Jam, host: User) -> Jam:
    for _attempt in range(5):
        jam.slug = free_slug(jam)
        try:
            with transaction.atomic():
                vars(jam).update(as_strict(jam, rules_of(jam.venue_id)))
                jam.save(force_insert=True)
                JamHost.objects.create(jam=jam, user=host, role=JamHost.Role.OWNER)
                record(actor=host, verb="create", about=jam, after={"jam": {"name": jam.name}})
            return jam
        except IntegrityError:  # somebody took the slug or the code a moment ago
            jam.pk, jam.code = None, new_code()
    raise DomainError(_("The jam could not be saved: too many were made at this moment. Try again."))


def change_jam(*, jam: Jam, host: User, seen: Check | None = None, **fields: Any) -> Jam:
    """Name, times and settings; the slug stays, since it is printed. A night that people have voted for stays in its
    month, where its votes are. Raises NightStays, and what `seen` raises."""
    check_known(fields)
    with acting(jam, host, "change", right=Right.CHANGE_JAM, ended=True) as action:
        if seen:
            seen(action.jam)
        wanted = {name: clean(value) if name == "name" else value for name, value in fields.items()}
        trial = Jam.objects.get(pk=jam.pk)
        for name, value in wanted.items():
            setattr(trial, name, value)
        check(trial)
        check_allowed(action.jam.venue, wanted)
        check_night_stays(action.jam, trial.starts_at)
        if trial.background and trial.background != action.jam.background:
            wanted["background"] = remade(trial.background)
        forget_image(action.jam.background.name if "background" in wanted else "")
        action.change(action.jam, **wanted)
        look_again_at_counts(action)
    return jam


def duplicate_jam(*, jam: Jam, host: User, starts_at: datetime) -> Jam:
    """The same night again: name, settings and the host's songs, without votes, people, suggestions and what the
    venue has banned since. The door opens by itself: how it stood was of that night."""
    check_right(jam, host, Right.DUPLICATE)
    check_times(starts_at=starts_at)
    shift = starts_at - jam.starts_at
    copied = EDITABLE - {"name", "starts_at", "ends_at", "voting_closes_at", "door"}
    new = Jam(
        venue_id=jam.venue_id, name=jam.name, starts_at=starts_at, ends_at=jam.ends_at + shift,
        voting_closes_at=jam.voting_closes_at + shift if jam.voting_closes_at else None,
        **{name: getattr(jam, name) for name in copied},
    )  # fmt: skip
    check(new)
    with transaction.atomic():
        save_new(new, host)
        songs = jam.songs.filter(origin=JamSong.Origin.HOST).exclude(status=JamSong.Status.REMOVED)
        played_here = songs.exclude(song__in=banned_at(jam.venue_id)).order_by("pk")
        stay(played_here.values_list("song_id", flat=True))  # and then which those are: one may just have been merged
        copies = [JamSong(jam=new, song_id=pk) for pk in played_here.values_list("song_id", flat=True)]
        events.songs_added.send(None, songs=JamSong.objects.bulk_create(copies))
    return new


def delete_jam(*, jam: Jam, host: User, seen: Check | None = None) -> None:
    """With its line-up and votes, so only before anything was voted or after nothing was: else it stays, ended."""
    with transaction.atomic():
        locked = Jam.objects.locked(jam.pk)
        check_right(locked, host, Right.DELETE_JAM)
        if seen:
            seen(locked)
        if has_votes(locked):
            raise DomainError(_("People have voted in this jam, so it cannot be deleted. End it instead."))
        forget_image(locked.background.name)
        record(actor=host, verb="delete", about=locked, before={"jam": {"name": locked.name, "slug": locked.slug}})
        locked.delete()


# Its status -------------------------------------------------------------------------------------------


def open_jam(*, jam: Jam, host: User) -> Jam:
    """Votes and suggestions from now on; the night has not begun."""
    return change_status(jam, host, "open", Status.OPEN, allowed=[Status.DRAFT])


def start_jam(*, jam: Jam, host: User) -> Jam:
    return change_status(jam, host, "start", Status.LIVE, allowed=[Status.OPEN, Status.LAST_CALL])


def last_call(*, jam: Jam, host: User) -> Jam:
    """Suggestions stop, votes still count."""
    return change_status(jam, host, "last_call", Status.LAST_CALL, allowed=[Status.LIVE])


def end_jam(*, jam: Jam, host: User) -> Jam:
    """Closes everything; what still plays is played."""
    allowed = [Status.OPEN, Status.LIVE, Status.LAST_CALL]
    return change_status(jam, host, "end", Status.ENDED, allowed=allowed)


# What API and console call them.
ACTIONS: dict[str, Callable[..., Jam]] = {"open": open_jam, "start": start_jam, "last-call": last_call, "end": end_jam}


def change_status(jam: Jam, host: User, verb: str, status: Status, *, allowed: list[Status]) -> Jam:
    with acting(jam, host, verb, ended=True) as action:
        if action.jam.status == status:
            return jam
        if action.jam.status not in allowed:
            raise WrongStatus(
                _("The jam is %(status)s: that is not possible from there.")
                % {"status": action.jam.get_status_display()}
            )
        if status == Status.ENDED:
            finish_playing(action)
            action.change(action.jam, status=status, ended_at=timezone.now())
            if action.jam.counts != Jam.Counts.LIVE:
                show_otherwise(action)
        else:
            action.change(action.jam, status=status)
    return jam


def set_paused(*, jam: Jam, host: User, voting: bool | None = None, suggestions: bool | None = None) -> Jam:
    """None leaves a pause as it is."""
    with acting(jam, host, "pause") as action:
        if voting is not None:
            action.change(action.jam, voting_paused=voting)
        if suggestions is not None:
            action.change(action.jam, suggestions_paused=suggestions)
    return jam


# Helpers ----------------------------------------------------------------------------------------------


def free_slug(jam: Jam) -> str:
    """`name-venue-date`; `-2` and so on when that is taken."""
    date = timezone.localtime(jam.starts_at, jam.zone).date().isoformat()
    words = f"{slugify(jam.name)[:40].strip('-') or 'jam'}-{slugify(jam.venue.name)[:30].strip('-') or 'venue'}"
    base = f"{words}-{date}"
    taken = set(Jam.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(s for s in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if s not in taken)


def forget_image(name: str | None) -> None:
    """Deletes the file after the commit, unless another jam shows it: a duplicate shares it."""

    def delete() -> None:
        if name and not Jam.objects.filter(background=name).exists():
            forget(name)

    transaction.on_commit(delete, robust=True)


def check_night_stays(jam: Jam, starts_at: datetime) -> None:
    if month_of(starts_at) != month_of(jam.starts_at) and has_votes(jam):
        raise NightStays


def has_votes(jam: Jam) -> bool:
    """Its songs are held, so that no vote comes between the look and what follows."""
    return any(song.votes for song in jam.songs.select_for_update())


def check_known(fields: dict[str, Any]) -> None:
    if unknown := sorted(set(fields) - EDITABLE):
        raise Invalid(fields={name: [_("This cannot be set.")] for name in unknown})


def check(jam: Jam) -> None:
    """The model's own rules, and those between fields."""
    check_times(starts_at=jam.starts_at, ends_at=jam.ends_at, voting_closes_at=jam.voting_closes_at)
    errors: dict[str, list[Any]] = {}
    try:
        jam.full_clean(exclude=["slug", "code"], validate_constraints=False)
    except ValidationError as error:
        errors = error.message_dict
    if jam.starts_at and jam.ends_at and jam.ends_at <= jam.starts_at:
        errors["ends_at"] = [_("The end must be after the start.")]
    if jam.max_votes == 0:
        errors["max_votes"] = [_("Leave it empty for no limit, or give at least 1.")]
    if errors:
        raise Invalid(fields=errors)


def check_times(**times: datetime | None) -> None:
    if wrong := [name for name, time in times.items() if time and not EARLIEST <= time < LATEST]:
        raise Invalid(fields={name: [_("This year cannot be right.")] for name in wrong})
