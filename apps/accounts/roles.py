"""Who may do what: one table. What does not stand in it nobody may.

What somebody is, rows say, and each app knows its own: an account here, a venue's managers in `Venue.roles_of`, a jam's
hosts in `Jam.roles_of`. An attendee is whoever holds a secret of the jam (apps/jams/identity.py).
docs/architecture.md shows the table, and tests hold every address of pages, API and sockets to it.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any


class Role(StrEnum):
    """What somebody is to a thing. Everybody is `anybody` too, and whoever has an account a `host`."""

    ANYBODY = "anybody"
    ATTENDEE = "attendee"  # of this jam, and neither gone nor removed
    DISPLAY = "display"  # a link for the big screen
    HOST = "host"
    CO_HOST = "co_host"
    OWNER = "owner"
    MANAGER = "manager"  # of the venue
    STAFF = "staff"


class Right(StrEnum):
    WATCH = "see what the room may see"
    JOIN = "join a jam"
    TAKE_PART = "vote, suggest, sign up, change one's name, leave: as oneself"
    READ_DRAFT = "know of a draft"
    RUN = "run a jam: its status, songs, sign-ups and desk, remove attendees"
    DUPLICATE = "duplicate a jam"
    CHANGE_JAM = "change a jam's settings"
    APPOINT = "choose a jam's co-hosts"
    DELETE_JAM = "delete a jam"
    HOLD_JAM = "create a jam at a venue"
    CHANGE_VENUE = "change a venue, its library and what it allows its jams"
    READ_STATISTICS = "read how the nights of a venue went"
    DELETE_VENUE = "delete a venue"
    ADD_VENUE = "add a venue"
    ADD_SONG = "add a song to the library"
    CHANGE_SONG = "change or delete a song of the library"
    ADMINISTER = "users, admin, metrics"


ALL = frozenset({Role.ANYBODY})
HOSTS = frozenset({Role.CO_HOST, Role.OWNER, Role.MANAGER, Role.STAFF})
HEADS = HOSTS - {Role.CO_HOST}
MANAGERS = frozenset({Role.MANAGER, Role.STAFF})
ACCOUNTS = frozenset({Role.HOST})
STAFF = frozenset({Role.STAFF})

MAY: dict[Right, frozenset[Role]] = {
    Right.WATCH: ALL,
    Right.JOIN: ALL,
    Right.TAKE_PART: frozenset({Role.ATTENDEE}),
    Right.READ_DRAFT: HOSTS,
    Right.RUN: HOSTS,
    Right.DUPLICATE: HOSTS,
    Right.CHANGE_JAM: HEADS,
    Right.APPOINT: HEADS,
    Right.DELETE_JAM: HEADS,
    Right.HOLD_JAM: MANAGERS,
    Right.CHANGE_VENUE: MANAGERS,
    Right.READ_STATISTICS: MANAGERS,
    Right.DELETE_VENUE: MANAGERS,
    Right.ADD_VENUE: ACCOUNTS,
    Right.ADD_SONG: ACCOUNTS,
    Right.CHANGE_SONG: STAFF,
    Right.ADMINISTER: STAFF,
}


def may(right: Right, roles: Iterable[Role]) -> bool:
    """Whether one of these roles has the right."""
    return not MAY[right].isdisjoint(roles)


def roles_of(user: Any) -> frozenset[Role]:
    """What a user is everywhere, without asking the database."""
    if not user.is_authenticated:
        return ALL
    return ALL | ACCOUNTS | (STAFF if user.is_staff else frozenset())
