"""People in the room: they join, change their name, and are forgotten. What moves votes too: apps/voting."""

import secrets
from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.catalog.music import tidy_instruments
from apps.core.credentials import signed
from apps.core.errors import DomainError, Invalid
from apps.core.store import retire
from apps.core.text import clean, fold
from apps.jams import events
from apps.jams.board import publish_people, tell_attendee
from apps.jams.door import pass_door
from apps.jams.errors import JamEnded, WasRemoved
from apps.jams.identity import new_secret
from apps.jams.models import Attendee, Jam, Performer, stream_of
from apps.jams.queries import hashed

LONGEST_NAME = 40
LONGEST_FOLDED = 110  # compatibility forms unfold, one sign may become eighteen; room for a number is left
MOST_ATTEMPTS = 100
# Name and secret gone for good; the row stays, so that counts do.
ERASED: dict[str, Any] = {"display_name": "", "folded_name": None, "secret_hash": None, "instruments": [],
                          "performer": None}  # fmt: skip
# Names for those who give none: a word of the first with one of the second. Each language has lists of its own.
COLOURS = _(
    "Amber Azure Brass Cherry Cobalt Copper Coral Crimson Ebony Emerald Golden Indigo Ivory Jade Lilac Mellow "
    "Midnight Neon Ochre Olive Pearl Plum Ruby Rusty Saffron Scarlet Silver Sunburst Teal Velvet Violet "
    "Walnut"
)
SOUNDS = _(
    "Accordion Banjo Bassoon Bongo Bugle Cajón Castanet Celesta Cello Clarinet Conga Cornet Cymbal Dobro "
    "Fiddle Flute Glockenspiel Harmonica Harp Jazzmaster Kalimba Kazoo Mandolin Maraca Marimba Mellotron Oboe "
    "Ocarina Organ Piccolo Rhodes Sax Sitar Snare Stratocaster Tambourine Telecaster Theremin Triangle "
    "Trombone Trumpet Tuba Ukulele Viola Washboard Whistle Wurlitzer Xylophone Zither"
)


def join_jam(
    *, jam: Jam, display_name: str = "", room_code: str = "", performer: Performer | None = None
) -> tuple[Attendee, str]:
    """A new attendee and the token that proves it, shown once. Without a name one is made up; whom the venue remembers
    comes with theirs.

    A taken name gets a number behind it. Raises JamEnded, Invalid for a name that cannot be shown, and what
    `pass_door` says no with.
    """
    if jam.status == Jam.Status.ENDED:
        raise JamEnded
    if jam.status == Jam.Status.DRAFT:
        raise DomainError(_("This jam is not open yet. Come back when the host has opened it."))
    with transaction.atomic():  # who does not come in after all takes no place
        attendee, token = add_attendee(jam=jam, display_name=display_name, performer=performer)
        pass_door(jam=jam, room_code=room_code)  # last: whoever takes a place keeps all others waiting until the commit
    publish_people(jam)
    return attendee, token


def add_attendee(*, jam: Jam, display_name: str, performer: Performer | None = None) -> tuple[Attendee, str]:
    """Past the door. Raises WasRemoved for a performer who was taken off this jam."""
    secret, attendee = new_secret(), Attendee(jam=jam)
    attendee.secret_hash = hashed(secret)
    if performer:
        if performer.attendees.filter(jam=jam, state=Attendee.State.REMOVED).exists():
            raise WasRemoved
        known = Performer.objects.filter(pk=performer.pk).update(used_at=timezone.now())
        if known:  # else forgotten a moment ago
            attendee.performer, attendee.instruments = performer, performer.instruments
            display_name = display_name or performer.name
    return named(attendee, display_name), signed(secret)


def rename_attendee(*, attendee: Attendee, display_name: str) -> Attendee:
    """Raises Invalid, and WasRemoved for somebody who has left meanwhile: an erased name stays erased."""
    if not clean(display_name):
        raise Invalid(fields={"display_name": [_("Write a name.")]})
    if clean(display_name) == attendee.display_name:
        return attendee
    renamed = named(attendee, display_name)
    Performer.objects.filter(attendees=renamed).update(name=clean(display_name))
    transaction.on_commit(lambda: events.attendee_renamed.send(None, attendee=renamed), robust=True)
    return renamed


def set_instruments(*, attendee: Attendee, instruments: Iterable[str]) -> Attendee:
    """What they play tonight, by the names that slots have. Raises Invalid, WasRemoved."""
    try:
        plays = tidy_instruments(instruments)
    except ValueError as error:
        raise Invalid(fields={"instruments": [_("This %(reason)s.") % {"reason": error}]}) from error
    with transaction.atomic():
        if not Attendee.objects.filter(pk=attendee.pk).in_the_room().update(instruments=plays):
            raise WasRemoved
        attendee.instruments = plays
        Performer.objects.filter(attendees=attendee).update(instruments=plays)
        transaction.on_commit(lambda: tell_attendee(attendee), robust=True)
    return attendee


def named(attendee: Attendee, wanted: str) -> Attendee:
    """Saves the attendee under this name, or with the first free number behind it."""
    wanted = check_name(wanted) or made_up()
    for _attempt in range(MOST_ATTEMPTS):
        attendee.display_name = free_name(attendee, wanted)
        attendee.folded_name = fold(attendee.display_name)
        try:
            with transaction.atomic():
                save_name(attendee)
            return attendee
        except IntegrityError:  # somebody took it a moment ago
            continue
    raise DomainError(_("Many people take this name just now. Choose another one."))


def made_up() -> str:
    words = {"colour": secrets.choice(COLOURS.split()), "sound": secrets.choice(SOUNDS.split())}
    return str(_("%(colour)s %(sound)s") % words)


def save_name(attendee: Attendee) -> None:
    if attendee.pk is None:
        attendee.save()
        return
    here = Attendee.objects.filter(pk=attendee.pk).in_the_room()
    if not here.update(display_name=attendee.display_name, folded_name=attendee.folded_name):
        raise WasRemoved


def free_name(attendee: Attendee, wanted: str) -> str:
    others = Attendee.objects.filter(jam=attendee.jam_id).exclude(pk=attendee.pk)
    first = 1
    while True:
        names = {name: fold(name) for name in (numbered(wanted, number) for number in range(first, first + 20))}
        taken = set(others.filter(folded_name__in=names.values()).values_list("folded_name", flat=True))
        if free := [name for name, folded in names.items() if folded not in taken]:
            return free[0]
        first += 20


def numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name[: LONGEST_NAME - 1 - len(str(number))].rstrip()} {number}"


def check_name(name: str) -> str:
    name = clean(name)
    if len(name) > LONGEST_NAME or len(fold(name)) > LONGEST_FOLDED:
        raise Invalid(fields={"display_name": [_("At most %(n)d characters, please.") % {"n": LONGEST_NAME}]})
    return name


def erase_due() -> int:
    """Product rule 16: those of jams that ended ATTENDEE_DAYS ago. Answers how many it erased; finished answers that
    name them are forgotten too."""
    due = Attendee.objects.due_for_erasure()
    slugs = list(Jam.objects.filter(attendees__in=due).order_by("pk").distinct().values_list("slug", flat=True))
    erased = due.update(**ERASED)
    retire(*map(stream_of, slugs))
    return erased
