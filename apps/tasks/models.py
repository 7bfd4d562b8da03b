"""What is to be done in the background: written in the transaction whose effect it is, and looked at by people."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.tasks import queries


class Task(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    class Queue(models.TextChoices):
        NOW = "now", _("now")
        SOON = "soon", _("soon")
        LATER = "later", _("later")

    name = models.CharField(_("task"), max_length=80)  # "catalog.check_chord_sheets"
    arguments = models.JSONField(_("arguments"), default=dict)
    queue = models.CharField(_("queue"), max_length=5, choices=Queue, default=Queue.SOON)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.WAITING)
    about = models.CharField(_("about"), max_length=40, blank=True, default="")  # "jam:12"
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False, verbose_name=_("by")
    )
    # While it is unfinished there is no second with this key.
    key = models.CharField(max_length=120, blank=True, default="", editable=False)
    slot = models.CharField(max_length=120, blank=True, default="", editable=False)  # of the clock: one for ever
    # When it is to be run; while it runs, when its worker must be gone, and it is to be run anew.
    due_at = models.DateTimeField(_("due"), default=timezone.now)
    sent_at = models.DateTimeField(null=True, editable=False)  # to the broker; none: the sweeper sends it
    attempts = models.PositiveIntegerField(_("attempts"), default=0)  # also the number of whoever holds it
    allowed = models.PositiveIntegerField(default=1, editable=False)  # attempts, those before "run again" included
    holder = models.CharField(max_length=40, blank=True, default="", editable=False)  # the message that is worked on
    done = models.PositiveIntegerField(_("done so far"), default=0)
    of = models.PositiveIntegerField(_("of"), default=0)
    result = models.JSONField(_("result"), null=True)
    error = models.CharField(_("error"), max_length=300, blank=True, default="")
    created_at = models.DateTimeField(_("queued"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)

    is_new = True  # false where enqueue() found it by its key

    objects = queries.TaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["key"], condition=Q(state__in=queries.UNFINISHED) & ~Q(key=""), name="one_unfinished_task_a_key"
            ),
            models.UniqueConstraint(fields=["slot"], condition=~Q(slot=""), name="one_task_a_slot"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["due_at"], condition=Q(state__in=queries.UNFINISHED), name="tasks_due"),
            models.Index(fields=["by", "-id"], name="tasks_of_a_user"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.about}".strip()
