"""A venue's song list, which stands elsewhere, and how it differs from the venue's library: see song_lists.py."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.catalog import queries
from apps.catalog.run_models import ImportRun
from apps.catalog.validators import LONGEST_LIST_URL

Near = ImportRun.Near


class SongList(models.Model):
    """Where the list stands, how it is read, and what was fetched last."""

    class Schedule(models.TextChoices):
        OFF = "off", _("only when I ask")
        HOURLY = "hourly", _("every hour")
        DAILY = "daily", _("every day")
        WEEKLY = "weekly", _("every week")

    class State(models.TextChoices):
        NONE = "", _("not compared yet")
        READY = "ready", _("differs from the library")
        APPLYING = "applying", _("being applied")
        DONE = "done", _("the same as the library")

    class Trouble(models.TextChoices):
        """Why the last fetch or reading failed."""

        NONE = "", ""
        REFUSED = "refused", _("The address leads to no public web server over HTTPS. Publish the list on the web.")
        UNREACHABLE = "unreachable", _("Nobody answers there, or not in time. It is tried again.")
        STATUS = "status", _("The server there answers with an error. Look whether everybody may open the address.")
        TOO_LARGE = "too_large", _("The list is too large. Take out what is not about songs.")
        WEB_PAGE = (
            "web_page",
            _(
                "That is a web page and no list. Publish the spreadsheet as CSV, so that everybody can open the "
                "address without logging in."
            ),
        )
        UNREADABLE = "unreadable", _("The list cannot be read.")

    venue = models.OneToOneField("catalog.Venue", models.CASCADE, related_name="song_list", verbose_name=_("venue"))
    url = models.CharField(_("address of the list"), max_length=LONGEST_LIST_URL)
    schedule = models.CharField(_("looked at"), max_length=6, choices=Schedule, default=Schedule.DAILY)
    by_itself = models.BooleanField(_("applied by itself"), default=False)
    near = models.CharField(_("other names"), max_length=5, choices=Near, default=Near.ASK)
    update = models.BooleanField(_("changes songs that are known"), default=False)
    mapping = models.JSONField(_("columns"), default=dict)  # what the headings are, where they do not say it
    language = models.CharField(max_length=10, default="en", editable=False)  # in which is said what of the rows
    # On whose behalf the clock works.
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False, verbose_name=_("by")
    )
    next_at = models.DateTimeField(_("next look"), null=True, editable=False)

    # What was fetched.
    format = models.CharField(max_length=4, blank=True, default="", editable=False)  # csv, json
    copy = models.BinaryField(default=b"", editable=False)  # packed by zlib
    digest = models.CharField(max_length=64, blank=True, default="", editable=False)  # of the bytes unpacked
    etag = models.CharField(max_length=300, blank=True, default="", editable=False)
    last_modified = models.CharField(max_length=60, blank=True, default="", editable=False)
    fetched_at = models.DateTimeField(_("fetched"), null=True, editable=False)
    trouble = models.CharField(max_length=11, choices=Trouble, blank=True, default="", editable=False)
    detail = models.CharField(max_length=500, blank=True, default="", editable=False)
    failed_at = models.DateTimeField(_("failed"), null=True, editable=False)

    # How it differs.
    state = models.CharField(_("state"), max_length=8, choices=State, blank=True, default=State.NONE, editable=False)
    shown = models.CharField(max_length=64, blank=True, default="", editable=False)  # digest of the differences
    counts = models.JSONField(default=dict, editable=False)
    problems = models.JSONField(default=list, editable=False)  # the first ones: as ImportBatch has them
    compared_at = models.DateTimeField(_("compared"), null=True, editable=False)
    applied = models.JSONField(default=dict, editable=False)  # counts of the last time
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False, editable=False
    )
    applied_at = models.DateTimeField(_("applied"), null=True, editable=False)

    objects = queries.SongListQuerySet.as_manager()

    class Meta:
        verbose_name = _("song list of a venue")
        verbose_name_plural = _("song lists of venues")
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="song_lists_due")
        ]

    def __str__(self) -> str:
        return f"{self.venue}"

    def get_absolute_url(self) -> str:
        """Its page; asks for the venue where it is not there yet."""
        return f"{self.venue.get_absolute_url()}/library/list"

    @property
    def said(self) -> str:
        """What is wrong, for people; '' where nothing is."""
        text = str(self.Trouble(self.trouble).label)
        if self.trouble == self.Trouble.STATUS:
            return text + " " + _now("(HTTP %(status)s)") % {"status": self.detail}
        return self.detail or text


class ListDifference(models.Model):
    """A row of the list that the venue's library has not so, or a song of it that the list has no more."""

    class Kind(models.TextChoices):
        NEW = "new", _("new in the shared library")
        ADDED = "added", _("comes into your songs")
        CHANGED = "changed", _("changes")
        GONE = "gone", _("leaves your songs")
        ASK = "ask", _("to be decided")

    song_list = models.ForeignKey(SongList, models.CASCADE, related_name="differences", db_index=False)
    place = models.PositiveIntegerField()  # in their order, from 1
    line = models.PositiveIntegerField(default=0)  # of the list; 0 where it has none
    kind = models.CharField(max_length=7, choices=Kind)
    title = models.CharField(max_length=200)
    artist = models.CharField(max_length=200)
    listed_as = models.CharField(max_length=32)
    values = models.JSONField(default=dict)  # of the row
    fields = models.JSONField(default=dict)  # name → [before, after]
    song = models.ForeignKey("catalog.Song", models.SET_NULL, null=True, related_name="+")
    answer = models.CharField(max_length=5, blank=True, default="")  # of Near: new or known

    objects = queries.ListDifferenceQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["song_list", "place"], name="a_difference_has_a_place")
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.title}, {self.artist}"
