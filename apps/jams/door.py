"""Who may join: anybody while the venue has room, then whoever stands in it and reads the code off the big screen.

A jam has a bucket of as many joins as its venue holds people. It is not filled again: by then the room is as full as
it gets, and a script finds nothing that would come back if it waited. The room code is a time-based one in the manner
of RFC 6238: an HMAC of the minute, by the server's secret; the codes of this minute and the last one are good.
"""

import hmac
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.crypto import salted_hmac

from apps.accounts.models import User
from apps.core.text import CODE_LETTERS, tidy_code
from apps.jams.actions import acting
from apps.jams.errors import DoorClosed, RoomCodeNeeded, RoomCodeWrong
from apps.jams.models import Jam

CODE_SECONDS = 60
CODE_LENGTH = 6  # of 31 letters: a guess is right once in 440 million
OPEN, CODE, CLOSED = "open", "code", "closed"  # how a door stands

# One statement, so that it is exact however many come at once; the row begins with the first of them.
TAKE = """
INSERT INTO jams_joinbucket (jam_id, taken) VALUES (%(jam)s, 1)
ON CONFLICT (jam_id) DO UPDATE SET taken = jams_joinbucket.taken + 1
WHERE jams_joinbucket.taken < (SELECT capacity FROM catalog_venue WHERE id = %(venue)s)
"""


def pass_door(*, jam: Jam, room_code: str = "") -> None:
    """Lets one person in, by the room code or else by a place of the bucket, which comes back if the transaction fails.

    Raises DoorClosed, RoomCodeNeeded, RoomCodeWrong.
    """
    if jam.door == Jam.Door.CLOSED:
        raise DoorClosed
    if is_room_code(jam, room_code) or (jam.door == Jam.Door.AUTOMATIC and take_place(jam)):
        return
    raise RoomCodeWrong if room_code else RoomCodeNeeded


def take_place(jam: Jam) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(TAKE, {"jam": jam.pk, "venue": jam.venue_id})
        return cursor.rowcount > 0


def set_door(*, jam: Jam, host: User, door: str) -> Jam:
    """Every host may: who stands at the door is not always the owner."""
    with acting(jam, host, "door") as action:
        action.change(action.jam, door=door)
    return jam


# How it stands ----------------------------------------------------------------------------------------


def door_of(jam: Jam) -> dict[str, Any]:
    """For hosts and screens alone: `{door, state, places, room_code, until}`.

    `state` is open, code or closed; the code is there where one is needed, and changes at `until`.
    """
    state = state_of(jam)
    needed = state == CODE
    return {
        "door": jam.door,
        "state": state,
        "places": places_of(jam),
        "room_code": room_code(jam) if needed else None,
        "until": datetime.fromtimestamp((minute() + 1) * CODE_SECONDS, UTC) if needed else None,
    }


def state_of(jam: Jam) -> str:
    if jam.status == Jam.Status.ENDED or jam.door == Jam.Door.CLOSED:
        return CLOSED
    return CODE if jam.door == Jam.Door.CODE or places_of(jam) == 0 else OPEN


def places_of(jam: Jam) -> int:
    """How many more can join without the code."""
    bucket = getattr(jam, "bucket", None)  # none before the first has joined
    return max(0, jam.venue.capacity - (bucket.taken if bucket else 0))


# The code of the room ---------------------------------------------------------------------------------


def minute() -> int:
    return int(timezone.now().timestamp()) // CODE_SECONDS


def room_code(jam: Jam, at: int | None = None) -> str:
    """The code of the minute `at`, counted from 1970: six letters that are not mistaken for each other."""
    said = f"{jam.pk}:{minute() if at is None else at}"
    # All of the digest, so that every code is as likely as any other; RFC 4226 cuts 31 bits, as many as a code has.
    number = int.from_bytes(salted_hmac("jamvote.room", said, algorithm="sha256").digest())
    letters = []
    for _place in range(CODE_LENGTH):
        number, letter = divmod(number, len(CODE_LETTERS))
        letters.append(CODE_LETTERS[letter])
    return "".join(letters)


def is_room_code(jam: Jam, given: str) -> bool:
    """Whether it is the code of this minute or the last: somebody may be typing it still."""
    now, given = minute(), tidy_code(given)
    good = [hmac.compare_digest(room_code(jam, at), given) for at in (now, now - 1)]
    return any(good)
