"""What a task says of itself, and how the operations on tasks say no."""

from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError


class Later(Exception):
    """This attempt has failed, and the next makes sense in so many seconds. `reason` is shown to people."""

    def __init__(self, seconds: float, reason: str = "") -> None:
        self.seconds, self.reason = seconds, reason
        super().__init__(reason)


class Unfinished(Exception):
    """The attempt has done a part, and its time is over: the task goes on once what else is due had its turn. For
    tasks that last longer than others should wait."""


class Overtaken(Exception):
    """Another attempt has begun; what this one did is taken back."""


class NotFailed(DomainError):
    code = "not_failed"
    message = _("Only a task that has failed can be run again. Look at its state.")


class NotQueuedAgain(DomainError):
    code = "queued_already"
    message = _("The same thing is queued already. Wait for that task.")
