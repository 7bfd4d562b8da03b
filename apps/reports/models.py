"""What is kept of nights for reports, and the reports that were asked for as files."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from apps.core.storage import private_storage
from apps.jams.models import Jam
from apps.reports import queries
from apps.reports.periods import Period
from apps.tasks.models import Task


class NightSummary(models.Model):
    """What a night that is over came to, summed up once: see nights.py. Holds ids of people and no names."""

    jam = models.OneToOneField(Jam, models.CASCADE, primary_key=True, related_name="summary", verbose_name=_("jam"))
    mark = models.CharField(_("made of"), max_length=120)  # how the night's rows stood; others, and it is made anew
    facts = models.JSONField(_("facts"))
    made_at = models.DateTimeField(_("made"), auto_now=True)

    class Meta:
        verbose_name = _("summary of a night")
        verbose_name_plural = _("summaries of nights")

    def __str__(self) -> str:
        return f"{self.jam}"


class Report(models.Model):
    """A file of figures that was asked for: made by a task, kept until it expires. It names nobody."""

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        JSON = "json", "JSON"

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="reports", db_index=False, verbose_name=_("by")
    )
    about = models.CharField(_("about"), max_length=40)  # "venue:12": see subjects.py
    name = models.CharField(_("name"), max_length=100)  # of that, when it was asked for
    since = models.DateField(_("from"), null=True)
    until = models.DateField(_("to"), null=True)
    format = models.CharField(_("format"), max_length=4, choices=Format, default=Format.CSV)
    language = models.CharField(max_length=10, editable=False)  # of the mail
    file = models.FileField(storage=private_storage, blank=True, editable=False)
    task = models.ForeignKey("tasks.Task", models.SET_NULL, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField(_("asked for"), auto_now_add=True)
    made_at = models.DateTimeField(_("made"), null=True)
    mailed_at = models.DateTimeField(_("mailed"), null=True)
    expires_at = models.DateTimeField(_("holds until"))

    objects = queries.ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["owner", "-id"], name="reports_of_a_user"),
            models.Index(fields=["expires_at"], name="reports_by_expiry"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/reports/{self.pk}"

    @property
    def is_of_a_night(self) -> bool:
        return self.about.startswith("jam:")

    @property
    def period(self) -> Period:
        return Period(self.since, self.until)

    @property
    def state(self) -> str:
        """As its task's: waiting, running, done or failed."""
        if self.made_at:
            return str(Task.State.DONE)
        return self.task.state if self.task else str(Task.State.FAILED)

    @property
    def percent(self) -> int:
        if self.made_at:
            return 100
        return min(99, 100 * self.task.done // self.task.of) if self.task and self.task.of else 0

    @property
    def file_name(self) -> str:
        days = "-".join(str(day) for day in (self.since, self.until) if day)
        return f"{slugify(self.name) or 'report'}{'-' if days else ''}{days}.{self.format}"
