"""What people say of the rows of an import that may be songs of the library under another name."""

from collections.abc import Iterable

from django.db import transaction

from apps.accounts.models import User
from apps.accounts.roles import Right, may, roles_of
from apps.catalog import imports
from apps.catalog.import_runs import held
from apps.catalog.imports import Batch, Near, Options, Report
from apps.catalog.models import Song
from apps.catalog.operations import list_songs
from apps.catalog.reader import digest, identity
from apps.catalog.rows import Row
from apps.catalog.run_models import ImportQuestion, ImportRun
from apps.core.errors import NotAllowed

MOST_ANSWERS = 500  # at once


def answer_questions(*, run: ImportRun, by: User, answer: str, lines: Iterable[int] | None = None) -> int:
    """Takes rows as new songs, or for the songs that they may be; without `lines` the first MOST_ANSWERS that are
    left. Answers how many; said again, it changes nothing. Raises NotAllowed, NotThere.
    """
    if not may(Right.ADD_SONG, roles_of(by)):
        raise NotAllowed
    with transaction.atomic():
        run = held(run)
        asked = run.questions.filter(answer="").order_by("line")
        if lines is not None:
            asked = asked.filter(line__in=set(lines))
        if answer == Near.KNOWN:  # the song may be gone
            asked = asked.filter(song__isnull=False)
        questions = list(asked[:MOST_ANSWERS])
        report = (known if answer == Near.KNOWN else new)(run, questions)
        run.questions.filter(pk__in=[one.pk for one in questions]).update(answer=answer)
        report.asked -= len(questions)
        run.counts = {name: run.counts.get(name, 0) + count for name, count in report.counts.items()}
        run.save(update_fields=["counts"])
    return len(questions)


def new(run: ImportRun, questions: list[ImportQuestion]) -> Report:
    """Each as a song of its own; what has come in meanwhile is known."""
    batch = Batch([row_of(one) for one in questions])
    imports.store(batch, columns_of(run), Options(update=run.update))
    return batch.report


def known(run: ImportRun, questions: list[ImportQuestion]) -> Report:
    """Each is the song that it may be; where the run changes songs, that one has now what the row says."""
    songs = Song.objects.select_for_update().order_by("pk").in_bulk([one.song_id for one in questions])
    changed = {}
    for one in questions:
        row, song = row_of(one), songs[one.song_id]
        if run.update and imports.change(song, identity(row), row):
            changed[song.pk] = song
    list_songs(song.pk for song in songs.values() if not song.listed)
    imports.write(list(changed.values()), columns_of(run))
    return Report(updated=len(changed), known=len(questions) - len(changed))


def row_of(question: ImportQuestion) -> Row:
    row = Row(question.line, values=question.values)
    row.digest = digest(identity(row))
    return row


def columns_of(run: ImportRun) -> list[str]:
    return [column for column in run.columns if column]
