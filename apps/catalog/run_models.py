"""Imports of songs: where one is, what has become of its rows, and what a person is to say."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.catalog import queries
from apps.core.storage import private_storage
from apps.tasks.models import Task


class ImportRun(models.Model):
    """A file of songs, or one that is still with whoever ran the command, and how far it has been taken."""

    class State(models.TextChoices):
        NEW = "new", _("not begun")
        RUNNING = "running", _("running")
        DONE = "done", _("done")

    class Near(models.TextChoices):
        """What is done with rows that may be songs of the library under another name."""

        OFF = "", _("Do not look: only what is spelled the same is the same song")
        ASK = "ask", _("Leave them out and ask me")
        NEW = "new", _("Take them as new songs")
        KNOWN = "known", _("Take them for the songs that they may be")

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+", db_index=False, verbose_name=_("by")
    )
    name = models.CharField(_("file"), max_length=200)
    file = models.FileField(storage=private_storage, blank=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)  # of the file's bytes
    size = models.PositiveBigIntegerField(_("bytes"), default=0, editable=False)
    task = models.ForeignKey(
        Task, models.SET_NULL, null=True, related_name="+", db_index=False, editable=False, verbose_name=_("task")
    )
    columns = models.JSONField(default=list, editable=False)  # of a song, for each column of the file
    update = models.BooleanField(_("changes songs that are known"), default=False)
    dry_run = models.BooleanField(_("writes nothing"), default=False)
    near = models.CharField(_("other names"), max_length=5, choices=Near, blank=True, default=Near.OFF)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.NEW)
    position = models.PositiveBigIntegerField(_("line"), default=0)  # up to which rows have been taken
    read = models.PositiveBigIntegerField(default=0, editable=False)  # bytes
    counts = models.JSONField(default=dict, editable=False)
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)

    objects = queries.ImportRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("import of songs")
        verbose_name_plural = _("imports of songs")
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["owner", "-id"], name="imports_of_a_user"),
            models.Index(fields=["created_at"], name="imports_by_date"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/songs/import/{self.pk}"

    @property
    def is_stopped(self) -> bool:
        """Nobody goes on with it by themselves."""
        unfinished = self.task is not None and self.task.state in {Task.State.WAITING, Task.State.RUNNING}
        return self.state == self.State.RUNNING and not unfinished

    @property
    def percent(self) -> int:
        """How far it is, by the bytes of the file; 100 where it is done."""
        if self.state == self.State.DONE:
            return 100
        return min(99, 100 * self.read // max(1, self.size))


class ImportBatch(models.Model):
    """Rows of a run that were taken in one transaction: what was said of them, and which songs they were."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="batches", db_index=False)
    line = models.PositiveBigIntegerField()  # the last one
    seen = models.BinaryField(default=b"")  # until the run is done: see import_runs.py
    problems = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["run", "line"], name="an_import_takes_a_line_once")
        ]

    def __str__(self) -> str:
        return f"{self.run}, {self.line}"


class ImportQuestion(models.Model):
    """A row that may be a song of the library, until somebody says whether it is."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="questions", db_index=False)
    line = models.PositiveBigIntegerField()
    values = models.JSONField()
    song = models.ForeignKey("catalog.Song", models.SET_NULL, null=True, related_name="+")
    answer = models.CharField(max_length=5, blank=True, default="")  # of ImportRun.Near: new or known

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["run", "line"], name="an_import_asks_of_a_line_once"),
        ]

    def __str__(self) -> str:
        return f"{self.run}, {self.line}"
