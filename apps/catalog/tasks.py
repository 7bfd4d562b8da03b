"""What the library has done in the background."""

from collections.abc import Callable

from django.conf import settings
from django.db import transaction
from django.utils.translation import override

from apps.catalog import chord_sheets, import_runs, list_sync, upkeep
from apps.catalog.errors import ListNotFetched
from apps.catalog.list_models import SongList
from apps.catalog.list_schedule import look_key, move_on
from apps.catalog.models import Song
from apps.catalog.run_models import ImportRun
from apps.core.errors import NotThere
from apps.tasks.declared import Result, task
from apps.tasks.enqueue import enqueue
from apps.tasks.errors import Later, Unfinished
from apps.tasks.running import progress

LIST_AGAIN = 120  # seconds until a list that could not be fetched is tried anew


@task(queue="later")
def check_chord_sheets() -> Result:
    looked, broken = 0, 0
    for _song, state, _status in chord_sheets.check_chord_sheets():
        looked += 1
        broken += state in Song.BROKEN
        progress(looked, settings.CHORD_SHEETS_A_RUN)
    return {"looked_at": looked, "broken": broken}


@task(queue="now")
def import_songs(*, run: int, language: str) -> Result:
    """A file that somebody has uploaded, some seconds at a time."""
    row = ImportRun.objects.filter(pk=run).first()
    if row is None:
        return {"gone": True}
    try:
        with override(language):
            row = import_runs.step(run=row, told=progress)
    except NotThere:  # discarded in the middle
        return {"gone": True}
    if row.state == ImportRun.State.RUNNING:
        raise Unfinished
    return {"state": row.state, **row.counts}


@task(queue="later")
def erase_imports() -> Result:
    return {"erased": import_runs.forget_old_imports()}


@task(queue="later")
def rank_songs() -> Result:
    return {"moved": upkeep.rank_songs()}


@task(queue="later")
def sync_sources() -> Result:
    """Has those song lists looked at that are due."""
    due = 0
    for row in SongList.objects.defer("copy").due():
        with transaction.atomic():
            if move_on(row):
                enqueue(sync_source, about=f"venue:{row.venue_id}", key=look_key(row), song_list=row.pk)
                due += 1
    return {"due": due}


@task(queue="later", attempts=3)
def sync_source(*, song_list: int) -> Result:
    """A venue's song list is fetched and compared because it is time, and applied by itself where that is wanted."""
    return looked_at(song_list, list_sync.look_and_apply)


@task(queue="now", attempts=3)
def fetch_song_list(*, song_list: int) -> Result:
    """The same because somebody waits for it, who then says what is applied."""
    return looked_at(song_list, list_sync.finish_and_look)


def looked_at(pk: int, look: Callable[..., SongList]) -> Result:
    row = SongList.objects.select_related("venue", "changed_by").filter(pk=pk).first()
    if row is None:
        return {"gone": True}
    try:
        row = look(song_list=row, told=progress)
    except ListNotFetched as error:
        if error.again:
            raise Later(LIST_AGAIN, str(error.message)) from error
        raise
    return {"state": row.state, **row.counts}


@task(queue="now")
def apply_song_list(*, song_list: int) -> Result:
    """What a venue's manager has looked at."""
    row = SongList.objects.defer("copy").filter(pk=song_list).first()
    if row is None:
        return {"gone": True}
    list_sync.finish(song_list=row, told=progress)
    row.refresh_from_db(fields=["state", "applied"])
    return {"state": row.state, **row.applied}
