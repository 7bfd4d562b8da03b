"""What the library has done in the background."""

from django.conf import settings

from apps.catalog import chord_sheets, upkeep, uploads
from apps.catalog.models import Song
from apps.tasks.declared import Result, task
from apps.tasks.running import progress


@task(queue="later")
def check_chord_sheets() -> Result:
    looked, broken = 0, 0
    for _song, state, _status in chord_sheets.check_chord_sheets():
        looked += 1
        broken += state in Song.BROKEN
        progress(looked, settings.CHORD_SHEETS_A_RUN)
    return {"looked_at": looked, "broken": broken}


@task(queue="later")
def erase_imports() -> Result:
    return {"erased": uploads.forget_old_imports()}


@task(queue="later")
def rank_songs() -> Result:
    return {"moved": upkeep.rank_songs()}
