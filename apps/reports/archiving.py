"""Nights that are long over: summed up for good, their votes in a file, and then gone from the database.

What anybody still asks of such a night is the counts of its songs and its summary (nights.py), and both stay. A file
holds some nights of one month, and with it their votes can be put back exactly. First nights are archived, some at a
time; then what is archived is pruned: a partition whose nights with votes are all archived is dropped, and of others
the rows are deleted. Stopped anywhere, the next run does what is left.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.store import retire
from apps.jams.models import Jam
from apps.reports.nights import summed_up
from apps.voting import archive

Told = Callable[[int, int], None]


class TooEarly(DomainError):
    code = "too_early"


@dataclass
class Archived:
    """How many nights and votes; `files`, their names; `dropped`, whole partitions; `deleted`, votes of others."""

    nights: int = 0
    votes: int = 0
    files: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    deleted: int = 0


def due(before: date) -> QuerySet[Jam]:
    """Nights that began before that day, have ended and are not archived."""
    start = datetime(before.year, before.month, before.day, tzinfo=UTC)
    return Jam.objects.filter(status=Jam.Status.ENDED, archived_at=None, starts_at__lt=start)


def check_late_enough(before: date) -> None:
    """Until their names and secrets are erased, people may still look at what they voted for. Raises TooEarly."""
    latest = (timezone.now() - timedelta(days=settings.ATTENDEE_DAYS + 1)).date()
    if before > latest:
        text = _("Nights stay for %(days)d days after their end (ATTENDEE_DAYS): name %(latest)s or an earlier day.")
        raise TooEarly(text % {"days": settings.ATTENDEE_DAYS, "latest": latest})


def archive_nights(*, before: date, batch: int = 50, streams: int = 1, told: Told = lambda done, of: None) -> Archived:
    """`told(done, of)` hears how many nights are archived. Raises TooEarly."""
    check_late_enough(before)
    found, of = Archived(), due(before).count()
    batches = list(in_batches(before, batch))
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(streams)) if streams > 1 else None
        done = (
            (f.result() for f in as_completed([pool.submit(in_a_stream, some) for some in batches]))
            if pool
            else (archive_some(some) for some in batches)
        )
        for name, nights, votes in done:
            found.nights, found.votes = found.nights + nights, found.votes + votes
            found.files += [name] if name else []
            told(found.nights, of)
    found.dropped, found.deleted = archive.prune()
    return found


def in_batches(before: date, size: int) -> Iterator[list[int]]:
    """Ids, each of one month."""
    months = defaultdict(list)
    for pk, month, starts_at in due(before).order_by("starts_at", "pk").values_list("pk", "month", "starts_at"):
        months[month, starts_at.year, starts_at.month].append(pk)
    for pks in months.values():
        yield from (pks[begin : begin + size] for begin in range(0, len(pks), size))


def in_a_stream(pks: list[int]) -> tuple[str, int, int]:
    try:
        return archive_some(pks)
    finally:
        connection.close()  # the thread's own


def archive_some(pks: list[int]) -> tuple[str, int, int]:
    """The file, and how many nights and votes are in it. A night that somebody else has archived is left out."""
    with transaction.atomic():
        nights = Jam.objects.select_for_update(no_key=True, of=("self",)).select_related("venue").order_by("pk")
        jams = list(nights.filter(pk__in=pks, archived_at=None))
        if not jams:
            return "", 0, 0
        summed_up(jams)  # by the votes, for the last time
        name, votes = archive.write(jams)
        Jam.objects.filter(pk__in=[jam.pk for jam in jams]).update(archived_at=timezone.now())
        transaction.on_commit(lambda: retire(*{group for jam in jams for group in jam.cached_in}), robust=True)
    return name, len(jams), votes
