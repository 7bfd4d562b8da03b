"""Votes of before there were partitions, into those of their months, a night at a time: see partitions.py."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from apps.core.backfills import Backfill, declare
from apps.core.times import NO_MONTH, month_of
from apps.jams.models import Jam
from apps.voting import partitions

# The foreign key is looked at when all are done. Who votes meanwhile waits for the song's row, and then has its month.
MOVE = (
    "UPDATE jams_jam SET month = %(month)s WHERE id = %(jam)s",
    "UPDATE jams_jamsong SET month = %(month)s WHERE jam_id = %(jam)s AND month <> %(month)s",
    """UPDATE voting_vote SET month = %(month)s
    WHERE month = %(was)s AND jam_song_id IN (SELECT id FROM jams_jamsong WHERE jam_id = %(jam)s)""",
)


def to_move(back: bool) -> QuerySet[Jam]:
    if not partitions.are_there():
        return Jam.objects.none()
    return Jam.objects.exclude(month=NO_MONTH) if back else Jam.objects.filter(month=NO_MONTH)


def after(last: int, most: int, back: bool) -> list[int]:
    return list(to_move(back).filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:most])


def move(jams: Sequence[int], back: bool) -> None:
    if not back:
        starts = Jam.objects.filter(pk__in=jams).values_list("starts_at", flat=True)
        partitions.prepare(month_of(at) for at in starts)
    for pk in jams:
        with transaction.atomic():
            jam = Jam.objects.select_for_update(no_key=True).filter(pk=pk).first()
            if jam is None or (jam.month == NO_MONTH) == back:
                continue
            params: dict[str, Any] = {
                "jam": pk,
                "was": jam.month,
                "month": NO_MONTH if back else month_of(jam.starts_at),
            }
            with connection.cursor() as cursor:
                for statement in MOVE:
                    cursor.execute(statement, params)


def ended(back: bool) -> None:
    if not back and partitions.are_there():
        partitions.drop_before()


VOTES_BY_MONTH = declare(Backfill("votes_by_month", lambda back: to_move(back).count(), after, move, ended))
